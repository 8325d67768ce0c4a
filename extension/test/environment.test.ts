import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";
import { callsOf, type FakePython, makeFakePython } from "./python/fakePython";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { Environment, EnvironmentError, stepReporter } = await import("../src/environment");

const NO_WHEEL = "echo 'ERROR: No matching distribution found for llama-cpp-python<0.4'; exit 1";

let folder: string;
let root: string;
let payload: string;
let lines: string[];
let memory: Map<string, unknown>;

beforeEach(async () => {
  resetEditor();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "burnish-env-"));
  root = path.join(folder, "storage", "python");
  payload = path.join(folder, "payload");
  await fs.mkdir(payload);
  await fs.writeFile(path.join(payload, "constraints.txt"), "numpy==2.4.6\nllama-cpp-python==0.3.36  # pinned\n");
  await writePayload("aaaaaaaaaaaaaaaa");
  memory = new Map();
});

afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});

async function writePayload(sha256: string): Promise<void> {
  const manifest = { version: "0.1.0", wheel: "burnish-0.1.0-py3-none-any.whl", sha256 };
  await fs.writeFile(path.join(payload, "manifest.json"), JSON.stringify(manifest));
}

async function makeEnvironment(
  fake: FakePython = {},
  compiler: string | null = null,
): Promise<InstanceType<typeof Environment>> {
  const python = await makeFakePython(folder, fake);
  const log = fakeLogger();
  lines = log.lines;
  return new Environment({
    root,
    payloadFolder: payload,
    memory: {
      get: (key: string, fallback: unknown) => memory.get(key) ?? fallback,
      update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
      keys: () => [...memory.keys()],
    } as never,
    logger: log.logger,
    listCandidates: () => Promise.resolve([{ command: python, args: [], origin: "test" }]),
    compilerCheck: () => Promise.resolve(compiler),
  });
}

async function contents(): Promise<string[]> {
  return (await fs.readdir(root).catch(() => [])).toSorted();
}

