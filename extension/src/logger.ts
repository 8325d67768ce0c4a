/** The one log channel, "Burnish". */
import type { LogOutputChannel } from "vscode";
import { window } from "./vscodeapi";

export type Logger = LogOutputChannel;

/** Creates the channel; its owner disposes it. */
export function createLogger(): Logger {
  return window.createOutputChannel("Burnish", { log: true });
}

const LEVELS: readonly [RegExp, "error" | "warn" | "info" | "debug"][] = [
  [/\b(?:ERROR|CRITICAL)\b/, "error"],
  [/\bWARN(?:ING)?\b/, "warn"],
  [/\bDEBUG\b/, "debug"],
];

/** Writes one line of the server's standard error at the level that the line itself names near its beginning. */
export function logServerLine(logger: Logger, line: string): void {
  const head = line.slice(0, 60);
  const level = LEVELS.find(([pattern]) => pattern.test(head))?.[1] ?? "info";
  logger[level](`[server] ${line}`);
}

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
