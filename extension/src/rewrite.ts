/** Versions of a function that a model proposes: asked for, chosen among, looked at, taken or sent away. */
import type { QuickPickItem } from "vscode";
import type { Executor } from "./models";
import { ServerCommand } from "./protocol";
import { atCursor } from "./refactor";
import { TextPages } from "./textPages";
import { Uri, window } from "./vscodeapi";
import { asList, asRecord, numberOr, text } from "./wire";

const SCHEME = "burnish-rewrite";
const SEND = "Send";
const APPLY = "Apply";
const REJECT = "Reject";
const BACK = "Back";
const WHY = "Explain";

/** What goes to a team's endpoint, in full: it is what the user agrees to. */
const LEAVES = [
  "What leaves this machine: the function at the cursor, the import statements of its file, what Burnish's rules say of the " +
    "function, how its file calls it, the annotated fields of its class, and inputs for which a proposed version is wrong.",
  "A model that only completes gets up to 2,000 characters above the function, too. Nothing has been sent yet.",
].join("\n\n");

/** A version that was proved; both texts are whole files. `line` counts from 0. */
export interface Version {
  readonly key: string;
  readonly function: string;
  readonly title: string;
  readonly badge: string;
  readonly evidence: string;
  readonly change: string;
  readonly before: string;
  readonly after: string;
  readonly line: number;
  /** Whether it came of a counterexample that the model was shown. */
  readonly repaired: boolean;
}

/** What the server answers: the name of an endpoint that is to be confirmed, or what came of a run. */
export interface Answer {
  readonly endpoint: string;
  readonly results: readonly Version[];
  readonly tried: number;
  /** How many were dropped, by reason. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** Evaluated and generated. */
  readonly tokens: number;
  readonly cancelled: boolean;
  /** Why it ended early, or did not begin. */
  readonly ended: string;
}

/** The answer of `burnish.server.rewrite`. */
export function parseAnswer(value: unknown): Answer {
  const record = asRecord(value);
  const tokens = asRecord(record["tokens"]);
  return {
    endpoint: text(record["endpoint"]),
    results: asList(record["results"]).map(parseVersion),
    tried: numberOr(record["tried"], 0),
    dropped: new Map(
      Object.entries(asRecord(record["dropped"])).map(([reason, count]) => [reason, numberOr(count, 0)]),
    ),
    seconds: numberOr(record["seconds"], 0),
    tokens: numberOr(tokens["evaluated"], 0) + numberOr(tokens["generated"], 0),
    cancelled: record["cancelled"] === true,
    ended: text(record["ended"]),
  };
}

function parseVersion(one: Record<string, unknown>): Version {
  return {
    key: text(one["key"]),
    function: text(one["function"]),
    title: text(one["title"]),
    badge: text(one["badge"]),
    evidence: text(one["evidence"]),
    change: text(one["change"]),
    before: text(one["before"]),
    after: text(one["after"]),
    line: numberOr(one["line"], 0),
    repaired: one["repaired"] === true,
  };
}

/** "12 s, 3,400 tokens". */
export function cost({ seconds, tokens }: Answer): string {
  return `${Math.round(seconds)} s, ${tokens.toLocaleString("en-US")} ${tokens === 1 ? "token" : "tokens"}`;
}