async function failure(promise: Promise<unknown>): Promise<InstanceType<typeof EnvironmentError>> {
  const error = await promise.then(
    () => {
      throw new Error("It was expected to fail.");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return error as InstanceType<typeof EnvironmentError>;
}

describe("the interpreter setting", () => {
  it("is used as it is, without a question", async () => {
    const environment = await makeEnvironment();
    editor.settings.set("burnish.interpreter", process.execPath);
    expect(await environment.resolve(false)).toBe(process.execPath);
    expect(editor.shown).toEqual([]);
  });

  it("must exist", async () => {
    const environment = await makeEnvironment();
    editor.settings.set("burnish.interpreter", "/nonexistent/python");
    const error = await failure(environment.resolve(false));
    expect(error.message).toContain("/nonexistent/python");
    expect(error.reason).toBe("failed");
  });
});

describe.skipIf(process.platform === "win32")("Burnish's own environment", () => {
  it("is made after consent, stamped last, and used from then on", async () => {
    const environment = await makeEnvironment();
    editor.answers = ["Set Up"];
    const python = await environment.resolve(false);
    const [env, ...rest] = await contents();
    expect(env).toMatch(/^env-aaaaaaaaaaaa-[0-9a-f]{8}$/);
    expect(rest).toEqual(["environment.json"]);
    expect(python).toBe(path.join(root, env ?? "", "bin", "python"));
    const modal = editor.shown[0];
    expect(JSON.stringify(modal?.options)).toContain("5 to 10 minutes");
    expect(JSON.stringify(modal?.options)).toContain(root);
    expect(editor.progress.map((step) => step.message)).toContain("Looking for a ready-made llama.cpp");

    const before = await callsOf(folder);
    expect(await environment.resolve(false)).toBe(python);
    expect(await callsOf(folder)).toEqual(before);
    expect(editor.shown.filter((entry) => entry.kind === "information")).toHaveLength(1);
  });

  it("passes constraints, wheel and the user's pip arguments", async () => {
    const environment = await makeEnvironment();
    editor.answers = ["Set Up"];
    editor.settings.set("burnish.environment.pipArguments", ["--config-settings=cmake.args=-DGGML_CUDA=on"]);
    await environment.resolve(false);
    const [llama, rest] = (await callsOf(folder)).filter((line) => line.includes("pip install"));
    expect(llama).toMatch(/--only-binary llama-cpp-python --no-deps llama-cpp-python==0\.3\.36$/);
    expect(rest).toContain(
      `-c ${path.join(payload, "constraints.txt")} ${path.join(payload, "burnish-0.1.0-py3-none-any.whl")}`,
    );
    expect(rest).not.toContain("--verbose");
    for (const call of [llama, rest]) {
      expect(call).toContain("cmake.args=-DGGML_CUDA=on");
    }
  });

  it("is not made without consent, and does not ask again by itself", async () => {
    const environment = await makeEnvironment();
    editor.answers = [undefined];
    expect((await failure(environment.resolve(false))).reason).toBe("declined");
    expect((await failure(environment.resolve(false))).reason).toBe("declined");
    expect(editor.shown).toHaveLength(1);
    expect(await contents()).toEqual([]);
    editor.answers = ["Set Up"];
    await environment.resolve(true);
    expect(await contents()).toHaveLength(2);
  });

  it("compiles when there is no wheel, showing how far it is", async () => {
    const build = "echo '  [1/4] Building CXX'; echo '  [3/4] Building CXX'; echo 'Successfully installed x'";
    const environment = await makeEnvironment({ pipReady: NO_WHEEL, pipRest: build });
    editor.answers = ["Set Up"];
    await environment.resolve(false);
    expect(editor.progress).toContainEqual({ message: "Compiling llama.cpp: 3 of 4 files", increment: 50 });
    expect(await contents()).toContain("environment.json");
  });

  it("says that a compiler is missing before compiling, and leaves nothing", async () => {
    const environment = await makeEnvironment({ pipReady: NO_WHEEL }, "Compiling llama.cpp needs a C compiler.");
    editor.answers = ["Set Up"];
    const error = await failure(environment.resolve(false));
    expect(error.message).toContain("needs a C compiler");
    expect((await callsOf(folder)).filter((line) => line.includes("pip install"))).toHaveLength(1);
    expect(await contents()).toEqual([]);
  });

  it.each([
    ["pip cannot reach the index", { pipReady: "echo 'NewConnectionError'; exit 1" }, /could not be reached/],
    [
      "the build fails",
      { pipReady: NO_WHEEL, pipRest: "echo 'ERROR: Failed to build'; exit 1" },
      /could not be compiled.*Failed to build/,
    ],
    ["the imports fail", { trial: "echo 'ImportError: libstdc++'; exit 1" }, /does not start on this machine.*libstdc/],
    ["the imports crash", { trial: "kill -ILL $$" }, /does not start on this machine.*SIGILL/],
    ["venv fails half-way", { venv: 'mkdir -p "$DIR/bin"; echo "No space left on device"; exit 1' }, /disk is full/],
  ])("leaves nothing behind when %s", async (_name, fake, message) => {
    const environment = await makeEnvironment(fake);
    editor.answers = ["Set Up"];
    const error = await failure(environment.resolve(false));
    expect(error.message).toMatch(message);
    expect(error.reason).toBe("failed");
    expect(await contents()).toEqual([]);
    expect(lines.some((line) => line.startsWith("error: Set-up failed"))).toBe(true);
  });

  it("stops when cancelled, with everything pip started, and leaves nothing behind", async () => {
    const environment = await makeEnvironment({ pipReady: "sleep 60" });
    editor.answers = ["Set Up"];
    editor.onProgressOpen = (cancel) => {
      void expect
        .poll(() => callsOf(folder).then((calls) => calls.some((call) => call.includes("pip"))), { timeout: 10_000 })
        .toBe(true)
        .then(cancel);
    };
    const started = Date.now();
    expect((await failure(environment.resolve(false))).reason).toBe("cancelled");
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(await contents()).toEqual([]);
  });

  it("stops when the window closes", async () => {
    const environment = await makeEnvironment({ pipReady: "sleep 60" });
    editor.answers = ["Set Up"];
    editor.onProgressOpen = () => setTimeout(() => environment.dispose(), 300);
    expect((await failure(environment.resolve(false))).reason).toBe("cancelled");
    expect(await contents()).toEqual([]);
  });

  it("is made once when two windows want it", async () => {
    const first = await makeEnvironment({ pipReady: "sleep 0.3; echo done" });
    const second = await makeEnvironment({ pipReady: "sleep 0.3; echo done" });
    editor.answers = ["Set Up", "Set Up"];
    const [one, two] = await Promise.all([first.resolve(false), second.resolve(false)]);
    expect(one).toBe(two);
    expect((await callsOf(folder)).filter((line) => line.startsWith("-m venv"))).toHaveLength(1);
  });

  it("replaces an older one without asking, keeps the older one on failure", async () => {
    const environment = await makeEnvironment();
    editor.answers = ["Set Up"];
    const old = await environment.resolve(false);
    await writePayload("bbbbbbbbbbbbbbbb");
    const broken = await makeEnvironment({ pipReady: "exit 1" });
    await failure(broken.resolve(false));
    expect(await fs.stat(old)).toBeDefined();
    const mended = await makeEnvironment();
    const python = await mended.resolve(false);
    expect(python).toContain("env-bbbbbbbbbbbb");
    expect(await contents()).toHaveLength(2);
    expect(editor.shown.filter((entry) => entry.kind === "information")).toHaveLength(1);
  });

  it("is made again when its interpreter is gone, and removes what a killed window left", async () => {
    const environment = await makeEnvironment();
    editor.answers = ["Set Up"];
    const python = await environment.resolve(false);
    await fs.rm(python);
    await fs.mkdir(path.join(root, "env-leftover"));
    const again = await environment.resolve(false);
    expect(again).not.toBe(python);
    expect(await contents()).toHaveLength(2);
  });

  it("can be discarded", async () => {
    const environment = await makeEnvironment();
    editor.answers = ["Set Up"];
    await environment.resolve(false);
    await environment.discard();
    expect(await contents()).toEqual([]);
    expect(await environment.exists()).toBe(false);
  });

  it("cannot be made from a source checkout", async () => {
    await fs.rm(path.join(payload, "manifest.json"));
    const environment = await makeEnvironment();
    expect((await failure(environment.resolve(false))).message).toContain("burnish.interpreter");
  });
});

describe("stepReporter", () => {
  it("drops repeated messages and never goes back", () => {
    const reports: object[] = [];
    const report = stepReporter({ report: (value) => void reports.push(value) });
    report({ message: "a" });
    report({ message: "a" });
    report({ message: "b", fraction: 0.5 });
    report({ message: "b", fraction: 0.25 });
    report({ message: "c", fraction: 0.75 });
    expect(reports).toEqual([{ message: "a" }, { message: "b", increment: 50 }, { message: "c", increment: 25 }]);
  });
});
