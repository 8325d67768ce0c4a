/** What the extension carries for Python (manifest), and which environment was completed from it (stamp). */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/** The Python side inside the extension, written by `npm run package`. */
export interface Payload {
  readonly version: string;
  /** Absolute path of the `burnish` wheel. */
  readonly wheel: string;
  /** Absolute path of the pip constraints file. */
  readonly constraints: string;
  /** SHA-256 over wheel and constraints: a different one needs a different environment. */
  readonly sha256: string;
}

/** Written when, and only when, an environment is complete. */
export interface Stamp {
  readonly version: string;
  readonly sha256: string;
  /** Name of the environment's folder, beside the stamp. */
  readonly folder: string;
  readonly python: string;
}

const STAMP_FILE = "environment.json";

/** Reads what `npm run package` put into `folder`; `null` in a source checkout, where nothing was packaged. */
export async function readPayload(folder: string): Promise<Payload | null> {
  const record = await readRecord(path.join(folder, "manifest.json"));
  const { version, wheel, sha256 } = record ?? {};
  if (typeof version !== "string" || typeof wheel !== "string" || typeof sha256 !== "string") {
    return null;
  }
  return {
    version,
    sha256,
    wheel: path.join(folder, path.basename(wheel)),
    constraints: path.join(folder, "constraints.txt"),
  };
}

/** The stamp in `root`; `null` when there is none or it cannot be understood. */
export async function readStamp(root: string): Promise<Stamp | null> {
  const record = await readRecord(path.join(root, STAMP_FILE));
  const { version, sha256, folder, python } = record ?? {};
  if (
    typeof version !== "string" ||
    typeof sha256 !== "string" ||
    typeof python !== "string" ||
    typeof folder !== "string" ||
    folder !== path.basename(folder) ||
    folder === ""
  ) {
    return null;
  }
  return { version, sha256, folder, python };
}

/** Writes the stamp so that a crash leaves either the old one or the new one, never half of one. */
export async function writeStamp(root: string, stamp: Stamp): Promise<void> {
  const temporary = path.join(root, `${STAMP_FILE}.${randomUUID()}`);
  const handle = await fs.open(temporary, "w");
  try {
    await handle.writeFile(JSON.stringify(stamp, null, 2));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fs.rename(temporary, path.join(root, STAMP_FILE));
}

/** Forgets which environment is complete, so that the next start builds one. */
export async function removeStamp(root: string): Promise<void> {
  await fs.rm(path.join(root, STAMP_FILE), { force: true });
}

/** The interpreter inside the virtual environment `folder`. */
export function venvPython(folder: string): string {
  return process.platform === "win32" ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

async function readRecord(file: string): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(file, "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") {
      return null;
    }
    throw error;
  }
}
