// A real Fief server with its own data, for the tests of one process.
import { temporaryDirectory } from "../directory.ts";
import { denoRunFlags } from "../cli.ts";
import { quietPort } from "../loopback.ts";
import { type AdminApi, adminApi } from "./admin.ts";
import { type Installed, installFief, redisServer } from "./install.ts";

/** A real Fief server. Leaving the scope ends it, and so does the end of this process, whatever it is. */
export interface FiefServer extends AsyncDisposable {
  /** `http://localhost:PORT` */
  readonly baseUrl: string;
  /** Makes clients and users, and removes them. */
  readonly admin: AdminApi;
  /** A Python that has Fief's own client. */
  readonly python: string;
  /** Path of the server's database. */
  readonly database: string;
  /** Port of its Redis. */
  readonly redisPort: number;
  /** How many requests it has answered whose line in its log holds this text: `"POST /api/token HTTP/1.1" 200`. */
  count(text: string): number;
  /** Ends the server; its data stay. */
  stop(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/** The password of whoever {@linkcode AdminApi.addUser} makes. */
export const PASSWORD = "correct horse battery staple";

/**
 * Starts one, in 5 to 10 seconds; a minute more where it is not installed.
 *
 * @throws Where this machine lacks something: the message says what.
 */
export async function startFief(): Promise<FiefServer> {
  const [installed, redis] = await Promise.all([installFief(), redisServer()]);
  for (let attempt = 1;; attempt++) {
    try {
      return await startAt(quietPort(), quietPort(), installed, redis);
    } catch (error) {
      if (attempt === 3) throw error; // another program may have taken the port
    }
  }
}

async function startAt(
  port: number,
  redisPort: number,
  { fief, python }: Installed,
  redis: string,
): Promise<FiefServer> {
  const directory = await temporaryDirectory();
  const key = crypto.randomUUID();
  const program = decodeURIComponent(new URL("serve.ts", import.meta.url).pathname);
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const settings = [directory.path, `${port}`, `${redisPort}`, fief, redis];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", "--no-lock", ...flags, "-A", program, ...settings],
    env: environment(directory.path, port, redisPort, key),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  // As it is: what decodes in between reads ahead, in the midst of a test that has nothing to do with it.
  const answers = child.stdout.getReader();
  const log = () => Deno.readTextFileSync(`${directory.path}/fief.log`);
  const say = async (word: string, expected: string) => {
    await input.write(new TextEncoder().encode(`${word}\n`));
    const { value } = await answers.read();
    if (new TextDecoder().decode(value).trim() !== expected) {
      throw new Error(`The Fief server did not ${word}:\n${log().slice(-3_000)}`);
    }
  };
  const dispose = async () => {
    await input.close();
    await child.status;
    await answers.cancel();
    await directory[Symbol.asyncDispose]();
  };
  try {
    await say("start", "started");
    const baseUrl = `http://localhost:${port}`;
    return {
      baseUrl,
      admin: await adminApi(baseUrl, key),
      python,
      database: databaseIn(directory.path),
      redisPort,
      count: (text) => log().split(text).length - 1,
      stop: () => say("stop", "stopped"),
      start: () => say("start", "started"),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Settings of the server: SQLite, plain http on this machine, nothing sent anywhere. */
function environment(directory: string, port: number, redisPort: number, key: string): Record<string, string> {
  const host = `localhost:${port}`;
  const random = () => crypto.randomUUID() + crypto.randomUUID();
  const cookies = [
    "CSRF",
    "SESSION_DATA",
    "USER_LOCALE",
    "LOGIN_HINT",
    "LOGIN_SESSION",
    "REGISTRATION_SESSION",
    "SESSION",
    "FIEF_ADMIN_SESSION",
  ];
  return {
    SECRET: random(),
    FIEF_CLIENT_ID: random(),
    FIEF_CLIENT_SECRET: random(),
    FIEF_MAIN_ADMIN_API_KEY: key,
    // 32 bytes in URL-safe Base64 with padding, as Fernet wants it.
    ENCRYPTION_KEY: `${crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url" })}`,
    PORT: `${port}`,
    ROOT_DOMAIN: host,
    FIEF_DOMAIN: host,
    FIEF_MAIN_USER_EMAIL: "admin@example.com",
    FIEF_MAIN_USER_PASSWORD: PASSWORD,
    DATABASE_TYPE: "SQLITE",
    DATABASE_LOCATION: directory,
    DATABASE_NAME: "fief.db",
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    TELEMETRY_ENABLED: "false",
    GENERATED_JWK_SIZE: "2048",
    ...Object.fromEntries(cookies.map((name) => [`${name}_COOKIE_SECURE`, "False"])),
  };
}

/** The server keeps what is not its own settings in a second database, named by the id of the workspace. */
function databaseIn(directory: string): string {
  const found = [...Deno.readDirSync(directory)].find(({ name }) => /^[0-9a-f-]{36}(\.db)?$/.test(name));
  if (found === undefined) throw new Error("The Fief server has made no database");
  return `${directory}/${found.name}`;
}
