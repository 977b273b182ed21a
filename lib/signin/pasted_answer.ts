import { type Callback, isAnswer } from "./callback_server.ts";
import type { SignInEvent } from "./events.ts";

/**
 * The first line that is the redirect of the pending sign-in: the address that the browser ended at, with or without its `http://`. Any
 * other line is refused in an event, and not shown.
 *
 * @returns `undefined` where the lines come to an end.
 */
export async function answerIn(
  lines: AsyncIterable<string>,
  redirectUri: string,
  state: string,
  emit: (event: SignInEvent) => void,
): Promise<Callback | undefined> {
  const expected = new URL(redirectUri);
  for await (const line of lines) {
    const url = URL.parse(/^https?:\/\//i.test(line) ? line : `http://${line}`);
    const ours = url !== null && url.origin === expected.origin && url.pathname === expected.pathname;
    if (ours && isAnswer(url, state)) return { parameters: url.searchParams, respond: () => Promise.resolve() };
    const detail = !ours
      ? `the address begins with ${redirectUri}`
      : url.searchParams.has("state")
      ? "it belongs to another sign-in"
      : "it is not the whole address, copy all of it";
    emit({ type: "paste_refused", detail });
  }
  return undefined;
}
