import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
vi.mock("../src/perfPreview", () => ({
  revealPlaces: (lines: ReadonlyMap<string, number>) => {
    revealed.push([...lines.values()]);
    return Promise.resolve();
  },
}));
const { cost, lineAfter, parseAnswer, Rewrites, versionItems, whyNone } = await import("../src/rewrite");
const { Command, registerCommands } = await import("../src/commands");

const revealed: number[][] = [];
const URI = "file:///project/a.py";
const PLACE = { uri: URI, position: { line: 3, character: 4 } };
const BEFORE = "def work(words):\n    return slow(words)\n";
const FAST = {
  key: "k1",
  function: "work",
  line: 0,
  title: "12.3× faster",
  badge: "tested",
  evidence: "equivalent on 214 inputs (100 % branches)",
  change: "complexity 4 → 2",
  before: BEFORE,
  after: `import math\n\n\n${BEFORE.replace("slow", "fast")}`,
};
const SIMPLE = { ...FAST, key: "k2", title: "simpler", change: "", repaired: true };
const FOUND = {
  results: [FAST, SIMPLE],
  tried: 6,
  dropped: { "no gain": 1, "not Python": 3 },
  seconds: 20.4,
  tokens: { evaluated: 3000, generated: 400 },
};

let asked: [string, Record<string, unknown>][] = [];
let answers: Record<string, unknown[]> = {};
const server = {
  execute: (command: string, args: readonly unknown[] = []) => {
    const own = command.replace("burnish.server.", "");
    asked.push([own, args[0] as Record<string, unknown>]);
    const next = answers[own]?.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  },
  onProgress: () => () => undefined,
};

/** Chooses the row with this label. */
const pick = (label: string) => (items: unknown) => (items as { label: string }[]).find((item) => item.label === label);
const commandsAsked = (): string[] => asked.map(([command]) => command);
const said = (kind: string): string[] => editor.shown.filter((one) => one.kind === kind).map((one) => one.text);

beforeEach(() => {
  resetEditor();
  asked = [];
  answers = {};
  revealed.length = 0;
  editor.activeTextEditor = {
    document: { languageId: "python", uri: { toString: () => URI, path: "/project/a.py", scheme: "file" } },
    selection: { active: { line: 3, character: 4 } },
  };
});

describe("asking a model for versions", () => {
  it("asks about the function at the cursor, or the one that the action names", async () => {
    answers = {
      rewrite: [
        { ...FOUND, results: [] },
        { ...FOUND, results: [] },
      ],
    };
    const other = { uri: "file:///project/b.py", position: { line: 8, character: 0 } };
    await new Rewrites().rewrite(server);
    await new Rewrites().rewrite(server, other);
    expect(asked).toEqual([
      ["rewrite", PLACE],
      ["rewrite", other],
    ]);
  });

  it("asks nothing where no Python file is being edited", async () => {
    editor.activeTextEditor = undefined;
    await new Rewrites().rewrite(server);
    expect(asked).toEqual([]);
  });

  it("names the endpoint before anything is sent, and hands its name back only when told to", async () => {
    answers = { rewrite: [{ endpoint: "models.example.org:8080" }, { ...FOUND, results: [] }] };
    editor.answers = ["Send"];
    await new Rewrites().rewrite(server);
    expect(editor.shown[0]?.text).toBe("Send this function to models.example.org:8080?");
    const [options, ...buttons] = editor.shown[0]?.options as [{ modal: boolean; detail: string }, ...string[]];
    expect([options.modal, buttons]).toEqual([true, ["Send"]]);
    for (const part of ["the function", "import statements", "2,000 characters", "Nothing has been sent yet"]) {
      expect(options.detail).toContain(part);
    }
    expect(asked).toEqual([
      ["rewrite", PLACE],
      ["rewrite", { ...PLACE, confirmedEndpoint: "models.example.org:8080" }],
    ]);
  });

  it("sends nothing where the dialog is closed", async () => {
    answers = { rewrite: [{ endpoint: "models.example.org:8080" }, FOUND] };
    await new Rewrites().rewrite(server);
    expect(commandsAsked()).toEqual(["rewrite"]);
    expect(editor.shown).toHaveLength(1);
  });

  it("asks again where another endpoint serves by then", async () => {
    answers = { rewrite: [{ endpoint: "one:1" }, { endpoint: "two:2" }, FOUND] };
    editor.answers = ["Send", undefined];
    await new Rewrites().rewrite(server);
    expect(said("warning")).toEqual(["Send this function to one:1?", "Send this function to two:2?"]);
    expect(asked.map(([, argument]) => argument["confirmedEndpoint"])).toEqual([undefined, "one:1"]);
  });

  it("tells an error as every command does", async () => {
    answers = { rewrite: [new Error("The model could not be asked: it is gone.")] };
    const { logger } = fakeLogger();
    registerCommands({ logger, server, rewrites: new Rewrites() } as never);
    await editor.registered.get(Command.rewrite)?.(PLACE);
    expect(asked).toEqual([["rewrite", PLACE]]);
    expect(said("error")).toEqual(["The model could not be asked: it is gone."]);
  });
});

