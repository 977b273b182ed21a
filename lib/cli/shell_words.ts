/**
 * Words as a command line that people can copy into their shell: what comes out of it is these words, and nothing else happens.
 *
 * @param words Printable, in one line each.
 * @param os Where the shell is: on Windows nobody knows which one it is.
 * @returns `undefined` where a word cannot be written so that every shell there takes it as it is.
 * @see POSIX.1-2024, Shell Command Language, section 2.2.2
 */
export function shellWords(words: string[], os: typeof Deno.build.os): string | undefined {
  if (words.some((word) => /[^\x20-\x7e]/.test(word))) return undefined;
  const quoted = words.map((word) => {
    // zsh looks for a program of that name behind a leading sign of equality.
    if (/^(?!=)[A-Za-z0-9_@+=:,.\/-]+$/.test(word)) return word;
    if (os !== "windows") return `'${word.replaceAll("'", `'\\''`)}'`;
    // Between double quotes cmd.exe obeys % and !, PowerShell $ and `, both a quote; a backslash before the last one would take it away.
    return /["%!$`\\]/.test(word) ? undefined : `"${word}"`;
  });
  return quoted.includes(undefined) ? undefined : quoted.join(" ");
}
