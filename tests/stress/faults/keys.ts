import { type Fault, json, type Moment, type Scene, type Told, unexpected } from "./fault.ts";

/** The signature of a token cannot be checked: at a sign-in it is that of the ID token, in an API that of the access token. */
function unproven(why: string): (place: unknown, moment: Moment) => Told {
  return (_place, moment) =>
    moment === "login"
      ? {
        code: "id_token_invalid",
        message: `The ID token ${why}`,
        hint: "Sign in again; if it stays so, the server is set up wrongly or is not the one you think",
      }
      : { code: "access_token_invalid", message: `The access token ${why}`, hint: "Sign in again" };
}

type Key = Record<string, unknown>;

function keys(
  name: string,
  change: (key: Key, scene: Scene) => unknown,
  told: Fault["told"],
  asked?: Fault["asked"],
): Fault {
  const reply = (scene: Scene) => json({ keys: change((scene.good["keys"] as Key[])[0]!, scene) });
  return { name, at: ["keys"], reply, told, ...asked ? { asked } : {} };
}

/** A key id that nobody knows: what was fetched ahead may be old, what was fetched for this very token is not. */
const againAtLogin = (_place: unknown, moment: Moment) => moment === "login" ? 2 : 1;

const NOT_PUBLISHED = unproven("is signed with a key that the server does not publish");
const UNMATCHED = unproven("has a signature that does not match");
const UNCHECKED = unproven("has a signature that cannot be checked");
const NO_KEYS = () => unexpected("keys", "status 200 and JSON");

/** What the key set says. */
export const keysFaults: Fault[] = [
  keys("no list of keys", () => undefined, NO_KEYS),
  keys("keys that are a text", ({ x }) => x, NO_KEYS),
  keys("keys that are an object", (key) => ({ published: key }), NO_KEYS),
  keys("a key that is a text", (key) => [key, "key"], NO_KEYS),
  keys("a key that is null", (key) => [null, key], NO_KEYS),
  keys("a key that is a list", (key) => [[key]], NO_KEYS),
  keys("no keys", () => [], NOT_PUBLISHED, againAtLogin),
  keys(
    "a secret in place of a key",
    ({ kid }, { leak }) => [{ kty: "oct", kid, k: leak, alg: "HS256" }],
    NOT_PUBLISHED,
  ),
  keys("a key for encryption", (key) => [{ ...key, use: "enc" }], NOT_PUBLISHED),
  keys("a key of another name", (key) => [{ ...key, kid: "another" }], NOT_PUBLISHED, againAtLogin),
  keys("a private key", (key) => [{ ...key, d: key["x"] }], UNCHECKED),
  keys("a key on another curve", (key) => [{ ...key, crv: "P-384" }], NOT_PUBLISHED),
  keys("a key that lacks a coordinate", (key) => [{ ...key, y: undefined }], UNCHECKED),
  keys("a key whose coordinate is a number", (key) => [{ ...key, y: 7 }], UNCHECKED),
  keys("a key that is another one", (key) => [{ ...key, x: key["y"], y: key["x"] }], UNMATCHED),
  keys(
    "keys that were rotated between two questions",
    (key, { before }) => [before === 0 ? { ...key, kid: "old" } : key],
    (_place, moment) => moment === "login" ? "works" : NOT_PUBLISHED(undefined, moment),
    againAtLogin,
  ),
  keys(
    "a thousand keys",
    (key) => [...Array.from({ length: 1_000 }, (_, n) => ({ ...key, kid: `${n}` })), key],
    () => "works",
  ),
];
