/** The test suites and checks, each as one command. */

import { existsSync } from "node:fs";
import path from "node:path";

import { npm } from "./npm.mjs";
import { ROOT, venvProgram } from "./paths.mjs";

/**
 * @typedef {{name: string, title: string, command: string, args: string[]}} Suite
 */

/** @returns {Suite[]} formatting, style and types; nothing here runs the product */
export function checks() {
  return [
    python("ruff", "Python style (ruff)", "ruff", "check", "."),
    python("ruff-format", "Python formatting (ruff)", "ruff", "format", "--check", "."),
    python("mypy", "Python types (mypy)", "mypy"),
    script("tsc", "TypeScript types (tsc)", "typecheck"),
    script("eslint", "TypeScript and JavaScript style (eslint)", "lint"),
    script("prettier", "TypeScript and JavaScript formatting (prettier)", "format:check"),
  ];
}

/** @returns {Suite[]} the same tools, mending what they can mend by themselves */
export function fixes() {
  return [
    python("ruff", "Python style, mended (ruff)", "ruff", "check", "--fix", "."),
    python("ruff-format", "Python formatting, mended (ruff)", "ruff", "format", "."),
    script("prettier", "TypeScript and JavaScript formatting, mended (prettier)", "format"),
  ];
}

/**
 * @returns {Suite[]} the tests that need no browser
 */
export function tests() {
  return [
    script("extension", "Extension, unit tests (vitest)", "test:extension"),
    pytest("unit", "Python, unit tests (pytest)", "-n", "auto", "--dist", "worksteal"),
    pytest("lsp", "Language server, a real client over stdio (pytest)", "-n", "2", "--dist", "worksteal"),
    pytest("integration", "Real model and real processes (pytest)"),
  ].filter((suite) => suite !== undefined);
}

/**
 * @param {string} name the folder below tests/
 * @param {string} title
 * @param {...string} args
 */
function pytest(name, title, ...args) {
  const folder = path.join("tests", name);
  if (!existsSync(path.join(ROOT, folder))) return undefined;
  return python(name, title, "pytest", folder, "--durations=12", "--durations-min=4", ...args);
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} module
 * @param {...string} args
 * @returns {Suite}
 */
function python(name, title, module, ...args) {
  return { name, title, command: venvProgram("python"), args: ["-m", module, ...args] };
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} npmScript
 * @returns {Suite}
 */
function script(name, title, npmScript) {
  const [command, args] = npm("run", "--silent", npmScript);
  return { name, title, command, args };
}
