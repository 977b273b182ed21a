// A package that has been taken over, and does not answer as the genuine one would.
import { writeImportMap } from "../../tools/find_std.ts";
import { denoRunFlags } from "./cli.ts";

/** An import map with this in the place of a package, when it is called; the rest of it is genuine. */
export async function mapWith(directory: string, death: string): Promise<string> {
  const genuine = await writeImportMap("compile_import_map.json", denoRunFlags().includes("--import-map"));
  const base = new URL(genuine, "file:///");
  const { imports } = JSON.parse(await Deno.readTextFile(base)) as { imports: Record<string, string> };
  const absolute = Object.fromEntries(
    Object.entries(imports).map(([name, to]) => [name, to.startsWith(".") ? new URL(to, base).href : to]),
  );
  const source = `export * from "${absolute["oauth4webapi"]}";
export async function genericTokenEndpointRequest() {
  ${death}
  await new Promise(() => {});
}
`;
  await Deno.writeTextFile(`${directory}/dying.mjs`, source);
  const map = { imports: { ...absolute, oauth4webapi: `file://${directory}/dying.mjs` } };
  await Deno.writeTextFile(`${directory}/map.json`, JSON.stringify(map));
  return `${directory}/map.json`;
}
