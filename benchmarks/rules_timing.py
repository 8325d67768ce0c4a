"""Times two versions of a benchmark's function in turn; ``rules.py`` runs it in processes of its own.

Reads ``{"before": text, "after": text, "size": n, "seconds": s}`` from stdin and prints a JSON list of ratios.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import random
import sys
import time
import types
from dataclasses import dataclass
from typing import Any

# Threads of the linear algebra under numpy would wait for each other on the processor's clock.
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import numpy as np

LEAST_PAIRS, MOST_PAIRS = 7, 41
#: Calls shorter than this are repeated, each with arguments of its own, until they take so long.
SHORTEST = 0.0005


@dataclass(frozen=True)
class Subject:
    """One version of a benchmark's module."""

    module: types.ModuleType

    def call(self, arguments: tuple[Any, ...]) -> Any:
        """What ``before`` gives, run to its end."""
        made = self.module.before(*arguments)
        if inspect.iscoroutine(made):
            return asyncio.run(made)
        return list(made) if inspect.isgenerator(made) else made

    def forget(self) -> None:
        """Empty caches, without which the second call would cost nothing."""
        for value in vars(self.module).values():
            clear = getattr(value, "cache_clear", None)
            if callable(clear):
                clear()

    def arguments(self, n: int) -> tuple[Any, ...]:
        """Fresh arguments, the same ones for both versions."""
        random.seed(0)
        np.random.seed(0)
        return tuple(self.module.arguments(n))


def load(name: str, text: str) -> Subject:
    """A version from its text."""
    module = types.ModuleType(name)
    exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)
    return Subject(module)


def timed(subject: Subject, size: int, calls: int) -> float:
    """Seconds that ``calls`` calls take, making their arguments not included."""
    total = 0.0
    clock, call = time.process_time, subject.call
    for _ in range(calls):
        fresh = subject.arguments(size)
        subject.forget()
        gc.collect(0)
        start = clock()
        kept = call(fresh)
        total += clock() - start
        del kept
    return total


def ratios_of(before: Subject, after: Subject, size: int, seconds: float) -> list[float]:
    """Ratios of paired times, before / after, the version that goes first changing from pair to pair."""
    gc.disable()
    first = [min(timed(subject, size, 1) for _ in range(2)) for subject in (before, after)]
    calls = min(200, max(1, round(SHORTEST / max(first[1], 1e-9))))
    ratios: list[float] = []
    begin = time.process_time()
    while len(ratios) < MOST_PAIRS and (len(ratios) < LEAST_PAIRS or time.process_time() - begin < seconds):
        turn = len(ratios) % 2
        pair = (before, after) if turn == 0 else (after, before)
        times = [timed(subject, size, calls) for subject in pair]
        ratios.append(times[turn] / times[1 - turn])
    return ratios


def main() -> None:
    """Time what stdin says."""
    told = json.load(sys.stdin)
    before, after = load("before", told["before"]), load("after", told["after"])
    json.dump(ratios_of(before, after, told["size"], told["seconds"]), sys.stdout)


if __name__ == "__main__":
    main()
