import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPayload, readStamp, removeStamp, writeStamp } from "../../src/python/stamp";

let root: string;

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), "burnish-stamp-"));
});

afterEach(async () => {
  await fs.rm(root, { recursive: true, force: true });
});

const stamp = { version: "0.1.0", sha256: "ab", folder: "env-1", python: "/usr/bin/python3" };

describe("stamp", () => {
  it("comes back as it was written and leaves no other file", async () => {
    await writeStamp(root, stamp);
    expect(await readStamp(root)).toEqual(stamp);
    expect(await fs.readdir(root)).toEqual(["environment.json"]);
  });

  it("is null when absent, removed, cut off, or pointing outside its folder", async () => {
    expect(await readStamp(root)).toBeNull();
    await writeStamp(root, stamp);
    await removeStamp(root);
    expect(await readStamp(root)).toBeNull();
    await fs.writeFile(path.join(root, "environment.json"), '{"version": "0.1');
    expect(await readStamp(root)).toBeNull();
    await fs.writeFile(path.join(root, "environment.json"), JSON.stringify({ ...stamp, folder: "../../etc" }));
    expect(await readStamp(root)).toBeNull();
  });
});

describe("readPayload", () => {
  it("gives absolute paths, or null where nothing was packaged", async () => {
    expect(await readPayload(root)).toBeNull();
    await fs.writeFile(
      path.join(root, "manifest.json"),
      JSON.stringify({ version: "0.1.0", wheel: "burnish-0.1.0-py3-none-any.whl", sha256: "cd" }),
    );
    expect(await readPayload(root)).toEqual({
      version: "0.1.0",
      sha256: "cd",
      wheel: path.join(root, "burnish-0.1.0-py3-none-any.whl"),
      constraints: path.join(root, "constraints.txt"),
    });
  });
});
