/** What a release is made of, as it lies in the repository. */
export interface ReleaseFacts {
  /** The tag that was pushed. */
  tag: string;
  /** The version in deno.json. */
  version: string;
  /** CHANGELOG.md. */
  changelog: string;
  /** `OWNER/NAME` on GitHub, where it is known. */
  repository: string | undefined;
  /** install.sh and install.ps1: by default they look for releases at one address. */
  scripts: Record<string, string>;
}

/** All that keeps a release from being made, each in a line. */
export function releaseFaults({ tag, version, changelog, repository, scripts }: ReleaseFacts): string[] {
  const faults = [];
  if (tag !== `v${version}`) {
    faults.push(`The tag is "${tag}", and the version in deno.json ${version}: expected v${version}`);
  }
  if (releaseNotes(changelog, version) === undefined) {
    faults.push(`CHANGELOG.md has nothing for ${version}: give what is under Unreleased a heading "## ${version}"`);
  }
  for (const [name, text] of Object.entries(scripts)) {
    const address = `https://github.com/${repository}/releases`;
    if (repository !== undefined && !text.split(/[\s'"]|default_releases=/).includes(address)) {
      faults.push(`${name} looks for releases elsewhere: expected ${address}`);
    }
  }
  return faults;
}

/**
 * What CHANGELOG.md says of a version; undefined where it says nothing. On GitHub a line break is one also in the middle of a sentence, so
 * that each paragraph and each item becomes one line.
 */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\[?([^\s\]]+)/.exec(text)?.[1] === version);
  const body = section?.split("\n").slice(1).join("\n").trim();
  return body ? `${body.replaceAll(/(?<=[^\n])\n(?![\n#]|\s*- )\s*/g, " ")}\n` : undefined;
}
