import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { ConnectionState } from "../src/client";
import { fakeLogger } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { Connection, NotRunningError } = await import("../src/client");

/** A server session whose start and end the test decides. */
class FakeSession {
  static alive = 0;
  static most = 0;
  crash: (how: string) => void = () => undefined;
  stopped = false;
  constructor(
    private readonly startMs = 1,
    private readonly error?: Error,
  ) {}
  async start(): Promise<void> {
    FakeSession.most = Math.max(FakeSession.most, ++FakeSession.alive);
    await sleep(this.startMs);
    if (this.error) {
      throw this.error;
    }
  }
  async stop(): Promise<void> {
    await sleep(1);
    if (!this.stopped) {
      this.stopped = true;
      FakeSession.alive--;
    }
  }
  execute(command: string, args: readonly unknown[]): Promise<unknown> {
    return Promise.resolve([command, ...args]);
  }
  onCrash(listener: (how: string) => void): void {
    this.crash = listener;
  }
}

function setUp(make: (count: number) => FakeSession = () => new FakeSession(), backoffMs = [1, 1, 1]) {
  FakeSession.alive = 0;
  FakeSession.most = 0;
  const sessions: FakeSession[] = [];
  const states: ConnectionState["kind"][] = [];
  const failures: unknown[] = [];
  const asks: boolean[] = [];
  const connection = new Connection({
    createSession: (ask) => {
      asks.push(ask);
      const session = make(sessions.length);
      sessions.push(session);
      return Promise.resolve(session);
    },
    logger: fakeLogger().logger,
    onState: (state) => states.push(state.kind),
    onFailure: (error) => failures.push(error),
    backoffMs,
  });
  return { connection, sessions, states, failures, asks };
}

describe("Connection", () => {
  it("starts once, however often it is told to, and stops", async () => {
    const { connection, sessions, states } = setUp();
    await Promise.all([connection.start(), connection.start(), connection.start()]);
    expect(sessions).toHaveLength(1);
    await connection.stop();
    expect(states).toEqual(["preparing", "starting", "running", "stopped"]);
    expect(FakeSession.alive).toBe(0);
  });

  it("never has two servers, whatever is asked in whatever order", async () => {
    const { connection } = setUp(() => new FakeSession(3));
    const calls = [];
    for (let i = 0; i < 30; i++) {
      calls.push(i % 3 === 0 ? connection.restart() : i % 3 === 1 ? connection.start() : connection.stop());
      await sleep(i % 2);
    }
    await Promise.all(calls);
    expect(FakeSession.most).toBe(1);
    await connection.start();
    expect(connection.state.kind).toBe("running");
    await connection.dispose();
    expect(FakeSession.alive).toBe(0);
  });

  it("makes one of several restarts that wait", async () => {
    const { connection, sessions } = setUp(() => new FakeSession(5));
    const started = connection.start();
    await Promise.all([started, connection.restart(), connection.restart(), connection.restart()]);
    expect(sessions).toHaveLength(2);
    await connection.dispose();
  });

  it("passes on that the user asked, and runs what belongs between stop and start", async () => {
    const { connection, asks } = setUp();
    await connection.start();
    let aliveBetween = -1;
    await connection.restart(true, () => {
      aliveBetween = FakeSession.alive;
      return Promise.resolve();
    });
    expect(asks).toEqual([false, true]);
    expect(aliveBetween).toBe(0);
    await connection.dispose();
  });

  it("restarts after a crash and forgets it after a restart by hand", async () => {
    const { connection, sessions, states, failures } = setUp();
    await connection.start();
    for (let round = 0; round < 3; round++) {
      for (let crash = 0; crash < 3; crash++) {
        sessions.at(-1)?.crash("exit code 1");
        expect(connection.state.kind).toBe("waiting");
        await expect.poll(() => connection.state.kind, { interval: 1 }).toBe("running");
      }
      await connection.restart();
    }
    expect(failures).toEqual([]);
    expect(states).toContain("waiting");
    await connection.dispose();
  });

  it("gives up after repeated crashes, says so once, and can be started again", async () => {
    const { connection, sessions, failures } = setUp();
    await connection.start();
    for (let crash = 0; crash < 4; crash++) {
      await expect.poll(() => connection.state.kind, { interval: 1 }).toBe("running");
      sessions.at(-1)?.crash("signal SIGKILL");
    }
    expect(connection.state).toMatchObject({ kind: "failed" });
    expect(failures).toHaveLength(1);
    expect(String(failures[0])).toContain("SIGKILL");
    await sleep(20);
    expect(sessions).toHaveLength(4);
    await connection.restart();
    expect(connection.state.kind).toBe("running");
    await connection.dispose();
  });

  it("reports a first start that fails at once, without trying again", async () => {
    const { connection, sessions, failures } = setUp(() => new FakeSession(1, new Error("no module burnish_cli")));
    await connection.start();
    expect(connection.state).toEqual({ kind: "failed", detail: "no module burnish_cli" });
    expect(failures).toHaveLength(1);
    await sleep(20);
    expect(sessions).toHaveLength(1);
    expect(FakeSession.alive).toBe(0);
  });

  it("keeps trying when a start after a crash fails", async () => {
    const { connection, sessions, failures } = setUp(
      (count) => new FakeSession(1, count === 1 ? new Error("busy") : undefined),
    );
    await connection.start();
    sessions[0]?.crash("exit code 1");
    await expect.poll(() => sessions.length, { interval: 1 }).toBe(3);
    await expect.poll(() => connection.state.kind, { interval: 1 }).toBe("running");
    expect(failures).toEqual([]);
    await connection.dispose();
  });

  it("does not restart after a crash when stopped meanwhile", async () => {
    const { connection, sessions } = setUp(undefined, [30]);
    await connection.start();
    sessions[0]?.crash("exit code 1");
    await connection.stop();
    await sleep(60);
    expect(sessions).toHaveLength(1);
    expect(connection.state.kind).toBe("stopped");
  });

  it("ignores the end of a session that was stopped", async () => {
    const { connection, sessions } = setUp();
    await connection.start();
    await connection.restart();
    sessions[0]?.crash("late");
    expect(connection.state.kind).toBe("running");
    expect(sessions).toHaveLength(2);
    await connection.dispose();
  });

  it("runs commands only while running", async () => {
    const { connection } = setUp();
    await expect(connection.execute("x")).rejects.toBeInstanceOf(NotRunningError);
    await connection.start();
    expect(await connection.execute("x", [1])).toEqual(["x", 1]);
    await connection.dispose();
    await expect(connection.execute("x")).rejects.toBeInstanceOf(NotRunningError);
    await connection.start();
    expect(connection.state.kind).toBe("stopped");
  });
});
