import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { acquireLock } from "../../src/python/lock";
import { CancelledError } from "../../src/python/process";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "burnish-lock-"));
  file = path.join(folder, "sub", "set-up.lock");
});

afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});

function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("acquireLock", () => {
  it("makes the folder, holds the lock, and leaves nothing after release", async () => {
    const release = await acquireLock(file);
    expect(JSON.parse(await fs.readFile(file, "utf8"))).toMatchObject({ pid: process.pid });
    await release();
    expect(await fs.readdir(path.dirname(file))).toEqual([]);
  });

  it("lets the second wait until the first has released, and tells it once who holds it", async () => {
    const release = await acquireLock(file);
    const onWait = vi.fn();
    let second = false;
    const waiting = acquireLock(file, { pollMs: 10, onWait }).then((releaseSecond) => {
      second = true;
      return releaseSecond;
    });
    await sleep(100);
    expect(second).toBe(false);
    expect(onWait.mock.calls).toEqual([[process.pid]]);
    await release();
    await (
      await waiting
    )();
  });

  it("takes over the lock of a dead process", async () => {
    await fs.mkdir(path.dirname(file));
    await fs.writeFile(file, JSON.stringify({ pid: deadPid(), token: "old" }));
    const release = await acquireLock(file, { pollMs: 10 });
    await release();
    expect(await fs.readdir(path.dirname(file))).toEqual([]);
  });

  it("waits for the lock of a living process", async () => {
    await fs.mkdir(path.dirname(file));
    await fs.writeFile(file, JSON.stringify({ pid: process.ppid, token: "theirs" }));
    const abort = AbortSignal.timeout(100);
    await expect(acquireLock(file, { pollMs: 10, abort })).rejects.toBeInstanceOf(CancelledError);
    expect(JSON.parse(await fs.readFile(file, "utf8"))).toMatchObject({ token: "theirs" });
  });

  it("takes over an unreadable lock only when it is old", async () => {
    await fs.mkdir(path.dirname(file));
    await fs.writeFile(file, "");
    await expect(acquireLock(file, { pollMs: 10, abort: AbortSignal.timeout(60) })).rejects.toBeInstanceOf(
      CancelledError,
    );
    const old = new Date(Date.now() - 60_000);
    await fs.utimes(file, old, old);
    await (
      await acquireLock(file, { pollMs: 10 })
    )();
  });

  it("never gives one stale lock to two", async () => {
    await fs.mkdir(path.dirname(file));
    await fs.writeFile(file, JSON.stringify({ pid: deadPid(), token: "old" }));
    let holders = 0;
    let most = 0;
    const contend = async (): Promise<void> => {
      const release = await acquireLock(file, { pollMs: 1 });
      most = Math.max(most, ++holders);
      await sleep(5);
      holders--;
      await release();
    };
    await Promise.all(Array.from({ length: 12 }, contend));
    expect(most).toBe(1);
  });
});
