import { describe, expect, it } from "vitest";

import { compilerEnvironment } from "../../src/python/compiler";

describe("the environment for compiling llama.cpp", () => {
  it("leaves Intel's AMX out and keeps what the user set", () => {
    const env = compilerEnvironment({ CFLAGS: "-O3", PATH: "/bin" }, "linux", "x64");
    expect(env).toEqual({ CFLAGS: "-O3 -U__AMX_INT8__", CXXFLAGS: "-U__AMX_INT8__", PATH: "/bin" });
  });

  it.each([
    ["win32", "x64"],
    ["darwin", "arm64"],
  ] as const)("is as it was on %s/%s", (platform, arch) => {
    expect(compilerEnvironment({ PATH: "/bin" }, platform, arch)).toEqual({ PATH: "/bin" });
  });
});
