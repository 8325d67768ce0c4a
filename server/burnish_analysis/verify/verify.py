"""``verify``: explore, observe each version by itself, compare, and time what is equivalent."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from burnish_analysis.errors import SandboxError
from burnish_analysis.verify import counterexample as shown
from burnish_analysis.verify.explore import Exploration, explore, watched_names
from burnish_analysis.verify.inside.differ import COMPARABLE, difference
from burnish_analysis.verify.inside.uses import find_definition
from burnish_analysis.verify.measure import Measurement, MeasureOptions, measure
from burnish_analysis.verify.measure_statistics import OFFERED_ABOVE
from burnish_analysis.verify.model import Call, Counterexample, Verdict, VerifyOptions
from burnish_analysis.verify.observers import (
    Comparison,
    Difference,
    compare,
    observe_again,
    observe_all,
    same_exception,
)
from burnish_analysis.verify.screen import screen
from burnish_analysis.verify.screen_reach import normal_newlines
from burnish_analysis.verify.slicing import needed_part
from burnish_analysis.verify.stoppable import StopLike
from burnish_analysis.verify.words import evidence, weakness

__all__ = ["verify"]

#: Seconds of the processor that one call may take.
_CALL_S = 0.1
#: Shares of the time that exploring, observing and timing may take, and the most of each in seconds.
_SHARES = {"explore": (0.15, 0.75), "observe": (0.35, 4.0), "measure": (0.3, 0.6)}
#: A gain whose lower bound is below this is measured a second time with the versions in each other's place.
_MODEST = 1.5
Progress = Callable[[float, str], Any]


def verify(
    before: str,
    after: str,
    function: str,
    options: VerifyOptions | None = None,
    *,
    progress: Progress | None = None,
    stop: StopLike | None = None,
) -> Verdict:
    """Whether ``function`` behaves alike in the module texts ``before`` and ``after``, and whether it got faster.

    Blocks for a few seconds; may be called from any thread; never raises for what the code does. What cannot be
    compared honestly is ``unverifiable``, with the reason.

    Args:
        before, after: source text of whole modules. function: dotted name (``f``, ``Class.method``).
        options: bounds and what is known beforehand.
        progress: is told the share done (0 to 1) and what is going on. stop: once set, the verdict is ``unverifiable``.
    """
    begun = time.monotonic()
    options = options or VerifyOptions()
    try:
        texts = normal_newlines(before), normal_newlines(after)
        verdict = _Run(*texts, function, options, progress or (lambda *_: None), stop).verdict()
    except SandboxError as error:
        verdict = _unverifiable(str(error))
    return replace(verdict, seconds=time.monotonic() - begun)


def _unverifiable(reason: str, sandbox: str = "") -> Verdict:
    return Verdict("unverifiable", reason=reason, sandbox=sandbox, evidence=f"not verified: {reason}")


class _Run:
    def __init__(
        self,
        before: str,
        after: str,
        function: str,
        options: VerifyOptions,
        progress: Progress,
        stop: StopLike | None,
    ) -> None:
        self.before, self.after, self.function = before, after, function
        self.options, self.progress, self.stop = options, progress, stop
        #: The whole text of the original: its call sites and doctests give inputs.
        self.text = before
        #: By call, a script that shows the difference.
        self.scripts: dict[str, str] = {}

    def verdict(self) -> Verdict:
        """See :func:`verify`."""
        if not self.options.trusted:
            return _unverifiable("the workspace is not trusted, so none of its code is run")
        reason = self._malformed() or screen(self.before, self.after, self.function, path=self.options.path)
        if reason:
            return _unverifiable(reason)
        self.progress(0.05, "looking for inputs")
        whole = self.before, self.after
        known = [call.source for call in self.options.calls]
        self.before, self.after = (needed_part(text, self.function, known) for text in whole)
        explored = self._explored()
        if explored.failed and explored.version and (self.before, self.after) != whole:
            # What was left out was needed after all.
            self.before, self.after = whole
            explored = self._explored()
        if self._stopped():
            return _unverifiable("it was cancelled", explored.sandbox)
        if explored.failed:
            return self._failed(explored)
        return self._compared(explored)

    def _explored(self) -> Exploration:
        return explore(
            self.before,
            self.after,
            self.function,
            self.options,
            text=self.text,
            seconds=self._seconds("explore"),
            call_seconds=_CALL_S,
            packages=True,
            stop=self.stop,
        )

    def _seconds(self, what: str) -> float:
        share, most = _SHARES[what]
        return min(most, share * self.options.seconds)

    def _stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()

    def _malformed(self) -> str:
        for text, name in ((self.before, "original"), (self.after, "changed version")):
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                return f"the {name} is not valid Python: {error}"
            if find_definition(tree, self.function) is None:
                return f"there is no function {self.function} in the {name}"
        return ""

    def _failed(self, explored: Exploration) -> Verdict:
        if explored.refused:
            return _unverifiable(explored.failed)
        which = {"before": "the original module", "after": "the changed module"}.get(explored.version)
        text = (
            f"{which} cannot be loaded: {explored.failed}"
            if which
            else f"exploring failed: {explored.failed}"
        )
        return _unverifiable(text, explored.sandbox)

    def _compared(self, explored: Exploration) -> Verdict:
        suspects = explored.suspects
        calls = suspects or explored.corpus
        if not calls:
            return _unverifiable(_no_inputs(explored), explored.sandbox)
        self.progress(0.4, f"comparing on {len(calls)} inputs")
        # A script that shows the suspected difference is tried out beside the observers, which decide.
        with ThreadPoolExecutor(1, "burnish-example") as pool:
            tried = pool.submit(self._scripted, suspects[0].source) if suspects else None
            found = self._observe(calls)
            if tried is not None:
                self.scripts[suspects[0].source] = tried.result()
        if not found.differences and not found.unstable and suspects and explored.corpus:
            # What the explorer saw does not show where each version runs by itself: judge by the others.
            calls = explored.corpus
            found = self._observe(calls)
        if self._stopped():
            return _unverifiable("it was cancelled", found.sandbox)
        if found.unstable:
            return _unverifiable(found.unstable, found.sandbox)
        if found.differences:
            simplest = self._steady_one(found, calls)
            if simplest is not None:
                return self._different(found, calls, simplest)
            if suspects or not all(same_exception(one.before, one.after) for one in found.differences):
                reason = "the original does not give the same on the same input in every process"
                return _unverifiable(reason, found.sandbox)
        if not found.inputs:
            return _unverifiable(_no_inputs(explored, found), found.sandbox)
        if suspects:
            return _unverifiable(
                "the versions differ on some input only where both run in one process", found.sandbox
            )
        return self._equivalent(explored, found)

    def _observe(self, calls: tuple[Call, ...]) -> Comparison:
        seen = observe_all(
            self.before,
            self.after,
            self.function,
            [call.source for call in calls],
            self.options,
            seconds=self._seconds("observe"),
            call_seconds=2 * _CALL_S,
            cover=True,
            packages=True,
            stop=self.stop,
        )
        return compare(*seen, watched_names(self.before))

    def _steady_one(self, found: Comparison, calls: tuple[Call, ...]) -> Difference | None:
        """The simplest difference on whose input the original does the same in every process."""
        ranked = sorted(found.differences, key=lambda d: len(calls[d.index].source))
        return next((one for one in ranked[:3] if self._steady(one, calls[one.index].source)), None)

    def _different(self, found: Comparison, calls: tuple[Call, ...], simplest: Difference) -> Verdict:
        call = calls[simplest.index].source
        example = self._example(simplest, call)
        return Verdict(
            "different",
            reason=f"{example.call}: before {example.before}; after {example.after}",
            inputs=len(found.inputs) + len(found.differences),
            counterexample=example,
            sandbox=found.sandbox,
            evidence=f"different: {example.call}: before {example.before}; after {example.after}",
        )

    def _steady(self, found: Difference, call: str) -> bool:
        """Whether the original does the same in more processes: what hangs on addresses or hashes differs by chance."""
        again = observe_again(
            self.before,
            self.function,
            call,
            self.options,
            seconds=self._seconds("observe"),
            call_seconds=2 * _CALL_S,
            stop=self.stop,
        )
        watched = watched_names(self.before)
        seen = [dict(one) for one in again if one.get("end") in COMPARABLE]
        return all(difference(dict(found.before), one, watched) is None for one in seen)

    def _example(self, difference: Difference, call: str) -> Counterexample:
        seen = difference.before, difference.after
        source = self.scripts[call] if call in self.scripts else self._scripted(call)
        return shown.counterexample(self.function, call, difference.part, seen, source)

    def _scripted(self, call: str) -> str:
        """The short script where it shows the difference by itself, else the one with the whole observer."""
        versions = self.before, self.after, self.function, call, self.options.module
        source = shown.script(*versions)
        return source if shown.shows(source, self.options) else shown.script(*versions, whole=True)

    def _equivalent(self, explored: Exploration, found: Comparison) -> Verdict:
        weak = weakness(found, self.options)
        verdict = Verdict(
            "equivalent",
            "weak" if weak else "tested",
            weak,
            len(found.inputs),
            found.coverage,
            sandbox=found.sandbox,
        )
        if self.options.measure and explored.sized and not self._stopped():
            self.progress(0.7, "timing")
            measured = self._timed(explored, swapped=False)
            faster = measured.faster
            if faster and measured.speedup is not None and measured.speedup.ci_low < _MODEST:
                # A small gain has to show the other way round as well, where whatever favours a place in the process
                # favours the other version.
                again = self._timed(explored, swapped=True).speedup
                faster = again is not None and again.ci_high < 1 / OFFERED_ABOVE
            verdict = replace(verdict, speedup=measured.speedup, scaling=measured.scaling, faster=faster)
        self.progress(1.0, "done")
        return replace(verdict, evidence=evidence(verdict))

    def _timed(self, explored: Exploration, *, swapped: bool) -> Measurement:
        versions = (self.after, self.before) if swapped else (self.before, self.after)
        options = MeasureOptions(
            seconds=self._seconds("measure"),
            seed=self.options.seed + swapped,
            path=self.options.path,
            module=self.options.module,
            least_level=self.options.least_level,
        )
        return measure(*versions, self.function, explored.sized, options, stop=self.stop)


def _no_inputs(explored: Exploration, found: Comparison | None = None) -> str:
    reasons = dict(explored.reasons)
    for end, words in (
        ("impure", "it {}"),
        ("unknown", "no inputs are known for {}"),
        ("opaque", "{}"),
        ("late", "it does not end in time on any input tried"),
        ("limit", "every input tried ends in {}"),
        ("big", "{}"),
        ("input", "no input can be made ({})"),
    ):
        if end in reasons:
            return words.format(reasons[end])
    if found is not None and found.skipped:
        return f"no input could be compared ({', '.join(sorted(found.skipped))})"
    return "no input was found"
