// A CLI of your own: its name, its server, one more command; sign-in, tokens and help come along.
import { cli, command } from "@fief/auth/cli";

const castles = command({
  name: "castles",
  summary: "List the castles",
  options: { region: { kind: "text", value: "NAME", help: "Only those of this region" } },
  examples: ["castles", "castles --region Loire"],
  async run({ fetch, options, output }) {
    const url = new URL("/castles", api);
    if (options.region !== undefined) url.searchParams.set("region", options.region);
    const response = await fetch(url);
    if (!response.ok) {
      output.warn(`The castles could not be listed: status ${response.status}`);
      return 1;
    }
    const names: string[] = await response.json();
    await output.result({ castles: names }, names.join("\n"));
    return 0;
  },
});

// Write your own URLs and client id in here; the variables are for the tests.
const api = Deno.env.get("ACME_API") ?? "https://api.acme.example";
if (import.meta.main) {
  Deno.exit(
    await cli({
      name: "acme",
      version: "1.0.0",
      baseUrl: Deno.env.get("ACME_SERVER") ?? "https://acme.example",
      clientId: "cli",
      apiOrigins: [api],
      pages: { accent: "#8a3ffc", signedIn: "Welcome. Your castles are waiting in the terminal." },
      commands: { castles },
    }),
  );
}
