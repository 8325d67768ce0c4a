import { describe, expect, it } from "vitest";
import { explainPipFailure } from "../../src/python/pipFailure";
import { parsePipLine } from "../../src/python/pipProgress";

describe("parsePipLine", () => {
  it.each([
    ["Collecting numpy>=2.0 (from burnish==0.1.0)", { message: "Looking up numpy" }],
    ["Processing /x/burnish-0.1.0-py3-none-any.whl", { message: "Reading burnish" }],
    ["Processing c:\\x\\burnish-0.1.0-py3-none-any.whl", { message: "Reading burnish" }],
    ["  Downloading numpy-2.4.6-cp311-cp311-manylinux.whl (16.9 MB)", { message: "Downloading numpy (16.9 MB)" }],
    [
      "Downloading tree_sitter_python-0.25.0-cp310.whl.metadata (1.9 kB)",
      { message: "Downloading tree-sitter-python (1.9 kB)" },
    ],
    ["  Installing build dependencies: started", { message: "Fetching the build tools (CMake, Ninja)" }],
    [
      "  Building wheel for llama-cpp-python (pyproject.toml): started",
      { message: "Compiling llama-cpp-python", fraction: 0 },
    ],
    ["  *** Configuring CMake...", { message: "Configuring llama.cpp" }],
    [
      "  [85/340] Building CXX object vendor/llama.cpp/src/CMakeFiles/llama.dir/llama.cpp.o",
      { message: "Compiling llama.cpp: 85 of 340 files", fraction: 0.25 },
    ],
    ["  [ 50%] Building CXX object src/llama.cpp.o", { message: "Compiling llama.cpp: 50 %", fraction: 0.5 }],
    ["Installing collected packages: numpy, burnish", { message: "Installing the packages" }],
  ])("%s", (line, step) => {
    expect(parsePipLine(line)).toEqual(step);
  });

  it.each([
    "  Installing collected packages: scikit-build-core",
    "",
    "-- Detecting C compiler ABI info",
    "[1/0] odd",
    "[9/3] odd",
    "warning: [x]",
  ])("says nothing for %j", (line) => {
    expect(parsePipLine(line)).toBeNull();
  });
});

describe("explainPipFailure", () => {
  it.each([
    [["ERROR: No matching distribution found for llama-cpp-python<0.4,>=0.3.36"], "no-wheel"],
    [
      [
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/x/",
        "ERROR: No matching distribution found for llama-cpp-python",
      ],
      "network",
    ],
    [["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "disk-full"],
    [["  CMake Error: CMAKE_C_COMPILER not set, after EnableLanguage"], "compiler"],
    [["  c++: fatal error: Killed signal terminated program cc1plus"], "memory"],
    [["ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'"], "permission"],
    [["ERROR: Package 'x' requires a different Python: 3.11.2 not in '>=3.12'"], "python-version"],
  ])("%j → %s", (lines, kind) => {
    expect(explainPipFailure(lines).kind).toBe(kind);
  });

  it("repeats pip's own last error when it knows no better", () => {
    const failure = explainPipFailure(["ERROR: first", "noise", "ERROR: ResolutionImpossible: see above."]);
    expect(failure).toEqual({
      kind: "other",
      sentence: "pip said: ResolutionImpossible: see above. The log has the whole output.",
    });
  });
});
