/** Tells the server what only the editor sees: a suggestion on screen, Esc, the focus, undo. The server draws the conclusions. */
import { setTimeout as rest } from "node:timers/promises";
import type {
  CancellationToken,
  Disposable,
  InlineCompletionItem,
  InlineCompletionList,
  Position,
  TextDocument,
  TextEditor,
} from "vscode";
import { asRecord, text } from "./wire";
import { TextDocumentChangeReason, window, workspace } from "./vscodeapi";

export const OUTCOME_NOTIFICATION = "burnish/outcome";

/** The command on every item; its second argument is the suggestion's id. */
const ACCEPTED_COMMAND = "burnish.server.accepted";

export type OutcomeEvent = "shown" | "dismissed" | "focusLost" | "focusGained" | "undo" | "redo";

/** The parameters of {@link OUTCOME_NOTIFICATION}. */
export interface OutcomeParams {
  readonly event: OutcomeEvent;
  readonly textDocument: { readonly uri: string };
  readonly suggestion?: string;
}

/** A provider's answer. */
export type Answer = InlineCompletionItem[] | InlineCompletionList | null | undefined;

/** So long after the answer a change that overtook it has arrived here. */
const SETTLE_MS = 30;

interface Offer {
  readonly uri: string;
  readonly suggestion: string;
}

/** Watches the editor and reports to whoever is attached. */
export class OutcomeReporter implements Disposable {
  private send: ((params: OutcomeParams) => void) | null = null;
  /** The suggestion that may be on screen. */
  private offer: Offer | null = null;
  private inFront: string | null = null;
  private readonly subscriptions: Disposable[];

  constructor() {
    this.subscriptions = [
      window.onDidChangeWindowState(() => this.followFocus()),
      window.onDidChangeActiveTextEditor(() => this.followFocus()),
      workspace.onDidChangeTextDocument(({ document, reason }) => {
        if (reason !== undefined && isOurs(document)) {
          this.report(reason === TextDocumentChangeReason.Undo ? "undo" : "redo", document.uri.toString());
        }
      }),
    ];
    this.inFront = this.documentInFront();
  }

  /** Reports go to `send` until the returned function is called. */
  attach(send: (params: OutcomeParams) => void): () => void {
    this.send = send;
    return () => {
      if (this.send === send) {
        this.send = null;
        this.offer = null;
      }
    };
  }

  /** Takes note of an answer, and reports it as shown if it still fits when the editor puts it on screen. */
  async answered(document: TextDocument, at: Position, answer: Answer, token: CancellationToken): Promise<void> {
    if (token.isCancellationRequested) {
      return;
    }
    const suggestion = suggestionIn(answer);
    const uri = document.uri.toString();
    const { version } = document;
    if (suggestion === null) {
      this.offer = null;
      return;
    }
    const offer = (this.offer = { uri, suggestion });
    await rest(SETTLE_MS);
    const editor = window.activeTextEditor;
    const current =
      this.offer === offer &&
      window.state.focused &&
      document.version === version &&
      editor?.document === document &&
      isAt(editor, at);
    if (current) {
      this.report("shown", uri, suggestion);
    }
  }

  /** The user sent the suggestion away. */
  dismissed(): void {
    const offer = this.offer;
    this.offer = null;
    // Grey text of another extension is none of ours.
    if (offer !== null && offer.uri === window.activeTextEditor?.document.uri.toString()) {
      this.report("dismissed", offer.uri, offer.suggestion);
    }
  }

  dispose(): void {
    this.send = null;
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  private followFocus(): void {
    const now = this.documentInFront();
    const before = this.inFront;
    if (now === before) {
      return;
    }
    this.inFront = now;
    if (before !== null) {
      this.report("focusLost", before);
    }
    if (now !== null) {
      this.report("focusGained", now);
    }
  }

  private documentInFront(): string | null {
    const document = window.activeTextEditor?.document;
    return window.state.focused && document !== undefined && isOurs(document) ? document.uri.toString() : null;
  }

  private report(event: OutcomeEvent, uri: string, suggestion?: string): void {
    this.send?.({ event, textDocument: { uri }, ...(suggestion === undefined ? {} : { suggestion }) });
  }
}

/** The id of the suggestion that an answer offers first; `null` when it offers none of ours. */
export function suggestionIn(answer: Answer): string | null {
  const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
  const command = asRecord(items[0]?.command);
  const args: unknown = command["arguments"];
  return command["command"] === ACCEPTED_COMMAND && Array.isArray(args) ? text(args[1]) || null : null;
}

function isOurs(document: TextDocument): boolean {
  return document.languageId === "python" && ["file", "untitled"].includes(document.uri.scheme);
}

function isAt({ selection }: TextEditor, at: Position): boolean {
  return selection.isEmpty && selection.active.isEqual(at);
}
