/** Bytes that a binary may have, where that of an empty program has these. */
export function largest(empty: number): number {
  return Math.floor(empty * 1.05) + 3_000_000;
}

/** Whether it is more than it may be. */
export function tooLarge(size: number, empty: number): boolean {
  return size > largest(empty);
}

/** How large it is, in words. */
export function sizeLine(size: number, empty: number): string {
  const times = (size / empty).toFixed(3);
  return `${megabytes(size)}, ${times} times an empty program (${megabytes(empty)}); it may have ${
    megabytes(largest(empty))
  }`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
