import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressHub } from "../src/progressHub";
import { editor, events, fakeLogger, listening, resetEditor } from "./fakeVscode";

/** What the server was told. */
const sent: unknown[] = [];

interface Middleware {
  provideInlineCompletionItems(
    document: unknown,
    position: unknown,
    context: unknown,
    token: unknown,
    next: () => Promise<unknown>,
  ): Promise<unknown>;
  readonly workspace: { configuration(params: unknown): unknown[] };
}

/** What the session made last would do with the editor's requests, and what it tells the server first. */
let middleware: Middleware;
let firstWords: () => unknown;

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
// The real client runs in an editor only. This one starts the real process and asks it nothing.
vi.mock("vscode-languageclient/node", () => ({
  LanguageClient: class {
    constructor(
      _id: string,
      _name: string,
      private readonly connect: () => Promise<unknown>,
      given: { middleware: Middleware; initializationOptions: () => unknown },
    ) {
      middleware = given.middleware;
      firstWords = given.initializationOptions;
    }
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
  DidChangeConfigurationNotification: { type: "workspace/didChangeConfiguration" },
}));
const { OutcomeReporter } = await import("../src/outcomes");
const { LspSession } = await import("../src/session");
const { Snooze } = await import("../src/snooze");

/** Ends with its input, as the server does. */
const LIVES = "process.stdin.resume()";

let outcomes: InstanceType<typeof OutcomeReporter>;
let snooze: InstanceType<typeof Snooze>;
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
    snooze,
  });
}

describe("a session", () => {
  beforeEach(() => {
    resetEditor();
    sent.length = 0;
    outcomes = new OutcomeReporter();
    snooze = new Snooze();
    others = listening();
  });
  afterEach(() => {
    outcomes.dispose();
    snooze.dispose();
  });

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

  it("says whether the workspace is trusted, so that nothing of another one is run", () => {
    sessionOf(LIVES);
    expect(firstWords()).toMatchObject({ trusted: true, previewsFixes: true });
    editor.trusted = false;
    expect(firstWords()).toMatchObject({ trusted: false });
  });

  it("asks for nothing while snoozed, except for what the user asks for", async () => {
    sessionOf(LIVES);
    let asked = 0;
    const next = (): Promise<unknown> => Promise.resolve([`answer ${++asked}`]);
    const document = { uri: { toString: () => "file:///project/a.py" }, version: 1 };
    const place = { line: 2, character: 7 };
    const ask = (triggerKind: number): Promise<unknown> =>
      middleware.provideInlineCompletionItems(document, place, { triggerKind }, {}, next);
    const [INVOKE, AUTOMATIC] = [0, 1];
    expect(await ask(AUTOMATIC)).toEqual(["answer 1"]);
    snooze.begin(5);
    expect(await ask(AUTOMATIC)).toBeNull();
    expect(asked).toBe(1);
    expect(snooze.among([])).toMatchObject([{ uri: "file:///project/a.py", line: 2, character: 7, rule: "snoozed" }]);
    expect(await ask(INVOKE)).toEqual(["answer 2"]);
    snooze.end();
    expect(await ask(AUTOMATIC)).toEqual(["answer 3"]);
  });

  it("has the server do nothing unasked while snoozed", async () => {
    const session = sessionOf(LIVES);
    await session.start();
    const configured = (): unknown => middleware.workspace.configuration({ items: [{ section: "burnish" }] })[0];
    const told = (): unknown[] => sent.filter((message) => String((message as unknown[])[0]).startsWith("workspace/"));
    expect(configured()).toMatchObject({ completion: { workAhead: "auto" } });
    snooze.begin(5);
    snooze.begin(15);
    await sleep(10);
    const settings = { burnish: { completion: { workAhead: "never" } } };
    expect(told()).toMatchObject([["workspace/didChangeConfiguration", { settings }]]);
    expect(configured()).toMatchObject({ completion: { workAhead: "never" } });
    snooze.end();
    await sleep(10);
    expect(told()).toHaveLength(2);
    expect(configured()).toMatchObject({ completion: { workAhead: "auto" } });
    await session.stop();
    snooze.begin(5);
    await sleep(10);
    expect(told()).toHaveLength(2);
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
