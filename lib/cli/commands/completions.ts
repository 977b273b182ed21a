import { FiefError } from "../../errors.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";
import type { CompletionModel } from "../completions/model.ts";

/** What makes the script of each shell. */
const SHELLS: Record<string, () => Promise<(model: CompletionModel) => string>> = {
  bash: async () => (await import("../completions/bash.ts")).bashCompletions,
  zsh: async () => (await import("../completions/zsh.ts")).zshCompletions,
  fish: async () => (await import("../completions/fish.ts")).fishCompletions,
  powershell: async () => (await import("../completions/powershell.ts")).powershellCompletions,
};

/** `completions`: what makes a shell complete command lines of this CLI. */
export const completions = command({
  name: "completions",
  summary: SUMMARIES.completions,
  description: [
    "bash: put source <(NAME completions bash) into ~/.bashrc. zsh: put source <(NAME completions zsh) behind compinit in ~/.zshrc. fish: NAME completions fish > ~/.config/fish/completions/NAME.fish. PowerShell: put NAME completions powershell | Out-String | Invoke-Expression into $PROFILE. NAME stands for this program.",
    "Commands, options, values that are known, names of profiles and files are completed. The script asks no server and reads no token.",
  ],
  arguments: [{ name: "SHELL", help: "bash, zsh, fish or powershell", values: Object.keys(SHELLS) }],
  examples: ["completions bash", "completions zsh", "completions fish"],
  withoutSession: true,
  async run({ app, args: [shell], host, output }) {
    if (!Object.hasOwn(SHELLS, shell!)) {
      throw new FiefError(
        "usage_invalid",
        `There are no completions for "${shell}"`,
        `There are for ${Object.keys(SHELLS).join(", ")}`,
      );
    }
    const { completionModel } = await import("../completions/model.ts");
    const script = (await SHELLS[shell!]!())(await completionModel(app, host.os));
    await output.result({ shell, script }, script.trimEnd());
  },
});
