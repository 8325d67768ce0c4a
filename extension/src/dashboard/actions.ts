/** What the dashboard's buttons do. */
import { Command, tell } from "../commands";
import { openTelemetrySetting } from "../learning/menu";
import { promote } from "../learning/training";
import type { Logger } from "../logger";
import type { Executor } from "../models";
import { commands } from "../vscodeapi";
import type { Action } from "./messages";

export interface ActionContext {
  readonly server: Executor;
  readonly logger: Logger;
  readonly stopTraining: () => void;
}

/** Does what a button asks for; what goes wrong is shown. */
export async function act(context: ActionContext, action: Action, adapter: string): Promise<void> {
  const { server, logger } = context;
  const own: Partial<Record<Action, () => Promise<unknown>>> = {
    promote: () => promote(server, adapter),
    stopTraining: () => {
      context.stopTraining();
      return Promise.resolve();
    },
    telemetrySetting: openTelemetrySetting,
  };
  try {
    await (own[action] ?? (() => Promise.resolve(commands.executeCommand(COMMANDS[action] ?? ""))))();
  } catch (error) {
    await tell(error, logger);
  }
}

/** The buttons that are commands. */
const COMMANDS: Readonly<Partial<Record<Action, string>>> = {
  trainNow: Command.trainNow,
  rollBack: Command.rollBack,
  learning: Command.learning,
  showRecord: Command.showRecord,
  exportRecord: Command.exportRecord,
  eraseRecord: Command.eraseRecord,
  restart: Command.restart,
};
