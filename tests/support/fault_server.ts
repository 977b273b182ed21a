// A provider that speaks TCP by itself, so that it can do what no HTTP server does: break off, hang, lie about lengths, speak something else.

/** What a provider is asked for. */
export type Place = "metadata" | "keys" | "token" | "userinfo";

/** How the server behaves for once. */
export interface Reply {
  /** By default 200; with 0 there is no answer at all. */
  status?: number;
  /** On top of a length, a type and `connection: close`; `undefined` leaves one out. */
  headers?: Record<string, string | undefined>;
  /** The body; parts are sent one after the other. */
  body?: string | Uint8Array<ArrayBuffer> | Iterable<Uint8Array<ArrayBuffer>>;
  /** Sent as it is in place of HTTP. */
  raw?: string | Uint8Array<ArrayBuffer>;
  /** What happens after all of that; by default the connection is closed: where the request was not read to its end, as a reset. With `drip` the body comes a byte at a time and never ends. */
  ending?: "hang" | "drip";
  /** Milliseconds before the answer. */
  delay?: number;
}

/** One request as it came. */
export interface Asked {
  method: string;
  path: string;
  /** Values of the parameters of its body. */
  parameters: URLSearchParams;
  /** The access token that came along. */
  accessToken: string;
}

/** A server that runs. */
export interface FaultServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
}

const REASONABLE_HEAD = 64_000;

/**
 * Serves on a free port, one request a connection.
 *
 * @param isUnread Whether requests for this path are answered without being read to the end: closing the connection then is a reset.
 */
export function startFaultServer(
  answer: (asked: Asked) => Reply | Promise<Reply>,
  isUnread: (path: string) => boolean = () => false,
): FaultServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const over = Promise.withResolvers<void>();
  let closing = false;
  const serving = new Set<Promise<void>>();

  async function serve(connection: Deno.TcpConn): Promise<void> {
    const head = new Head(connection);
    const [method = "", path = ""] = (await head.line()).split(" ");
    const request: Asked = { method, path, parameters: new URLSearchParams(), accessToken: "" };
    if (!/^[A-Z]+$/.test(method)) return await writeAll(connection, NO_TLS); // a hello of TLS
    if (!isUnread(path)) Object.assign(request, await head.rest());
    const reply = await answer(request);
    if (reply.delay !== undefined) await pause(reply.delay);
    for (const part of bytesOf(reply)) await writeAll(connection, part);
    if (reply.ending === "hang") await over.promise;
    while (reply.ending === "drip" && !closing) {
      await writeAll(connection, new Uint8Array([0x20]));
      await pause(100);
    }
  }

  /** Ends early where the server does. */
  async function pause(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds)), over.promise]);
    clearTimeout(timer);
  }

  const accepting = (async () => {
    for await (const connection of listener) {
      const work = serve(connection).catch(() => {}).finally(() => {
        try {
          connection.close();
        } catch {
          // it is gone
        }
        serving.delete(work);
      });
      serving.add(work);
    }
  })();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      closing = true;
      over.resolve();
      listener.close();
      await accepting;
      await Promise.all(serving);
    },
  };
}

/** What a server of plain HTTP says to somebody who speaks TLS. */
const NO_TLS = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");

/** The beginning of a request, read no further than asked for. */
class Head {
  readonly #connection: Deno.TcpConn;
  #text = "";

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** The first line, and hardly more. */
  async line(): Promise<string> {
    return await this.#until("\n", 16);
  }

  /** What the rest of the request says. */
  async rest(): Promise<Pick<Asked, "parameters" | "accessToken">> {
    const head = await this.#until("\r\n\r\n", 4_096);
    const length = Number(head.match(/^content-length: (\d+)/im)?.[1] ?? 0);
    const start = this.#text.indexOf("\r\n\r\n") + 4;
    while (this.#text.length < start + length) if (!await this.#more(4_096)) break;
    return {
      parameters: new URLSearchParams(this.#text.slice(start)),
      accessToken: head.match(/^authorization: Bearer (\S+)/im)?.[1] ?? "",
    };
  }

  async #until(end: string, size: number): Promise<string> {
    while (!this.#text.includes(end) && this.#text.length < REASONABLE_HEAD) if (!await this.#more(size)) break;
    return this.#text.slice(0, this.#text.indexOf(end));
  }

  async #more(size: number): Promise<boolean> {
    const buffer = new Uint8Array(size);
    const count = await this.#connection.read(buffer);
    this.#text += [...buffer.subarray(0, count ?? 0)].map((byte) => String.fromCharCode(byte)).join("");
    return count !== null;
  }
}

function* bytesOf({ status = 200, headers, body = "", raw, ending }: Reply): Iterable<Uint8Array<ArrayBuffer>> {
  const encode = (text: string) => new TextEncoder().encode(text);
  if (raw !== undefined) return yield typeof raw === "string" ? encode(raw) : raw;
  if (status === 0) return; // not even a line
  const parts = typeof body === "string" ? [encode(body)] : body instanceof Uint8Array ? [body] : body;
  const length = Array.isArray(parts) ? { "content-length": `${parts[0]!.length}` } : {};
  const all = {
    "content-type": "application/json",
    date: new Date().toUTCString(),
    connection: "close",
    ...ending === undefined ? length : { "content-length": "1000000" },
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  yield encode(`HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`);
  yield* parts;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}
