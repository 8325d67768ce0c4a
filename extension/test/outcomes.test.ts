import type { CancellationToken, InlineCompletionItem, Position, TextDocument } from "vscode";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer, OutcomeParams } from "../src/outcomes";
import { editor, events, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { OutcomeReporter, suggestionIn } = await import("../src/outcomes");

interface FakeDocument {
  version: number;
  languageId: string;
  uri: { scheme: string; toString(): string };
}

const token = { isCancellationRequested: false } as CancellationToken;

function documentNamed(name: string, languageId = "python", scheme = "file"): FakeDocument {
  return { version: 1, languageId, uri: { scheme, toString: () => `${scheme}:///${name}` } };
}

function place(line: number, character: number): Position {
  return {
    line,
    character,
    isEqual: (other: Position) => other.line === line && other.character === character,
  } as unknown as Position;
}

function put(document: FakeDocument, at: Position, isEmpty = true): void {
  editor.activeTextEditor = { document, selection: { isEmpty, active: at } };
}

/** An item with this command and these arguments. */
function item(args: readonly unknown[], command = "burnish.server.accepted"): InlineCompletionItem {
  return { insertText: "x", command: { title: "", command, arguments: args } } as unknown as InlineCompletionItem;
}

/** An answer with this suggestion; `null`: with nothing. */
function answerWith(id: string | null): Answer {
  return id === null ? [] : [item(["file:///a.py", id, []])];
}

describe("outcomes", () => {
  const document = documentNamed("a.py");
  const at = place(3, 4);
  const sent: OutcomeParams[] = [];
  let reporter: InstanceType<typeof OutcomeReporter>;
  let detach: () => void;

  const told = (): string[] =>
    sent.map(({ event, suggestion, textDocument }) => `${event} ${suggestion ?? textDocument.uri}`);
  const ask = (answer: Answer, cancel = token): Promise<void> =>
    reporter.answered(document as unknown as TextDocument, at, answer, cancel);

  beforeEach(() => {
    resetEditor();
    sent.length = 0;
    document.version = 1;
    put(document, at);
    reporter = new OutcomeReporter();
    detach = reporter.attach((params) => sent.push(params));
  });
  afterEach(() => reporter.dispose());

  it("reports what is on screen, whichever shape the answer has", async () => {
    await ask(answerWith("s1"));
    await ask([item(["u", "s2"])]);
    expect(sent[0]).toEqual({ event: "shown", textDocument: { uri: "file:///a.py" }, suggestion: "s1" });
    expect(told()).toEqual(["shown s1", "shown s2"]);
  });

  it.each<[string, () => void]>([
    ["the text has changed", () => void (document.version = 2)],
    ["the cursor has moved", () => put(document, place(9, 9))],
    ["something is selected", () => put(document, at, false)],
    ["another file is in front", () => put(documentNamed("b.py"), at)],
    ["the window is in the background", () => void (editor.focused = false)],
    ["there is a newer answer", () => void ask(answerWith(null))],
  ])("reports nothing as shown when %s meanwhile", async (_name, happen) => {
    const answered = ask(answerWith("s1"));
    happen();
    await answered;
    expect(told()).toEqual([]);
  });

  it("reports nothing for a cancelled request or another extension's item", async () => {
    await ask(answerWith("s1"), { ...token, isCancellationRequested: true });
    await ask([item(["u", "s"], "other.accepted")]);
    await ask(null);
    expect(told()).toEqual([]);
    expect(suggestionIn([item([])])).toBeNull();
  });

  it("reports Esc once, with the suggestion", async () => {
    await ask(answerWith("s1"));
    reporter.dismissed();
    reporter.dismissed();
    expect(told()).toEqual(["shown s1", "dismissed s1"]);
  });

  it("does not take Esc for its own where its last answer was empty or lies in another file", async () => {
    await ask(answerWith("s1"));
    await ask(answerWith(null));
    reporter.dismissed();
    await ask(answerWith("s2"));
    put(documentNamed("b.py"), at);
    reporter.dismissed();
    expect(told()).toEqual(["shown s1", "shown s2"]);
  });

  it("reports the focus going and coming, for Python files only and each change once", () => {
    editor.focused = false;
    events.windowState.fire({ focused: false });
    events.windowState.fire({ focused: false });
    editor.focused = true;
    events.windowState.fire({ focused: true });
    put(documentNamed("notes.md", "markdown"), at);
    events.activeEditor.fire(editor.activeTextEditor);
    put(documentNamed("b.py"), at);
    events.activeEditor.fire(editor.activeTextEditor);
    expect(told()).toEqual([
      "focusLost file:///a.py",
      "focusGained file:///a.py",
      "focusLost file:///a.py",
      "focusGained file:///b.py",
    ]);
  });

  it("reports undo and redo, and no other change", () => {
    for (const reason of [1, 2, undefined]) {
      events.textDocument.fire({ document, reason });
    }
    events.textDocument.fire({ document: documentNamed("a.md", "markdown"), reason: 1 });
    events.textDocument.fire({ document: documentNamed("a.py", "python", "git"), reason: 1 });
    expect(told()).toEqual(["undo file:///a.py", "redo file:///a.py"]);
  });

  it("says nothing while no server listens, and nothing of before to the next one", async () => {
    await ask(answerWith("s1"));
    detach();
    events.textDocument.fire({ document, reason: 1 });
    detach = reporter.attach((params) => sent.push(params));
    reporter.dismissed();
    expect(told()).toEqual(["shown s1"]);
  });
});
