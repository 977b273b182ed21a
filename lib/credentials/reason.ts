const REASONS: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "access is denied",
  EPERM: "access is denied",
  ENOENT: "the directory is gone",
  ENOTDIR: "its directory is a file",
  EISDIR: "it is a directory",
};

/** Errors to which Deno gives no code: what the system says of them. */
const WORDS: [words: RegExp, reason: string][] = [
  [/dis[ck] quota/i, REASONS["EDQUOT"]!],
  [/stale/i, "the network's file system has lost sight of it"],
  [/input\/output/i, "the disk reports an error"],
];

/** Why the system refused to write, in the user's words. */
export function reasonOf(error: unknown): string {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return REASONS[code] ?? WORDS.find(([words]) => words.test(message))?.[1] ?? "writing failed";
}
