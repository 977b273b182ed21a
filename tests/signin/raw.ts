/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/** Connects to a port on loopback and sends these bytes as they are. */
export async function send(
  port: number,
  bytes: string | Uint8Array<ArrayBuffer>,
  hostname = "127.0.0.1",
): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname, port });
  let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** Sends these bytes and reads to the end, for five seconds at most; `undefined` where the other side says nothing. */
export async function exchange(port: number, bytes: string | Uint8Array<ArrayBuffer>): Promise<RawAnswer | undefined> {
  const connection = await send(port, bytes);
  const deadline = setTimeout(() => connection.close(), 5_000);
  const text = await new Response(connection.readable).text().catch(() => "");
  clearTimeout(deadline);
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end + 4) };
}
