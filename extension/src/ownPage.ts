/** A text of Burnish's own that the editor shows and cannot change. */
import type { Disposable, Event, TextDocumentContentProvider } from "vscode";
import { EventEmitter, Uri, workspace } from "./vscodeapi";

/** One text under one address, kept in memory only. */
export class OwnPage implements TextDocumentContentProvider, Disposable {
  protected readonly uri: Uri;
  private readonly changed = new EventEmitter<Uri>();
  private readonly registration: Disposable;
  private text = "";
  readonly onDidChange: Event<Uri> = this.changed.event;

  /**
   * @param scheme of the address; nobody else may use it
   * @param name what the editor calls the page; its ending chooses the language
   */
  constructor(scheme: string, name: string) {
    this.uri = Uri.from({ scheme, path: name });
    this.registration = workspace.registerTextDocumentContentProvider(scheme, this);
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  dispose(): void {
    this.text = "";
    this.registration.dispose();
    this.changed.dispose();
  }

  /** Replaces the text, also where it is on screen. */
  protected write(text: string): void {
    this.text = text;
    this.changed.fire(this.uri);
  }
}
