/** Reading the settings: what goes to the server, and what only the extension uses. */
import * as os from "node:os";
import * as path from "node:path";
import { ConfigurationTarget, workspace } from "./vscodeapi";

export const SECTION = "burnish";

/** The settings the language server knows, in the shape it expects below the section `burnish`. */
export interface ServerSettings {
  readonly completion: {
    readonly enabled: boolean;
    readonly multiline: boolean;
    readonly minConfidence: number | null;
    readonly maxLatencyMs: number;
    readonly debounceMs: number | null;
    readonly adaptConfidence: boolean;
    readonly workAhead: string;
    /** Globs as the user wrote them; the server says what is wrong with one. */
    readonly exclude: unknown;
  };
  readonly memory: {
    readonly enabled: boolean;
  };
  readonly context: {
    readonly enabled: boolean;
  };
  readonly perf: {
    readonly enabled: boolean;
    readonly severity: string;
    readonly modelInputs: boolean;
  };
  readonly metrics: {
    readonly codeLens: boolean;
    readonly inlayHints: boolean;
    readonly diagnostics: boolean;
    /** Thresholds; `null` leaves one to the project. */
    readonly complexity: number | null;
    readonly nesting: number | null;
    readonly maintainability: number | null;
  };
  readonly refactor: {
    /** Whether refactorings that make a complex function simpler are pointed out unasked. */
    readonly suggest: boolean;
  };
  readonly model: string;
  readonly engine: {
    readonly threads: number;
    readonly gpuLayers: number;
    readonly contextTokens: number;
    /** "": what the registry serves; "none": the model alone; else the path of an adapter file. */
    readonly adapter: string;
    readonly endpoint: EndpointSettings;
  };
  readonly learning: {
    readonly trainWhenIdle: boolean;
  };
  readonly logLevel: string;
}

/** A team's completion endpoint; without a `url` there is none. Its key is no setting: see endpointKey.ts. */
export interface EndpointSettings {
  readonly url: string;
  readonly model: string;
  readonly dialect: string;
  readonly fimFamily: string;
  readonly contextTokens: number;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxConcurrent: number;
}

/** The settings that never leave the extension. */
export interface LaunchSettings {
  /** Absolute path, or `null` to use Burnish's own environment. */
  readonly interpreter: string | null;
  readonly serverArguments: readonly string[];
  readonly pipArguments: readonly string[];
}

/** A change of one of these needs a new server process. */
export const RESTART_KEYS = ["burnish.interpreter", "burnish.server.arguments"] as const;

/** What the server is to use now. Nothing is worked ahead while suggestions are snoozed. */
export function serverSettings(snoozed = false): ServerSettings {
  const config = workspace.getConfiguration(SECTION);
  return {
    completion: {
      enabled: config.get("completion.enabled", true),
      multiline: config.get("completion.multiline", true),
      minConfidence: config.get<number | null>("completion.minConfidence", null),
      maxLatencyMs: config.get("completion.maxLatencyMs", 1500),
      debounceMs: config.get<number | null>("completion.debounceMs", null),
      adaptConfidence: config.get("completion.adaptConfidence", true),
      workAhead: snoozed ? "never" : config.get("completion.workAhead", "auto"),
      exclude: config.get<unknown>("completion.exclude", []),
    },
    memory: { enabled: config.get("memory.enabled", true) },
    context: { enabled: config.get("context.enabled", true) },
    perf: {
      enabled: config.get("perf.enabled", true),
      severity: config.get("perf.severity", "hint"),
      modelInputs: config.get("perf.modelInputs", true),
    },
    metrics: {
      codeLens: config.get("metrics.codeLens", false),
      inlayHints: config.get("metrics.inlayHints", false),
      diagnostics: config.get("metrics.diagnostics", true),
      complexity: config.get<number | null>("metrics.complexity", null),
      nesting: config.get<number | null>("metrics.nesting", null),
      maintainability: config.get<number | null>("metrics.maintainability", null),
    },
    refactor: { suggest: config.get("refactor.suggest", true) },
    model: expandPath(config.get("model", "")),
    engine: {
      threads: config.get("engine.threads", 0),
      gpuLayers: config.get("engine.gpuLayers", -1),
      contextTokens: config.get("engine.contextTokens", 0),
      adapter: expandPath(config.get("engine.adapter", "").trim()),
      endpoint: {
        url: endpointUrl(),
        model: config.get("engine.endpoint.model", ""),
        dialect: config.get("engine.endpoint.dialect", ""),
        fimFamily: config.get("engine.endpoint.fimFamily", ""),
        contextTokens: config.get("engine.endpoint.contextTokens", 0),
        connectTimeoutMs: config.get("engine.endpoint.connectTimeoutMs", 500),
        firstTokenTimeoutMs: config.get("engine.endpoint.firstTokenTimeoutMs", 2000),
        totalTimeoutMs: config.get("engine.endpoint.totalTimeoutMs", 30_000),
        maxConcurrent: config.get("engine.endpoint.maxConcurrent", 2),
      },
    },
    learning: { trainWhenIdle: config.get("learning.trainWhenIdle", false) },
    logLevel: config.get("logLevel", "info"),
  };
}

