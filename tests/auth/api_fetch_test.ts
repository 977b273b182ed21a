import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { apiFetch, type ApiFetchOptions, assertAllowed } from "../../lib/auth/api_fetch.ts";
import { FiefError } from "../../lib/errors.ts";
import { serve } from "../support/server.ts";

const FIRST = "first-secret-token";
const SECOND = "second-secret-token";

function options(origins: string[], parts: Partial<ApiFetchOptions> = {}): ApiFetchOptions {
  return {
    fetch,
    now: Date.now,
    origins,
    token: (refused) => Promise.resolve(refused === undefined ? FIRST : SECOND),
    ...parts,
  };
}

function bearer(request: Request | undefined): string | null | undefined {
  return request?.headers.get("authorization");
}

Deno.test("apiFetch() adds the token when the origin was named", async () => {
  await using api = serve(() => new Response("castles"));
  const response = await apiFetch(`${api.origin}/castles`, undefined, options([api.origin]));
  assertEquals(await response.text(), "castles");
  assertEquals(api.requests.map(bearer), [`Bearer ${FIRST}`]);
});

const refused: [name: string, url: string, code: string][] = [
  ["has no scheme", "api.example.com/castles", "usage_invalid"],
  ["is a path", "/castles", "usage_invalid"],
  ["is a file", "file:///etc/passwd", "usage_invalid"],
  ["is empty", "", "usage_invalid"],
  ["holds a user name and a password", "https://anne:secret@named.example/", "usage_invalid"],
  ["is on plain http", "http://named.example/", "origin_not_allowed"],
  ["has an origin nobody named", "https://other.example/", "origin_not_allowed"],
  ["has another port", "https://named.example:8443/", "origin_not_allowed"],
  ["has a name that only starts as the named one", "https://named.example.evil.example/", "origin_not_allowed"],
  ["has a name that only ends as the named one", "https://evilnamed.example/", "origin_not_allowed"],
];
for (const [name, url, code] of refused) {
  Deno.test(`apiFetch() sends nothing when the URL ${name}`, async () => {
    const never = () => Promise.reject(new Error("a request was sent or a token asked for"));
    const parts = { fetch: never, token: never };
    const error = await assertRejects(
      () => apiFetch(url, undefined, options(["https://named.example"], parts)),
      FiefError,
    );
    assertEquals(error.code, code);
    assertFalse(error.message.includes("secret"));
  });
}

Deno.test("assertAllowed() lets plain http through on loopback only, and only where it was named", () => {
  assertEquals(assertAllowed("http://localhost:8000/a", ["http://localhost:8000"]).pathname, "/a");
  assertEquals(assertAllowed("http://[::1]:8000/a", ["http://[::1]:8000"]).pathname, "/a");
});

Deno.test("apiFetch() sends the request once more with a new token when the API answers 401", async () => {
  const bodies: string[] = [];
  await using api = serve(async (request) => {
    bodies.push(await request.text());
    return new Response(null, { status: bearer(request) === `Bearer ${SECOND}` ? 200 : 401 });
  });
  const response = await apiFetch(api.origin, { method: "POST", body: "moat" }, options([api.origin]));
  assertEquals([response.status, await response.text()], [200, ""]);
  assertEquals(api.requests.map(bearer), [`Bearer ${FIRST}`, `Bearer ${SECOND}`]);
  assertEquals(bodies, ["moat", "moat"]);
});

Deno.test("apiFetch() gives the API's second 401 and asks no third time", async () => {
  await using api = serve(() => new Response("no", { status: 401 }));
  const response = await apiFetch(api.origin, undefined, options([api.origin]));
  assertEquals([response.status, await response.text(), api.requests.length], [401, "no", 2]);
});

Deno.test("apiFetch() gives the API's 401 when there is no other token", async () => {
  await using api = serve(() => new Response("no", { status: 401 }));
  const response = await apiFetch(
    api.origin,
    undefined,
    options([api.origin], { token: () => Promise.resolve(FIRST) }),
  );
  assertEquals([response.status, await response.text(), api.requests.length], [401, "no", 1]);
});

