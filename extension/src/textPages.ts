/** Texts of Burnish's own that the editor shows and cannot change, each under an address of its own. Kept in memory only. */
import type { Disposable, TextDocumentContentProvider, Uri as VscodeUri } from "vscode";
import { commands, EventEmitter, Uri, workspace } from "./vscodeapi";

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

  /** Puts a text under an address, also where it is on screen; another query makes another editor of it. */
  protected write(path: string, page: string, query = ""): VscodeUri {
    const uri = Uri.from({ scheme: this.scheme, path, query });
    this.pages.set(path, page);
    this.changed.fire(uri);
    return uri;
  }
}
