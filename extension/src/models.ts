/** "Select Model": what is installed, what can be downloaded, and any GGUF file. */
import type { CancellationToken, Progress, QuickPickItem } from "vscode";
import { messageOf } from "./logger";
import { type ModelInfo, parseModels, ServerCommand } from "./protocol";
import type { ServerProgress } from "./progressHub";
import { clearModelSetting } from "./settings";
import { ProgressLocation, QuickPickItemKind, window } from "./vscodeapi";

/** How the title of the server's progress begins while it fetches a model. */
const PULL_TITLE = "Fetching ";

/** The part of the connection that commands use. */
export interface Executor {
  execute(command: string, args?: readonly unknown[], token?: CancellationToken): Promise<unknown>;
  /** Listens to the server's progress reports; the returned function ends it. */
  onProgress(listener: (progress: ServerProgress) => void): () => void;
}

export interface ModelItem extends QuickPickItem {
  readonly model?: ModelInfo;
  readonly local?: true;
}

/** The rows of the picker: installed models first, then what can be downloaded, then a file of one's own. */
export function modelItems(models: readonly ModelInfo[]): ModelItem[] {
  const section = (label: string, list: readonly ModelInfo[]): ModelItem[] =>
    list.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...list.map((model) => modelItem(model))];
  return [
    ...section(
      "Installed",
      models.filter((model) => model.installed),
    ),
    ...section(
      "To download",
      models.filter((model) => !model.installed),
    ),
    { label: "Your own", kind: QuickPickItemKind.Separator },
    { label: "$(folder-opened) A GGUF file…", description: "any model that can fill in the middle", local: true },
  ];
}

function modelItem(model: ModelInfo): ModelItem {
  const icon = model.selected ? "$(check) " : model.installed ? "" : "$(cloud-download) ";
  const facts = [formatSize(model.sizeBytes), model.licence, suitsText(model.suits)].filter((fact) => fact !== "");
  return { label: `${icon}${model.title}`, description: facts.join(" · "), detail: model.description, model };
}

function suitsText(suits: ModelInfo["suits"]): string {
  if (typeof suits === "string") {
    return suits;
  }
  return suits === false ? "too large for this machine" : "";
}

/** 398458880 → "398 MB". */
export function formatSize(bytes: number): string {
  if (bytes <= 0) {
    return "";
  }
  if (bytes < 1e6) {
    return `${Math.ceil(bytes / 1e3)} kB`;
  }
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Lets the user choose a model, downloads it where needed and puts it to use. */
export async function selectModel(server: Executor): Promise<void> {
  const models = parseModels(await server.execute(ServerCommand.listModels));
  const choice = await window.showQuickPick(modelItems(models), {
    title: "Burnish: the model to complete with",
    placeHolder: "Larger models know more and need more memory and time",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (choice === undefined) {
    return;
  }
  const name = choice.local ? await pickFile() : choice.model?.name;
  if (name === undefined) {
    return;
  }
  if (choice.model?.installed === false && !(await download(server, choice.model))) {
    return;
  }
  await useModel(server, name);
}

async function pickFile(): Promise<string | undefined> {
  const files = await window.showOpenDialog({
    title: "Choose a GGUF model",
    openLabel: "Use This Model",
    canSelectMany: false,
    filters: { "GGUF models": ["gguf"] },
  });
  return files?.[0]?.fsPath;
}

async function useModel(server: Executor, name: string): Promise<void> {
  // The setting would win again at the next start, so a choice made here takes its place.
  await clearModelSetting();
  await window.withProgress({ location: ProgressLocation.Window, title: "Burnish: loading the model" }, () =>
    server.execute(ServerCommand.useModel, [name]),
  );
}

/** Downloads after asking; true when the model is there afterwards. */
async function download(server: Executor, model: ModelInfo): Promise<boolean> {
  const facts = [formatSize(model.sizeBytes), model.licence].filter((fact) => fact !== "").join(", ");
  const answer = await window.showInformationMessage(
    `Download ${model.title}?`,
    {
      modal: true,
      detail: [facts, suitsText(model.suits), "Burnish checks the file and keeps it on this machine."]
        .filter((line) => line !== "")
        .join("\n\n"),
    },
    "Download",
  );
  if (answer !== "Download") {
    return false;
  }
  return window.withProgress(
    { location: ProgressLocation.Notification, title: `Burnish: downloading ${model.title}`, cancellable: true },
    (progress, token) => pull(server, model, progress, token),
  );
}

async function pull(
  server: Executor,
  model: ModelInfo,
  progress: Progress<{ message?: string; increment?: number }>,
  token: CancellationToken,
): Promise<boolean> {
  let shown = 0;
  const silence = server.onProgress((report) => {
    if (report.title.startsWith(PULL_TITLE)) {
      const increment = Math.max(0, (report.percentage ?? 0) - shown);
      shown += increment;
      progress.report({ message: report.message, increment });
    }
  });
  try {
    await server.execute(ServerCommand.pullModel, [model.name], token);
    return true;
  } catch (error) {
    if (token.isCancellationRequested) {
      return false;
    }
    throw new Error(`${model.title} could not be downloaded. ${messageOf(error)}`, { cause: error });
  } finally {
    silence();
  }
}
