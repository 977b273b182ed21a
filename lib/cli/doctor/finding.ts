import { readable } from "../../readable.ts";
import { errorOf } from "../failure.ts";
import { hintFor } from "../output.ts";

/** What came of a check. */
export type FindingStatus = "ok" | "warning" | "failed" | "skipped";

/** One line of the diagnosis. A part of it may come from a server or a file: nothing in it is for a terminal to obey. */
export interface Finding {
  /** The check, in a word. */
  name: string;
  status: FindingStatus;
  /** What was found. */
  found: string;
  /** What to do; `null` where there is nothing. */
  advice: string | null;
  /** The exit status that `login` would have failed with. */
  exitStatus?: number;
}

/** All is well. */
export function ok(name: string, found: string): Finding {
  return { name, status: "ok", found: readable(found), advice: null };
}

/** A sign-in would work all the same. */
export function warning(name: string, found: string, advice: string): Finding {
  return { name, status: "warning", found: readable(found), advice: readable(advice) };
}

/** Nothing was looked at. */
export function skipped(name: string, why: string): Finding {
  return { name, status: "skipped", found: why, advice: null };
}

/** A sign-in would fail as this error says. */
export function failed(name: string, error: unknown, cli: string): Finding {
  const named = errorOf(error);
  return {
    name,
    status: "failed",
    found: named.message,
    advice: hintFor(named, cli),
    exitStatus: named.exitStatus,
  };
}

/** The same finding where a sign-in goes another way, and works. */
export function unneeded(finding: Finding, why: string): Finding {
  if (finding.status !== "failed") return finding;
  const { exitStatus: _exitStatus, ...rest } = finding;
  return { ...rest, status: "warning", found: `${finding.found} (${why})` };
}
