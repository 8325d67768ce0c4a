import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressHub } from "../src/progressHub";
import { events, fakeLogger, listening, resetEditor } from "./fakeVscode";

/** What the server was told. */
const sent: unknown[] = [];

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
// The real client runs in an editor only. This one starts the real process and asks it nothing.
vi.mock("vscode-languageclient/node", () => ({
  LanguageClient: class {
    constructor(
      _id: string,
      _name: string,
      private readonly connect: () => Promise<unknown>,
    ) {}
    onNotification(): void {
      // Nothing comes.
    }
    async start(): Promise<void> {
      await this.connect();
    }
    sendNotification(method: string, params: unknown): Promise<void> {
      sent.push([method, params]);
      return Promise.resolve();
    }
    dispose(): Promise<void> {
      return Promise.resolve();
    }
  },
  StreamMessageReader: Object,
  StreamMessageWriter: Object,
  RevealOutputChannelOn: { Never: 4 },
}));
const { OutcomeReporter } = await import("../src/outcomes");
const { LspSession } = await import("../src/session");

/** Ends with its input, as the server does. */
const LIVES = "process.stdin.resume()";

let outcomes: InstanceType<typeof OutcomeReporter>;
/** How many listened before there was a session. */
let others = 0;

/** A session whose server runs this script; reading the endpoint's key takes as long as `key`. */
function sessionOf(script: string, key: Promise<null> = Promise.resolve(null)): InstanceType<typeof LspSession> {
  const { logger } = fakeLogger();
  return new LspSession({
    line: { command: process.execPath, args: ["-e", script] },
    cwd: process.cwd(),
    logger,
    onStatus: () => undefined,
    progress: new ProgressHub(),
    endpointKeys: { onDidChange: () => ({ dispose: () => undefined }), current: () => key } as never,
    outcomes,
  });
}

describe("a session", () => {
  beforeEach(() => {
    resetEditor();
    sent.length = 0;
    outcomes = new OutcomeReporter();
    others = listening();
  });
  afterEach(() => outcomes.dispose());

  it("has started only if its server still lives when everything else is ready", async () => {
    const session = sessionOf("console.error('Out of luck.'); process.exit(3)", sleep(2_000, null));
    await expect(session.start()).rejects.toThrow("ended while starting (exit code 3): Out of luck.");
    await session.stop();
    expect(listening()).toBe(others);
  });

  it("follows the editor until it is stopped, and no longer", async () => {
    const session = sessionOf(LIVES);
    await session.start();
    expect(listening()).toBeGreaterThan(others);
    events.telemetry.fire(false);
    const told = (enabled: boolean): unknown => ["burnish/editorTelemetry", { enabled }];
    expect(sent).toEqual([told(true), told(false)]);
    await session.stop();
    expect(listening()).toBe(others);
  });

  it("follows nothing when it is stopped while it starts", async () => {
    let found: (key: null) => void = () => undefined;
    const session = sessionOf(LIVES, new Promise((resolve) => (found = resolve)));
    const starting = session.start().catch(() => undefined);
    await sleep(300);
    await session.stop();
    found(null);
    await starting;
    await sleep(10);
    expect(listening()).toBe(others);
  });
});
