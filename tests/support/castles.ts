// A small API that lets nobody in without a token that the provider signed.
import { Fief, FiefError } from "../../lib/mod.ts";

/** Starts it on a free port, for tokens of this issuer. */
export function startCastles(issuer: string): { origin: string } & AsyncDisposable {
  const fief = new Fief(issuer, "cli");
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const token = request.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1] ?? "";
    try {
      const { permissions } = await fief.validateAccessToken(token, { requiredPermissions: ["castles:read"] });
      return Response.json({ castles: ["Chambord", "Chenonceau"], permissions });
    } catch (error) {
      if (!(error instanceof FiefError)) throw error;
      return Response.json({ detail: error.message }, { status: 401 });
    }
  });
  return { origin: `http://127.0.0.1:${listener.addr.port}`, [Symbol.asyncDispose]: () => listener.shutdown() };
}
