/** A pause of automatic suggestions: for this window, in memory only. What is asked for by a gesture is still answered. */
import type { Disposable, Position, QuickPickItem, TextDocument } from "vscode";
import type { Silence } from "./protocol";
import { EventEmitter, QuickPickItemKind, window } from "./vscodeapi";

const MINUTE_MS = 60_000;
const CHOICES = [5, 15, 60] as const;

/** Minutes, or until the window is reloaded. */
export type SnoozeLength = number | "reload";

/** What is left of a snooze. */
export interface SnoozeLeft {
  /** The minute that has begun included; `Infinity`: no end is set. */
  readonly minutes: number;
  /** "for another 4 minutes", "until the window is reloaded". */
  readonly words: string;
}

/** Whether suggestions are snoozed, and for how much longer. */
export class Snooze implements Disposable {
  /** When it ends, in milliseconds since 1970; `Infinity`: with the window; `null`: not snoozed. */
  private until: number | null = null;
  private timer: NodeJS.Timeout | undefined;
  private last: Silence | null = null;
  private readonly changed = new EventEmitter<void>();
  /** Fires when a snooze begins or ends, and with every minute of it that passes. */
  readonly onDidChange = this.changed.event;

  get active(): boolean {
    return this.left !== null;
  }

  /** `null` while not snoozed. */
  get left(): SnoozeLeft | null {
    const minutes = this.until === null ? 0 : Math.ceil((this.until - Date.now()) / MINUTE_MS);
    if (minutes <= 0) {
      return null;
    }
    const words =
      minutes === Infinity
        ? "until the window is reloaded"
        : `for another ${minutes} minute${minutes === 1 ? "" : "s"}`;
    return { minutes, words };
  }

  /** Snoozes from now on; replaces the snooze that holds. */
  begin(length: SnoozeLength): void {
    this.until = length === "reload" ? Infinity : Date.now() + length * MINUTE_MS;
    this.tick();
  }

  end(): void {
    this.until = null;
    this.tick();
  }

  /** A suggestion was not asked for. Only the last such place is kept: every key pressed is one. */
  heldBack(document: TextDocument, at: Position): void {
    this.last = {
      time: new Date().toISOString(),
      uri: document.uri.toString(),
      line: at.line,
      character: at.character,
      rule: "snoozed",
      sentence: "Suggestions were snoozed (Burnish: Snooze Suggestions…).",
    };
  }

  /** The reasons of the server, with the last one from here in its place. Newest first. */
  among(silences: readonly Silence[]): Silence[] {
    const { last } = this;
    if (last === null) {
      return [...silences];
    }
    const older = silences.findIndex((silence) => Date.parse(silence.time) < Date.parse(last.time));
    return silences.toSpliced(older === -1 ? silences.length : older, 0, last);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
  }

  /** Tells what holds now, and comes back when the next minute is over. */
  private tick(): void {
    clearTimeout(this.timer);
    const rest = this.until === null ? 0 : this.until - Date.now();
    if (rest > 0 && rest < Infinity) {
      this.timer = setTimeout(() => this.tick(), rest % MINUTE_MS || MINUTE_MS);
    }
    this.changed.fire();
  }
}

interface SnoozeItem extends QuickPickItem {
  readonly length?: SnoozeLength | "end";
}

/** The rows of the question. */
export function snoozeItems(left: SnoozeLeft | null): SnoozeItem[] {
  const end: SnoozeItem[] =
    left === null
      ? []
      : [
          { label: "$(bell) End Snooze", description: `snoozed ${left.words}`, length: "end" },
          { label: "", kind: QuickPickItemKind.Separator },
        ];
  return [
    ...end,
    ...CHOICES.map((minutes) => ({ label: `$(bell-slash) ${minutes} minutes`, length: minutes })),
    { label: "$(bell-slash) Until the window is reloaded", length: "reload" },
  ];
}

/** Asks for how long. */
export async function askSnooze(snooze: Snooze): Promise<void> {
  const choice = await window.showQuickPick(snoozeItems(snooze.left), {
    title: "Burnish: snooze suggestions",
    placeHolder: "In this window. A suggestion that you ask for still comes.",
  });
  if (choice?.length === "end") {
    snooze.end();
  } else if (choice?.length !== undefined) {
    snooze.begin(choice.length);
  }
}
