/** Refactorings that ask something first, and explanations. */
import type { Executor } from "./models";
import { pythonFile } from "./perf";
import { ServerCommand } from "./protocol";
import { TextPages } from "./textPages";
import { commands, window, workspace } from "./vscodeapi";
import { asList, asRecord, text } from "./wire";

const SCHEME = "burnish-page";

/** Something to ask before a refactoring can be performed. */
export interface Question {
  readonly name: string;
  readonly label: string;
  readonly default: string;
  readonly check: string;
}

/** A refactoring that was chosen, as the server offered it. */
export interface Chosen {
  readonly uri: string;
  readonly range: unknown;
  readonly id: string;
  readonly title: string;
  readonly needs: readonly Question[];
}

/** A refactoring from the arguments of `burnish.refactor`; `null` when they are none. */
export function parseChosen(value: unknown): Chosen | null {
  const record = asRecord(value);
  const uri = text(record["uri"]);
  const id = text(record["id"]);
  if (uri === "" || id === "") {
    return null;
  }
  const needs = asList(record["needs"]).map((one) => ({
    name: text(one["name"]),
    label: text(one["label"]),
    default: text(one["default"]),
    check: text(one["check"]),
  }));
  return { uri, range: record["range"], id, title: text(record["title"]) || id, needs };
}

/** Asks what a refactoring needs to know and has it performed. Without one: the editor's own menu of refactorings. */
export async function refactor(server: Executor, argument: unknown): Promise<void> {
  const chosen = parseChosen(argument);
  if (chosen === null) {
    await commands.executeCommand("editor.action.refactor");
    return;
  }
  const answers = await ask(server, chosen);
  if (answers === null) {
    return;
  }
  const { uri, range, id, title } = chosen;
  await server.execute(ServerCommand.refactor, [
    { uri, range, id, title: title.replace(/…$/, ""), answers, preview: preview() },
  ]);
}

/** The answers to all questions; `null` where the user has left one. */
async function ask(server: Executor, { title, needs }: Chosen): Promise<Record<string, string> | null> {
  const answers: Record<string, string> = {};
  for (const [number, { name, label, default: proposed, check }] of needs.entries()) {
    const step = needs.length > 1 ? ` (${number + 1} of ${needs.length})` : "";
    const answer = await window.showInputBox({
      title: `${title.replace(/…$/, "")}${step}`,
      prompt: label,
      value: proposed,
      valueSelection: [0, proposed.length],
      ignoreFocusOut: true,
      validateInput: async (value: string) => {
        const problem = asRecord(await server.execute(ServerCommand.checkAnswer, [{ check, answer: value }]));
        return text(problem["problem"]) || undefined;
      },
    });
    if (answer === undefined) {
      return null;
    }
    answers[name] = answer.trim();
  }
  return answers;
}

/** What the server is told of when the user wants to see changes first. */
function preview(): boolean | "severalFiles" {
  const wanted = workspace.getConfiguration("burnish").get<string>("refactor.preview", "never");
  return wanted === "always" ? true : wanted === "severalFiles" ? wanted : false;
}

/** Pages that say why something was found. */
export class Explanations extends TextPages {
  constructor() {
    super(SCHEME);
  }

  /** Explains a finding by its name, or a rule; without arguments what is at the cursor. */
  async explain(server: Executor, argument: unknown): Promise<void> {
    const given = asRecord(argument);
    const asked = text(given["key"]) !== "" || text(given["rule"]) !== "" ? given : atCursor();
    if (asked === null) {
      return;
    }
    const answer = asRecord(await server.execute(ServerCommand.explainFinding, [asked]));
    await this.showPage(text(answer["page"]), `Why: ${text(answer["title"]).replaceAll(/[/\\`]/g, "")}.md`);
  }
}

/** The place of the cursor in a Python file; `null`, with a message, where there is none. */
export function atCursor(): Record<string, unknown> | null {
  const uri = pythonFile();
  const place = window.activeTextEditor?.selection.active;
  return uri === null || place === undefined
    ? null
    : { uri: uri.toString(), position: { line: place.line, character: place.character } };
}
