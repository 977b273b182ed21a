import { fileURLToPath } from "node:url";

/** The directory of this project, without a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
