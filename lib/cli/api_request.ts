import { apiFetch } from "../auth/api_fetch.ts";
import { stepUpChallenge } from "../auth/step_up.ts";
import { FiefError } from "../errors.ts";
import { normalizeBaseUrl } from "../provider/base_url.ts";
import type { Context } from "./command.ts";
import type { CALL_API_OPTIONS } from "./commands/call_api.ts";
import { originOf } from "./origin.ts";
import { requestBody } from "./request_body.ts";
import { requestHeaders } from "./request_headers.ts";
import { writeResponse } from "./response_output.ts";

/** Sends the request that the command line describes, and writes the answer; gives the exit status. */
export async function sendRequest(context: Context<typeof CALL_API_OPTIONS>): Promise<number> {
  const { args: [url], options, host, output, signal, leaveSignals } = context;
  const { content, type } = requestBody(options.data, host);
  const headers = requestHeaders(options.header);
  if (type !== undefined && !headers.has("content-type")) headers.set("content-type", type);
  const method = options.request?.toUpperCase() ?? (content === undefined ? "GET" : "POST");
  const init = requestOf(method, headers, signal, content !== undefined);
  const response = await apiFetch(url!, init, {
    fetch: host.fetch,
    now: host.now,
    debug: host.debug,
    origins: [...await originsOf(context), ...options["api-origin"].map(originOf)],
    token: tokenOf(context),
    ...(content === undefined ? {} : { body: content }),
  });
  // With --fail an error never takes the place of what was to be kept.
  const file = options.fail && response.status >= 400 ? undefined : options.output;
  await writeResponse(response, { file, include: options.include, host, output, signal, leaveSignals });
  if (response.status < 400) return 0;
  output.message(`The API answered with status ${response.status}`);
  const stepUp = stepUpChallenge(response);
  if (stepUp !== undefined) {
    const { stepUpLines } = await import("./step_up_lines.ts");
    for (const line of await stepUpLines(stepUp, context)) output.message(line);
  }
  return options.fail ? 22 : 0;
}

async function originsOf(context: Context): Promise<string[]> {
  const { accessToken, app, settings } = context;
  if (accessToken === undefined) return await context.auth.apiOrigins();
  return [...settings.baseUrl ? [new URL(normalizeBaseUrl(settings.baseUrl)).origin] : [], ...app.apiOrigins];
}

function tokenOf(context: Context): (refused?: string) => Promise<string> {
  const { accessToken, signal } = context;
  if (accessToken !== undefined) return () => Promise.resolve(accessToken);
  const { auth } = context;
  return (refused) => auth.accessToken({ signal, ...(refused === undefined ? {} : { refused }) });
}

function requestOf(method: string, headers: Headers, signal: AbortSignal, hasBody: boolean): RequestInit {
  if (hasBody && (method === "GET" || method === "HEAD")) {
    throw new FiefError(
      "usage_invalid",
      `A ${method} request has no body`,
      "Leave out --data, or give another method with -X",
    );
  }
  const init = { method, headers, signal };
  try {
    new Request("http://localhost", init);
  } catch {
    throw new FiefError(
      "usage_invalid",
      `"${method}" is no method that can be sent`,
      "Write GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS",
    );
  }
  return init;
}
