/** Progress that the server reports by `$/progress`, for commands that show it in a place of their own. */

/** One report. `title` is the one that the progress began with. */
export interface ServerProgress {
  readonly title: string;
  readonly message: string;
  /** 0 to 100, or `null` where the end is not known. */
  readonly percentage: number | null;
}

interface WireProgress {
  readonly kind: string;
  readonly title?: string;
  readonly message?: string;
  readonly percentage?: number;
}

/** Passes reports on to whoever listens at the moment. */
export class ProgressHub {
  private readonly titles = new Map<string | number, string>();
  private readonly listeners = new Set<(progress: ServerProgress) => void>();

  /** Takes one report as it came over the wire. */
  take(token: string | number, value: WireProgress): void {
    if (value.kind === "begin") {
      this.titles.set(token, value.title ?? "");
    }
    const title = this.titles.get(token) ?? "";
    if (value.kind === "end") {
      this.titles.delete(token);
      return;
    }
    const progress = { title, message: value.message ?? "", percentage: value.percentage ?? null };
    this.listeners.forEach((listener) => listener(progress));
  }

  /** Starts listening; the returned function ends it. */
  listen(listener: (progress: ServerProgress) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
