/** Performance fixes: verify and apply all of a file, look at one with its evidence, rank by a profile. */
import type { Uri as VscodeUri } from "vscode";
import type { Executor } from "./models";
import { parsePreview, type Preview } from "./perfPreview";
import { ServerCommand } from "./protocol";
import { TextPages } from "./textPages";
import { Uri, window, workspace } from "./vscodeapi";
import { asList, asRecord, numberOr, text, texts } from "./wire";

const SCHEME = "burnish-fix";

/** What became of verifying all fixes of a file. */
export interface Verified {
  readonly of: number;
  readonly cancelled: boolean;
  readonly results: readonly Result[];
}

/** One verified fix. `line` counts from 0. */
export interface Result {
  readonly title: string;
  readonly line: number;
  readonly badge: string;
  readonly applicable: boolean;
  readonly evidence: string;
}

/** A fix by its name, or the one at a place. */
interface Asked {
  readonly uri: string;
  readonly key?: string;
  readonly position?: { readonly line: number; readonly character: number };
  /** Verify it first. */
  readonly verify?: true;
}

const APPLY = "Apply";
const VERIFY = "Verify";
const EVIDENCE = "Show the Evidence";

/** The answer of `burnish.server.verifyAll`. */
export function parseVerified(value: unknown): Verified {
  const record = asRecord(value);
  const results = asList(record["results"]).map((one) => ({
    title: text(one["title"]),
    line: numberOr(one["line"], 0),
    badge: text(one["badge"]),
    applicable: one["applicable"] === true,
    evidence: text(one["evidence"]),
  }));
  return { of: numberOr(record["of"], results.length), cancelled: record["cancelled"] === true, results };
}

/** "3 of 5 fixes can be applied: 3 tested, 1 weak, 1 different." */
export function summary({ of, cancelled, results }: Verified): string {
  if (of === 0) {
    return "Burnish has nothing to verify in this file.";
  }
  const counts = new Map<string, number>();
  results.forEach(({ badge, applicable }) => {
    const kind = badge === "tested" && !applicable ? "not faster" : badge;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  });
  const kinds = [...counts].map(([badge, count]) => `${count} ${badge}`).join(", ");
  const good = results.filter((result) => result.applicable).length;
  const stopped = cancelled ? ` Stopped after ${results.length} of ${of}.` : "";
  return `${good} of ${of} fixes can be applied${kinds === "" ? "" : `: ${kinds}`}.${stopped}`;
}

/** The results as a page, in the order of the file. */
export function resultsPage(name: string, { results }: Verified): string {
  const rows = results
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, title, badge, evidence }) => `| ${line + 1} | ${cell(title)} | ${cell(badge)} | ${cell(evidence)} |`);
  return [
    `# ${name}: verified fixes`,
    "",
    "| line | fix | verdict | evidence |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function cell(words: string): string {
  return words.replaceAll(/\s+/g, " ").replaceAll(/[\\|<>*_[\]]/g, String.raw`\$&`);
}

/** The pages of the fix looked at last: the text before it, the text after it, and the evidence. */
export class FixPages extends TextPages {
  private profile = "";

  constructor() {
    super(SCHEME);
  }

  /** Verifies every fix of the file that is being edited, and offers to apply the good ones. */
  async verifyAll(server: Executor): Promise<void> {
    const uri = pythonFile();
    if (uri === null) {
      return;
    }
    const verified = parseVerified(await server.execute(ServerCommand.verifyAll, [uri.toString()]));
    const good = verified.results.some((result) => result.applicable);
    const buttons = [...(good ? ["Apply All Verified"] : []), ...(verified.results.length > 0 ? [EVIDENCE] : [])];
    const answer = await window.showInformationMessage(`Burnish: ${summary(verified)}`, ...buttons);
    if (answer === "Apply All Verified") {
      await this.applyVerified(server, uri);
    } else if (answer === EVIDENCE) {
      await this.showPage(resultsPage(workspace.asRelativePath(uri), verified));
    }
  }

