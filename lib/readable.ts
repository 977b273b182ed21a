/** Text from outside, for a terminal or a page: one line, no control characters, nothing that cannot be seen or turns the writing around. */
export function readable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim().toWellFormed();
}
