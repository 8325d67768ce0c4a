import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseReport, parseTrend } from "../src/metrics/data";
import { parsePageMessage, type ShowMessage } from "../src/metrics/messages";
import { clicked, sortedRows, USUAL_ORDER } from "../src/metrics/rows";
import { inside, squarified } from "../src/metrics/treemap";
import { sections, summary, trendSentence } from "../src/metrics/view";
import { FakeServer } from "./fakeServer";
import { editor, type FakePanel, resetEditor } from "./fakeVscode";
import { complexity, report, trend } from "./metricsData";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { rows, showComplexity, toggleCodeLens } = await import("../src/metrics/drivers");
const { ComplexityReport, MEASURING_TITLE } = await import("../src/metrics/panel");
const { parseComplexity } = await import("../src/metrics/data");

const REPORT = "burnish.server.metricsReport";
const TREND = "burnish.server.metricsTrend";
const COMPLEXITY = "burnish.server.complexity";
const URI = "file:///project/shop/prices.py";

beforeEach(resetEditor);

describe("a squarified treemap", () => {
  const frame = { x: 10, y: 20, width: 600, height: 400 };

  it("gives each weight its share of the area, within the frame and apart from the others", () => {
    const weights = [6, 6, 4, 3, 2, 2, 1, 0.001, 0];
    const boxes = squarified(weights, frame);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    boxes.forEach(({ x, y, width, height }, index) => {
      expect(width * height).toBeCloseTo((600 * 400 * (weights[index] ?? 0)) / total, 3);
      expect(x).toBeGreaterThanOrEqual(10);
      expect(y).toBeGreaterThanOrEqual(20);
      expect(x + width).toBeLessThanOrEqual(610 + 1e-6);
      expect(y + height).toBeLessThanOrEqual(420 + 1e-6);
    });
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        const wide = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
        const high = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
        expect(Math.min(wide, high)).toBeLessThan(1e-6);
      }
    }
  });

  it("is as in the paper's example", () => {
    const [first, second, third] = squarified([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
    expect([first, second]).toEqual([
      { x: 0, y: 0, width: 3, height: 2 },
      { x: 0, y: 2, width: 3, height: 2 },
    ]);
    expect(third?.width).toBeCloseTo(12 / 7);
    expect(third?.height).toBeCloseTo(7 / 3);
  });

  it("comes near to squares for many equal weights", () => {
    for (const { width, height } of squarified(
      Array.from({ length: 97 }, () => 1),
      frame,
    )) {
      expect(Math.max(width / height, height / width)).toBeLessThan(2);
    }
  });

  it("does with nothing, and with no room", () => {
    expect(squarified([], frame)).toEqual([]);
    expect(squarified([0, -1], frame)).toEqual([
      { x: 10, y: 20, width: 0, height: 0 },
      { x: 10, y: 20, width: 0, height: 0 },
    ]);
    for (const { width, height } of squarified([1, 2], { ...frame, width: 0 })) {
      expect(width * height).toBe(0);
    }
    expect(inside({ x: 0, y: 0, width: 3, height: 3 }, 2, 16)).toEqual({ x: 2, y: 18, width: 0, height: 0 });
  });
});

describe("the table", () => {
  const { files } = parseReport(report);
  const names = (order: typeof USUAL_ORDER): string[] => sortedRows(files, order).map(({ figures }) => figures.name);

  it("begins with the most complex, and equal ones by their place", () => {
    expect(names(USUAL_ORDER)).toEqual(["price", "<main>", "Cart.total", "Cart.total.each"]);
  });

  it("is sorted by any heading, and the other way round by the same again", () => {
    const byName = clicked(USUAL_ORDER, "name");
    expect(names(byName)).toEqual(["<main>", "Cart.total", "Cart.total.each", "price"]);
    expect(names(clicked(byName, "name"))[0]).toBe("price");
    expect(names(clicked(USUAL_ORDER, "lines"))[0]).toBe("price");
    expect(names(clicked(USUAL_ORDER, "mi"))[0]).toBe("price");
    expect(names(clicked(USUAL_ORDER, "path"))[0]).toBe("<main>");
  });
});

