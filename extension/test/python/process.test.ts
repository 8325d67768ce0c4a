import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CancelledError, run } from "../../src/python/process";

const node = process.execPath;

describe("run", () => {
  it("gives every line, the exit code and the tail", async () => {
    const lines: string[] = [];
    const finished = await run(node, ["-e", "console.log('one\\ntwo'); console.error('three'); process.exitCode = 3"], {
      onLine: (line) => lines.push(line),
    });
    expect(finished.code).toBe(3);
    expect(lines.toSorted()).toEqual(["one", "three", "two"]);
    expect(finished.tail.toSorted()).toEqual(["one", "three", "two"]);
  });

  it("keeps only the last state of a line that is rewritten with carriage returns", async () => {
    const finished = await run(node, ["-e", "process.stdout.write('1 %\\r50 %\\r100 %\\n')"]);
    expect(finished.tail.at(-1)).toBe("100 %");
  });

  it("bounds the tail", async () => {
    const finished = await run(node, ["-e", "for (let i = 0; i < 1000; i++) console.log(i)"]);
    expect(finished.tail).toHaveLength(400);
    expect(finished.tail.at(-1)).toBe("999");
  });

  it("rejects with the system's error when there is no such program", async () => {
    await expect(run("/nonexistent/program", [])).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does not start anything when aborted before", async () => {
    await expect(run(node, ["-e", ""], { abort: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
  });

  it("ends a program that takes too long", async () => {
    const finished = await run(node, ["-e", "setTimeout(() => {}, 60000)"], { timeoutMs: 300 });
    expect(finished.code).toBeNull();
    expect(finished.signal).toBe("SIGTERM");
  });

  it.skipIf(process.platform === "win32")("ends grandchildren too when aborted", async () => {
    const cancel = new AbortController();
    const child = `const {spawn} = require("child_process");
      const grandchild = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
      console.log("grandchild " + grandchild.pid); setTimeout(() => {}, 60000);`;
    let pid = 0;
    const promise = run(node, ["-e", child], {
      abort: cancel.signal,
      onLine: (line) => {
        pid = Number(/grandchild (\d+)/.exec(line)?.[1]);
        cancel.abort();
      },
    });
    await expect(promise).rejects.toBeInstanceOf(CancelledError);
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  it.skipIf(process.platform === "win32")("kills what ignores the request to end", async () => {
    const cancel = new AbortController();
    const stubborn = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)";
    const promise = run(node, ["-e", stubborn], { abort: cancel.signal, onLine: () => cancel.abort() });
    await expect(promise).rejects.toBeInstanceOf(CancelledError);
    await sleep(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
