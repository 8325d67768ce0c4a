/** "Is It Better?": the panel, which asks the server, draws, and passes on what the buttons want. */
import { randomBytes } from "node:crypto";
import type { Disposable, Uri as UriType, WebviewPanel } from "vscode";
import { messageOf } from "../logger";
import type { Executor } from "../models";
import { ServerCommand, type ServerStatus } from "../protocol";
import { Uri, ViewColumn, window } from "../vscodeapi";
import { type DashboardData, parseDashboard } from "./data";
import { type Action, parsePageMessage, type ShowMessage } from "./messages";
import { page } from "./page";
import { charts } from "./series";
import { failed, sections } from "./view";

/** While a run goes on, and otherwise. */
const REFRESH_MS = { running: 2_000, resting: 30_000 } as const;

export interface DashboardOptions {
  readonly server: Executor;
  /** The folder with the page's script and style sheet. */
  readonly assets: UriType;
  /** Does what a button asks for; what goes wrong is told there. */
  readonly act: (action: Action, adapter: string) => Promise<unknown>;
  /** Whether a training run can be stopped from here. */
  readonly stoppable: () => boolean;
}

/** One panel at most. */
export class Dashboard implements Disposable {
  private panel: WebviewPanel | null = null;
  private timer: NodeJS.Timeout | undefined;
  private ready = false;
  private asking = false;
  private again = false;
  private last: DashboardData | null = null;
  private posted = "";
  private serving = "";

  constructor(private readonly options: DashboardOptions) {}

  /** Opens the panel, or brings it to the front. */
  open(): Promise<void> {
    if (this.panel === null) {
      this.create();
    } else {
      this.panel.reveal();
    }
    return Promise.resolve();
  }

  /** Something may have changed: asks the server, now or when the panel is looked at again. */
  refresh(): void {
    if (this.panel === null || !this.panel.visible || !this.ready) {
      return;
    }
    clearTimeout(this.timer);
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    void this.draw().finally(() => {
      this.asking = false;
      if (this.again) {
        this.again = false;
        this.refresh();
        return;
      }
      const pause = this.last?.running ? REFRESH_MS.running : REFRESH_MS.resting;
      clearTimeout(this.timer);
      if (this.panel?.visible) {
        this.timer = setTimeout(() => this.refresh(), pause);
      }
    });
  }

  /** The server's status has come: another adapter, or recording begun or ended, shows at once. */
  serverChanged({ adapter, recording }: ServerStatus): void {
    const key = `${adapter ?? ""} ${String(recording)}`;
    if (key !== this.serving) {
      this.serving = key;
      this.refresh();
    }
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private create(): void {
    const { assets } = this.options;
    const panel = window.createWebviewPanel("burnish.dashboard", "Burnish: Is It Better?", ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [assets],
    });
    this.panel = panel;
    const local = (name: string): string => panel.webview.asWebviewUri(Uri.joinPath(assets, name)).toString();
    panel.webview.onDidReceiveMessage((message: unknown) => this.received(message));
    panel.onDidChangeViewState(() => this.refresh());
    panel.onDidDispose(() => {
      clearTimeout(this.timer);
      this.panel = null;
      this.ready = false;
      this.posted = "";
    });
    panel.webview.html = page({
      nonce: randomBytes(18).toString("base64"),
      cspSource: panel.webview.cspSource,
      script: local("dashboard.js"),
      styles: local("dashboard.css"),
    });
  }

  private received(value: unknown): void {
    const message = parsePageMessage(value);
    if (message?.type === "ready") {
      // A page that was hidden begins anew and knows nothing.
      this.ready = true;
      this.posted = "";
      if (this.last !== null) {
        this.show(this.last, null);
      }
      this.refresh();
    } else if (message !== null) {
      void this.options.act(message.action, message.adapter).finally(() => this.refresh());
    }
  }

  private async draw(): Promise<void> {
    let failure: string | null = null;
    try {
      const { server } = this.options;
      const asked = [ServerCommand.dashboard, ServerCommand.consent].map((command) => server.execute(command));
      const [numbers, consent] = await Promise.all(asked);
      this.last = parseDashboard(numbers, consent);
    } catch (error) {
      failure = messageOf(error);
    }
    if (this.last === null) {
      this.post({ type: "show", sections: failed(failure ?? ""), charts: [] });
    } else {
      this.show(this.last, failure);
    }
  }

  private show(data: DashboardData, failure: string | null): void {
    const around = { failure, stoppable: this.options.stoppable() };
    this.post({ type: "show", sections: sections(data, around), charts: charts(data) });
  }

  private post(message: ShowMessage): void {
    const text = JSON.stringify(message);
    if (text !== this.posted) {
      this.posted = text;
      void this.panel?.webview.postMessage(message);
    }
  }
}
