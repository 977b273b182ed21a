import { command, type OptionDefinitions } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** The options of `call-api`. */
export const CALL_API_OPTIONS = {
  request: {
    kind: "text",
    short: "X",
    value: "METHOD",
    help: "Method (GET, or POST with --data)",
    values: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
  },
  header: { kind: "texts", short: "H", value: "'K: V'", help: "Add a header; may be repeated" },
  data: { kind: "text", short: "d", value: "DATA", help: "Body: text, @FILE, or @- for standard input" },
  output: { kind: "text", short: "o", value: "FILE", help: "Write the answer's body to this file" },
  include: { kind: "flag", short: "i", help: "Print status and headers before the body" },
  fail: { kind: "flag", help: "End with status 22 where the answer's status is 400 or more" },
  "api-origin": { kind: "texts", value: "URL", help: "Let this origin see the token; may be repeated" },
} as const satisfies OptionDefinitions;

/** `call-api`: one request with the token. */
export const callApi = command({
  name: "call-api",
  summary: SUMMARIES["call-api"],
  description: [
    "The token goes to the base URL's own origin, and to the origins named here or at sign-in; to no other, and not along a redirect to another. After a 401 it is refreshed and the request sent once more, where the body can be sent again.",
    "Where the API asks for another sign-in (RFC 9470), a stronger or a more recent one, the command line for it is printed.",
    "With --json the result is an object of status, headers and body.",
  ],
  options: CALL_API_OPTIONS,
  arguments: [{ name: "URL", help: "the whole URL, scheme included" }],
  examples: [
    "call-api https://api.example.com/castles --api-origin https://api.example.com",
    `call-api https://api.example.com/castles -d '{"name":"Chambord"}'`,
    "call-api https://api.example.com/backup -o backup.tar --fail",
  ],
  acceptsAccessToken: true,
  async run(context) {
    const { sendRequest } = await import("../api_request.ts");
    return await sendRequest(context);
  },
});
