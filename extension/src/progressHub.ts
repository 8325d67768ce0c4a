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
  readonly cancellable?: boolean;
}

interface Going {
  readonly title: string;
  readonly cancel: (() => void) | undefined;
}

/** Passes reports on to whoever listens at the moment. */
export class ProgressHub {
  private readonly going = new Map<string | number, Going>();
  private readonly listeners = new Set<(progress: ServerProgress) => void>();

  /** Takes one report as it came over the wire; `cancel` asks the server to stop the work. */
  take(token: string | number, value: WireProgress, cancel?: () => void): void {
    if (value.kind === "begin") {
      this.going.set(token, { title: value.title ?? "", cancel: value.cancellable ? cancel : undefined });
    }
    const title = this.going.get(token)?.title ?? "";
    if (value.kind === "end") {
      this.going.delete(token);
      return;
    }
    const progress = { title, message: value.message ?? "", percentage: value.percentage ?? null };
    this.listeners.forEach((listener) => listener(progress));
  }

  /** Whether work whose title begins like this is going on and can be stopped. */
  canCancel(title: string): boolean {
    return this.find(title) !== undefined;
  }

  /** Asks the server to stop it. */
  cancel(title: string): void {
    this.find(title)?.cancel?.();
  }

  /** A server that has ended reports no end. */
  clear(): void {
    this.going.clear();
  }

  private find(title: string): Going | undefined {
    return [...this.going.values()].find((one) => one.cancel !== undefined && one.title.startsWith(title));
  }

  /** Starts listening; the returned function ends it. */
  listen(listener: (progress: ServerProgress) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
