/** A stand-in for `src/vscodeapi.ts`: settings in a map, questions answered from a list, everything shown recorded. */
import { vi } from "vitest";

type Listener = (value: unknown) => void;

/** What the fake editor holds; tests set it up and read it. */
export const editor = {
  settings: new Map<string, unknown>(),
  workspaceSettings: new Map<string, unknown>(),
  folders: [] as { name?: string; uri: { fsPath: string } }[],
  /** Answers to the next messages and quick picks, in order; a function gets what was shown. */
  answers: [] as unknown[],
  shown: [] as { kind: string; text: string; options?: unknown }[],
  progress: [] as { message?: string; increment?: number }[],
  /** Called with the progress token's cancel function when a progress notification opens. */
  onProgressOpen: undefined as ((cancel: () => void) => void) | undefined,
  executed: [] as unknown[][],
  registered: new Map<string, (...args: unknown[]) => unknown>(),
  statusItems: [] as Record<string, unknown>[],
  activeTextEditor: undefined as unknown,
  visibleTextEditors: [] as unknown[],
  focused: true,
  trusted: true,
  panels: [] as FakePanel[],
};

const EVENTS = ["windowState", "activeEditor", "selection", "textDocument", "telemetry", "files"] as const;

/** Fires the editor's own events. */
export const events = {} as Record<(typeof EVENTS)[number], EventEmitter>;

/** How many listen to the editor's events. */
export function listening(): number {
  return EVENTS.reduce((sum, name) => sum + events[name].size, 0);
}

/** Back to an editor with no settings and nothing shown. */
export function resetEditor(): void {
  editor.settings.clear();
  editor.workspaceSettings.clear();
  editor.folders = [];
  editor.answers = [];
  editor.shown = [];
  editor.progress = [];
  editor.onProgressOpen = undefined;
  editor.executed = [];
  editor.registered.clear();
  editor.statusItems = [];
  editor.activeTextEditor = undefined;
  editor.visibleTextEditors = [];
  editor.focused = true;
  editor.trusted = true;
  editor.panels = [];
  for (const name of EVENTS) {
    events[name] = new EventEmitter();
  }
}

function answer(kind: string, text: string, options?: unknown): Promise<unknown> {
  editor.shown.push({ kind, text, options });
  const next = editor.answers.shift();
  return Promise.resolve(typeof next === "function" ? (next as (options: unknown) => unknown)(options) : next);
}

class EventEmitter {
  private readonly listeners = new Set<Listener>();
  readonly event = (listener: Listener): { dispose(): void } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  get size(): number {
    return this.listeners.size;
  }
  fire(value: unknown): void {
    this.listeners.forEach((listener) => listener(value));
  }
  dispose(): void {
    this.listeners.clear();
  }
}

/** A webview panel whose page the test plays. */
export class FakePanel {
  visible = true;
  revealed = 0;
  private readonly messages = new EventEmitter();
  private readonly states = new EventEmitter();
  private readonly ends = new EventEmitter();
  readonly posted: unknown[] = [];
  readonly onDidChangeViewState = this.states.event;
  readonly onDidDispose = this.ends.event;
  readonly webview = {
    html: "",
    cspSource: "https://own.example",
    onDidReceiveMessage: this.messages.event,
    asWebviewUri: (uri: { toString(): string }) => `webview:${uri.toString()}`,
    postMessage: (message: unknown) => Promise.resolve(this.posted.push(message) > 0),
  };
  constructor(readonly options: unknown) {}
  says(message: unknown): void {
    this.messages.fire(message);
  }
  show(visible: boolean): void {
    this.visible = visible;
    this.states.fire(undefined);
  }
  reveal(): void {
    this.revealed++;
  }
  dispose(): void {
    this.visible = false;
    this.ends.fire(undefined);
  }
}

class MarkdownString {
  value = "";
  appendMarkdown(text: string): void {
    this.value += text;
  }
  appendText(text: string): void {
    this.value += text;
  }
}

function withProgress(
  options: unknown,
  task: (progress: { report(value: object): void }, token: unknown) => Promise<unknown>,
): Promise<unknown> {
  const cancelled = new EventEmitter();
  const token = { isCancellationRequested: false, onCancellationRequested: cancelled.event };
  editor.shown.push({ kind: "progress", text: (options as { title: string }).title, options });
  const result = task({ report: (value) => editor.progress.push(value) }, token);
  editor.onProgressOpen?.(() => {
    token.isCancellationRequested = true;
    cancelled.fire(undefined);
  });
  return result;
}

function getConfiguration(section: string): object {
  const full = (key: string): string => `${section}.${key}`;
  return {
    get: (key: string, fallback: unknown) =>
      editor.workspaceSettings.get(full(key)) ?? editor.settings.get(full(key)) ?? fallback,
    inspect: (key: string) => ({
      defaultValue: true,
      globalValue: editor.settings.get(full(key)),
      workspaceValue: editor.workspaceSettings.get(full(key)),
    }),
    update: (key: string, value: unknown, target: number) => {
      const store = target === ConfigurationTarget.Global ? editor.settings : editor.workspaceSettings;
      if (value === undefined) {
        store.delete(full(key));
      } else {
        store.set(full(key), value);
      }
      return Promise.resolve();
    },
  };
}

