import { afterEach, describe, expect, it } from "vitest";
import { serverCommandLine, ServerProcess } from "../src/serverProcess";

const running: ServerProcess[] = [];

async function start(script: string, onLine: (line: string) => void = () => undefined): Promise<ServerProcess> {
  const server = await ServerProcess.start({ command: process.execPath, args: ["-e", script] }, process.cwd(), onLine);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end(0)));
});

describe("serverCommandLine", () => {
  it("keeps the project's folder off Python's path and appends the user's arguments", () => {
    expect(serverCommandLine("/venv/bin/python", ["--x", "1"])).toEqual({
      command: "/venv/bin/python",
      args: ["-P", "-m", "burnish_cli", "serve", "--stdio", "--x", "1"],
    });
  });
});

describe("ServerProcess", () => {
  it("passes standard error on line by line and keeps the last words", async () => {
    const lines: string[] = [];
    const server = await start("console.error('one\\ntwo\\n'); process.exitCode = 2", (line) => lines.push(line));
    expect(await server.exited).toBe("exit code 2");
    await expect.poll(() => lines).toEqual(["one", "two", ""]);
    expect(server.lastWords).toBe("two");
  });

  it("names the signal that ended it", async () => {
    const server = await start("setInterval(() => {}, 1000)");
    server.child.kill("SIGKILL");
    expect(await server.exited).toBe("signal SIGKILL");
  });

  it("says which program cannot be started", async () => {
    const promise = ServerProcess.start({ command: "/nonexistent/python", args: [] }, process.cwd(), () => undefined);
    await expect(promise).rejects.toThrow("/nonexistent/python cannot be started (ENOENT)");
  });

  it("ends a server that reads its input to the end, without a kill", async () => {
    const server = await start("process.stdin.on('end', () => process.exit(0)).resume()");
    await server.end();
    expect(await server.exited).toBe("exit code 0");
  });

  it.skipIf(process.platform === "win32")("kills one that does not end", async () => {
    const server = await start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    await server.end(100);
    expect(await server.exited).toBe("signal SIGKILL");
    await server.end();
  });
});