Deno.test("apiFetch() gives the API's 401 when the refresh fails", async () => {
  await using api = serve(() => new Response("no", { status: 401 }));
  const token = (refused?: string) =>
    refused === undefined
      ? Promise.resolve(FIRST)
      : Promise.reject(new FiefError("refresh_rejected", "Ended", "Sign in"));
  const response = await apiFetch(api.origin, undefined, options([api.origin], { token }));
  assertEquals([response.status, await response.text()], [401, "no"]);
});

Deno.test("apiFetch() asks no second time when the body is a stream that is gone", async () => {
  await using api = serve(async (request) => {
    await request.text();
    return new Response("no", { status: 401 });
  });
  const body = new Blob(["moat"]).stream();
  const response = await apiFetch(api.origin, { method: "POST", body }, options([api.origin]));
  assertEquals([response.status, await response.text(), api.requests.length], [401, "no", 1]);
});

Deno.test("apiFetch() opens a body anew for each time it is sent", async () => {
  const bodies: string[] = [];
  await using api = serve(async (request) => {
    bodies.push(await request.text());
    return new Response(null, { status: bodies.length === 1 ? 401 : 200 });
  });
  const body = { repeatable: true, open: () => Promise.resolve(new Blob(["keep"]).stream()) };
  const response = await apiFetch(api.origin, { method: "POST" }, options([api.origin], { body }));
  assertEquals([response.status, await response.text(), bodies], [200, "", ["keep", "keep"]]);
});

Deno.test("apiFetch() keeps the token at home when a redirect leads to another origin", async () => {
  await using other = serve(() => new Response("elsewhere"));
  await using api = serve(() => new Response(null, { status: 302, headers: { location: `${other.origin}/x` } }));
  const init = { headers: { cookie: "a=b" } };
  const response = await apiFetch(api.origin, init, options([api.origin]));
  assertEquals(await response.text(), "elsewhere");
  assertEquals([bearer(other.requests[0]), other.requests[0]?.headers.get("cookie")], [null, null]);
});

Deno.test("apiFetch() never takes the token up again when a redirect leads back", async () => {
  await using other = serve(() => new Response(null, { status: 302, headers: { location: `${api.origin}/back` } }));
  await using api = serve((request) =>
    request.url.endsWith("/back")
      ? new Response("back")
      : new Response(null, { status: 302, headers: { location: other.origin } })
  );
  await (await apiFetch(api.origin, undefined, options([api.origin]))).text();
  assertEquals(api.requests.map(bearer), [`Bearer ${FIRST}`, null]);
});

Deno.test("apiFetch() takes the token along when a redirect stays at named origins", async () => {
  await using other = serve(() => new Response("there"));
  await using api = serve(() => new Response(null, { status: 307, headers: { location: other.origin } }));
  await (await apiFetch(api.origin, undefined, options([api.origin, other.origin]))).text();
  assertEquals(other.requests.map(bearer), [`Bearer ${FIRST}`]);
});

const methods: [status: number, before: string, after: string][] = [
  [301, "POST", "GET"],
  [302, "POST", "GET"],
  [303, "PUT", "GET"],
  [302, "PUT", "PUT"],
  [307, "POST", "POST"],
  [308, "POST", "POST"],
  [303, "HEAD", "HEAD"],
];
for (const [status, before, after] of methods) {
  Deno.test(`apiFetch() sends ${after} when ${before} is redirected with ${status}`, async () => {
    await using api = serve(async (request) => {
      await request.text();
      return request.url.endsWith("/next")
        ? new Response(null)
        : new Response(null, { status, headers: { location: "/next" } });
    });
    const init = before === "HEAD" ? { method: before } : { method: before, body: "x" };
    await (await apiFetch(api.origin, init, options([api.origin]))).text();
    assertEquals(api.requests.map(({ method }) => method), [before, after]);
  });
}

