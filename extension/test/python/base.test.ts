import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { candidates, findBasePython, NoPythonError } from "../../src/python/base";
import { makeFakePython } from "./fakePython";

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "burnish-base-"));
});

afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});

const from = (command: string): { command: string; args: string[]; origin: string } => ({
  command,
  args: [],
  origin: "test",
});

describe("candidates", () => {
  it("puts what the Python extension selected first, then newer before older", () => {
    expect(candidates("/sel/python", "linux").map((candidate) => candidate.command)).toEqual([
      "/sel/python",
      "python3.13",
      "python3.12",
      "python3.11",
      "python3",
      "python",
    ]);
  });

  it("asks the launcher on Windows", () => {
    expect(
      candidates(null, "win32").find((candidate) => candidate.command === "py" && candidate.args[0] === "-3"),
    ).toBeDefined();
  });
});

describe.skipIf(process.platform === "win32")("findBasePython", () => {
  it("finds a real Python", async () => {
    const found = await findBasePython(candidates(null), () => undefined);
    expect(found.version).toMatch(/^3\.(1[1-9]|[2-9]\d)\./);
    expect(path.isAbsolute(found.executable)).toBe(true);
  });

  it("skips what is missing, too old, crippled, or no Python, and takes the next", async () => {
    const make = async (name: string, fake: Parameters<typeof makeFakePython>[1]): Promise<string> => {
      await fs.mkdir(path.join(folder, name));
      return makeFakePython(path.join(folder, name), fake);
    };
    const old = await make("old", { version: [3, 9, 2] });
    const crippled = await make("crippled", { missing: ["ensurepip"] });
    const small = await make("small", { bits: 32 });
    const other = await make("other", { implementation: "PyPy" });
    const good = await make("good", { version: [3, 13, 0] });
    const log: string[] = [];
    const list = ["/nonexistent/python", "/bin/true", old, crippled, small, other, good].map(from);
    const found = await findBasePython(list, (line) => log.push(line));
    expect(found).toEqual({ executable: good, version: "3.13.0", origin: "test" });
    expect(log.join("\n")).toMatch(
      /not found[^]*did not answer[^]*3\.9\.2[^]*lacks ensurepip[^]*32-bit[^]*PyPy[^]*will do/,
    );
  });

  it("says what to install when none will do", async () => {
    const crippled = await makeFakePython(folder, { version: [3, 11, 2], missing: ["ensurepip"] });
    const error = await findBasePython([from(crippled)], () => undefined).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoPythonError);
    expect((error as NoPythonError).rejected).toHaveLength(1);
    if (process.platform === "linux") {
      expect((error as Error).message).toContain("python3.11-venv");
    }
  });
});
