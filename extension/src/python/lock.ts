/** A lock file that keeps two windows from building the Python environment at the same time. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError } from "./process";

const POLL_MS = 500;
/** A lock without a readable owner is one whose writer died between creating and filling it. */
const UNREADABLE_IS_STALE_MS = 10_000;

interface Owner {
  readonly pid: number;
  readonly token: string;
}

export interface LockOptions {
  readonly abort?: AbortSignal;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: (ownerPid: number | null) => void;
  readonly pollMs?: number;
}

/**
 * Takes the lock `file`, waiting for its owner to finish; a lock whose owner is dead is taken over.
 *
 * Returns the function that gives the lock back. Rejects with {@link CancelledError} when aborted while waiting,
 * and with the system's error when the folder cannot be written.
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<() => Promise<void>> {
  const token = randomUUID();
  await fs.mkdir(path.dirname(file), { recursive: true });
  let waited = false;
  for (;;) {
    if (options.abort?.aborted) {
      throw new CancelledError();
    }
    if (await create(file, { pid: process.pid, token })) {
      return () => release(file, token);
    }
    const owner = await readOwner(file);
    if (await isStale(file, owner)) {
      await takeAway(file, owner);
      continue;
    }
    if (!waited) {
      waited = true;
      options.onWait?.(owner?.pid ?? null);
    }
    await sleep(options.pollMs ?? POLL_MS);
  }
}

async function create(file: string, owner: Owner): Promise<boolean> {
  try {
    await fs.writeFile(file, JSON.stringify(owner), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(file, "utf8"));
    if (typeof value === "object" && value !== null && "pid" in value && "token" in value) {
      const { pid, token } = value;
      if (typeof pid === "number" && Number.isInteger(pid) && pid > 0 && typeof token === "string") {
        return { pid, token };
      }
    }
    return null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") {
      return null;
    }
    throw error;
  }
}

async function isStale(file: string, owner: Owner | null): Promise<boolean> {
  if (owner !== null) {
    return !isAlive(owner.pid);
  }
  const stat = await fs.stat(file).catch(() => null);
  return stat !== null && Date.now() - stat.mtimeMs > UNREADABLE_IS_STALE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Removes the lock of a dead owner. Only the contender that holds the guard beside it looks and removes: between another
 * one's look and its removal the lock could have become a living owner's.
 */
async function takeAway(file: string, stale: Owner | null): Promise<void> {
  const guard = `${file}.guard`;
  const token = randomUUID();
  if (!(await create(guard, { pid: process.pid, token }))) {
    const stat = await fs.stat(guard).catch(() => null);
    if (stat !== null && Date.now() - stat.mtimeMs > UNREADABLE_IS_STALE_MS) {
      // Its holder died within the milliseconds that it takes.
      await fs.rm(guard, { force: true });
    }
    await sleep(1);
    return;
  }
  try {
    const owner = await readOwner(file);
    if (owner?.token === stale?.token && (await isStale(file, owner))) {
      await fs.rm(file, { force: true });
    }
  } finally {
    await release(guard, token);
  }
}

async function release(file: string, token: string): Promise<void> {
  const owner = await readOwner(file);
  if (owner?.token === token) {
    await fs.rm(file, { force: true });
  }
}
