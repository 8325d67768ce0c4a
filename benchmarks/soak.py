"""An hour of typing at eight times the speed: memory stays flat, nothing gets stuck, nothing fails, light requests stay fast.

    python benchmarks/soak.py [--project PACKAGE] [--minutes N] [--speed N] [--json]

One language server is typed at without a break, suggestions accepted where they are right; when the source has been typed
in, it is taken out again and another trace begins in the same server. Every five seconds the memory of the server and its
worker is read, and every quarter of a second a hover is asked for at the caret, whatever the model is doing. The verdict:

* memory after the first five minutes (or the first fifth of a shorter run) grows by at most 5 %: the line fitted through the
  later samples, at its end over its beginning,
* no request takes longer than its bound: a completion 10 s, a hover 2 s; none fails,
* no line of the server's log says ERROR or CRITICAL, and the worker has not died,
* the 99th percentile of the hovers is under 50 ms.

Exit status 1 when one of them does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from typing_trace.cli import project_folder

from burnish_models.selection import resolve_model
from burnish_server.replay.endurance import Limits, endure


def main() -> None:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", default="click", help="an installed package, or the folder of a project")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, default=None, help="a GGUF file; the bundled one unless given")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    model = options.model or resolve_model(Path.home(), None).path
    with tempfile.TemporaryDirectory(prefix="burnish-soak-") as scratch:
        report = asyncio.run(
            endure(
                project_folder(options.project),
                Path(scratch),
                model,
                minutes=options.minutes,
                speed=options.speed,
                seed=options.seed,
                limits=Limits(),
                tell=lambda text: print(text, file=sys.stderr, flush=True),
            )
        )
    if options.json:
        print(json.dumps({"machine": describe(), "model": model.name, **report.as_json()}))
    else:
        print(f"{describe()}\n{model.name}, {options.speed:g} times speed\n{report}")
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    main()
