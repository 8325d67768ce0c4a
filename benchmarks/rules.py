"""What each performance rule gains: its own fix, applied to its own benchmark, checked to behave the same and timed.

    python benchmarks/rules.py [RULE…] [--write]

For every ``benchmarks/rules/<rule>.py`` (a function ``before`` and ``arguments(n)``, which makes fresh arguments) the rule's fix is
applied to the module's text. Both versions must give equal results, and leave equal arguments behind, for several sizes. Then
pairs of calls with fresh arguments are timed in several processes, the version that goes first changing from pair
to pair. The gain is the median ratio with the 95 % bootstrap interval over processes and pairs, at the module's
``SIZE``. Times are those of the processor, which other programs disturb less; every rule's function only computes.
``--write`` puts the figures into ``server/burnish_analysis/perf/gains.json`` and writes ``docs/rules.md`` anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe
from rules_timing import Subject, load

from burnish_analysis.perf.catalogue import LEAST_GAIN, Gain, all_rules
from burnish_analysis.perf.fixing import apply_fixes
from burnish_analysis.perf.settings import PerfSettings

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).with_name("rules")
GAINS = ROOT / "server/burnish_analysis/perf/gains.json"
CATALOGUE = ROOT / "docs/rules.md"

SIZE = 2000
#: Sizes at which both versions must agree, besides the size that is timed.
CHECKED = (0, 1, 2, 3, 10, 47)
SECONDS = 3.0
#: Where code and objects lie in memory differs from process to process, what else the machine does from minute to minute, and
#: small gains with both: every rule is measured in so many processes, and all other rules between two of them.
PROCESSES = 5
RESAMPLES = 2000


class NotMeasurableError(Exception):
    """A benchmark that cannot be used; the message says why."""


@dataclass(frozen=True)
class Pair:
    """A benchmark's module as it is and as the rule's fix makes it, and the size it is timed at."""

    before: str
    after: str
    size: int


def versions(rule: str) -> tuple[Pair, Subject, Subject]:
    """Both texts of a rule's benchmark, and both loaded."""
    file = FOLDER / f"{rule}.py"
    if not file.exists():
        raise NotMeasurableError(f"there is no {file.relative_to(ROOT)}")
    text = file.read_text(encoding="utf-8")
    settings = PerfSettings(select=frozenset({rule}))
    fixed = apply_fixes(text, str(file), settings, choose=lambda finding, _: finding.function == "before")
    if not fixed.applied:
        raise NotMeasurableError("the rule finds nothing to fix in `before`")
    try:
        before, after = load("before", text), load("after", fixed.source)
    except ImportError as error:
        raise NotMeasurableError(f"it needs a module that is not installed ({error})") from error
    return Pair(text, fixed.source, int(getattr(before.module, "SIZE", SIZE))), before, after


