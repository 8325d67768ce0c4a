import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { FixPages, parseVerified, resultsPage, summary } = await import("../src/perf");

const URI = { toString: () => "file:///project/a.py", path: "/project/a.py" };
const RESULT = {
  key: "k",
  rule: "r",
  title: "Use a set",
  line: 6,
  badge: "tested",
  applicable: true,
  evidence: "fine",
};

let asked: unknown[][] = [];
let answers: unknown[] = [];
const server = {
  execute: (...args: unknown[]) => {
    asked.push(args);
    return Promise.resolve(answers.shift());
  },
  onProgress: () => () => undefined,
};

beforeEach(() => {
  resetEditor();
  asked = [];
  answers = [];
  editor.activeTextEditor = {
    document: { languageId: "python", uri: URI },
    selection: { active: { line: 3, character: 4 } },
  };
});

describe("verifying all of a file", () => {
  it("sums up, and applies what was verified where that is wanted", async () => {
    const weak = { ...RESULT, badge: "weak", applicable: false };
    answers = [
      { of: 3, cancelled: false, results: [RESULT, weak, { ...RESULT, applicable: false }] },
      { applied: ["r"], left: 1 },
    ];
    editor.answers = ["Apply All Verified"];
    await new FixPages().verifyAll(server);
    expect(asked).toEqual([
      ["burnish.server.verifyAll", ["file:///project/a.py"]],
      ["burnish.server.applyVerified", ["file:///project/a.py"]],
    ]);
    expect(editor.shown.map((one) => one.text)).toEqual([
      "Burnish: 1 of 3 fixes can be applied: 1 tested, 1 weak, 1 not faster.",
      "Burnish: 1 fix applied. 1 left: not verified, or not good enough.",
    ]);
  });

  it("offers nothing to apply where nothing is good enough, and shows the evidence", async () => {
    answers = [
      { of: 3, cancelled: true, results: [{ ...RESULT, badge: "different", applicable: false, evidence: "a|b" }] },
    ];
    editor.answers = ["Show the Evidence"];
    const pages = new FixPages();
    await pages.verifyAll(server);
    expect(editor.shown[0]?.text).toContain("Stopped after 1 of 3.");
    expect(editor.shown[0]?.options).toEqual(["Show the Evidence"]);
    const [[command, uri]] = editor.executed as [[string, never]];
    expect(command).toBe("markdown.showPreview");
    expect(pages.provideTextDocumentContent(uri)).toContain(String.raw`| 7 | Use a set | different | a\|b |`);
  });

  it("says what is missing where no Python file is open", async () => {
    editor.activeTextEditor = undefined;
    await new FixPages().verifyAll(server);
    await new FixPages().applyVerified(server);
    await new FixPages().preview(server, []);
    expect(asked).toEqual([]);
    expect(editor.shown.map((one) => one.text)).toEqual(Array(3).fill("Open a Python file first."));
  });

  it("understands whatever comes", () => {
    expect(parseVerified(null)).toEqual({ of: 0, cancelled: false, results: [] });
    expect(summary(parseVerified({}))).toBe("Burnish has nothing to verify in this file.");
    const two = parseVerified({ results: [RESULT, { ...RESULT, line: 1, title: "Earlier" }] });
    expect(resultsPage("a.py", two).indexOf("Earlier")).toBeLessThan(resultsPage("a.py", two).indexOf("Use a set"));
  });
});

