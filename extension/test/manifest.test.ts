import { readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { editor, fakeLogger, resetEditor } from "./fakeVscode";

vi.mock("../src/vscodeapi", async () => (await import("./fakeVscode")).vscodeapi);
const { Command, registerCommands } = await import("../src/commands");
const { serverSettings, RESTART_KEYS } = await import("../src/settings");

interface Setting {
  readonly default: unknown;
  readonly scope?: string;
  readonly markdownDescription?: string;
}
interface Manifest {
  readonly contributes: {
    readonly commands: { readonly command: string; readonly title: string }[];
    readonly configuration: { readonly properties: Record<string, Setting> };
    readonly keybindings: { readonly command: string; readonly key: string; readonly when: string }[];
    readonly walkthroughs: {
      readonly steps: { readonly media: { readonly markdown: string }; readonly description: string }[];
    }[];
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
  readonly enabledApiProposals?: unknown;
}

const root = path.resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;
const properties = manifest.contributes.configuration.properties;

beforeEach(resetEditor);

describe("package.json", () => {
  it("declares every command that is registered, and registers every one declared", () => {
    registerCommands({ logger: fakeLogger().logger } as never);
    // The walkthrough's own command is for its button only.
    const registered = [...editor.registered.keys()].filter((id) => id !== Command.newPythonFile);
    expect(manifest.contributes.commands.map((entry) => entry.command).toSorted()).toEqual(registered.toSorted());
    expect(registered.filter((id) => id.startsWith("burnish.server."))).toEqual([]);
  });

  it("describes every setting and gives it a scope", () => {
    for (const [name, setting] of Object.entries(properties)) {
      expect(setting.markdownDescription?.length, name).toBeGreaterThan(20);
      expect(["window", "machine", "machine-overridable"], name).toContain(setting.scope);
      expect(setting, name).toHaveProperty("default");
    }
  });

  it("has the defaults the code falls back to", () => {
    const flat = (value: unknown, name: string): [string, unknown][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => flat(inner, `${name}.${key}`))
        : [[name, value]];
    for (const [name, value] of flat(serverSettings(), "burnish")) {
      expect(properties[name]?.default, name).toEqual(value);
    }
  });

  it("restricts whatever an untrusted workspace could use to run something", () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    expect(restricted).toEqual(
      expect.arrayContaining([...RESTART_KEYS, "burnish.environment.pipArguments", "burnish.model"]),
    );
    for (const name of restricted) {
      expect(properties[name]?.scope, name).toMatch(/^machine/);
    }
  });

  it("takes Esc only while grey text shows and nobody else wants it, and a key to ask for grey text", () => {
    expect(manifest.contributes.keybindings).toHaveLength(2);
    const [dismiss, ask] = manifest.contributes.keybindings;
    expect(dismiss).toMatchObject({ command: Command.dismiss, key: "escape" });
    expect(dismiss?.when.split(" && ")).toEqual(
      expect.arrayContaining([
        "inlineSuggestionVisible",
        "editorTextFocus",
        "editorLangId == python",
        "!suggestWidgetVisible",
        "!vim.active",
      ]),
    );
    // The editor itself has the command and no key for it.
    expect(ask).toMatchObject({ command: "editor.action.inlineSuggest.trigger", key: "alt+\\" });
    expect(ask?.when.split(" && ")).toEqual(
      expect.arrayContaining([
        "editorTextFocus",
        "editorLangId == python",
        "config.burnish.completion.enabled",
        "!inlineSuggestionVisible",
      ]),
    );
  });

  it("uses no proposed API", () => {
    expect(manifest.enabledApiProposals).toBeUndefined();
  });

  it("has a walkthrough whose pages and commands exist", () => {
    const known = new Set<string>(Object.values(Command));
    for (const step of manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps)) {
      expect(readFileSync(path.join(root, step.media.markdown), "utf8")).toMatch(/^# /);
      for (const [, command] of step.description.matchAll(/\(command:([\w.]+)\)/g)) {
        expect(known).toContain(command);
      }
    }
  });

  it("locks no download address", () => {
    expect(readFileSync(path.join(root, "package-lock.json"), "utf8")).not.toMatch(/"resolved": "http/);
  });
});