describe("the report's words", () => {
  const state = { report: parseReport(report), trend: null, busy: "", stoppable: false, failure: "" };

  it("sum up, for the eye and for who cannot see the map", () => {
    const made = sections(state);
    expect(made.headline).toContain("Average complexity 4.9");
    expect(made.headline).toContain("6 functions in 2 files, 132 lines of code. Maintainability index 44.7");
    expect(made.ranks).toContain("1 a little complex");
    expect(summary(state.report)).toBe(
      "Treemap of 6 functions in 2 files: 3 of rank A, 2 of rank B, 1 of rank C. The most complex is price in shop/prices.py with 14. The table below has the same figures.",
    );
    expect(summary(parseReport({}))).toBe("There is no function to show.");
  });

  it("tell what was left out and why", () => {
    const cut = parseReport({ ...report, left: 3, cancelled: true, problems: ["<b>.py is not Python"] });
    const { notices } = sections({ ...state, report: cut });
    expect(notices).toContain("3 files were not measured: it was stopped.");
    expect(notices).toContain("&lt;b&gt;.py is not Python");
    expect(sections({ ...state, report: null, failure: "gone" }).headline).toContain("Start the Server");
  });

  it("say what changed", () => {
    const since = parseTrend(trend);
    expect(trendSentence(since)).toBe("1 file changed: 1 function more complex, 1 function new, 1 function gone.");
    const made = sections({ ...state, trend: since }).trend;
    expect(made).toContain("Since HEAD~3");
    expect(made).toContain("&lt;main&gt;");
    expect(made.indexOf("run")).toBeLessThan(made.indexOf("old"));
    expect(made).toContain("+2");
    expect(trendSentence({ ...since, files: [] })).toBe("No Python file changed.");
  });
});

describe("the report's panel", () => {
  const stop = vi.fn();

  async function opened(answers: Record<string, unknown>): Promise<{ panel: FakePanel; server: FakeServer }> {
    stop.mockClear();
    const server = new FakeServer(answers);
    const assets = { toString: () => "/ext/dist" } as never;
    const made = new ComplexityReport({ server, assets, stop, restartCommand: "burnish.restart" });
    const opening = made.open();
    const panel = editor.panels[0] as FakePanel;
    panel.says({ type: "ready" });
    await opening;
    return { panel, server };
  }
  const last = (panel: FakePanel): ShowMessage => panel.posted.at(-1) as ShowMessage;

  it("measures when it is opened, says so meanwhile, and lets only its own files load", async () => {
    const { panel, server } = await opened({ [REPORT]: report });
    expect(server.commands).toEqual([REPORT]);
    expect((panel.posted[0] as ShowMessage).sections.headline).toContain("Measuring the workspace…");
    expect((panel.posted[0] as ShowMessage).sections.headline).toContain("Stop");
    expect(last(panel).files).toHaveLength(2);
    expect(last(panel).sections.headline).not.toContain("Stop");
    expect(panel.webview.html).toContain("webview:/ext/dist/metrics.js");
    expect(panel.webview.html.replaceAll("&#39;", "'")).toContain("default-src 'none'; script-src 'nonce-");
  });

  it("shows how far it is, and can be stopped", async () => {
    const { panel } = await opened({
      [REPORT]: (server: FakeServer) => {
        server.hub.take(1, { kind: "begin", title: MEASURING_TITLE });
        server.hub.take(1, { kind: "report", message: "3 of 9 files" });
        (editor.panels[0] as FakePanel).says({ type: "do", action: "stop" });
        return report;
      },
    });
    expect(panel.posted.some((one) => (one as ShowMessage).sections.headline.includes("3 of 9 files"))).toBe(true);
    expect(stop).toHaveBeenCalledOnce();
  });

  it("compares with the revision that is named", async () => {
    const { panel, server } = await opened({ [REPORT]: report, [TREND]: trend });
    editor.answers = ["HEAD~3 "];
    panel.says({ type: "do", action: "compare" });
    await vi.waitFor(() => expect(last(panel).sections.trend).toContain("Since HEAD~3"));
    expect(server.asked.at(-1)).toEqual([TREND, { revision: "HEAD~3" }]);
  });

  it("says what went wrong, and keeps the figures", async () => {
    const { panel, server } = await opened({ [REPORT]: report });
    server.answers[REPORT] = new Error("The server ends.");
    panel.says({ type: "do", action: "refresh" });
    await vi.waitFor(() => expect(last(panel).sections.notices).toContain("The server ends."));
    expect(last(panel).files).toHaveLength(2);
  });

  it("opens lines of files that it names, and nothing else", async () => {
    const { panel } = await opened({ [REPORT]: report });
    panel.says({ type: "open", uri: "file:///etc/passwd", line: 0 });
    panel.says({ type: "open", uri: URI, line: 3 });
    await vi.waitFor(() => expect(editor.shown.filter(({ kind }) => kind === "document")).toHaveLength(1));
    expect(editor.shown.at(-1)).toMatchObject({ text: URI });
    expect(parsePageMessage({ type: "do", action: "format" })).toBeNull();
    expect(parsePageMessage("x")).toBeNull();
  });

  it("stops measuring when it is closed", async () => {
    await opened({
      [REPORT]: () => {
        (editor.panels[0] as FakePanel).dispose();
        return report;
      },
    });
    expect(stop).toHaveBeenCalledOnce();
  });
});

