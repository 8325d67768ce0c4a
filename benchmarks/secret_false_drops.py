"""How often recording drops something for a secret that is none: over the lines of the standard library.

    python benchmarks/secret_false_drops.py [--folder DIR] [--window LINES] [--show N]

Every line of every Python file in UTF-8 is examined as the recorder does it. The standard library holds no secrets, so each line
flagged is a false one (its tests hold made-up passwords, which are counted as false too). An event holds many lines and is
dropped whole, so the share of windows of consecutive lines with a flagged one is printed as well: that is what a user loses.

Printed: lines, lines flagged and their share, windows and the share of those dropped, microseconds a line, by sort, and examples.
"""

from __future__ import annotations

import argparse
import sysconfig
import time
from collections import Counter
from pathlib import Path

from machine import describe

from burnish_telemetry.redaction import SecretScanner


def sources(folder: Path) -> list[Path]:
    """Every Python file below a folder, installed packages left out."""
    skipped = {"site-packages", "dist-packages"}
    return [
        path for path in sorted(folder.rglob("*.py")) if not skipped & set(path.parts[len(folder.parts) :])
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--window", type=int, default=60, help="lines of an event")
    parser.add_argument("--show", type=int, default=8, help="examples to print")
    options = parser.parse_args()

    scanner = SecretScanner()
    sorts: Counter[str] = Counter()
    examples: list[str] = []
    lines = windows = windows_dropped = 0
    began = time.perf_counter()
    for path in sources(options.folder):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        flagged = []
        for line in text.split("\n"):
            sort = scanner.find(line)
            flagged.append(sort is not None)
            if sort is not None:
                sorts[sort] += 1
                examples.append(f"{path.name}: {line.strip()[:110]}")
        lines += len(flagged)
        for start in range(0, len(flagged), options.window):
            windows += 1
            windows_dropped += any(flagged[start : start + options.window])
    seconds = time.perf_counter() - began
    if not lines:
        parser.error(f"there is no Python file below {options.folder}")

    print(describe())
    print(f"{lines} lines, {sum(sorts.values())} flagged: {sum(sorts.values()) / lines:.4%}")
    print(
        f"{windows} windows of {options.window} lines, {windows_dropped} dropped: {windows_dropped / windows:.2%}"
    )
    print(f"{seconds / lines * 1e6:.0f} µs a line (lines seen before cost next to nothing)")
    for sort, count in sorts.most_common():
        print(f"  {count:5}  {sort}")
    step = max(1, len(examples) // max(1, options.show))
    for example in examples[::step][: options.show]:
        print(f"    {example}")


if __name__ == "__main__":
    main()
