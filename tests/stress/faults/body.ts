import {
  EVERYWHERE,
  type Fault,
  json,
  once,
  type Place,
  type Reply,
  type Scene,
  type Told,
  unexpected,
} from "./fault.ts";

const MEGABYTE = new Uint8Array(1_000_000).fill(0x20);
const DEEP = 100_000;

const TOO_LONG: Told = {
  code: "provider_answer_invalid",
  message: '"SERVER" answered with more than 1 MB',
  hint: "Check that the base URL is that of the server",
};

function body(name: string, met: string, reply: (scene: Scene) => Reply): Fault {
  return { name, at: EVERYWHERE, reply, told: (place: Place) => unexpected(place, met) };
}

/** The user notices nothing: what is meant is beyond doubt. */
function harmless(name: string, reply: (scene: Scene) => Reply): Fault {
  return { name, at: EVERYWHERE, reply, told: () => "works" };
}

function* fiftyMegabytes(): Generator<Uint8Array<ArrayBuffer>> {
  for (let count = 0; count < 50; count++) yield MEGABYTE;
}

/** 50 MB of blanks in 50 KB. */
async function bomb(): Promise<Uint8Array<ArrayBuffer>> {
  const blanks = ReadableStream.from(fiftyMegabytes()).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(blanks).arrayBuffer());
}

/** What is in the body, wherever it comes from. */
export const bodyFaults: Fault[] = [
  body("a web page, status 200", "status 200 and a web page", ({ leak }) => ({
    headers: { "content-type": "text/html" },
    body: `<!doctype html><title>Welcome to the hotel</title><a href="?t=${leak}">Sign in</a>`,
  })),
  body("nothing, status 200", "status 200 and an empty body", () => ({})),
  body("nothing, status 204", "status 204 and an empty body", () => ({
    status: 204,
    headers: { "content-length": undefined },
  })),
  body("status 206 and half of it", "status 206 and no JSON", () => ({ status: 206, body: '{"issuer":' })),
  body("text", "status 200 and no JSON", ({ leak }) => ({ body: leak })),
  body("JSON that is cut off", "status 200 and no JSON", ({ good }) => ({ body: JSON.stringify(good).slice(0, -1) })),
  body("two JSON objects", "status 200 and no JSON", ({ good }) => ({ body: JSON.stringify(good).repeat(2) })),
  body("a JSON list", "status 200 and JSON that is no object", ({ good }) => json([good])),
  body("a JSON text", "status 200 and JSON that is no object", ({ leak }) => json(leak)),
  body("a JSON number", "status 200 and JSON that is no object", () => json(7)),
  body("null", "status 200 and JSON that is no object", () => json(null)),
  body("bytes that are no UTF-8", "status 200 and no JSON", () => ({
    body: new Uint8Array([0xff, 0xfe, 0xfd, 0xc0, 0x80]),
  })),
  body("UTF-16", "status 200 and no JSON", ({ good }) => ({
    body: Uint8Array.from([...JSON.stringify(good)].flatMap((character) => [character.charCodeAt(0), 0])),
  })),
  body("nested 100,000 levels deep", "status 200 and JSON that is nested too deeply", ({ good }) => ({
    body: `${JSON.stringify(good).slice(0, -1)},"moat":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`,
  })),
  body("50 MB that say they are 100 bytes", "status 200 and an empty body", () => ({
    body: fiftyMegabytes(),
    headers: { "content-length": "100" },
  })),
  {
    name: "50 MB",
    at: EVERYWHERE,
    reply: () => ({ body: fiftyMegabytes() }),
    told: () => TOO_LONG,
    asked: once,
  },
  {
    name: "50 MB in 50 KB of gzip",
    at: EVERYWHERE,
    reply: async () => ({ body: await bomb(), headers: { "content-encoding": "gzip" } }),
    told: () => TOO_LONG,
  },
  harmless("the wrong content type", ({ good }) => json(good, { headers: { "content-type": "image/png" } })),
  harmless("no content type", ({ good }) => json(good, { headers: { "content-type": undefined } })),
  harmless("a byte order mark", ({ good }) => ({ body: `\ufeff${JSON.stringify(good)}` })),
  harmless("a member twice: the last one counts", ({ good }) => ({
    body: `{"issuer":"https://evil.example","access_token":7,"sub":7,"keys":7,${JSON.stringify(good).slice(1)}`,
  })),
  harmless("members that nobody knows", ({ good, leak }) => json({ ...good, moat: [leak], __proto__: { sub: 7 } })),
  harmless("an interim answer first", ({ good }) => {
    const text = JSON.stringify(good);
    const head = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n`;
    return { raw: `HTTP/1.1 103 Early Hints\r\n\r\n${head}${text}` };
  }),
];
