/** Turning the output of pip, CMake and Ninja into short progress messages. */

/** What to show: a message, and how far the current step is (0 to 1) where the output says so. */
export interface Step {
  readonly message: string;
  readonly fraction?: number;
}

/**
 * The progress message for one line of output; `null` for a line that says nothing new.
 *
 * Works on any pip since 20 and on CMake with Ninja (`[12/340] Building CXX …`) or Make (`[ 12%] Building CXX …`).
 */
export function parsePipLine(line: string): Step | null {
  const text = line.trim();
  // An indented line comes from the pip that fetches the build tools; its installation is not the one waited for.
  const own = !line.startsWith(" ");
  return parsePip(text, own) ?? parseBuild(text);
}

function parsePip(text: string, own: boolean): Step | null {
  const collecting = /^Collecting ([A-Za-z0-9._-]+)/.exec(text);
  if (collecting?.[1] !== undefined) {
    return { message: `Looking up ${collecting[1]}` };
  }
  const processing = /^Processing .*?([^\\/]+)\.whl$/.exec(text);
  if (processing?.[1] !== undefined) {
    return { message: `Reading ${projectOf(processing[1])}` };
  }
  const download = /^Downloading (\S+?)(?:\.metadata)? \(([\d.]+ [kMG]?B)\)/.exec(text);
  if (download?.[1] !== undefined && download[2] !== undefined) {
    return { message: `Downloading ${projectOf(fileOf(download[1]))} (${download[2]})` };
  }
  if (text.startsWith("Installing build dependencies")) {
    return { message: "Fetching the build tools (CMake, Ninja)" };
  }
  const building = /^Building wheel for ([A-Za-z0-9._-]+)/.exec(text);
  if (building?.[1] !== undefined) {
    return { message: `Compiling ${building[1]}`, fraction: 0 };
  }
  return own && text.startsWith("Installing collected packages") ? { message: "Installing the packages" } : null;
}

function parseBuild(text: string): Step | null {
  if (text.startsWith("*** Configuring CMake")) {
    return { message: "Configuring llama.cpp" };
  }
  const ninja = /^\[(\d+)\/(\d+)\] /.exec(text);
  if (ninja) {
    const [done, total] = [Number(ninja[1]), Number(ninja[2])];
    return total > 0 && done <= total
      ? { message: `Compiling llama.cpp: ${done} of ${total} files`, fraction: done / total }
      : null;
  }
  const make = /^\[\s*(\d{1,3})%\] /.exec(text);
  if (make) {
    const percent = Math.min(100, Number(make[1]));
    return { message: `Compiling llama.cpp: ${percent} %`, fraction: percent / 100 };
  }
  return null;
}

function fileOf(address: string): string {
  return address.slice(Math.max(address.lastIndexOf("/"), address.lastIndexOf("\\")) + 1);
}

/** `numpy-2.1.0-cp311-….whl` → `numpy`. */
function projectOf(file: string): string {
  return /^(.+?)-\d/.exec(file)?.[1]?.replaceAll("_", "-") ?? file;
}
