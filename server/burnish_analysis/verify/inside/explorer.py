"""Looks for an input on which two versions differ, and collects inputs worth comparing.

Both versions run in this process, so what it says is only a proposal: each version is observed again by itself.
"""

from __future__ import annotations

import ast
import json
import random
import time
from collections.abc import Callable
from typing import Any

from .arguments import Parameter, call_text, edge_calls
from .calls import doctest_calls, site_calls
from .cover import Cover, code_of
from .differ import COMPARABLE, difference
from .draw import Draw
from .hints import Unknown
from .load import Missing
from .observe import Observation, Subject
from .plan import GENERIC, Plan, combinations
from .shrink import shrink
from .sized import grows, sized_text
from .uses import find_definition, literals

__all__ = ["main"]

_TRIALS = 4
_BAD = ("TypeError", "AttributeError", "NotImplementedError")
_FIRST = 160
_SIZES = tuple(64 << i for i in range(7))
_LONGEST_S = 0.06
_SHRINK_S = 0.35
#: Most seconds of the clock for each second of the processor.
_PATIENCE = 2.5


class _Enough(BaseException):
    """The time is up, or a difference is found. No ``Exception``, so that Hypothesis lets it through."""


class _Found(_Enough):
    """A difference."""


def main(job: dict[str, Any]) -> None:
    """Explore as ``job`` says and write what is found into ``out.jsonl``, line by line."""
    with open("out.jsonl", "a", encoding="ascii") as file:  # noqa: PTH123 - as little as possible is imported here

        def tell(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")
            file.flush()

        subjects = []
        for version in ("before", "after"):
            try:
                subjects.append(Subject(job[version], job["function"], job["module"]))
            except Missing as error:
                tell(failed=str(error), version=version)
                return
            except BaseException as error:  # noqa: BLE001 - the module's own code ran
                tell(failed=f"{type(error).__name__}: {str(error)[:300]}", version=version)
                return
        _Explorer(job, subjects[0], subjects[1], tell).run()


class _Explorer:
    def __init__(self, job: dict[str, Any], before: Subject, after: Subject, tell: Any) -> None:
        self.job, self.before, self.after, self.tell = job, before, after, tell
        # Of the processor, so that a busy machine does not mean fewer inputs; of the clock at most so many times as much.
        self.begun, self.used = time.monotonic(), time.process_time()
        self.seconds = job["call_seconds"]
        self.tree = ast.parse(job["text"])
        self.random = random.Random(job["seed"])
        #: text → origin, end, whether it took a new branch.
        self.seen: dict[str, tuple[str, str, bool]] = {}
        self.reasons: dict[str, str] = {}
        self.cover = Cover(code_of(before.target))
        self.covered = 0
        self.late = 0
        self.plans: list[list[Parameter]] = []
        self.found: tuple[str, str, str] | None = None
        self.literals = _mentioned(job["text"], job["after"], job["function"])

    def _left(self) -> float:
        """Seconds of the processor that are left."""
        wall = _PATIENCE - (time.monotonic() - self.begun) / self.job["seconds"]
        return float(self.job["seconds"] - (time.process_time() - self.used)) if wall > 0 else 0.0

    def run(self) -> None:
        """Everything in order; the results at the end."""
        try:
            for text, origin in self._known():
                self._try(text, origin)
            self.plans = self._plan()
            if self.plans:
                self._generate()
        except _Enough:
            pass
        except Unknown as error:
            self.reasons.setdefault("unknown", str(error))
        if self.found is not None:
            text, origin, part = self.found
            until = time.monotonic() + _SHRINK_S
            smaller = shrink(text, lambda candidate: self._differs(candidate) is not None, until)
            self.tell(difference=smaller, origin=origin, part=part, first=text)
        self._report()

    def _known(self) -> list[tuple[str, str]]:
        found = [(text, origin) for text, origin in self.job["calls"]]
        found += [(text, "doctest") for text in doctest_calls(self.tree, self.job["function"])]
        return found + [(text, "call") for text in site_calls(self.tree, self.job["function"])]

    # Trying one input.

    def _differs(self, text: str) -> str | None:
        twice = self.found is not None and self.found[2] == "again"
        one = self.before.observe(text, self.seconds, twice=twice)
        if one["end"] not in COMPARABLE:
            return None
        return self._against(one, text)

    def _against(self, one: Observation, text: str) -> str | None:
        twice = "again" in one
        other = self.after.observe(text, self.seconds, twice=twice)
        if other["end"] == "late":
            other = self.after.observe(text, self.seconds * 4, twice=twice)
        if other["end"] == "input":
            return None
        return difference(one, other, self.job["watched"])

    def _try(self, text: str, origin: str) -> Observation | None:
        """Observe both versions on one input.

        Raises:
            _Found: they differ. _Enough: the time is up.
        """
        if text in self.seen:
            return None
        if self._left() <= 0:
            raise _Enough
        taken = len(self.cover.taken)
        if taken < self.cover.total and self.covered < 2 * _FIRST:
            self.covered += 1
            one = self.before.observe(text, self.seconds * 4, self.cover.run, twice=len(self.seen) % 4 == 0)
        else:
            one = self.before.observe(text, self.seconds, twice=len(self.seen) % 4 == 0)
        end = one["end"]
        self.seen[text] = origin, end, len(self.cover.taken) > taken
        if end not in COMPARABLE:
            self.reasons.setdefault(end, str(one.get("value", "")))
            self.late += end == "late"
            return one
        part = self._against(one, text)
        if part is not None:
            self.found = text, origin, part
            raise _Found
        return one

    # Finding out what to give.

    def _plan(self) -> list[list[Parameter]]:
        plan = Plan(self.before.module, self.job["function"], self.tree)
        ranked = self._ranked(plan, combinations(plan.options))
        declared = all(p.declared for p in plan.parameters)
        if (not ranked or ranked[0][0] < 0.3) and not declared and plan.parameters:
            ranked = sorted(ranked + self._ranked(plan, self._wild(plan)), key=lambda entry: -entry[0])
        if not ranked:
            return [plan.parameters]
        good = [parameters for score, parameters in ranked if score >= 0.6 * ranked[0][0]]
        return good[:4]

    def _wild(self, plan: Plan) -> list[list[Any]]:
        """Where nothing that use tells works: the same for all parameters, then mixtures."""

        def row(pick: Callable[[], Any]) -> list[Any]:
            return [
                o[0] if p.declared else pick() for p, o in zip(plan.parameters, plan.options, strict=True)
            ]

        def mixed(options: list[Any]) -> Any:
            known = options != ["any"] and self.random.random() < 0.5
            return self.random.choice(options if known else GENERIC)

        found = [row(lambda spec=spec: spec) for spec in GENERIC]  # type: ignore[misc]
        if len(plan.parameters) > 1:
            options = list(zip(plan.parameters, plan.options, strict=True))
            found += [[o[0] if p.declared else mixed(o) for p, o in options] for _ in range(50)]
        return found

    def _ranked(self, plan: Plan, tries: list[list[Any]]) -> list[tuple[float, list[Parameter]]]:
        found = []
        for specs in tries:
            parameters = [
                Parameter(p.name, spec, p.kind, p.optional, p.declared)
                for p, spec in zip(plan.parameters, specs, strict=True)
            ]
            score = 1.0 if len(tries) == 1 else sum(self._trial(parameters) for _ in range(_TRIALS)) / _TRIALS
            found.append((score, parameters))
        return sorted(found, key=lambda entry: -entry[0])

    def _trial(self, parameters: list[Parameter]) -> float:
        observed = self._try(call_text(parameters, self._draw(self.random), 0.0), "use")
        if observed is None:
            return 0.5
        if observed["end"] == "returned":
            return 1.0
        if observed["end"] == "raised":
            return 0.0 if observed["value"].partition("=")[2].startswith(_BAD) else 0.4
        return 0.0

    def _draw(self, source: Any) -> Draw:
        return Draw(source, self.literals, big=self.late < 2, longest=7 if self.late < 6 else 4)

    # Generating.

    def _generate(self) -> None:
        origin = "hints" if all(p.declared for p in self.plans[0]) else "use"
        for parameters in self.plans:
            for text in edge_calls(parameters, self._draw(self.random), 24 if len(self.plans) == 1 else 12):
                self._try(text, "edge")
        for index in range(_FIRST):
            if index in (20, 40):
                self._grown()
            draw = self._draw(self.random)
            self._try(call_text(draw.pick(self.plans), draw), origin)
        if not self.plans[0]:
            return
        self._with_hypothesis(origin)

    def _grown(self) -> None:
        for parameters in self.plans[:2]:
            if any(grows(p.spec) for p in parameters):
                draw = Draw(self.random, self.literals, big=False, share=False)
                self._try(sized_text(parameters, 40, draw), "edge")

    def _with_hypothesis(self, origin: str) -> None:
        if self._left() < self.job["import_seconds"]:
            return
        try:
            from hypothesis import HealthCheck, Phase, given, seed, settings
            from hypothesis import strategies as st
        except ImportError:
            self.reasons["hypothesis"] = "missing"
            return

        @seed(self.job["seed"])
        @settings(
            max_examples=self.job["tries"],
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.randoms(use_true_random=False))
        def run(source: Any) -> None:
            draw = self._draw(source)
            self._try(call_text(draw.pick(self.plans), draw), origin)
            if self.cover.share >= 1.0 and len(self.seen) >= 2 * self.job["inputs"]:
                raise _Enough

        run()

    # Telling.

    def _report(self) -> None:
        ends: dict[str, int] = {}
        for _, end, _ in self.seen.values():
            ends[end] = ends.get(end, 0) + 1
        self.tell(
            ends=ends,
            reasons=self.reasons,
            share=self.cover.share,
            plans=[[[p.name, p.spec] for p in parameters] for parameters in self.plans],
            seconds=time.monotonic() - self.begun,
        )
        self.tell(corpus=self._corpus())
        if self.found is None and self.job["sized"]:
            self.tell(sized=self._sized())
        self.tell(done=True)

    def _corpus(self) -> list[list[str]]:
        """The inputs worth comparing: known ones, those that took new branches, then a mixture of the others."""
        usable = [(text, *entry) for text, entry in self.seen.items() if entry[1] in COMPARABLE]
        first = [u for u in usable if u[3] or u[1] not in {"use", "hints"}]
        chosen = {u[0] for u in first}
        rest = [u for u in usable if u[0] not in chosen]
        returned = [u for u in rest if u[2] == "returned"]
        raised = [u for u in rest if u[2] == "raised"]
        room = max(0, self.job["inputs"] - len(first))
        some = raised[: max(room // 4, room - len(returned))]
        picked = (first + returned[: room - len(some)] + some)[: self.job["inputs"]]
        return [[text, origin] for text, origin, _, _ in picked]

    def _sized(self) -> list[list[str]]:
        """Groups of calls of growing size that the original finishes in time."""
        for parameters in self.plans:
            if any(grows(p.spec) for p in parameters):
                groups = self._groups(parameters)
                if len(groups) > 1:
                    return groups
        returned = [text for text, (_, end, _) in self.seen.items() if end == "returned"]
        return [returned[-6:]] if returned else []

    def _groups(self, parameters: list[Parameter]) -> list[list[str]]:
        groups: list[list[str]] = []
        for n in _SIZES:
            group = []
            took = 0.0
            for _ in range(3):
                text = sized_text(parameters, n, Draw(self.random, self.literals, big=False, share=False))
                if len(text) > 200_000:
                    continue
                observed = self._timed(text)
                if observed is not None:
                    group.append(text)
                    took = max(took, observed)
                if took > _LONGEST_S / 2:
                    break
            if not group:
                break
            groups.append(group)
            if took > _LONGEST_S:
                break
        return groups

    def _timed(self, text: str) -> float | None:
        return self.before.time(text, 4 * _LONGEST_S)


def _mentioned(before: str, after: str, function: str) -> dict[str, list[Any]]:
    """What the function mentions in either version; in a small module, what the module mentions."""
    found: dict[str, list[Any]] = {}
    for source in (before, after):
        tree = ast.parse(source)
        definition = find_definition(tree, function)
        for name, values in literals(
            definition if definition is not None and len(source) > 3000 else tree
        ).items():
            known = found.setdefault(name, [])
            known += [value for value in values if value not in known]
    return found
