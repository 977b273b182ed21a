// Stand-in for @std/path where JSR cannot be reached: the functions that this project uses.
import { fileURLToPath } from "node:url";
export { dirname, join } from "node:path";

export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}
