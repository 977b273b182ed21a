/** What a server asks a client to prove, in a `WWW-Authenticate` field. */
export interface Challenge {
  /** The scheme in lower case: `bearer`. */
  scheme: string;
  /** Parameters by their names in lower case. */
  parameters: Map<string, string>;
}

const LIST_GAP = /[ \t]*(?:,[ \t]*)*/y;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*[ \t]*(?=,|$)/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const VALUE = /(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z]+))(?=[ \t,]|$)/ys;

/**
 * Reads a `WWW-Authenticate` field, several of them joined by commas included.
 *
 * @param field Its value: whatever a server has sent.
 * @returns The challenges that can be read, up to what is none. One that has a parameter twice says nothing that counts.
 * @see RFC 9110 sections 11.2, 11.3 and 11.6.1
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: Challenge[] = [];
  const ambiguous = new Set<Challenge>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(LIST_GAP);
    const name = take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) break;
    const current = challenges.at(-1);
    // A name with a value belongs to the scheme before it; any other name is a scheme.
    if (current === undefined || take(EQUALS) === null) {
      challenges.push({ scheme: name, parameters: new Map() });
      take(TOKEN68);
      continue;
    }
    const [, quoted, token] = take(VALUE) ?? [];
    const value = quoted?.replaceAll(/\\(.)/gs, "$1") ?? token;
    if (value === undefined) break;
    if (current.parameters.has(name)) ambiguous.add(current);
    current.parameters.set(name, value);
  }
  return challenges.filter((challenge) => !ambiguous.has(challenge));
}
