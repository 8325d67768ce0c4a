/** Tells the server where the user looks, so that it can read that place before a key is pressed. */
import type { Disposable, TextEditor } from "vscode";
import { window } from "./vscodeapi";

/** `{textDocument: {uri}, position}`: the cursor rests here now. */
export const CURSOR_NOTIFICATION = "burnish/cursor";

/** The parameters of {@link CURSOR_NOTIFICATION}; the position counts in UTF-16 code units. */
export interface CursorParams {
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
}

/** Moves are reported once they have stopped for so long. */
const REST_MS = 120;

/** Follows the cursor, the active editor and the window's focus. */
export class CursorReporter implements Disposable {
  private timer: NodeJS.Timeout | null = null;
  private last = "";
  private readonly subscriptions: Disposable[];

  /**
   * @param send takes a place; what goes wrong with it is its own to tell.
   */
  constructor(private readonly send: (params: CursorParams) => void) {
    this.subscriptions = [
      window.onDidChangeTextEditorSelection((event) => this.moved(event.textEditor)),
      window.onDidChangeActiveTextEditor((editor) => this.moved(editor)),
      window.onDidChangeWindowState((state) => {
        if (state.focused) {
          this.last = "";
          this.moved(window.activeTextEditor);
        }
      }),
    ];
    this.moved(window.activeTextEditor);
  }

  dispose(): void {
    this.stop();
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  private moved(editor: TextEditor | undefined): void {
    this.stop();
    if (editor?.document.languageId === "python" && editor === window.activeTextEditor) {
      this.timer = setTimeout(() => this.report(editor), REST_MS);
    }
  }

  private report(editor: TextEditor): void {
    this.timer = null;
    const { line, character } = editor.selection.active;
    const uri = editor.document.uri.toString();
    const place = `${line}:${character}:${editor.document.version}:${uri}`;
    if (editor.document.isClosed || place === this.last) {
      return;
    }
    this.last = place;
    this.send({ textDocument: { uri }, position: { line, character } });
  }

  private stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
