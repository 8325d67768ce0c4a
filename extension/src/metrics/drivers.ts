/** What drives a function's complexity, as a list that leads to the lines, and what can be done about it. */
import type { Diagnostic, QuickPickItem } from "vscode";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import {
  commands,
  ConfigurationTarget,
  languages,
  QuickPickItemKind,
  Range,
  Uri,
  window,
  workspace,
} from "../vscodeapi";
import { asRecord, numberOr, text } from "../wire";
import { type Complexity, parseComplexity, type Place } from "./data";

const SOURCE = "burnish";
/** The command that makes a plan for the function at the cursor and walks through it. */
const SIMPLIFY = "burnish.simplify";
/** Findings that only repeat the figures. */
const OWN = new Set(["complex-function", "deep-nesting", "low-maintainability"]);

interface Row extends QuickPickItem {
  readonly place?: Place;
  readonly command?: string;
}

interface Asked {
  readonly uri: string;
  readonly position: Place;
}

/** Shows it for the function at a place, or for the one around the cursor. */
export async function showComplexity(server: Executor, args: readonly unknown[]): Promise<void> {
  const asked = askedFor(args[0]) ?? atCursor();
  if (asked === null) {
    await window.showInformationMessage("Open a Python file first.");
    return;
  }
  const found = parseComplexity(await server.execute(ServerCommand.complexity, [asked]));
  const uri = Uri.parse(asked.uri);
  const chosen = await window.showQuickPick(rows(found, languages.getDiagnostics(uri)), {
    title: `${found.name}: ${found.title} · nesting ${found.nesting} · ${lines(found.lines)}`,
    placeHolder: found.broken
      ? "The file is half-written: this is how it was before."
      : "What adds to the complexity; choose a line to go there",
    matchOnDescription: true,
  });
  if (chosen?.place === undefined) {
    return;
  }
  const { line, character } = chosen.place;
  await window.showTextDocument(uri, { selection: new Range(line, character, line, character) });
  if (chosen.command !== undefined) {
    await commands.executeCommand(chosen.command);
  }
}

/** The rows: decisions, those with most points first, then what can be done. */
export function rows(found: Complexity, diagnostics: readonly Diagnostic[]): Row[] {
  const decisions: Row[] = found.decisions.map((one) => ({
    label: `+${one.points}  ${one.what}`,
    // On one line each, so that what can be done stays in sight below.
    description: `line ${one.line + 1}${one.nesting > 0 ? `, ${one.nesting} deep` : ""}: ${one.text}`,
    place: one,
  }));
  const none: Row[] = [{ label: "Nothing: there is one path through it", place: found.position }];
  const suggested: Row[] = diagnostics
    .filter(
      (one) =>
        one.source === SOURCE && !(typeof one.code === "string" && OWN.has(one.code)) && within(found, one.range.start),
    )
    .map((one) => ({
      label: `$(lightbulb) ${one.message}`,
      description: `line ${one.range.start.line + 1}`,
      place: one.range.start,
      command: "editor.action.quickFix",
    }));
  return [
    { label: "What drives it", kind: QuickPickItemKind.Separator },
    ...(decisions.length === 0 ? none : decisions),
    { label: "What can be done", kind: QuickPickItemKind.Separator },
    ...suggested,
    ...(found.decisions.length === 0
      ? []
      : [
          {
            label: "$(list-ordered) Simplify step by step…",
            description: "each step shown and verified",
            place: found.position,
            command: SIMPLIFY,
          },
        ]),
    {
      label: "$(wrench) Refactor…",
      description: "at the function",
      place: found.position,
      command: "editor.action.refactor",
    },
  ];
}

/** Shows or hides the figures above functions, where the present value comes from. */
export async function toggleCodeLens(): Promise<void> {
  const config = workspace.getConfiguration(SOURCE);
  const on = config.get<boolean>("metrics.codeLens", false);
  const here = config.inspect<boolean>("metrics.codeLens")?.workspaceValue !== undefined;
  const target = here ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await config.update("metrics.codeLens", !on, target);
  if (!on && !workspace.getConfiguration("editor").get<boolean>("codeLens", true)) {
    await window.showInformationMessage("The editor itself shows no code lenses (editor.codeLens is off).");
  }
}

function within({ position, end }: Complexity, place: Place): boolean {
  return place.line >= position.line && place.line <= end.line;
}

function askedFor(value: unknown): Asked | null {
  const { uri, position } = asRecord(value);
  const place = asRecord(position);
  return text(uri) === ""
    ? null
    : { uri: text(uri), position: { line: numberOr(place["line"], 0), character: numberOr(place["character"], 0) } };
}

function atCursor(): Asked | null {
  const editor = window.activeTextEditor;
  if (editor?.document.languageId !== "python") {
    return null;
  }
  const { line, character } = editor.selection.active;
  return { uri: editor.document.uri.toString(), position: { line, character } };
}

function lines(number: number): string {
  return `${number} ${number === 1 ? "line" : "lines"}`;
}
