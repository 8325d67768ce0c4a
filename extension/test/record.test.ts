import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer } from "./fakeServer";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { exportRecord, lastLines, RecordView } = await import("../src/learning/record");

/** A server that writes so many lines to wherever it is told. */
function exporting(lines: readonly string[]): FakeServer {
  return new FakeServer({
    "burnish.server.exportRecord": (_server: unknown, { path: file }: { path: string }) => {
      writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
      return { path: file, events: lines.length };
    },
  });
}

let folder = "";
beforeEach(() => {
  resetEditor();
  folder = mkdtempSync(path.join(tmpdir(), "burnish-record-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("show my data", () => {
  it("opens what the server exported, and leaves no copy on disk", async () => {
    const view = new RecordView(path.join(folder, "storage"));
    await view.show(exporting(['{"a":1}', '{"b":2}']));
    expect(view.provideTextDocumentContent()).toBe('{"a":1}\n{"b":2}\n');
    expect(editor.executed.at(-1)?.[0]).toBe("vscode.open");
    expect(readdirSync(path.join(folder, "storage"))).toEqual([]);
    view.clear();
    expect(view.provideTextDocumentContent()).toBe("");
  });

  it("says so when nothing is recorded", async () => {
    const view = new RecordView(folder);
    await view.show(new FakeServer({ "burnish.server.exportRecord": { events: 0 } }));
    expect(editor.shown.at(-1)?.text).toContain("Nothing is recorded");
    expect(editor.executed).toEqual([]);
  });

  it("leaves no copy when the export fails", async () => {
    const view = new RecordView(folder);
    const failing = new FakeServer({ "burnish.server.exportRecord": new Error("The disk is full.") });
    await expect(view.show(failing)).rejects.toThrow("The disk is full.");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("removes what a killed editor left, not what another window is reading", async () => {
    for (const name of ["record-old", "record-new"]) {
      mkdirSync(path.join(folder, name));
    }
    utimesSync(path.join(folder, "record-old"), 1, 1);
    await new RecordView(folder).sweep();
    expect(readdirSync(folder)).toEqual(["record-new"]);
  });

  it.each([
    [100, "one\ntwo\nthree\n"],
    [14, "one\ntwo\nthree\n"],
    [13, "two\nthree\n"],
    [10, "two\nthree\n"],
    [9, "three\n"],
  ])("shows whole lines only: the last %d bytes are %j", async (most, expected) => {
    const file = path.join(folder, "x.jsonl");
    writeFileSync(file, "one\ntwo\nthree\n");
    expect(await lastLines(file, most)).toBe(expected);
  });
});

describe("export my data", () => {
  it("asks for form and file, and warns what the file is", async () => {
    const server = exporting(["{}"]);
    editor.answers = [
      (items: unknown) => (items as { format: string }[]).find(({ format }) => format === "kto"),
      { fsPath: path.join(folder, "out.jsonl") },
    ];
    await exportRecord(server);
    expect(server.asked).toEqual([
      ["burnish.server.exportRecord", { path: path.join(folder, "out.jsonl"), format: "kto" }],
    ]);
    expect(editor.shown.at(-1)?.text).toContain("Burnish wrote 1 example to ");
    expect(editor.shown.at(-1)?.text).toContain("Whoever reads this file reads your code.");
  });

  it("writes nothing without a form or a file", async () => {
    const server = exporting([]);
    await exportRecord(server);
    editor.answers = [(items: unknown) => (items as unknown[])[0]];
    await exportRecord(server);
    expect(server.asked).toEqual([]);
  });
});