describe("what drives a function", () => {
  const found = parseComplexity(complexity);
  const hint = (line: number, code: string, source = "burnish"): never =>
    ({ source, code, message: `${code}!`, range: { start: { line, character: 4 } } }) as never;

  it("is listed with its lines, then what can be done about it", () => {
    const made = rows(found, [
      hint(76, "merge-nested-ifs"),
      hint(76, "complex-function"),
      hint(10, "merge-nested-ifs"),
      hint(76, "other", "ruff"),
    ]);
    expect(made.map(({ label, description }) => [label, description])).toEqual([
      ["What drives it", undefined],
      ["+2  and of 3", "line 76, 1 deep: if a and b and c:"],
      ["+1  for", "line 75: for item in items:"],
      ["What can be done", undefined],
      ["$(lightbulb) merge-nested-ifs!", "line 77"],
      ["$(list-ordered) Simplify step by step…", "each step shown and verified"],
      ["$(wrench) Refactor…", "at the function"],
    ]);
    expect(rows({ ...found, decisions: [] }, [])[1]?.label).toBe("Nothing: there is one path through it");
  });

  it("leads to the line that is chosen", async () => {
    const server = new FakeServer({ [COMPLEXITY]: complexity });
    editor.answers = [(items: { label: string }[]) => items.find(({ label }) => label.includes("and of 3"))];
    await showComplexity(server, [{ uri: URI, position: { line: 70, character: 8 } }]);
    expect(server.asked).toEqual([[COMPLEXITY, { uri: URI, position: { line: 70, character: 8 } }]]);
    expect(editor.shown[0]).toMatchObject({
      kind: "pick",
      text: "Cart.total: complexity 6 · B · nesting 2 · 20 lines",
    });
    expect(editor.shown[1]).toMatchObject({
      kind: "document",
      options: { selection: { start: 75, end: 12 } },
    });
    expect(editor.executed).toEqual([]);
  });

  it("takes the cursor's function where none is named, and opens the refactorings there", async () => {
    const server = new FakeServer({ [COMPLEXITY]: complexity });
    editor.activeTextEditor = {
      document: { languageId: "python", uri: { toString: () => URI } },
      selection: { active: { line: 71, character: 3 } },
    };
    editor.answers = [(items: { label: string }[]) => items.at(-1)];
    await showComplexity(server, []);
    expect(server.asked).toEqual([[COMPLEXITY, { uri: URI, position: { line: 71, character: 3 } }]]);
    expect(editor.executed).toEqual([["editor.action.refactor"]]);
  });

  it("needs a Python file", async () => {
    await showComplexity(new FakeServer({}), []);
    expect(editor.shown).toMatchObject([{ kind: "information", text: "Open a Python file first." }]);
  });

  it("is shown above functions, or not, where the setting comes from", async () => {
    await toggleCodeLens();
    expect(editor.settings.get("burnish.metrics.codeLens")).toBe(true);
    editor.workspaceSettings.set("burnish.metrics.codeLens", true);
    await toggleCodeLens();
    expect(editor.workspaceSettings.get("burnish.metrics.codeLens")).toBe(false);
    editor.settings.set("editor.codeLens", false);
    await toggleCodeLens();
    expect(editor.shown.at(-1)?.text).toContain("editor.codeLens is off");
  });
});
