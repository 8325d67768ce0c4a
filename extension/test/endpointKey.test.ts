import type { LogOutputChannel, SecretStorage } from "vscode";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { EndpointKeys, redacting } = await import("../src/endpointKey");

const URL_SETTING = "burnish.engine.endpoint.url";
const KEY = 'sk-"secret"\\1';

/** A secret store in a map. */
function fakeSecrets(): { store: SecretStorage; values: Map<string, string> } {
  const values = new Map<string, string>();
  const listeners = new Set<(event: { key: string }) => void>();
  const changed = (key: string): Promise<void> => {
    listeners.forEach((listener) => listener({ key }));
    return Promise.resolve();
  };
  const store = {
    get: (key: string) => Promise.resolve(values.get(key)),
    store: (key: string, value: string) => {
      values.set(key, value);
      return changed(key);
    },
    delete: (key: string) => {
      values.delete(key);
      return changed(key);
    },
    onDidChange: (listener: (event: { key: string }) => void) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  return { store, values };
}

beforeEach(resetEditor);

describe("the endpoint's key", () => {
  it("is asked for hidden, kept in the secret store by origin, and in no setting", async () => {
    const { store, values } = fakeSecrets();
    const keys = new EndpointKeys(store);
    editor.settings.set(URL_SETTING, "https://models.example.org:443/v1");
    editor.answers = [` ${KEY} `];
    await keys.ask();
    expect([...values]).toEqual([["burnish.endpointKey:https://models.example.org", KEY]]);
    expect(editor.shown[0]?.options).toMatchObject({ password: true });
    expect([...editor.settings.values()]).toEqual(["https://models.example.org:443/v1"]);
    expect(JSON.stringify(editor.shown)).not.toContain("secret\\");
    expect(await keys.current()).toEqual({ endpoint: "https://models.example.org", key: KEY });
  });

  it("never goes to another address", async () => {
    const { store } = fakeSecrets();
    const keys = new EndpointKeys(store);
    editor.settings.set(URL_SETTING, "https://models.example.org");
    editor.answers = [KEY];
    await keys.ask();
    for (const other of ["http://models.example.org", "https://models.example.org:8443", "https://evil.example"]) {
      editor.settings.set(URL_SETTING, other);
      expect((await keys.current())?.key, other).toBe("");
    }
  });

  it("is removed by an empty answer and kept when the box is dismissed", async () => {
    const { store, values } = fakeSecrets();
    const keys = new EndpointKeys(store);
    editor.settings.set(URL_SETTING, "http://127.0.0.1:8080");
    editor.answers = [KEY, undefined];
    await keys.ask();
    await keys.ask();
    expect(values.size).toBe(1);
    editor.answers = [""];
    await keys.ask();
    expect(values.size).toBe(0);
    expect(await keys.current()).toEqual({ endpoint: "http://127.0.0.1:8080", key: "" });
  });

  it("has no use without an address, and says where to set one", async () => {
    const keys = new EndpointKeys(fakeSecrets().store);
    for (const url of ["", "models", "ftp://models"]) {
      editor.settings.set(URL_SETTING, url);
      expect(await keys.current()).toBeNull();
    }
    editor.answers = ["Open Settings"];
    await keys.ask();
    expect(editor.executed).toEqual([["workbench.action.openSettings", "burnish.engine.endpoint"]]);
  });

  it("tells when it changed, and of no other secret", async () => {
    const { store } = fakeSecrets();
    const keys = new EndpointKeys(store);
    const told = vi.fn();
    const end = keys.onDidChange(told);
    await store.store("other", "x");
    expect(told).not.toHaveBeenCalled();
    await store.store("burnish.endpointKey:http://h", "x");
    expect(told).toHaveBeenCalledOnce();
    end.dispose();
    await store.delete("burnish.endpointKey:http://h");
    expect(told).toHaveBeenCalledOnce();
  });
});

describe("a redacting channel", () => {
  it("writes no key, plain or in JSON, and works as before otherwise", async () => {
    const { store } = fakeSecrets();
    const keys = new EndpointKeys(store);
    editor.settings.set(URL_SETTING, "http://127.0.0.1:8080");
    await store.store("burnish.endpointKey:http://127.0.0.1:8080", KEY);
    await keys.current();
    const lines: unknown[] = [];
    const channel = {
      name: "Burnish",
      prefix: "> ",
      trace(this: { prefix: string }, ...args: unknown[]) {
        lines.push(this.prefix, ...args);
      },
    };
    const clean = redacting(channel as unknown as LogOutputChannel, keys);
    clean.trace(`Params: ${JSON.stringify({ key: KEY })}`, new Error(`no ${KEY}`), 3);
    expect(clean.name).toBe("Burnish");
    expect(lines).toEqual(["> ", 'Params: {"key":"…"}', new Error("no …"), 3]);
  });
});
