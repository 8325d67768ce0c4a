/** Debian packages: installed only when what they give is missing, with one `apt-get update` before the first. */

import { CommandError, UserError } from "./errors.mjs";
import { step } from "./progress.mjs";
import { capture, run, runVisibly, which } from "./run.mjs";

let listsFresh = false;

/**
 * Makes sure that something a Debian package gives is there.
 * @param {string[]} packages names of Debian packages
 * @param {{why: string, present: () => boolean, elsewhere: string}} need `why` is a noun phrase ("a C++ compiler");
 *   `elsewhere` says what to install on other systems
 * @throws {UserError} when it is missing and cannot be installed from here
 */
export async function needSystem(packages, { why, present, elsewhere }) {
  if (present()) return;
  const advice = which("apt-get") ? `run: sudo apt-get install ${packages.join(" ")}` : elsewhere;
  const prefix = privileges();
  if (!which("apt-get") || !prefix) throw new UserError(`${capital(why)} is missing; ${advice}`);
  await step(`System packages for ${why}: ${packages.join(", ")}`, async (update) => {
    if (!listsFresh) await apt(prefix, ["update"], advice, update);
    listsFresh = true;
    await apt(prefix, ["install", "--yes", "--no-install-recommends", ...packages], advice, update);
  });
  if (!present())
    throw new UserError(`${capital(why)} is still missing after installing ${packages.join(", ")}; ${elsewhere}`);
}

/**
 * Like {@link needSystem} for something that is only nice to have: never fails.
 * @param {string[]} packages
 * @param {{why: string, present: () => boolean}} wish
 * @returns {Promise<boolean>} whether it is there now
 */
export async function wishSystem(packages, { why, present }) {
  // Not worth a password: only where apt works without asking.
  const prefix = privileges();
  if (present() || !which("apt-get") || !prefix || prefix.keyboard) return present();
  try {
    await needSystem(packages, { why, present, elsewhere: "" });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stdout.write(`  going on without ${why}\n`);
  }
  return present();
}

/** @returns {{command: string[], keyboard: boolean} | undefined} how to run apt-get, undefined when we may not */
function privileges() {
  if (process.getuid?.() === 0) return { command: [], keyboard: false };
  if (!which("sudo")) return undefined;
  if (capture("sudo", ["-n", "true"]) !== undefined) return { command: ["sudo", "-n"], keyboard: false };
  return process.stdin.isTTY ? { command: ["sudo"], keyboard: true } : undefined;
}

async function apt({ command, keyboard }, args, advice, onLine) {
  const words = [...command, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
  if (!keyboard) {
    await run(words[0], words.slice(1), { what: `apt-get ${args[0]}`, log: `apt-${args[0]}`, advice, onLine });
    return;
  }
  const code = await runVisibly(words[0], words.slice(1), { keyboard: true });
  if (code !== 0) throw new CommandError(`apt-get ${args[0]} failed with exit code ${code}; ${advice}`, { code });
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
