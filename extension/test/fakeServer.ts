/** A server that answers from a table and notes what it was asked. */
import type { Executor } from "../src/models";
import { ProgressHub, type ServerProgress } from "../src/progressHub";

export class FakeServer implements Executor {
  readonly asked: unknown[][] = [];
  readonly hub = new ProgressHub();

  constructor(readonly answers: Record<string, unknown>) {}

  execute(command: string, args: readonly unknown[] = []): Promise<unknown> {
    this.asked.push([command, ...args]);
    const value = this.answers[command];
    if (value instanceof Error) {
      return Promise.reject(value);
    }
    const answer: unknown =
      typeof value === "function" ? (value as (server: this, ...args: unknown[]) => unknown)(this, ...args) : value;
    return Promise.resolve(answer);
  }

  onProgress(listener: (progress: ServerProgress) => void): () => void {
    return this.hub.listen(listener);
  }

  /** The commands it was asked for, without their arguments. */
  get commands(): unknown[] {
    return this.asked.map(([command]) => command);
  }
}
