"""The outer guard of the hostile functions: the verifier runs in a process that is itself bounded, in case it fails.

As a script it reads JSON ``[[name, form, text], ...]`` and writes a line of JSON for each when it is judged.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECONDS = 900
WORKERS = 3


def _judge(name: str, form: str, text: str) -> dict[str, Any]:
    from burnish_analysis.sandbox.model import Limits, Program
    from burnish_analysis.sandbox.run import run
    from burnish_analysis.verify.model import VerifyOptions
    from burnish_analysis.verify.verify import verify
    from tests.integration.hostile_cases import HONEST

    begun = time.monotonic()
    if form == "bare":
        limits = Limits(seconds=2.0, cpu_seconds=3.0, memory_bytes=1 << 30)
        outcome = run(Program(text + "\nprint(f(1))\n"), limits)
        found = {"verdict": outcome.kind.value, "reason": outcome.message}
    else:
        options = VerifyOptions(seconds=4.0, inputs=25, measure=False)
        verdict = verify(HONEST, text, "f", options)
        found = {"verdict": verdict.verdict, "reason": verdict.reason}
    return {"name": name, "form": form, "seconds": time.monotonic() - begun, **found}


def _main() -> None:
    from tests.unit.sandbox.guarded import bound_process

    bound_process(SECONDS)
    lock = threading.Lock()

    def one(case: list[str]) -> None:
        try:
            found = _judge(*case)
        except BaseException as error:  # noqa: BLE001 - the test names it
            found = {
                "name": case[0],
                "form": case[1],
                "verdict": "raised",
                "reason": repr(error),
                "seconds": 0.0,
            }
        with lock:
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, json.load(sys.stdin)))


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    _main()
