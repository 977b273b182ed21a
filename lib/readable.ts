/** Text from outside, for a terminal or a page: one line, no control characters, nothing that cannot be seen or turns the writing around. */
export function readable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim().toWellFormed();
}

/**
 * Words of others (a server, a library, a platform) without whatever in them could be a secret, or half of one: long parts with digits or
 * capitals in their midst, as tokens, codes and their encodings are made of. Words, also in capitals (`USER_UPDATE_INVALID_PASSWORD`), host
 * names and paths go through.
 */
export function discreet(text: string): string {
  return text.replaceAll(/[\w\-~+=%./]{16,}/g, (run) => {
    const parts = run.split(/([./])/);
    const first = parts.findIndex(isSecretive);
    return first < 0
      ? run
      : [...parts.slice(0, first), "...", ...parts.slice(parts.findLastIndex(isSecretive) + 1)].join("");
  });
}

function isSecretive(part: string): boolean {
  if (/^[A-Z]+(_[A-Z]+)+$/.test(part)) return false;
  return part.length >= 10 && /\d/.test(part) || part.length >= 16 && /[^A-Z][A-Z]/.test(part);
}
