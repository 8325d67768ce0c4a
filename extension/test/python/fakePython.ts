/** Python interpreters made of shell scripts, for tests that must not take minutes or touch the network. */
import * as fs from "node:fs/promises";
import * as path from "node:path";

export interface FakePython {
  readonly version?: readonly [number, number, number];
  readonly missing?: readonly string[];
  readonly bits?: number;
  readonly implementation?: string;
  /** Shell code for `-m venv`; `$DIR` is the folder, `$VENV_PYTHON` the script that becomes its python. */
  readonly venv?: string;
  /** Shell code for `pip install --only-binary llama-cpp-python …`. */
  readonly pipReady?: string;
  /** Shell code for the second `pip install`, of everything else, which may compile. */
  readonly pipRest?: string;
  /** Shell code for the trial import. */
  readonly trial?: string;
}

const MAKE_VENV = 'mkdir -p "$DIR/bin" && cp "$VENV_PYTHON" "$DIR/bin/python"';

/** Writes the scripts into `folder` and returns the path of the base interpreter. Every call is noted in `calls`. */
export async function makeFakePython(folder: string, fake: FakePython = {}): Promise<string> {
  const base = path.join(folder, "python3");
  const inner = path.join(folder, "venv-python");
  const answer = JSON.stringify({
    executable: base,
    version: fake.version ?? [3, 12, 1],
    bits: fake.bits ?? 64,
    implementation: fake.implementation ?? "CPython",
    missing: fake.missing ?? [],
  });
  const note = `echo "$@" >> '${path.join(folder, "calls")}'`;
  await script(
    base,
    `case "$*" in
  *"-m venv"*) ${note}; DIR="$3"; VENV_PYTHON='${inner}'; ${fake.venv ?? MAKE_VENV} ;;
  *) echo 'BURNISH ${answer}' ;;
esac`,
  );
  await script(
    inner,
    `${note}
case "$*" in
  *--only-binary*) ${fake.pipReady ?? "echo 'Successfully installed llama-cpp-python-0.3.36'"} ;;
  *"pip install"*) ${fake.pipRest ?? "echo 'Successfully installed burnish-0.1.0'"} ;;
  *) ${fake.trial ?? "echo 'imports work'"} ;;
esac`,
  );
  return base;
}

/** The command lines the scripts were called with, but for the probe. */
export async function callsOf(folder: string): Promise<string[]> {
  const text = await fs.readFile(path.join(folder, "calls"), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

async function script(file: string, body: string): Promise<void> {
  await fs.writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
