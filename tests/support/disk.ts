import { assertEquals } from "@std/assert";
import type { CliResult, CliSetup } from "./cli.ts";
import { type CliSession, startCliSession } from "./cli_session.ts";

/** A session of the real CLI whose file a test puts into all kinds of places. */
export interface DiskSession extends CliSession {
  /** A directory in which there is nothing else. */
  place: string;
  /** `c.json` in it. */
  path: string;
  /** The signed-in session, as a file whose access token works for so many seconds more. */
  text(left: number): string;
  /** Writes it to a file, by default to {@linkcode DiskSession.path}. */
  put(left: number, path?: string): void;
  /** The access token of that session. */
  token: string;
  /** Refreshes that were sent since the sign-in. */
  refreshes(): number;
  /** What happens while a refresh is under way: the request has come, and there is no answer yet. */
  meanwhile: (() => unknown) | undefined;
  /** Runs the CLI on {@linkcode DiskSession.path}. */
  cli(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** Names in the directory, sorted. */
  names(): string[];
}

/** The access token works, and is old enough to be refreshed. */
export const AGEING = 10;
/** It works no longer. */
export const EXPIRED = -10;

/** Signs in. */
export async function startDisk(): Promise<DiskSession> {
  const work: Pick<DiskSession, "meanwhile"> = { meanwhile: undefined };
  const session = await startCliSession({
    intercept: async ({ path }) => {
      if (path === "/api/token") await work.meanwhile?.();
      return undefined;
    },
  });
  assertEquals((await session.signIn()).status, 0);
  const place = `${session.directory}/place`;
  const path = `${place}/c.json`;
  Deno.mkdirSync(place);
  const file = session.file() as { tokens: { access_token: string }; fief_auth: { expires_at: number } };
  const before = session.provider.requestsTo(session.provider.tokenPath);
  const text = (left: number) => {
    const fief_auth = { ...file.fief_auth, expires_at: Math.floor(Date.now() / 1000) + left };
    return JSON.stringify({ ...file, fief_auth });
  };
  return Object.assign(work, session, {
    place,
    path,
    text,
    put: (left: number, where = path) => Deno.writeTextFileSync(where, text(left), { mode: 0o600 }),
    token: file.tokens.access_token,
    refreshes: () => session.provider.requestsTo(session.provider.tokenPath) - before,
    cli: (args: string[], setup: Partial<CliSetup> = {}) => session.run(args, { credentials: path, ...setup }),
    names: () => [...Deno.readDirSync(place)].map(({ name }) => name).sort(),
  });
}

/** The access token in the text of a credentials file. */
export function accessTokenIn(text: string): string {
  return JSON.parse(text).tokens.access_token;
}
