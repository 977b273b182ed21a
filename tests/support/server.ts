/** An HTTP server of the test's own on loopback. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** What was asked, in order. */
  readonly requests: Request[];
}

/** Serves on a free port of this address; the requests that came are kept without their bodies. */
export function serve(
  handler: (request: Request) => Response | Promise<Response>,
  hostname = "127.0.0.1",
): TestServer {
  const requests: Request[] = [];
  const server = Deno.serve({ hostname, port: 0, onListen() {} }, (request) => {
    requests.push(new Request(request.url, { method: request.method, headers: request.headers }));
    return handler(request);
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
