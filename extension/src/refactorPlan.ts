/** A plan: one function made simpler step by step, each step looked at before it is applied. */
import type { Executor } from "./models";
import { ServerCommand } from "./protocol";
import { atCursor } from "./refactor";
import { parseChange, type ShownChange } from "./shownChange";
import { TextPages } from "./textPages";
import { commands, Uri, window } from "./vscodeapi";
import { asList, asRecord, numberOr, text } from "./wire";

const SCHEME = "burnish-plan";
const APPLY = "Apply";
const SKIP = "Skip";
const STOP = "Stop";

/** What the server plans. */
export interface Plan {
  readonly plan: string;
  readonly function: string;
  readonly before: number;
  readonly after: number;
  /** Why there are no steps, or no more of them. */
  readonly reason: string;
  readonly steps: readonly string[];
}

/** A step, verified. */
export interface Step extends ShownChange {
  readonly words: string;
  readonly applied: boolean;
}

/** The answer of `burnish.server.plan`. */
export function parsePlan(value: unknown): Plan {
  const record = asRecord(value);
  return {
    plan: text(record["plan"]),
    function: text(record["function"]),
    before: numberOr(record["complexityBefore"], 0),
    after: numberOr(record["complexityAfter"], 0),
    reason: text(record["reason"]),
    steps: asList(record["steps"]).map((step) => text(step["title"])),
  };
}

/** The answer of `burnish.server.planStep`. */
export function parseStep(value: unknown): Step {
  const record = asRecord(value);
  return { ...parseChange(record), words: text(record["words"]), applied: record["applied"] === true };
}

/** Walks through a plan with the user. */
export class PlanWalk extends TextPages {
  private walking = false;

  constructor() {
    super(SCHEME);
  }

  /** Plans the function at the cursor and goes through its steps: a comparison, what is known of it, and the user's word. */
  async simplify(server: Executor, argument?: unknown): Promise<void> {
    const given = asRecord(argument);
    const place = text(given["uri"]) !== "" ? given : atCursor();
    if (place === null || this.walking) {
      return;
    }
    this.walking = true;
    try {
      const plan = parsePlan(await server.execute(ServerCommand.plan, [place]));
      if (plan.steps.length === 0) {
        await window.showInformationMessage(`Burnish: \`${plan.function}\`: ${plan.reason}`);
        return;
      }
      await this.walk(server, text(place["uri"]), plan);
    } finally {
      this.walking = false;
    }
  }

  private async walk(server: Executor, uri: string, plan: Plan): Promise<void> {
    let applied = 0;
    for (const [number, title] of plan.steps.entries()) {
      const named = { uri, plan: plan.plan, step: number };
      const where = `Step ${number + 1} of ${plan.steps.length}`;
      let step: Step;
      try {
        step = parseStep(await server.execute(ServerCommand.planStep, [{ ...named, apply: false }]));
      } catch (error) {
        // A step that was left out may be what this one builds on.
        const words = error instanceof Error ? error.message : String(error);
        const answer = await window.showWarningMessage(`Burnish: ${where}: ${title}. ${words}`, SKIP, STOP);
        if (answer !== SKIP) {
          break;
        }
        continue;
      }
      await this.show(uri, where, step);
      const said = `Burnish: ${where}: ${step.title}. ${capital(step.words)}. ${step.summary}`;
      const answer = await window.showInformationMessage(said, ...(step.applicable ? [APPLY] : []), SKIP, STOP);
      if (answer === APPLY) {
        await commands.executeCommand("workbench.action.closeActiveEditor");
        await window.showTextDocument(Uri.parse(uri));
        applied += parseStep(await server.execute(ServerCommand.planStep, [{ ...named, seen: true }])).applied ? 1 : 0;
        continue;
      }
      await server.execute(ServerCommand.planSkip, [named]);
      if (answer !== SKIP) {
        break;
      }
    }
    await this.closeComparison();
    await window.showTextDocument(Uri.parse(uri));
    const rest = plan.reason === "" ? "" : ` ${plan.reason}`;
    await window.showInformationMessage(
      `Burnish: ${applied} of ${plan.steps.length} steps applied to \`${plan.function}\`.${applied > 0 ? "" : rest}`,
    );
  }

  private show(uri: string, where: string, step: Step): Promise<void> {
    const figures = step.words.split(",")[0] ?? "";
    return this.compare(uri, `${where}: ${figures} (${step.badge})`, step, where);
  }
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