describe("versions that were proved", () => {
  it("stand in the server's order with what is known of them", () => {
    const items = versionItems(parseAnswer(FOUND).results);
    expect(items.map(({ label, description, detail }) => [label, description, detail])).toEqual([
      ["12.3× faster", "tested · complexity 4 → 2", FAST.evidence],
      ["simpler", "tested · second attempt", FAST.evidence],
    ]);
  });

  it("are looked at side by side, and taken", async () => {
    answers = { rewrite: [FOUND], rewriteApply: [{ applied: true, reason: "" }] };
    const pages = new Rewrites();
    editor.answers = [pick("12.3× faster"), "Apply"];
    await pages.rewrite(server);
    const [diff] = editor.executed.filter(([command]) => command === "vscode.diff");
    expect(diff?.[3]).toBe("12.3× faster (tested)");
    expect([diff?.[1], diff?.[2]].map((uri) => pages.provideTextDocumentContent(uri as never))).toEqual([
      FAST.before,
      FAST.after,
    ]);
    expect(revealed).toEqual([[0, 3]]);
    const message = editor.shown.find((one) => one.kind === "information");
    expect(message).toMatchObject({
      text: "Burnish: 12.3× faster. Equivalent on 214 inputs (100 % branches).",
      options: ["Apply", "Reject", "Back", "Explain"],
    });
    expect(asked.at(-1)).toEqual(["rewriteApply", { uri: URI, key: "k1" }]);
    expect(said("information").at(-1)).toBe("Burnish: work is rewritten. One undo takes it back.");
    // The file is in front again before it changes.
    expect(said("document")).toEqual([URI]);
  });

  it("are explained on a page, and can be taken afterwards", async () => {
    answers = { rewrite: [FOUND], explainFinding: [{ title: "t", page: "# W" }], rewriteApply: [{ applied: true }] };
    const pages = new Rewrites();
    editor.answers = [pick("12.3× faster"), "Explain", "Apply"];
    await pages.rewrite(server);
    const [page] = editor.executed.filter(([command]) => command === "markdown.showPreview");
    expect(pages.provideTextDocumentContent(page?.[1] as never)).toBe("# W");
    expect(asked.slice(1)).toEqual([
      ["explainFinding", { uri: URI, key: "k1" }],
      ["rewriteApply", { uri: URI, key: "k1" }],
    ]);
  });

  it("are sent away one by one, and the others are shown again", async () => {
    answers = { rewrite: [FOUND], rewriteReject: [{ rejected: true }, { rejected: true }] };
    editor.answers = [pick("12.3× faster"), "Reject", undefined, pick("simpler"), "Reject", undefined];
    await new Rewrites().rewrite(server);
    expect(asked.slice(1)).toEqual([
      ["rewriteReject", { uri: URI, key: "k1" }],
      ["rewriteReject", { uri: URI, key: "k2" }],
    ]);
    const lists = editor.shown.filter((one) => one.kind === "pick").map((one) => one.options as unknown[]);
    expect(lists.map((rows) => rows.length)).toEqual([2, 1]);
  });

  it("stay as they are on the way back, and where the list or the message is closed", async () => {
    answers = { rewrite: [FOUND, FOUND] };
    // Looked at, back, the list closed.
    editor.answers = [pick("simpler"), "Back", undefined, undefined];
    await new Rewrites().rewrite(server);
    expect(said("pick")).toHaveLength(2);
    // Looked at, the message closed.
    editor.answers = [pick("simpler"), undefined];
    await new Rewrites().rewrite(server);
    expect(said("pick")).toHaveLength(3);
    expect(commandsAsked()).toEqual(["rewrite", "rewrite"]);
  });

  it("close the comparison if it is in front", async () => {
    answers = { rewrite: [FOUND] };
    editor.answers = [
      pick("simpler"),
      () => {
        editor.activeTextEditor = { document: { uri: { scheme: "burnish-rewrite" } } };
        return "Back";
      },
    ];
    await new Rewrites().rewrite(server);
    expect(editor.executed.at(-1)).toEqual(["workbench.action.closeActiveEditor"]);
  });

  it("say why one could not be taken", async () => {
    answers = { rewrite: [FOUND], rewriteApply: [{ applied: false, reason: "The function has changed." }] };
    editor.answers = [pick("simpler"), "Apply"];
    await new Rewrites().rewrite(server);
    expect(said("warning")).toEqual(["Burnish: work was not changed. The function has changed."]);
  });

  it("are found again below what came above them", () => {
    const method = "class A:\n    def f(self):\n        1\nclass B:\n    def f(self):\n        2\n";
    expect(lineAfter(method, `import os\n${method}`, 4)).toBe(5);
    expect(lineAfter("a\n", "b\n", 0)).toBe(0);
  });
});

describe("a run that shows nothing", () => {
  const nothing = { ...FOUND, results: [] };

  it.each([
    [nothing, "6 versions were tried, and none is shown: 3 × not Python, 1 × no gain (20 s, 3,400 tokens)."],
    [
      { ...nothing, tried: 1, dropped: { "no gain": 1 }, ended: "the time is used up" },
      "One version was tried, and it is not shown: 1 × no gain. The time is used up (20 s, 3,400 tokens).",
    ],
    [
      { ...nothing, tried: 0, dropped: {}, ended: "no version could be verified, because it opens files", tokens: {} },
      "No version could be verified, because it opens files (20 s, 0 tokens).",
    ],
    [{ ...nothing, tried: 0, dropped: {}, cancelled: true, seconds: 2 }, "Cancelled (2 s, 3,400 tokens)."],
    [{}, "The model proposed no version (0 s, 0 tokens)."],
  ])("says why %#", async (answer, words) => {
    expect(whyNone(parseAnswer(answer))).toBe(words);
    answers = { rewrite: [answer] };
    await new Rewrites().rewrite(server);
    expect(editor.shown.map(({ kind, text }) => [kind, text])).toEqual([["information", `Burnish: ${words}`]]);
  });

  it("understands whatever comes", () => {
    const answer = parseAnswer("nonsense");
    expect([answer.results, answer.endpoint, answer.tried]).toEqual([[], "", 0]);
    expect(cost(parseAnswer({ seconds: 0.4, tokens: { generated: 1 } }))).toBe("0 s, 1 token");
    expect(parseAnswer({ results: [null] }).results[0]?.title).toBe("");
  });
});
