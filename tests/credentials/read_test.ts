import { assertEquals, assertRejects } from "@std/assert";
import { readCredentials } from "../../lib/credentials/read.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

async function code(path: string): Promise<string> {
  return (await assertRejects(() => readCredentials(path), FiefError)).code;
}

Deno.test("readCredentials() gives undefined when there is no file, nor its directory", async () => {
  await using directory = await temporaryDirectory();
  assertEquals(await readCredentials(`${directory.path}/credentials.json`), undefined);
  assertEquals(await readCredentials(`${directory.path}/none/credentials.json`), undefined);
});

Deno.test("readCredentials() rejects when the path is a directory", async () => {
  await using directory = await temporaryDirectory();
  assertEquals(await code(directory.path), "credentials_unreadable");
});

Deno.test("readCredentials() rejects at once when the path is a pipe that nobody writes to", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/pipe`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(await code(path), "credentials_unreadable");
});

Deno.test("readCredentials() rejects when the file is larger than 1 MB, without reading it", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/large`;
  using file = await Deno.create(path);
  await file.truncate(1_000_000_000);
  const error = await assertRejects(() => readCredentials(path), FiefError, "larger than 1 MB");
  assertEquals(error.code, "credentials_unreadable");
});

Deno.test("readCredentials() follows a symbolic link, and takes a dangling one for no file", async () => {
  await using directory = await temporaryDirectory();
  await Deno.writeTextFile(`${directory.path}/real`, '{"userinfo":{"sub":"anne"},"tokens":null}');
  await Deno.symlink("real", `${directory.path}/link`);
  await Deno.symlink("nowhere", `${directory.path}/dangling`);
  assertEquals((await readCredentials(`${directory.path}/link`))?.userinfo?.sub, "anne");
  assertEquals(await readCredentials(`${directory.path}/dangling`), undefined);
});

Deno.test("readCredentials() says that access is denied when the file is another user's", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/c.json`;
  await Deno.writeTextFile(path, "{}", { mode: 0o600 });
  await Deno.chmod(directory.path, 0o755);
  const { stdout } = await asNobody(
    `
    import { readCredentials } from "${new URL("../../lib/credentials/read.ts", import.meta.url)}";
    await readCredentials(Deno.args[0]).catch((error) => console.log(error.code, error.message));
  `,
    [path],
    directory.path,
  );
  assertEquals(stdout, `credentials_unreadable Cannot read the credentials file "${path}": access is denied\n`);
});

/** Runs a program as a user whom file modes stop; root they do not. */
async function asNobody(program: string, args: string[], directory: string): Promise<{ stdout: string }> {
  const bundle = `${directory}/program.ts`;
  await Deno.writeTextFile(bundle, program);
  const root = Deno.uid() === 0;
  if (!root) await Deno.chmod(args[0]!, 0o000);
  const deno = [
    Deno.execPath(),
    "run",
    "-q",
    "--no-prompt",
    "--no-check",
    "--no-config",
    "--allow-read",
    bundle,
    ...args,
  ];
  const [command, ...rest] = root ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...deno] : deno;
  const env = { DENO_DIR: `${directory}/deno_dir` };
  await Deno.mkdir(env.DENO_DIR, { mode: 0o777 });
  await Deno.chmod(env.DENO_DIR, 0o777);
  const { stdout, stderr } = await new Deno.Command(command!, { args: rest, env }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return { stdout: text };
}
