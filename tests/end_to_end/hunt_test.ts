// The hunt itself: what it is to find is planted, and found.
import { assertEquals } from "@std/assert";
import { SecretHunt } from "../support/hunt.ts";
import { startSecretScene } from "../support/secret_scene.ts";

/** Processes are watched through /proc. */
const ignore = Deno.build.os !== "linux";

const SECRET = "s3cret/0123456789abcdefghij-KLMNOPQRSTUVWXYZ+==";
const leaks: [name: string, text: string][] = [
  ["as it is", `a ${SECRET} b`],
  ["its first half", SECRET.slice(0, 22)],
  ["its second half", SECRET.slice(22)],
  ["in small letters, as a host name has it", SECRET.toLowerCase()],
  ["percent-encoded", encodeURIComponent(SECRET)],
  ["percent-encoded twice", encodeURIComponent(encodeURIComponent(SECRET))],
  ["form-encoded", new URLSearchParams({ token: SECRET }).toString()],
  ["in JSON", JSON.stringify({ token: SECRET })],
  ["in JSON within JSON", JSON.stringify({ body: JSON.stringify({ token: SECRET }).replaceAll("/", "\\/") })],
  ["in JSON's escapes", SECRET.replaceAll(/./g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)],
  ["in HTML's escapes", SECRET.replaceAll(/./g, (letter) => `&#${letter.charCodeAt(0)};`)],
  ["in Base64", btoa(SECRET)],
  ["in Base64 behind one character", btoa(`:${SECRET}`)],
  ["in Base64 behind a name", btoa(`anne:${SECRET}`)],
  ["in hexadecimal digits", [...SECRET].map((letter) => letter.charCodeAt(0).toString(16)).join("")],
  ["as printed bytes", Deno.inspect(new TextEncoder().encode(SECRET), { iterableLimit: 99 })],
  ["over two lines", `${SECRET.slice(0, 15)}\n  ${SECRET.slice(15)}`],
  ["over two printed lines", `"${SECRET.slice(0, 15)}" +\n  "${SECRET.slice(15)}"`],
  ["between colors", `${SECRET.slice(0, 15)}\x1b[31m${SECRET.slice(15)}`],
];
for (const [name, text] of leaks) {
  Deno.test(`the hunt finds a secret ${name}`, () => {
    const hunt = new SecretHunt();
    hunt.look("a page", `<p>before ${text} after</p>`);
    hunt.know("token", SECRET);
    assertEquals(hunt.hunt(), [{ what: "token", where: "a page" }]);
  });
}

Deno.test("the hunt finds nothing where there is nothing", () => {
  const hunt = new SecretHunt();
  hunt.know("token", SECRET);
  hunt.look("a page", `access token (${SECRET.length} characters), ${SECRET.slice(0, 12)}`);
  assertEquals(hunt.hunt(), []);
});

Deno.test({
  name: "the hunt finds what a program leaks by argument, environment, file, child, output and page",
  ignore,
  async fn() {
    await using scene = await startSecretScene();
    scene.hunt.know("token", SECRET);
    const leaky = `${scene.directory}/leaky.ts`;
    await Deno.writeTextFile(
      leaky,
      `const secret = "s3cret/0123456789abcdefghij" + "-KLMNOPQRSTUVWXYZ+==";
      Deno.writeTextFileSync(${JSON.stringify(`${scene.directory}/left`)}, btoa(secret));
      console.error(encodeURIComponent(secret));
      console.log(secret.slice(0, 20));
      await new Deno.Command("sleep", { args: ["0.3"], env: { TOKEN: secret } }).output();`,
    );
    await scene.run(["status", SECRET], { program: leaky, flags: ["-A"] });
    await using page = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(SECRET));
    await scene.browse(`http://127.0.0.1:${page.addr.port}/?token=${SECRET}`);
    assertEquals(scene.hunt.hunt().map(({ where }) => where).filter((where) => where !== "the file leaky.ts").sort(), [
      "processes of status",
      "standard error of status",
      "standard output of status",
      "the address of the last page",
      "the file left",
      "what is served at step 0",
    ]);
  },
});