def outcome(subject: Subject, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a call gives, or raises, and what it leaves of its arguments."""
    subject.forget()
    try:
        result = ("returns", subject.call(arguments))
    except Exception as error:  # noqa: BLE001 - whatever it raises is the outcome
        result = ("raises", (type(error), error.args))
    return (*result, arguments)


def same(one: Any, other: Any) -> bool:
    """Equal in type and value, all the way down; NaN is equal to NaN."""
    if type(one) is not type(other):
        return (
            type(one).__name__ == type(other).__name__
            and type(one).__module__ in ("before", "after")
            and same(vars(one), vars(other))
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))
    if type(one).__module__.startswith("pandas"):
        return bool(one.equals(other)) and str(getattr(one, "dtypes", "")) == str(
            getattr(other, "dtypes", "")
        )
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, Iterator):
        return same(list(one), list(other))
    if type(one).__eq__ is object.__eq__ and hasattr(one, "__dict__"):
        return same(vars(one), vars(other))
    return bool(one == other)


def check(before: Subject, after: Subject, size: int) -> None:
    """Both versions must agree on the same arguments."""
    for n in sorted({*(n for n in CHECKED if n < size), min(size, 300)}):
        try:
            arguments = [subject.arguments(n) for subject in (before, after)]
        except (ValueError, IndexError, ZeroDivisionError):
            continue  # it does not make arguments so small
        results = [outcome(*pair) for pair in zip((before, after), arguments, strict=True)]
        if not same(*results):
            raise NotMeasurableError(
                f"the versions differ at n = {n}: {results[0]!r:.200} and {results[1]!r:.200}"
            )
        if results[0][0] == "raises" and n > 3:
            raise NotMeasurableError(f"it raises at n = {n}: {results[0][1]}")


def one_process(pair: Pair, seed: int, seconds: float) -> Any:
    """Ratios measured in a process of their own."""
    told = {"before": pair.before, "after": pair.after, "size": pair.size, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("rules_timing.py"))],
        input=json.dumps(told),
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["silently"])[-1]
        raise NotMeasurableError(f"a process failed: {said}")
    return np.array(json.loads(done.stdout))


def measure(chosen: list[str], seconds: float) -> Iterator[tuple[str, Gain | str]]:
    """The gain of each rule, or why it was not measured; rule after rule, and then all of them again."""
    pairs: dict[str, Pair] = {}
    rounds: dict[str, list[Any]] = {}
    for seed in range(PROCESSES):
        for rule in chosen if seed == 0 else list(rounds):
            try:
                if seed == 0:
                    pairs[rule], before, after = versions(rule)
                    check(before, after, pairs[rule].size)
                rounds.setdefault(rule, []).append(one_process(pairs[rule], seed, seconds / PROCESSES))
            except Exception as error:  # noqa: BLE001 - one rule's benchmark must not cost the others' figures
                rounds.pop(rule, None)
                known = isinstance(error, NotMeasurableError)
                yield rule, str(error) if known else f"{type(error).__name__}: {error}"
                continue
            if seed == PROCESSES - 1:
                yield rule, _gain(rounds[rule], pairs[rule].size)


def _gain(rounds: list[Any], size: int) -> Gain:
    """The median of all pairs; its interval from processes drawn anew, and pairs of each (a two-stage bootstrap)."""
    draw = np.random.default_rng(0)
    medians = []
    for _ in range(RESAMPLES):
        chosen = draw.integers(0, len(rounds), size=len(rounds))
        medians.append(
            np.median(np.concatenate([draw.choice(rounds[one], size=len(rounds[one])) for one in chosen]))
        )
    low, high = np.percentile(medians, [2.5, 97.5])
    return Gain(*(_rounded(float(figure)) for figure in (np.median(np.concatenate(rounds)), low, high)), size)


def _rounded(figure: float) -> float:
    """Four digits are more than the measurement says."""
    return float(f"{figure:.4g}")


def write(found: dict[str, Gain], machine: str) -> None:
    """Put figures beside those that are there; rules that are gone go."""
    known = json.loads(GAINS.read_text(encoding="utf-8"))
    rules = {rule: figures for rule, figures in known["rules"].items() if rule in all_rules()}
    rules |= {
        rule: {"median": g.median, "low": g.low, "high": g.high, "size": g.size} for rule, g in found.items()
    }
    text = json.dumps({"machine": machine, "rules": dict(sorted(rules.items()))}, indent=1) + "\n"
    replace(GAINS, text)
    from burnish_analysis.perf import catalogue
    from burnish_analysis.perf.report.catalogue import as_markdown

    for cached in (catalogue._measured, catalogue.gains):
        cached.cache_clear()
    replace(CATALOGUE, as_markdown())


def replace(file: Path, text: str) -> None:
    """Write a file at once."""
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(file)


def main() -> int:
    """Measure the chosen rules; 1 where one could not be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rules", nargs="*", metavar="RULE", help="only these rules")
    parser.add_argument("--write", action="store_true", help="write gains.json and docs/rules.md")
    parser.add_argument("--missing", action="store_true", help="only rules that gains.json does not have")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for the pairs of one rule")
    options = parser.parse_args()
    chosen = options.rules or list(all_rules())
    if unknown := sorted(set(chosen) - set(all_rules())):
        parser.error(f"there is no rule {', '.join(unknown)}")
    if options.missing:
        known = json.loads(GAINS.read_text(encoding="utf-8"))["rules"]
        chosen = [rule for rule in chosen if rule not in known]
    machine = describe()
    print(f"{machine}\n\n{'rule':<40} {'n':>7} {'gain':>9}  95 % interval", flush=True)
    failed = 0
    for rule, gain in measure(chosen, options.seconds):
        if isinstance(gain, str):
            failed += 1
            print(f"{rule:<40} not measured: {gain}", flush=True)
            continue
        off = "" if gain.low >= LEAST_GAIN else f"  below {LEAST_GAIN}: off by default"
        print(
            f"{rule:<40} {gain.size:>7,} {gain.median:>8.2f}×  {gain.low:.2f}–{gain.high:.2f}{off}",
            flush=True,
        )
        if options.write:
            write({rule: gain}, machine.partition(", load")[0])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
