// Stand-in for @std/path where JSR cannot be reached: the functions that this project uses.
export { dirname, fromFileUrl, join, resolve, toFileUrl };
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

function toFileUrl(path: string): URL {
  return pathToFileURL(path);
}
