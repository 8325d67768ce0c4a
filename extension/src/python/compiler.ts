/** Is there a C and C++ compiler? Asked before a build that would fail after minutes without one. */
import * as path from "node:path";
import { run } from "./process";

const TIMEOUT_MS = 20_000;

/**
 * The environment for compiling llama.cpp: without Intel's AMX, whose code some compilers (GCC 12 is one) make so that
 * it ends the process (ggml-org/llama.cpp#20824). No other code asks for this macro.
 */
export function compilerEnvironment(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): NodeJS.ProcessEnv {
  if (platform === "win32" || arch !== "x64") {
    return env;
  }
  const flags = (name: string): string => [env[name], "-U__AMX_INT8__"].filter(Boolean).join(" ");
  return { ...env, CFLAGS: flags("CFLAGS"), CXXFLAGS: flags("CXXFLAGS") };
}

/** `null` when llama.cpp can be compiled here, otherwise what is missing and how to get it. */
export async function missingCompiler(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  abort?: AbortSignal,
): Promise<string | null> {
  const works = (command: string, args: readonly string[]): Promise<boolean> =>
    run(command, args, { env, timeoutMs: TIMEOUT_MS, ...(abort && { abort }) }).then(
      (finished) => finished.code === 0 && finished.tail.length > 0,
      (error: unknown) => rethrowCancelled(error),
    );
  if (platform === "win32") {
    return (await hasVisualStudio(env, works))
      ? null
      : "Compiling llama.cpp needs the C++ tools of Visual Studio. Install them with \"winget install Microsoft.VisualStudio.2022.BuildTools --override '--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended'\" and set up again.";
  }
  if (platform === "darwin") {
    // /usr/bin/cc is always there on macOS; without the tools it opens a dialog instead of compiling.
    return (await works("xcode-select", ["-p"]))
      ? null
      : 'Compiling llama.cpp needs Apple\'s command line tools. Run "xcode-select --install" in a terminal and set up again.';
  }
  const c = await firstThatWorks([env["CC"], "cc", "gcc", "clang"], works);
  const cxx = await firstThatWorks([env["CXX"], "c++", "g++", "clang++"], works);
  if (c && cxx) {
    return null;
  }
  const what = !c && !cxx ? "a C and C++ compiler" : c ? "a C++ compiler" : "a C compiler";
  return `Compiling llama.cpp needs ${what}. Install it (Debian and Ubuntu: "sudo apt install build-essential"; Fedora: "sudo dnf install gcc gcc-c++") and set up again.`;
}

function rethrowCancelled(error: unknown): false {
  if (error instanceof Error && error.name === "CancelledError") {
    throw error;
  }
  return false;
}

async function firstThatWorks(
  commands: readonly (string | undefined)[],
  works: (command: string, args: readonly string[]) => Promise<boolean>,
): Promise<boolean> {
  for (const command of commands) {
    if (command !== undefined && command !== "" && (await works(command, ["--version"]))) {
      return true;
    }
  }
  return false;
}

async function hasVisualStudio(
  env: NodeJS.ProcessEnv,
  works: (command: string, args: readonly string[]) => Promise<boolean>,
): Promise<boolean> {
  // Set inside a developer prompt, where cl.exe is on the PATH.
  if (env["VCINSTALLDIR"] !== undefined) {
    return true;
  }
  const programs = env["ProgramFiles(x86)"] ?? "C:\\Program Files (x86)";
  const vswhere = path.win32.join(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe");
  const component = process.arch === "arm64" ? "VC.Tools.ARM64" : "VC.Tools.x86.x64";
  return works(vswhere, [
    ...["-latest", "-products", "*", "-property", "installationPath"],
    ...["-requires", `Microsoft.VisualStudio.Component.${component}`],
  ]);
}
