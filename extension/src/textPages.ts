/** Texts of Burnish's own that the editor shows and cannot change, each under an address of its own. Kept in memory only. */
import type { Disposable, TextDocumentContentProvider, Uri as VscodeUri } from "vscode";
import { revealPlaces } from "./perfPreview";
import { commands, EventEmitter, Uri, window, workspace } from "./vscodeapi";

/** Two texts side by side, and the line that matters in each, from 0. */
export interface Compared {
  readonly before: string;
  readonly after: string;
  readonly line: number;
  readonly lineAfter: number;
}

export class TextPages implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<VscodeUri>();
  private readonly registration: Disposable;
  private readonly pages = new Map<string, string>();
  readonly onDidChange = this.changed.event;

  /** @param scheme of the addresses; nobody else may use it */
  constructor(private readonly scheme: string) {
    this.registration = workspace.registerTextDocumentContentProvider(scheme, this);
  }

  provideTextDocumentContent(uri: VscodeUri): string {
    return this.pages.get(uri.path) ?? "";
  }

  dispose(): void {
    this.pages.clear();
    this.registration.dispose();
    this.changed.dispose();
  }

  /** Shows a page of Markdown. */
  protected async showPage(page: string, name = "Burnish evidence.md"): Promise<void> {
    await commands.executeCommand("markdown.showPreview", this.write(`/${name}`, page));
  }

  /** Shows a file's text before and after; one comparison at a time. `query` makes another editor of it. */
  protected async compare(
    uri: string,
    title: string,
    { before, after, line, lineAfter }: Compared,
    query: string,
  ): Promise<void> {
    const name = uri.split("/").at(-1) || "code.py";
    const left = this.write(`/before/${name}`, before, query);
    const right = this.write(`/after/${name}`, after, query);
    await commands.executeCommand("vscode.diff", left, right, title, { preview: true });
    await revealPlaces(
      new Map<string, number>([
        [left.toString(), line],
        [right.toString(), lineAfter],
      ]),
    );
  }

  /** Closes the comparison, if it is what is on top. */
  protected async closeComparison(): Promise<void> {
    if (window.activeTextEditor?.document.uri.scheme === this.scheme) {
      await commands.executeCommand("workbench.action.closeActiveEditor");
    }
  }

  /** Puts a text under an address, also where it is on screen; another query makes another editor of it. */
  private write(path: string, page: string, query = ""): VscodeUri {
    const uri = Uri.from({ scheme: this.scheme, path, query });
    this.pages.set(path, page);
    this.changed.fire(uri);
    return uri;
  }
}