/** Why there is nothing to show: how many versions were tried, what was wrong with them, and what it took. */
export function whyNone(answer: Answer): string {
  const { tried, dropped, cancelled, ended } = answer;
  const reasons = [...dropped]
    .filter(([, count]) => count > 0)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${count} × ${reason}`)
    .join(", ");
  const early = cancelled ? "Cancelled" : capital(ended);
  const many =
    tried === 1 ? "One version was tried, and it is not shown" : `${tried} versions were tried, and none is shown`;
  const sentences = [
    ...(tried > 0 ? [reasons === "" ? many : `${many}: ${reasons}`] : []),
    ...(early !== "" ? [early] : []),
  ];
  const said = sentences.length > 0 ? sentences : ["The model proposed no version"];
  return `${said.join(". ")} (${cost(answer)}).`;
}

/** A row of the list of versions. */
export interface VersionItem extends QuickPickItem {
  readonly version: Version;
}

/** The rows, in the server's order: the best one first. */
export function versionItems(versions: readonly Version[]): VersionItem[] {
  return versions.map((version) => ({
    label: version.title,
    description: [version.badge, version.change, version.repaired ? "second attempt" : ""]
      .filter((words) => words !== "")
      .join(" · "),
    detail: version.evidence,
    version,
  }));
}

/** Where the line that has this number before is afterwards: helpers and imports may have come above it. */
export function lineAfter(before: string, after: string, line: number): number {
  const old = before.split("\n");
  const wanted = old[line];
  const ordinal = old.slice(0, line).filter((other) => other === wanted).length;
  const found = after.split("\n").flatMap((other, number) => (other === wanted ? [number] : []));
  return found[ordinal] ?? line;
}

/** Asks for versions, and goes through them with the user. */
export class Rewrites extends TextPages {
  constructor() {
    super(SCHEME);
  }

  /** Has the function at a place, or at the cursor, rewritten; shows what was proved better, or says why nothing was. */
  async rewrite(server: Executor, argument?: unknown): Promise<void> {
    const given = asRecord(argument);
    const place = text(given["uri"]) !== "" ? given : atCursor();
    if (place === null) {
      return;
    }
    const answer = await this.ask(server, place);
    if (answer === null) {
      return;
    }
    if (answer.results.length === 0) {
      await window.showInformationMessage(`Burnish: ${whyNone(answer)}`);
      return;
    }
    await this.choose(server, text(place["uri"]), answer);
  }

  /** The outcome; `null` where the user does not want the code sent. Each endpoint that the server names is confirmed. */
  private async ask(server: Executor, place: Record<string, unknown>): Promise<Answer | null> {
    let answer = parseAnswer(await server.execute(ServerCommand.rewrite, [place]));
    while (answer.endpoint !== "") {
      const confirmedEndpoint = answer.endpoint;
      const agreed = await window.showWarningMessage(
        `Send this function to ${confirmedEndpoint}?`,
        { modal: true, detail: LEAVES },
        SEND,
      );
      if (agreed !== SEND) {
        return null;
      }
      answer = parseAnswer(await server.execute(ServerCommand.rewrite, [{ ...place, confirmedEndpoint }]));
    }
    return answer;
  }

  private async choose(server: Executor, uri: string, answer: Answer): Promise<void> {
    let left = answer.results;
    while (left.length > 0) {
      const chosen = await window.showQuickPick(versionItems(left), {
        title: `Burnish: versions of ${left[0]?.function} that were proved better`,
        placeHolder: `${answer.results.length} of ${answer.tried} proposed (${cost(answer)}). Choose one to see what it changes`,
        matchOnDescription: true,
        matchOnDetail: true,
        // They took minutes: a click elsewhere must not lose them.
        ignoreFocusOut: true,
      });
      if (chosen === undefined) {
        return;
      }
      const { version } = chosen;
      const said = await this.look(server, uri, version);
      const named = { uri, key: version.key };
      if (said === APPLY) {
        await apply(server, named, version);
        return;
      }
      if (said === REJECT) {
        await server.execute(ServerCommand.rewriteReject, [named]);
        left = left.filter((other) => other !== version);
      } else if (said !== BACK) {
        return;
      }
    }
  }

  /** Shows what a version changes until the user has said something. */
  private async look(server: Executor, uri: string, version: Version): Promise<string | undefined> {
    const { title, badge, evidence, before, after, line } = version;
    const compared = { before, after, line, lineAfter: lineAfter(before, after, line) };
    await this.compare(uri, `${title} (${badge})`, compared, version.key);
    const words = `Burnish: ${title}. ${sentence(evidence)}`;
    let said = await window.showInformationMessage(words, APPLY, REJECT, BACK, WHY);
    while (said === WHY) {
      const page = asRecord(await server.execute(ServerCommand.explainFinding, [{ uri, key: version.key }]));
      await this.showPage(text(page["page"]), `Why: ${version.function}.md`);
      said = await window.showInformationMessage(words, APPLY, REJECT, BACK);
    }
    await this.closeComparison();
    await window.showTextDocument(Uri.parse(uri));
    return said;
  }
}

async function apply(server: Executor, named: { uri: string; key: string }, version: Version): Promise<void> {
  const { applied, reason } = asRecord(await server.execute(ServerCommand.rewriteApply, [named]));
  if (applied === true) {
    await window.showInformationMessage(`Burnish: ${version.function} is rewritten. One undo takes it back.`);
  } else {
    await window.showWarningMessage(`Burnish: ${version.function} was not changed. ${text(reason)}`);
  }
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function sentence(words: string): string {
  const said = capital(words);
  return said === "" || /[.!?]$/.test(said) ? said : `${said}.`;
}
