// Answers every request with as many bytes as its path says, as fast as a socket takes them, in a process of its own.

const piece = new Uint8Array(1_000_000).fill(0x61);

if (import.meta.main) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  for await (const connection of listener) void answer(connection).catch(() => {}); // who goes away early is no matter
}

async function answer(connection: Deno.TcpConn): Promise<void> {
  using open = connection;
  const request = new Uint8Array(16_384);
  const length = await open.read(request) ?? 0;
  const bytes = Number(new TextDecoder().decode(request.subarray(0, length)).match(/^GET \/(\d+) /)?.[1] ?? 0);
  await writeAll(
    open,
    new TextEncoder().encode(
      `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`,
    ),
  );
  for (let left = bytes; left > 0; left -= piece.length) {
    await writeAll(open, piece.subarray(0, Math.min(left, piece.length)));
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}