/** The address of the team's endpoint, or an empty string. */
export function endpointUrl(): string {
  return workspace.getConfiguration(SECTION).get("engine.endpoint.url", "").trim();
}

/** How the server is to be started now. */
export function launchSettings(): LaunchSettings {
  const config = workspace.getConfiguration(SECTION);
  const interpreter = expandPath(config.get("interpreter", "").trim());
  return {
    interpreter: interpreter === "" ? null : interpreter,
    serverArguments: strings(config.get("server.arguments")),
    pipArguments: strings(config.get("environment.pipArguments")),
  };
}

/** Answers the server's `workspace/configuration` for one section: `burnish` or something below it. */
export function configurationFor(section: string | undefined, snoozed = false): unknown {
  const settings = serverSettings(snoozed);
  if (section === undefined || section === "") {
    return { [SECTION]: settings };
  }
  const [head, ...rest] = section.split(".");
  if (head !== SECTION) {
    return null;
  }
  let value: unknown = settings;
  for (const key of rest) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value === undefined ? null : value;
}

/** Fills in a leading `~` and `${workspaceFolder}` (the first folder). */
export function expandPath(text: string): string {
  let result = text;
  if (result === "~" || result.startsWith("~/") || result.startsWith("~\\")) {
    result = path.join(os.homedir(), result.slice(1));
  }
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  return folder === undefined ? result : result.replaceAll("${workspaceFolder}", folder);
}

/** Are suggestions on, and does the workspace have a say of its own? */
export function completionState(): { enabled: boolean; setByWorkspace: boolean } {
  const config = workspace.getConfiguration(SECTION);
  return {
    enabled: config.get("completion.enabled", true),
    setByWorkspace: config.inspect<boolean>("completion.enabled")?.workspaceValue !== undefined,
  };
}

/**
 * Turns suggestions on or off where the present value comes from: for everything, or for this workspace when it has a
 * value of its own. Returns the new value.
 */
export async function toggleCompletion(): Promise<boolean> {
  const { enabled, setByWorkspace } = completionState();
  const target = setByWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await workspace.getConfiguration(SECTION).update("completion.enabled", !enabled, target);
  return !enabled;
}

/** Turns suggestions on or off for this workspace only; back to what holds elsewhere removes the workspace's value. */
export async function toggleCompletionHere(): Promise<boolean> {
  const config = workspace.getConfiguration(SECTION);
  const inspected = config.inspect<boolean>("completion.enabled");
  const elsewhere = inspected?.globalValue ?? inspected?.defaultValue ?? true;
  const wanted = !completionState().enabled;
  await config.update("completion.enabled", wanted === elsewhere ? undefined : wanted, ConfigurationTarget.Workspace);
  return wanted;
}

/** Takes a model named in the settings out of them, wherever it stands. */
export async function clearModelSetting(): Promise<void> {
  const config = workspace.getConfiguration(SECTION);
  const inspected = config.inspect<string>("model");
  if (inspected?.globalValue !== undefined) {
    await config.update("model", undefined, ConfigurationTarget.Global);
  }
  if (inspected?.workspaceValue !== undefined) {
    await config.update("model", undefined, ConfigurationTarget.Workspace);
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