Deno.test("apiFetch() gives up when a redirect goes on for ever", async () => {
  await using api = serve(() => new Response(null, { status: 302, headers: { location: "/again" } }));
  const error = await assertRejects(() => apiFetch(api.origin, undefined, options([api.origin])), FiefError);
  assertEquals([error.code, api.requests.length], ["api_unreachable", 21]);
});

Deno.test("apiFetch() gives the redirect itself when it leads away from http", async () => {
  await using api = serve(() => new Response(null, { status: 302, headers: { location: "file:///etc/passwd" } }));
  const response = await apiFetch(api.origin, undefined, options([api.origin]));
  assertEquals([response.status, await response.text()], [302, ""]);
});

Deno.test("apiFetch() gives the redirect itself when the request says so", async () => {
  await using api = serve(() => new Response(null, { status: 302, headers: { location: "/next" } }));
  const response = await apiFetch(api.origin, { redirect: "manual" }, options([api.origin]));
  assertEquals([response.status, await response.text(), api.requests.length], [302, "", 1]);
});

Deno.test("apiFetch() rejects with api_unreachable when nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const error = await assertRejects(() => apiFetch(`${origin}/?key=hidden`, undefined, options([origin])), FiefError);
  assertEquals(error.code, "api_unreachable");
  assertFalse(error.message.includes("hidden"));
  assertFalse(Deno.inspect(error, { depth: 9 }).includes(FIRST));
});

Deno.test("apiFetch() takes a Request with its method, headers and body", async () => {
  let body = "";
  await using api = serve(async (request) => {
    body = await request.text();
    return new Response(null);
  });
  const request = new Request(api.origin, { method: "PUT", headers: { "x-moat": "deep" }, body: "water" });
  await (await apiFetch(request, undefined, options([api.origin]))).text();
  const [seen] = api.requests;
  assertEquals([seen?.method, seen?.headers.get("x-moat"), body], ["PUT", "deep", "water"]);
});

Deno.test("apiFetch() passes an abort on", async () => {
  await using api = serve(() => new Promise<Response>((resolve) => release = () => resolve(new Response(null))));
  let release = () => {};
  const controller = new AbortController();
  const pending = apiFetch(api.origin, { signal: controller.signal }, options([api.origin]));
  controller.abort(new Error("enough"));
  await assertRejects(() => pending, Error, "enough");
  release();
});

Deno.test("apiFetch() sends a form with a boundary that fits, also the second time", async () => {
  const names: string[] = [];
  await using api = serve(async (request) => {
    names.push([...(await request.formData()).keys()].join());
    return new Response(null, { status: names.length === 1 ? 401 : 200 });
  });
  const body = new FormData();
  body.append("castle", "Chambord");
  body.append("plan", new Blob(["x"]), "plan.txt");
  const response = await apiFetch(api.origin, { method: "POST", body }, options([api.origin]));
  assertEquals([response.status, await response.text(), names], [200, "", ["castle,plan", "castle,plan"]]);
});

Deno.test("apiFetch() asks for no other token when a server that saw none answers 401", async () => {
  await using other = serve(() => new Response("no", { status: 401 }));
  await using api = serve(() => new Response(null, { status: 302, headers: { location: other.origin } }));
  const asked: unknown[] = [];
  const token = (refused?: string) => (asked.push(refused), Promise.resolve(FIRST));
  const response = await apiFetch(api.origin, undefined, options([api.origin], { token }));
  assertEquals([response.status, await response.text(), asked], [401, "no", [undefined]]);
});

for (const token of ["s3cret\nx: y", "s3cret two", "s3crét", ""]) {
  Deno.test(`apiFetch() shows nothing of a token that fits in no header (${JSON.stringify(token.slice(6))})`, async () => {
    const never = () => Promise.reject(new Error("a request was sent"));
    const call = () =>
      apiFetch(
        "https://a.example",
        undefined,
        options(["https://a.example"], { fetch: never, token: () => Promise.resolve(token) }),
      );
    const error = await assertRejects(call, FiefError);
    assertEquals(error.code, "access_token_invalid");
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cr"));
  });
}
