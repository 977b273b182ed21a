import type { RequestContent } from "../auth/api_fetch.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/** A body and the content type that goes with it where the user names none. */
export interface RequestBody {
  content: RequestContent | undefined;
  type: string | undefined;
}

/**
 * The body that `--data` means: text, `@FILE`, or `@-` for standard input. Files and standard input are streamed.
 *
 * @param data The option's value, `undefined` where it was not given.
 */
export function requestBody(data: string | undefined, host: Pick<Host, "stdin">): RequestBody {
  if (data === undefined) return { content: undefined, type: undefined };
  if (data === "@-") {
    return {
      content: { repeatable: false, open: () => Promise.resolve(host.stdin.readable) },
      type: "application/octet-stream",
    };
  }
  if (data.startsWith("@")) return { content: fileContent(data.slice(1)), type: "application/octet-stream" };
  const type = isJson(data) ? "application/json" : "application/x-www-form-urlencoded";
  return { content: { repeatable: true, open: () => Promise.resolve(data) }, type };
}

function fileContent(path: string): RequestContent {
  return {
    repeatable: true,
    open: async () => {
      try {
        return (await Deno.open(path)).readable;
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        throw new FiefError("usage_invalid", `Cannot read "${path}"`, "Check the path that follows the @", {
          cause: error,
        });
      }
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
