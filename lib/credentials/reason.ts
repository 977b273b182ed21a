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

/** Why the system refused to write, in the user's words. */
export function reasonOf(error: unknown): string {
  return REASONS[(error as { code?: string }).code ?? ""] ?? "writing failed";
}
