import { assertAllowed } from "../../auth/api_fetch.ts";
import { FiefError } from "../../errors.ts";
import { readable } from "../../readable.ts";
import { bearerToken } from "../bearer.ts";
import type { CredentialRequest } from "./request.ts";

const VARIABLE = "KUBERNETES_EXEC_INFO";
const GROUP = "client.authentication.k8s.io";
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];

/**
 * An ExecCredential for kubectl and whatever else uses client-go, in the version that it asks for. The cluster must have been named as an API
 * origin. Nothing is ever asked: whether anybody could answer is of no matter.
 *
 * @throws {FiefError} `usage_invalid` for what no client-go asks, `origin_not_allowed`.
 * @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 */
export async function execCredential({ context, origins, minValid }: CredentialRequest): Promise<string> {
  const { apiVersion, server } = parseExecInfo(context.host.env(VARIABLE));
  context.host.debug?.(`kubectl asks in ${apiVersion}, for the cluster at "${server}"`);
  assertAllowed(server, origins);
  const { access_token, expires_at } = await bearerToken(context, minValid);
  const status = {
    ...expires_at === undefined ? {} : { expirationTimestamp: timestampOf(expires_at) },
    token: access_token,
  };
  return `${JSON.stringify({ apiVersion, kind: "ExecCredential", status })}\n`;
}

/** What `KUBERNETES_EXEC_INFO` says. */
export function parseExecInfo(text: string | undefined): { apiVersion: string; server: string } {
  if (text === undefined) {
    const hint = "kubectl sets it where the exec part of the kubeconfig says provideClusterInfo: true";
    throw new FiefError("usage_invalid", `The variable ${VARIABLE} is not set`, hint);
  }
  const { apiVersion, kind, spec } = objectOf(parse(text));
  if (kind !== "ExecCredential" || typeof apiVersion !== "string") throw unreadable();
  if (!VERSIONS.includes(apiVersion)) {
    throw new FiefError(
      "usage_invalid",
      `"${readable(apiVersion).slice(0, 100)}" is no version of kubectl's credentials that is known here`,
      `Write apiVersion: ${VERSIONS[0]} (or v1beta1) into the exec part of the kubeconfig`,
    );
  }
  const { server } = objectOf(objectOf(spec)["cluster"]);
  if (typeof server === "string" && server !== "") return { apiVersion, server };
  throw new FiefError(
    "usage_invalid",
    "kubectl does not say which cluster the token is for",
    "Write provideClusterInfo: true into the exec part of the kubeconfig",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): FiefError {
  const hint = "It is kubectl that sets it: update kubectl";
  return new FiefError("usage_invalid", `The variable ${VARIABLE} holds no ExecCredential`, hint);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

/** RFC 3339 without fractions of a second, which some readers do not take. A moment beyond what a Date can tell is none. */
function timestampOf(epochSeconds: number): string | undefined {
  const moment = new Date(epochSeconds * 1000);
  return Number.isNaN(moment.getTime()) || moment.getUTCFullYear() > 9999
    ? undefined
    : moment.toISOString().replace(/\.\d+Z$/, "Z");
}
