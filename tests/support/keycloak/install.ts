// Gets Keycloak into `.cache/keycloak`, from Maven Central or the mirror that Maven is set to.
import { temporaryDirectory } from "../directory.ts";

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);
const CACHE = `${ROOT}.cache/keycloak`;
const VERSION = "26.0.7";

/**
 * Installs it where that is not done (147 MB); at most one process does at a time.
 *
 * @returns Its directory.
 * @throws Where this machine lacks something: the message says what.
 */
export async function installKeycloak(): Promise<string> {
  const home = `${CACHE}/keycloak-${VERSION}`;
  await Deno.mkdir(CACHE, { recursive: true });
  using lock = await Deno.open(`${CACHE}/lock`, { create: true, write: true });
  await lock.lock(true);
  await requireJava();
  const done = `${home}/installed.txt`; // written last: half of it has none
  if (await Deno.readTextFile(done).catch(() => "") === VERSION) return home;
  await Deno.remove(home, { recursive: true }).catch(() => {});
  await using marks = await temporaryDirectory(); // Maven leaves some where it works
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";
  const args = ["-q", "-B", goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`];
  await must("mvn", args, "There is no Maven, which gets Keycloak. Install it: apt-get install maven", marks.path);
  await Deno.writeTextFile(done, VERSION);
  return home;
}

async function requireJava(): Promise<void> {
  const missing =
    "There is no Java 17 or newer, which Keycloak needs. Install it: apt-get install openjdk-17-jre-headless";
  const told = await must("java", ["-version"], missing);
  const [, version = "0"] = told.match(/version "(\d+)/) ?? [];
  if (Number(version) < 17) throw new Error(missing);
}

async function must(program: string, args: string[], missing: string, cwd = CACHE): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
    const text = `${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`.trim();
    if (success) return text;
    throw new Error(`${program} failed: ${text.slice(-2_000)}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(missing);
    throw error;
  }
}