function statusItem(kind: string): Record<string, unknown> {
  const item = { kind, show: vi.fn(), dispose: vi.fn() };
  editor.statusItems.push(item);
  return item;
}

export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 };

/** The module that replaces `src/vscodeapi.ts`. */
export const vscodeapi = {
  ConfigurationTarget,
  EventEmitter,
  InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 },
  LanguageStatusSeverity: { Information: 0, Warning: 1, Error: 2 },
  MarkdownString,
  Position: class {
    constructor(
      readonly line: number,
      readonly character: number,
    ) {}
  },
  ProgressLocation: { Window: 10, Notification: 15 },
  QuickPickItemKind: { Separator: -1, Default: 0 },
  Range: class {
    constructor(
      readonly start: unknown,
      readonly end: unknown,
    ) {}
  },
  StatusBarAlignment: { Left: 1, Right: 2 },
  TextDocumentChangeReason: { Undo: 1, Redo: 2 },
  TextEditorRevealType: { InCenter: 1 },
  ViewColumn: { Active: -1 },
  ThemeColor: class {
    constructor(readonly id: string) {}
  },
  Uri: {
    parse: (text: string) => ({ text, toString: () => text }),
    file: (path: string) => ({ fsPath: path, scheme: "file", toString: () => `file://${path}` }),
    joinPath: (base: { toString(): string }, ...parts: string[]) => ({
      toString: () => [base.toString(), ...parts].join("/"),
    }),
    from: (parts: { scheme: string; path: string; query?: string }) => ({
      ...parts,
      toString: () => `${parts.scheme}:${parts.path}`,
    }),
  },
  commands: {
    executeCommand: (...args: unknown[]) => {
      editor.executed.push(args);
      return Promise.resolve();
    },
    registerCommand: (id: string, handler: (...args: unknown[]) => unknown) => {
      editor.registered.set(id, handler);
      return { dispose: () => editor.registered.delete(id) };
    },
  },
  env: {
    appName: "Test Editor",
    isTelemetryEnabled: true,
    onDidChangeTelemetryEnabled: (listener: Listener) => events.telemetry.event(listener),
  },
  extensions: { getExtension: () => undefined },
  languages: { createLanguageStatusItem: () => statusItem("language"), getDiagnostics: () => [] },
  version: "1.100.0",
  window: {
    createStatusBarItem: () => statusItem("bar"),
    showInputBox: (options: { title?: string }) => answer("input", options.title ?? "", options),
    showInformationMessage: (text: string, ...rest: unknown[]) => answer("information", text, rest),
    showWarningMessage: (text: string, ...rest: unknown[]) => answer("warning", text, rest),
    showErrorMessage: (text: string, ...rest: unknown[]) => answer("error", text, rest),
    showQuickPick: (items: unknown, options: { title: string }) => answer("pick", options.title, items),
    showOpenDialog: (options: { title: string }) => answer("open", options.title, options),
    showSaveDialog: (options: { title: string }) => answer("save", options.title, options),
    createWebviewPanel: (_type: string, title: string, _column: unknown, options: unknown) => {
      editor.shown.push({ kind: "panel", text: title });
      const panel = new FakePanel(options);
      editor.panels.push(panel);
      return panel;
    },
    get activeTextEditor() {
      return editor.activeTextEditor;
    },
    get visibleTextEditors() {
      return editor.visibleTextEditors;
    },
    get state() {
      return { focused: editor.focused };
    },
    onDidChangeWindowState: (listener: Listener) => events.windowState.event(listener),
    onDidChangeActiveTextEditor: (listener: Listener) => events.activeEditor.event(listener),
    onDidChangeTextEditorSelection: (listener: Listener) => events.selection.event(listener),
    showTextDocument: (document: unknown, options: unknown) => answer("document", String(document), options),
    setStatusBarMessage: (text: string) => {
      editor.shown.push({ kind: "statusbar", text });
    },
    withProgress,
  },
  workspace: {
    get workspaceFolders() {
      return editor.folders.length > 0 ? editor.folders : undefined;
    },
    getConfiguration,
    get isTrusted() {
      return editor.trusted;
    },
    createFileSystemWatcher: () => events.files.event(() => undefined),
    onDidChangeTextDocument: (listener: Listener) => events.textDocument.event(listener),
    asRelativePath: (uri: { toString(): string }) => uri.toString().replace(/^file:\/\/\/project\//, ""),
    registerTextDocumentContentProvider: () => ({ dispose: vi.fn() }),
  },
};

/** A log that keeps its lines. */
export function fakeLogger(): { lines: string[]; logger: never } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (line: string): void => {
      lines.push(`${level}: ${line}`);
    };
  const logger = {
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    debug: write("debug"),
    show: vi.fn(),
  };
  return { lines, logger: logger as never };
}
