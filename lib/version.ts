/** The version of this package: the one in deno.json. */
export const VERSION = "0.1.0";
