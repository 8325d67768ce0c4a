/** "Doctor": what works here and what does not, as a page the editor renders. */
import { messageOf } from "./logger";
import type { Executor } from "./models";
import { OwnPage } from "./ownPage";
import { type DoctorCheck, parseChecks, ServerCommand } from "./protocol";
import { commands, ProgressLocation, window } from "./vscodeapi";

/** Names and values about the extension itself, shown below the checks. */
export type Facts = readonly (readonly [string, string])[];

/** The report in Markdown. `failure`: why the server could not be asked. */
export function doctorMarkdown(checks: readonly DoctorCheck[], facts: Facts, failure: string | null): string {
  const bad = checks.filter((check) => !check.ok);
  const lines = ["# Burnish: doctor", ""];
  if (failure !== null) {
    lines.push(`❌ The language server could not be asked: ${escape(failure)}`, "");
  } else if (checks.length === 0) {
    lines.push("The server reported no checks.", "");
  } else {
    lines.push(bad.length === 0 ? "✅ Everything works." : `❌ ${bad.length} of ${checks.length} checks failed.`, "");
  }
  for (const check of bad) {
    lines.push(`## ❌ ${escape(check.name)}`, "", escape(check.detail), "");
    if (check.mend !== "") {
      lines.push("What to do:", "", ...fenced(check.mend), "");
    }
  }
  if (checks.length > bad.length) {
    lines.push("## What works", "");
    lines.push(
      ...checks.filter((check) => check.ok).map((check) => `- ✅ **${escape(check.name)}**: ${escape(check.detail)}`),
    );
    lines.push("");
  }
  lines.push("## This installation", "", "| | |", "| --- | --- |");
  lines.push(...facts.map(([name, value]) => `| ${escape(name)} | ${escape(value)} |`), "");
  return lines.join("\n");
}

/** Plain text as Markdown that shows it literally, on one line. */
function escape(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|]/g, String.raw`\$&`).replaceAll(/\s*\n\s*/g, " ");
}

function fenced(text: string): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}text`, text, fence];
}

/** Holds the last report and shows it. */
export class Doctor extends OwnPage {
  constructor(private readonly facts: () => Promise<Facts>) {
    super("burnish-doctor", "Burnish doctor.md");
  }

  /** Asks the server, which may take seconds, and opens the report. */
  async show(server: Executor): Promise<void> {
    await window.withProgress({ location: ProgressLocation.Window, title: "Burnish: examining" }, async () => {
      let checks: DoctorCheck[] = [];
      let failure: string | null = null;
      try {
        checks = parseChecks(await server.execute(ServerCommand.doctor));
      } catch (error) {
        failure = messageOf(error);
      }
      this.write(doctorMarkdown(checks, await this.facts(), failure));
    });
    await commands.executeCommand("markdown.showPreview", this.uri);
  }
}
