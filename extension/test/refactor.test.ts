import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
vi.mock("../src/perfPreview", () => ({ revealPlaces: () => Promise.resolve() }));
const { Explanations, parseChosen, refactor } = await import("../src/refactor");
const { parsePlan, parseStep, PlanWalk } = await import("../src/refactorPlan");

const URI = { toString: () => "file:///project/a.py", path: "/project/a.py", scheme: "file" };
const RANGE = { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } };
const NAME = { name: "name", label: "Name of the new function", default: "_work", check: "identifier" };
const CHOSEN = { uri: "file:///project/a.py", range: RANGE, id: "extract-function", title: "Extract…", needs: [NAME] };

let asked: [string, Record<string, unknown>][] = [];
let answers: Record<string, unknown[]> = {};
const server = {
  execute: (command: string, args: readonly unknown[] = []) => {
    asked.push([command, args[0] as Record<string, unknown>]);
    const next = answers[command.replace("burnish.server.", "")]?.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  },
  onProgress: () => () => undefined,
};

beforeEach(() => {
  resetEditor();
  asked = [];
  answers = {};
  editor.activeTextEditor = {
    document: { languageId: "python", uri: URI },
    selection: { active: { line: 3, character: 4 } },
  };
});

describe("a refactoring that asks", () => {
  it("asks with the proposal in the box, checks what is typed, and has it performed", async () => {
    answers = { checkAnswer: [{ problem: "No name." }, { problem: "" }], refactor: [{ applied: true }] };
    const problems: unknown[] = [];
    editor.answers = [
      async (options: { value: string; validateInput: (value: string) => Promise<unknown> }) => {
        expect(options.value).toBe("_work");
        problems.push(await options.validateInput("1"), await options.validateInput("work"));
        return " work ";
      },
    ];
    await refactor(server, CHOSEN);
    expect(problems).toEqual(["No name.", undefined]);
    expect(asked.at(-1)).toEqual([
      "burnish.server.refactor",
      {
        ...{ uri: CHOSEN.uri, range: RANGE, id: "extract-function", title: "Extract" },
        answers: { name: "work" },
        preview: false,
      },
    ]);
  });

  it("does nothing where a question is left", async () => {
    editor.answers = ["first", undefined];
    await refactor(server, { ...CHOSEN, needs: [NAME, { ...NAME, name: "other" }] });
    expect(editor.shown.map((one) => one.text)).toEqual(["Extract (1 of 2)", "Extract (2 of 2)"]);
    expect(asked).toEqual([]);
  });

  it.each([
    ["always", true],
    ["severalFiles", "severalFiles"],
  ])("is shown first %s", async (setting, preview) => {
    editor.settings.set("burnish.refactor.preview", setting);
    await refactor(server, { ...CHOSEN, needs: [] });
    expect(asked[0]?.[1]["preview"]).toBe(preview);
  });

  it("opens the editor's own menu where nothing was chosen", async () => {
    await refactor(server, undefined);
    expect(editor.executed).toEqual([["editor.action.refactor"]]);
    expect(parseChosen({ uri: "file:///a.py" })).toBeNull();
  });
});

describe("a plan", () => {
  const PLAN = {
    plan: "p",
    function: "work",
    complexityBefore: 20,
    complexityAfter: 8,
    steps: [{ title: "Return early" }, { title: "Extract `_part`" }],
  };
  const STEP = {
    title: "Return early",
    words: "complexity 20 → 18, maintainability 40.0 → 41.0",
    before: "a\n",
    after: "b\n",
    badge: "exact",
    summary: "It behaves the same.",
    applicable: true,
  };

  it("shows each step, and does what is said: apply, skip, stop", async () => {
    answers = { plan: [PLAN], planStep: [STEP, { ...STEP, applied: true }, { ...STEP, badge: "tested" }] };
    editor.answers = ["Apply", undefined, "Skip"];
    const walk = new PlanWalk();
    await walk.simplify(server);
    expect(asked.map(([command, argument]) => [command, argument["step"], argument["apply"]])).toEqual([
      ["burnish.server.plan", undefined, undefined],
      ["burnish.server.planStep", 0, false],
      ["burnish.server.planStep", 0, undefined],
      ["burnish.server.planStep", 1, false],
      ["burnish.server.planSkip", 1, undefined],
    ]);
    const diffs = editor.executed.filter(([command]) => command === "vscode.diff");
    expect(diffs.map((one) => one[3])).toEqual([
      "Step 1 of 2: complexity 20 → 18 (exact)",
      "Step 2 of 2: complexity 20 → 18 (tested)",
    ]);
    const said = editor.shown.filter((one) => one.kind === "information").map((one) => one.text);
    expect(said[0]).toBe(
      "Burnish: Step 1 of 2: Return early. Complexity 20 → 18, maintainability 40.0 → 41.0. It behaves the same.",
    );
    expect(said.at(-1)).toBe("Burnish: 1 of 2 steps applied to `work`.");
  });

  it("ends where the message is closed, and offers no Apply for what may not be applied", async () => {
    answers = { plan: [PLAN], planStep: [{ ...STEP, applicable: false, badge: "different" }] };
    await new PlanWalk().simplify(server);
    expect(editor.shown[0]?.options).toEqual(["Skip", "Stop"]);
    expect(editor.shown.at(-1)?.text).toContain("0 of 2 steps");
  });

  it("goes on after a step that cannot be done any more, if that is wanted", async () => {
    answers = { plan: [PLAN], planStep: [new Error("It was planned for other code."), STEP] };
    editor.answers = ["Skip", "Stop"];
    await new PlanWalk().simplify(server);
    expect(editor.shown[0]).toMatchObject({ kind: "warning" });
    expect(asked.map(([command]) => command.split(".").at(-1))).toEqual(["plan", "planStep", "planStep", "planSkip"]);
  });

  it("says why there is nothing to do, and understands whatever comes", async () => {
    answers = { plan: [{ function: "work", reason: "Its complexity is 3." }] };
    await new PlanWalk().simplify(server);
    expect(editor.shown[0]?.text).toBe("Burnish: `work`: Its complexity is 3.");
    expect(parsePlan(null).steps).toEqual([]);
    expect(parseStep("").applicable).toBe(false);
  });
});

describe("an explanation", () => {
  it("is a page about what is at the cursor, or what was named", async () => {
    answers = {
      explainFinding: [
        { title: "Use `get`", page: "# P" },
        { title: "t", page: "# Q" },
      ],
    };
    const pages = new Explanations();
    await pages.explain(server, undefined);
    await pages.explain(server, { rule: "dict-get" });
    expect(asked.map(([, argument]) => argument)).toEqual([
      { uri: "file:///project/a.py", position: { line: 3, character: 4 } },
      { rule: "dict-get" },
    ]);
    const [[command, uri]] = editor.executed as [[string, never]];
    expect([command, pages.provideTextDocumentContent(uri)]).toEqual(["markdown.showPreview", "# P"]);
  });
});
