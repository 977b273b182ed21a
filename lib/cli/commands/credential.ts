import { FiefError } from "../../errors.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";
import type { CredentialRequest } from "../credential/request.ts";
import { originOf } from "../origin.ts";

/** The programs that can be answered, each with what it must say beside its name. */
const HELPERS: Record<
  string,
  { needs?: string; answer: () => Promise<(request: CredentialRequest) => Promise<string>> }
> = {
  git: {
    needs: "get, store or erase, which git adds by itself",
    answer: async () => (await import("../credential/git.ts")).gitCredential,
  },
  kubectl: { answer: async () => (await import("../credential/kubectl.ts")).execCredential },
  curl: {
    needs: "the URL that curl is to ask",
    answer: async () => (await import("../credential/curl.ts")).curlConfig,
  },
};

/** `credential`: the token in the words of other programs, which call this command by themselves. */
export const credential = command({
  name: "credential",
  summary: SUMMARIES.credential,
  description: [
    "git: credential.helper = '!fief-auth credential git'. For other servers than those that were named it says nothing, and git asks its next helper. A token that the server refuses is exchanged for another one; nobody is ever signed out.",
    "kubectl: an exec plugin of the kubeconfig, with provideClusterInfo: true, for client.authentication.k8s.io/v1 and v1beta1.",
    "curl: a line for curl --config -, for this URL.",
    "The token goes to the base URL's own origin, and to the origins named here or at sign-in. Nothing is ever asked.",
  ],
  options: {
    "api-origin": { kind: "texts", value: "URL", help: "Let this origin see the token; may be repeated" },
    username: { kind: "text", value: "NAME", help: "git: user name beside the token, where git has none (oauth2)" },
    "min-valid": { kind: "seconds", value: "S", help: "Refresh first unless the token lives this many seconds" },
  },
  arguments: [
    { name: "PROGRAM", help: "git, kubectl or curl", values: ["git", "kubectl", "curl"] },
    { name: "WHAT", help: "git: get, store or erase, which git adds by itself; curl: the URL", optional: true },
  ],
  examples: [
    "credential curl https://api.example.com/castles | curl --config - https://api.example.com/castles",
    "credential git get",
    "credential kubectl",
  ],
  acceptsAccessToken: true,
  async run(context) {
    const { app, args: [program, what], options, output, host } = context;
    const see = `See: ${app.name} credential --help`;
    const helper = Object.hasOwn(HELPERS, program!) ? HELPERS[program!]! : undefined;
    if (helper === undefined) {
      throw new FiefError("usage_invalid", `"credential" knows git, kubectl and curl, not "${program}"`, see);
    }
    if (helper.needs !== undefined && what === undefined) {
      throw new FiefError("usage_invalid", `"credential ${program}" needs ${helper.needs}`, see);
    }
    if (helper.needs === undefined && what !== undefined) {
      throw new FiefError("usage_invalid", `"credential ${program}" does not take "${what}"`, see);
    }
    if (options.username !== undefined && /[\p{Cc}]|^$/u.test(options.username)) {
      throw new FiefError(
        "usage_invalid",
        "The name of --username is empty or no line",
        "Write it as --username oauth2",
      );
    }
    if (output.json && program !== "kubectl") {
      throw new FiefError("usage_invalid", `What ${program} reads is no JSON`, "Leave out --json");
    }
    const { namedOrigins } = await import("../credential/named_origins.ts");
    const origins = await namedOrigins(context, options["api-origin"].map(originOf));
    const answer = await helper.answer();
    const { username = "oauth2", "min-valid": minValid } = options;
    await host.stdout.write(await answer({ context, what: what ?? "", origins, username, minValid }));
  },
});
