/** "Complexity": the panel, which asks the server, draws, and does what the page wants. */
import { randomBytes } from "node:crypto";
import type { Disposable, Uri as UriType, WebviewPanel } from "vscode";
import { messageOf } from "../logger";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { commands, Range, Uri, ViewColumn, window } from "../vscodeapi";
import { parseReport, parseTrend, type Report, type Trend } from "./data";
import { type Action, parsePageMessage, type ShowMessage } from "./messages";
import { page } from "./page";
import { sections, summary } from "./view";

/** How the title of the server's progress begins while it measures. */
export const MEASURING_TITLE = "Burnish: measuring the workspace";

export interface ReportOptions {
  readonly server: Executor;
  /** The folder with the page's script and style sheet. */
  readonly assets: UriType;
  /** Asks the server to stop measuring. */
  readonly stop: () => void;
  /** Starts the server again. */
  readonly restartCommand: string;
}

/** One panel at most. */
export class ComplexityReport implements Disposable {
  private panel: WebviewPanel | null = null;
  private report: Report | null = null;
  private trend: Trend | null = null;
  private busy = "";
  private measuring = false;
  private failure = "";
  private ready = false;

  constructor(private readonly options: ReportOptions) {}

  /** Opens the panel, or brings it to the front, and measures. */
  open(): Promise<void> {
    if (this.panel === null) {
      this.create();
    } else {
      this.panel.reveal();
    }
    return this.measure();
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private async measure(): Promise<void> {
    await this.work("Measuring the workspace…", true, async (server) => {
      this.report = parseReport(await server.execute(ServerCommand.metricsReport, []));
    });
  }

  private async compare(): Promise<void> {
    const revision = await window.showInputBox({
      title: "Compare with a git revision",
      prompt: "A commit, a branch, a tag, or how far back: HEAD~10",
      value: this.trend?.revision ?? "HEAD",
    });
    if (revision !== undefined && revision.trim() !== "") {
      await this.work(`Comparing with ${revision}…`, false, async (server) => {
        this.trend = parseTrend(await server.execute(ServerCommand.metricsTrend, [{ revision: revision.trim() }]));
      });
    }
  }

  /** One thing at a time; what goes wrong is told on the page. */
  private async work(words: string, measuring: boolean, body: (server: Executor) => Promise<void>): Promise<void> {
    if (this.busy !== "") {
      return;
    }
    this.busy = words;
    this.measuring = measuring;
    this.failure = "";
    const silence = this.options.server.onProgress(({ title, message }) => {
      if (measuring && title === MEASURING_TITLE && message !== "") {
        this.busy = `${words} ${message}`;
        this.draw();
      }
    });
    this.draw();
    try {
      await body(this.options.server);
    } catch (error) {
      this.failure = messageOf(error);
    } finally {
      silence();
      this.busy = "";
      this.measuring = false;
      this.draw();
    }
  }

  private create(): void {
    const { assets } = this.options;
    const panel = window.createWebviewPanel("burnish.complexity", "Burnish: Complexity", ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [assets],
    });
    this.panel = panel;
    const local = (name: string): string => panel.webview.asWebviewUri(Uri.joinPath(assets, name)).toString();
    panel.webview.onDidReceiveMessage((message: unknown) => this.received(message));
    panel.onDidDispose(() => {
      this.panel = null;
      this.ready = false;
      if (this.measuring) {
        this.options.stop();
      }
    });
    panel.webview.html = page({
      nonce: randomBytes(18).toString("base64"),
      cspSource: panel.webview.cspSource,
      script: local("metrics.js"),
      styles: local("metrics.css"),
    });
  }

  private received(value: unknown): void {
    const message = parsePageMessage(value);
    if (message?.type === "ready") {
      // A page that was hidden begins anew and knows nothing.
      this.ready = true;
      this.draw();
    } else if (message?.type === "open") {
      void this.show(message.uri, message.line);
    } else if (message !== null) {
      void this.act(message.action);
    }
  }

  private async act(action: Action): Promise<void> {
    const actions: Record<Action, () => unknown> = {
      refresh: () => this.measure(),
      stop: this.options.stop,
      compare: () => this.compare(),
      restart: () => commands.executeCommand(this.options.restartCommand),
    };
    await actions[action]();
  }

  /** Opens a file that the report names, and no other. */
  private async show(uri: string, line: number): Promise<void> {
    const known = [...(this.report?.files ?? []), ...(this.trend?.files ?? [])].some((file) => file.uri === uri);
    if (!known) {
      return;
    }
    try {
      await window.showTextDocument(Uri.parse(uri), { selection: new Range(line, 0, line, 0) });
    } catch (error) {
      this.failure = `The file could not be opened: ${messageOf(error)}`;
      this.draw();
    }
  }

  private draw(): void {
    if (!this.ready) {
      return;
    }
    const { report, trend, busy, failure } = this;
    const message: ShowMessage = {
      type: "show",
      sections: sections({ report, trend, busy, failure, stoppable: this.measuring }),
      files: report?.files ?? [],
      summary: report === null ? "" : summary(report),
    };
    void this.panel?.webview.postMessage(message);
  }
}
