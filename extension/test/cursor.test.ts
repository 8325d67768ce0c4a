import type { TextEditor } from "vscode";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Listener = (value: unknown) => void;
const listeners = { selection: new Set<Listener>(), active: new Set<Listener>(), state: new Set<Listener>() };
type EventName = keyof typeof listeners;
const fake = { activeTextEditor: undefined as TextEditor | undefined };

function event(name: EventName): (listener: Listener) => { dispose: () => void } {
  return (listener) => {
    listeners[name].add(listener);
    return { dispose: () => listeners[name].delete(listener) };
  };
}

vi.mock("../src/vscodeapi", () => ({
  window: {
    get activeTextEditor() {
      return fake.activeTextEditor;
    },
    onDidChangeTextEditorSelection: event("selection"),
    onDidChangeActiveTextEditor: event("active"),
    onDidChangeWindowState: event("state"),
  },
}));
const { CursorReporter } = await import("../src/cursor");

function fire(name: EventName, value: unknown): void {
  listeners[name].forEach((listener) => listener(value));
}

function editorAt(line: number, character: number, languageId = "python", name = "a.py"): TextEditor {
  return {
    document: { languageId, version: 1, isClosed: false, uri: { toString: () => `file:///${name}` } },
    selection: { active: { line, character } },
  } as unknown as TextEditor;
}

function moveTo(editor: TextEditor): void {
  fake.activeTextEditor = editor;
  fire("selection", { textEditor: editor });
}

describe("the cursor's place", () => {
  const sent: unknown[] = [];
  let reporter: InstanceType<typeof CursorReporter>;

  beforeEach(() => {
    vi.useFakeTimers();
    sent.length = 0;
    fake.activeTextEditor = undefined;
    reporter = new CursorReporter((params) => sent.push(params));
  });
  afterEach(() => {
    reporter.dispose();
    vi.useRealTimers();
  });

  it("is told once it rests, and only where it came to rest", () => {
    moveTo(editorAt(1, 0));
    vi.advanceTimersByTime(60);
    moveTo(editorAt(2, 4));
    vi.advanceTimersByTime(500);
    expect(sent).toEqual([{ textDocument: { uri: "file:///a.py" }, position: { line: 2, character: 4 } }]);
  });

  it("is not told twice, but again when the window gets the focus back", () => {
    moveTo(editorAt(1, 0));
    vi.advanceTimersByTime(500);
    moveTo(editorAt(1, 0));
    vi.advanceTimersByTime(500);
    expect(sent).toHaveLength(1);
    fire("state", { focused: false });
    fire("state", { focused: true });
    vi.advanceTimersByTime(500);
    expect(sent).toHaveLength(2);
  });

  it("is told for another file, for Python only, and not for an editor in the background", () => {
    const other = editorAt(3, 1, "python", "b.py");
    fake.activeTextEditor = other;
    fire("active", other);
    vi.advanceTimersByTime(500);
    moveTo(editorAt(0, 0, "markdown"));
    vi.advanceTimersByTime(500);
    fire("selection", { textEditor: editorAt(9, 9) });
    vi.advanceTimersByTime(500);
    expect(sent).toEqual([{ textDocument: { uri: "file:///b.py" }, position: { line: 3, character: 1 } }]);
  });

  it("is told no more after the end", () => {
    moveTo(editorAt(1, 0));
    reporter.dispose();
    vi.advanceTimersByTime(500);
    expect(sent).toEqual([]);
    expect(Object.values(listeners).map((set) => set.size)).toEqual([0, 0, 0]);
  });
});
