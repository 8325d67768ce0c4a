/** Saying in one sentence why pip failed and what to do about it. */

export type FailureKind =
  "no-wheel" | "network" | "disk-full" | "permission" | "memory" | "compiler" | "python-version" | "other";

/** Why pip failed. `sentence` says what happened and what to do. */
export interface PipFailure {
  readonly kind: FailureKind;
  readonly sentence: string;
}

interface Rule {
  readonly kind: FailureKind;
  readonly pattern: RegExp;
  readonly sentence: string;
}

// Order matters: without a network pip also ends with "No matching distribution found".
const RULES: readonly Rule[] = [
  {
    kind: "disk-full",
    pattern: /No space left on device|ENOSPC|not enough space on the disk|Disk quota exceeded/i,
    sentence: "The disk is full. Free about 2 GB (compiling needs room for a while) and set up again.",
  },
  {
    kind: "network",
    pattern:
      /Temporary failure in name resolution|getaddrinfo failed|NameResolutionError|NewConnectionError|ConnectTimeout|Failed to establish a new connection|Connection refused|Network is unreachable|ReadTimeoutError|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED/,
    sentence:
      "The Python package index could not be reached. Check the network, the proxy (pip reads HTTPS_PROXY) and the certificates, and set up again.",
  },
  {
    kind: "no-wheel",
    pattern: /No matching distribution found for llama[-_]cpp[-_]python/i,
    sentence: "There is no ready-made llama.cpp for this machine.",
  },
  {
    kind: "python-version",
    pattern: /requires a different Python|Ignored the following versions that require a different python version/,
    sentence: "A package does not support this Python version. Install Python 3.12 or 3.13 and set up again.",
  },
  {
    kind: "memory",
    pattern:
      /Killed signal terminated program|out of memory|cannot allocate memory|virtual memory exhausted|std::bad_alloc/i,
    sentence: "The compiler ran out of memory. Close other programs and set up again.",
  },
  {
    kind: "compiler",
    pattern:
      /No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set|is not able to compile a simple test program|command '?(?:gcc|cc|clang|g\+\+)'? failed: No such file/,
    sentence: "There is no working C and C++ compiler.",
  },
  {
    kind: "permission",
    pattern: /Permission denied|Access is denied|EACCES|Operation not permitted/,
    sentence:
      "A file could not be written. Check the rights on the folder named in the log, and that no virus scanner holds it.",
  },
];

/** Explains the last lines pip wrote before it ended with an error. */
export function explainPipFailure(lines: readonly string[]): PipFailure {
  const text = lines.join("\n");
  for (const rule of RULES) {
    if (rule.pattern.test(text)) {
      return { kind: rule.kind, sentence: rule.sentence };
    }
  }
  const last = lines.findLast((line) => /^\s*ERROR:/.test(line))?.replace(/^\s*ERROR:\s*/, "");
  const because = last === undefined ? "pip ended with an error" : `pip said: ${last}`;
  return { kind: "other", sentence: `${because.replace(/\.$/, "")}. The log has the whole output.` };
}
