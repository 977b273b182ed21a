// An HTTP proxy on loopback that knows CONNECT only, and looks up names itself.

/** A proxy that runs. */
export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** First lines of the requests in order: `CONNECT login.example.test:443 HTTP/1.1`. */
  readonly requests: string[];
}

/** What the proxy does. */
export interface ConnectProxyOptions {
  /** Where a name leads to: `login.example.test:443` to a port of this machine. Others are refused with 403. */
  ports: Record<string, number>;
  /** `user:password` that it wants; by default nothing. */
  credentials?: string;
}

/** Starts it on a free port. */
export function startConnectProxy({ ports, credentials }: ConnectProxyOptions): ConnectProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const requests: string[] = [];
  const keep = <C extends Deno.Conn>(connection: C): C => {
    open.add(connection);
    return connection;
  };
  async function serve(client: Deno.Conn): Promise<void> {
    const [line = "", ...headers] = (await head(client)).split("\r\n");
    requests.push(line);
    const given = headers.find((header) => /^proxy-authorization: basic /i.test(header))?.split(" ")[2];
    const answer = (text: string) => client.write(new TextEncoder().encode(`HTTP/1.1 ${text}\r\n\r\n`));
    if (credentials !== undefined && given !== btoa(credentials)) {
      await answer('407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="x"\r\ncontent-length: 0');
      return client.close();
    }
    const port = ports[line.split(" ")[1] ?? ""];
    if (!line.startsWith("CONNECT ") || port === undefined) {
      await answer("403 Forbidden\r\ncontent-length: 0");
      return client.close();
    }
    const server = keep(await Deno.connect({ hostname: "127.0.0.1", port }));
    await answer("200 Connection established");
    await Promise.all([client.readable.pipeTo(server.writable), server.readable.pipeTo(client.writable)]);
  }
  const serving = (async () => {
    for await (const client of listener) void serve(keep(client)).catch(() => {});
  })();
  return {
    port: listener.addr.port,
    requests,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // it is
        }
      }
      await serving;
    },
  };
}

async function head(client: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const length = await client.read(buffer);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return text;
}
