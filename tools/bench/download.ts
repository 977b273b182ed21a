import { cliCommand } from "../../tests/support/cli.ts";
import { temporaryDirectory } from "../../tests/support/directory.ts";
import { saveSession } from "../../tests/support/saved_session.ts";
import { inTurn, median, medianRatio } from "./arithmetic.ts";
import { type Measurement, NotMeasured } from "./measurement.ts";
import { duration, peakMemory } from "./process.ts";

/** Downloads take long: fewer rounds. */
const MOST_ROUNDS = 5;

interface Scene extends AsyncDisposable {
  url(bytes: number): string;
  /** `call-api` for so many bytes. */
  callApi(bytes: number, ...options: string[]): string[];
  env: Record<string, string>;
  directory: string;
}

/** A server in a process of its own, and a session whose token it may see. */
async function startScene(): Promise<Scene> {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const program = decodeURIComponent(new URL("download_server.ts", import.meta.url).pathname);
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-config", "--no-lock", "--allow-net=127.0.0.1", program],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const port = await firstLine(server.stdout);
  const origin = `http://127.0.0.1:${port}`;
  await saveSession(credentials, { accessToken: "x".repeat(900), apiOrigins: [origin] });
  const facts = { writes: [`${directory.path}/file`, `${directory.path}/file.part`] };
  return {
    url: (bytes) => `${origin}/${bytes}`,
    callApi: (bytes, ...options) =>
      cliCommand(["call-api", `${origin}/${bytes}`, ...options], { credentials, apiOrigin: origin, facts }),
    env: { FIEF_CREDENTIALS: credentials },
    directory: directory.path,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await server.status;
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return text.trim();
}

export const callApiDownload: Measurement = {
  name: "call-api",
  about: "a whole download from a server on this machine: the speed of call-api against that of curl",
  rows: [
    { name: "to standard output", limit: { kind: "at least", value: 0.8 } },
    { name: "to a file (-o)", limit: { kind: "at least", value: 0.8 } },
  ],
  async measure({ rounds, bytes }) {
    await using scene = await startScene();
    const { env, directory } = scene;
    const curl = (to: string) => ["curl", "-sf", "-H", "Authorization: Bearer x", "-o", to, scene.url(bytes)];
    await duration(curl("/dev/null"), {}).catch((error) => {
      if (error instanceof Deno.errors.NotFound) throw new NotMeasured("there is no curl to compare with");
      throw error;
    });
    const file = `${directory}/file`;
    const few = Math.min(rounds, MOST_ROUNDS);
    const speed = async (ours: string[], theirs: string[]) => {
      const [base, times] = await inTurn(few, [() => duration(ours, env), () => duration(theirs, {})]);
      return medianRatio(times!, base!);
    };
    return [
      await speed(scene.callApi(bytes), curl("/dev/null")),
      await speed(scene.callApi(bytes, "-o", file), curl(file)),
    ];
  },
};

export const callApiMemory: Measurement = {
  name: "call-api-memory",
  about: "the most resident memory of a download four times as large as the others here against that of one as large",
  rows: [{ name: "call-api", limit: { kind: "at most", value: 1.1 } }],
  async measure({ rounds, bytes }) {
    await using scene = await startScene();
    const { env } = scene;
    const [small, large] = [scene.callApi(bytes), scene.callApi(4 * bytes)];
    const all: number[] = [];
    for (let round = 0; round < Math.min(rounds, 5); round++) {
      all.push(1 / (await peakMemory(small, env) / await peakMemory(large, env)));
    }
    return [median(all)];
  },
};