describe("the preview", () => {
  const PREVIEW = {
    title: "Use a set",
    badge: "tested",
    before: "a\n",
    after: "b\n",
    evidence: "# E",
    summary: "Same.",
    key: "k",
  };

  it("shows both texts side by side and the evidence when asked", async () => {
    answers = [PREVIEW];
    editor.answers = ["Show the Evidence"];
    const pages = new FixPages();
    await pages.preview(server, ["file:///project/a.py", "k"]);
    expect(asked).toEqual([["burnish.server.perfPreview", [{ uri: "file:///project/a.py", key: "k" }]]]);
    const [[diff, left, right, title], [show, page]] = editor.executed as [
      [string, never, never, string],
      [string, never],
    ];
    expect([diff, title, show]).toEqual(["vscode.diff", "Use a set (tested)", "markdown.showPreview"]);
    expect(pages.provideTextDocumentContent(left)).toBe("a\n");
    expect(pages.provideTextDocumentContent(right)).toBe("b\n");
    expect(pages.provideTextDocumentContent(page)).toBe("# E");
    pages.dispose();
    expect(pages.provideTextDocumentContent(left)).toBe("");
  });

  it("verifies, shows the evidence, and applies, each when asked", async () => {
    answers = [
      { ...PREVIEW, badge: "possible", summary: "Not verified yet.", verifiable: true },
      { ...PREVIEW, applicable: true },
      { applied: true, reason: "" },
    ];
    editor.answers = ["Verify", "Show the Evidence", "Apply"];
    await new FixPages().preview(server, []);
    const named = { uri: "file:///project/a.py", key: "k" };
    expect(asked.slice(1)).toEqual([
      ["burnish.server.perfPreview", [{ ...named, verify: true }]],
      ["burnish.server.perfApply", [named]],
    ]);
    expect(editor.shown.slice(0, 3).map((one) => [one.text, one.options])).toEqual([
      ["Burnish: Not verified yet.", ["Verify", "Show the Evidence"]],
      ["Burnish: Same.", ["Apply", "Show the Evidence"]],
      ["Burnish: Same.", ["Apply"]],
    ]);
    expect(editor.executed.map(([command]) => command)).toEqual(["vscode.diff", "vscode.diff", "markdown.showPreview"]);
  });

  it("scrolls both sides to the fix, and no other editor", async () => {
    const revealed: unknown[] = [];
    const shows = (uri: string) => ({
      document: { uri },
      revealRange: (range: { start: number }) => revealed.push([uri, range.start]),
    });
    editor.visibleTextEditors = ["burnish-fix:/before/a.py", "burnish-fix:/after/a.py", "file:///b.py"].map(shows);
    answers = [{ ...PREVIEW, line: 4, lineAfter: 5 }];
    await new FixPages().preview(server, []);
    expect(revealed).toEqual([
      ["burnish-fix:/before/a.py", 4],
      ["burnish-fix:/after/a.py", 5],
    ]);
  });

  it("says so where the code has changed before it could be applied", async () => {
    answers = [
      { ...PREVIEW, applicable: true },
      { applied: false, reason: "" },
    ];
    editor.answers = ["Apply"];
    await new FixPages().preview(server, []);
    expect(editor.shown.at(-1)?.text).toContain("was not applied");
  });

  it("is of the fix at the cursor where none is named", async () => {
    answers = [PREVIEW];
    await new FixPages().preview(server, []);
    expect(asked).toEqual([
      ["burnish.server.perfPreview", [{ uri: "file:///project/a.py", position: { line: 3, character: 4 } }]],
    ]);
  });
});

describe("using a profile", () => {
  it("ranks by the file that was chosen, and by none when asked again", async () => {
    answers = [{ tool: "cProfile", seconds: 1.234, functions: 1 }];
    editor.answers = [[{ fsPath: "/project/a.prof", toString: () => "file:///project/a.prof" }], undefined, "Use none"];
    const pages = new FixPages();
    await pages.useProfile(server);
    expect(editor.shown.at(-1)?.text).toBe("Burnish ranks by this cProfile profile now: 1.23 s in 1 function.");
    await pages.useProfile(server);
    expect(editor.shown.at(-1)?.text).toBe("Burnish: ranked by a.prof");
    expect(asked).toEqual([
      ["burnish.server.useProfile", [{ path: "/project/a.prof" }]],
      ["burnish.server.useProfile", [{ path: null }]],
    ]);
  });

  it("does nothing where no file was chosen", async () => {
    editor.answers = [undefined];
    await new FixPages().useProfile(server);
    expect(asked).toEqual([]);
  });
});
