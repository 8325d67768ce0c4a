/** A Chromium for the end-to-end test. */

import { existsSync } from "node:fs";

import { needSystem } from "./debian.mjs";
import { which } from "./run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const FILES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** @returns {Promise<string>} the path of a Chromium or Chrome, installed first where that can be done */
export async function ensureChromium() {
  await needSystem(["chromium", "fonts-dejavu-core"], {
    why: "a Chromium browser (for the end-to-end test)",
    present: () => find() !== undefined,
    elsewhere: "install Chromium or Google Chrome and run this again",
  });
  return /** @type {string} */ (find());
}

function find() {
  return NAMES.map(which).find(Boolean) ?? FILES.find((file) => existsSync(file));
}
