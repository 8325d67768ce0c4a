/** The two switches. Turning one on shows what it allows first; turning one off asks nothing. */
import type { Disposable } from "vscode";
import type { Executor } from "../models";
import { ServerCommand } from "../protocol";
import { commands, env, Uri, version, window, workspace } from "../vscodeapi";
import { type Consent, type Disclosure, parseConsent, type Switch } from "./wire";

interface Words {
  readonly agree: string;
  readonly wayOut: string;
  readonly on: string;
  readonly off: string;
}

const WORDS: Readonly<Record<Switch, Words>> = {
  record: {
    agree: "Record",
    wayOut:
      "Way out: “Burnish: Learning…” stops it at once, “Burnish: Show My Data” shows all of it, “Burnish: Erase My Data…” erases it.",
    on: "recording",
    off: "recording has stopped",
  },
  train: {
    agree: "Let It Learn",
    wayOut:
      "Way out: “Burnish: Learning…” stops it, “Burnish: Roll Back the Adapter…” returns to the model without it, “Burnish: Erase My Data…” names and removes every adapter that learned from what is erased.",
    on: "the model may learn from the record",
    off: "the model learns no more",
  },
};
const READ_ALL = "Read It All";

/** Turns a switch to the other side. Returns whether anything was changed. */
export async function changeSwitch(server: Executor, consent: Consent, which: Switch): Promise<boolean> {
  const { on, outdated } = consent[which];
  const turnOn = !on || outdated;
  if (turnOn && !(await agrees(consent, which))) {
    return false;
  }
  const through = `${env.appName} ${version}`;
  const after = parseConsent(await server.execute(ServerCommand.setConsent, [{ switch: which, on: turnOn, through }]));
  const silent = which === "record" && turnOn && !after.editorTelemetry;
  const words = silent
    ? "agreed; nothing is recorded while the editor's telemetry is off"
    : WORDS[which][turnOn ? "on" : "off"];
  window.setStatusBarMessage(`Burnish: ${words}`, 6000);
  return true;
}

/** Asks with the server's own text, the one that the consent file refers to. */
async function agrees(consent: Consent, which: Switch): Promise<boolean> {
  const disclosure = consent.disclosure[which];
  const { agree, wayOut } = WORDS[which];
  if (disclosure.title === "" || disclosure.brief.length === 0) {
    throw new Error(
      "The server did not say what this switch allows, so it stays off. Restart it: Burnish: Restart Server and Engine",
    );
  }
  const changed = consent[which].outdated ? ["What this allows has changed since you agreed."] : [];
  const detail = [...changed, ...disclosure.brief, wayOut].join("\n\n");
  const answer = await window.showInformationMessage(disclosure.title, { modal: true, detail }, agree, READ_ALL);
  if (answer !== READ_ALL) {
    return answer === agree;
  }
  await showAll(disclosure, wayOut);
  return (await window.showInformationMessage(disclosure.title, agree)) === agree;
}

const SCHEME = "burnish-disclosure";

/** Lets the editor open what {@link changeSwitch} shows as a page: the text travels in the address. */
export function registerDisclosure(): Disposable {
  return workspace.registerTextDocumentContentProvider(SCHEME, { provideTextDocumentContent: ({ query }) => query });
}

/** Opens the whole text as a page. */
async function showAll({ title, paragraphs }: Disclosure, wayOut: string): Promise<void> {
  // Markdown begins a list only after an empty line.
  const spaced = paragraphs.map((paragraph) => paragraph.replace(/:\n- /, ":\n\n- "));
  const query = [`# ${title}`, ...spaced, wayOut].join("\n\n");
  await commands.executeCommand("markdown.showPreview", Uri.from({ scheme: SCHEME, path: "Burnish.md", query }));
}