  /** Applies what was verified, and what is shown to be the same; one undo takes it back. */
  async applyVerified(server: Executor, uri: VscodeUri | null = pythonFile()): Promise<void> {
    if (uri === null) {
      return;
    }
    const answer = asRecord(await server.execute(ServerCommand.applyVerified, [uri.toString()]));
    const applied = texts(answer["applied"]).length;
    const left = numberOr(answer["left"], 0);
    const rest = left > 0 ? ` ${left} left: not verified, or not good enough.` : "";
    await window.showInformationMessage(
      applied > 0 ? `Burnish: ${count(applied, "fix", "fixes")} applied.${rest}` : `Burnish: nothing to apply.${rest}`,
    );
  }

  /** Shows what a fix changes, side by side, and offers what can be done. Without arguments: the fix at the cursor. */
  async preview(server: Executor, args: readonly unknown[]): Promise<void> {
    const [uri, key] = args;
    const asked = typeof uri === "string" && typeof key === "string" ? { uri, key } : atCursor();
    if (asked === null) {
      return;
    }
    let shown = await this.show(server, asked);
    let seen = false;
    for (;;) {
      const buttons = [
        ...(shown.applicable ? [APPLY] : []),
        ...(shown.verifiable ? [VERIFY] : []),
        ...(seen ? [] : [EVIDENCE]),
      ];
      const named = { uri: asked.uri, key: shown.key };
      const answer = await window.showInformationMessage(`Burnish: ${shown.summary}`, ...buttons);
      if (answer === VERIFY) {
        shown = await this.show(server, { ...named, verify: true });
      } else if (answer === EVIDENCE) {
        await this.showPage(shown.evidence);
        seen = true;
      } else {
        if (answer === APPLY) {
          await this.apply(server, named);
        }
        return;
      }
    }
  }

  private async show(server: Executor, asked: Asked): Promise<Preview> {
    const shown = parsePreview(await server.execute(ServerCommand.perfPreview, [asked]));
    // An editor that is open keeps its title, so other knowledge of the same fix gets another one.
    await this.compare(asked.uri, `${shown.title} (${shown.badge})`, shown, shown.badge);
    return shown;
  }

  private async apply(server: Executor, named: Asked): Promise<void> {
    const answer = asRecord(await server.execute(ServerCommand.perfApply, [named]));
    if (answer["applied"] === true) {
      await window.showTextDocument(Uri.parse(named.uri));
    } else if (text(answer["reason"]) === "") {
      await window.showInformationMessage("Burnish: the fix was not applied, because the code has changed meanwhile.");
    }
  }

  /** Asks for a profile and ranks by it; asked again, offers to do without. */
  async useProfile(server: Executor): Promise<void> {
    if (this.profile !== "") {
      const choice = await window.showQuickPick(["Use another profile…", "Use none"], {
        title: `Burnish: ranked by ${this.profile}`,
      });
      if (choice === undefined) {
        return;
      }
      if (choice === "Use none") {
        await server.execute(ServerCommand.useProfile, [{ path: null }]);
        this.profile = "";
        return;
      }
    }
    const chosen = await window.showOpenDialog({
      title: "A profile by cProfile or pyinstrument",
      openLabel: "Use",
      filters: { Profiles: ["prof", "pstats", "profile", "json", "pyisession"], "All files": ["*"] },
    });
    const file = chosen?.[0];
    if (file === undefined) {
      return;
    }
    const answer = asRecord(await server.execute(ServerCommand.useProfile, [{ path: file.fsPath }]));
    this.profile = workspace.asRelativePath(file);
    const functions = count(numberOr(answer["functions"], 0), "function", "functions");
    await window.showInformationMessage(
      `Burnish ranks by this ${text(answer["tool"])} profile now: ${numberOr(answer["seconds"], 0).toFixed(2)} s in ${functions}.`,
    );
  }
}

/** The Python file that is being edited; `null`, with a message, where there is none. */
export function pythonFile(): VscodeUri | null {
  const document = window.activeTextEditor?.document;
  if (document?.languageId === "python") {
    return document.uri;
  }
  void window.showInformationMessage("Open a Python file first.");
  return null;
}

function atCursor(): Asked | null {
  const uri = pythonFile();
  const place = window.activeTextEditor?.selection.active;
  return uri === null || place === undefined
    ? null
    : { uri: uri.toString(), position: { line: place.line, character: place.character } };
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
