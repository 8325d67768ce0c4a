/** The team endpoint's key: kept in the editor's secret store, handed to the server, and nowhere else. */
import type { Disposable, LogOutputChannel, SecretStorage } from "vscode";
import { endpointUrl } from "./settings";
import { commands, env, window } from "./vscodeapi";

/** Tells the server the key of an endpoint; an empty key forgets the one before. */
export const ENDPOINT_KEY_NOTIFICATION = "burnish/endpointKey";

/** What the notification carries. */
export interface EndpointKeyParams {
  readonly endpoint: string;
  readonly key: string;
}

/** Stores a key by the endpoint's origin, so that another address in the settings never gets it. */
export class EndpointKeys {
  /** Every key seen in this session, for {@link redacting}. */
  private readonly seen = new Set<string>();

  constructor(private readonly secrets: SecretStorage) {}

  /** The key for the endpoint in the settings; `null` without an endpoint. */
  async current(): Promise<EndpointKeyParams | null> {
    const endpoint = originOf(endpointUrl());
    if (endpoint === null) {
      return null;
    }
    const key = (await this.secrets.get(slot(endpoint))) ?? "";
    if (key !== "") {
      this.seen.add(key);
    }
    return { endpoint, key };
  }

  /** Calls back when a key was stored or removed, in any window. */
  onDidChange(listener: () => void): Disposable {
    return this.secrets.onDidChange((event) => {
      if (event.key.startsWith(SLOT)) {
        listener();
      }
    });
  }

  /** Asks for the key of the endpoint in the settings and stores it; an empty answer removes it. */
  async ask(): Promise<void> {
    const endpoint = originOf(endpointUrl());
    if (endpoint === null) {
      const open = "Open Settings";
      const message = "Set the address of your team's endpoint first (burnish.engine.endpoint.url).";
      if ((await window.showInformationMessage(message, open)) === open) {
        await commands.executeCommand("workbench.action.openSettings", "burnish.engine.endpoint");
      }
      return;
    }
    const key = await window.showInputBox({
      title: `Key for ${endpoint}`,
      prompt: `Kept in ${env.appName}'s secret store and sent to ${endpoint} only. Empty: no key.`,
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined) {
      return;
    }
    const trimmed = key.trim();
    if (trimmed === "") {
      await this.secrets.delete(slot(endpoint));
    } else {
      this.seen.add(trimmed);
      await this.secrets.store(slot(endpoint), trimmed);
    }
    window.setStatusBarMessage(`Burnish: key for ${endpoint} ${trimmed === "" ? "removed" : "stored"}`, 4000);
  }

  /** The text without any key in it. */
  redact(text: string): string {
    let clean = text;
    for (const key of this.seen) {
      // A trace writes JSON, where a quotation mark or a backslash in the key is escaped.
      clean = clean.replaceAll(key, "…").replaceAll(JSON.stringify(key).slice(1, -1), "…");
    }
    return clean;
  }
}

/** A log channel that writes no key: a trace of the traffic holds every message, this one's too. */
export function redacting(channel: LogOutputChannel, keys: EndpointKeys): LogOutputChannel {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") {
      return keys.redact(value);
    }
    return value instanceof Error ? new Error(keys.redact(value.message)) : value;
  };
  return new Proxy(channel, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function"
        ? (...args: unknown[]): unknown => (member as (...args: unknown[]) => unknown).apply(target, args.map(clean))
        : member;
    },
  });
}

const SLOT = "burnish.endpointKey:";

function slot(origin: string): string {
  return SLOT + origin;
}

/** Scheme, host and port of an address; `null` where it is none. */
function originOf(url: string): string | null {
  try {
    const { origin, protocol } = new URL(url.trim());
    return protocol === "http:" || protocol === "https:" ? origin : null;
  } catch {
    return null;
  }
}
