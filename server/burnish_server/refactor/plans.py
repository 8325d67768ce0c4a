"""Plans that were made, and their steps brought over to a text that has changed since."""

from __future__ import annotations

import ast
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from burnish_server.perf.edits import changes_between
from burnish_server.perf.model import TextChange
from burnish_server.refactor.model import Plan, Step

__all__ = ["Plans", "brought_over"]

#: Plans that are kept.
_KEPT = 8


class Plans:
    """The plans of one client, by name."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, Plan]] = OrderedDict()

    def add(self, uri: str, plan: Plan) -> str:
        """Keep a plan for a document; returns its name."""
        name = uuid.uuid4().hex
        self._known[name] = uri, plan
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return name

    def get(self, uri: str, name: str) -> Plan | None:
        """The plan of this name for this document."""
        found = self._known.get(name)
        return found[1] if found is not None and found[0] == uri else None


def brought_over(step: Step, text: str) -> Step | None:
    """The step for a text that is not the one it was planned for: a step before it was left out, or the user has edited.

    None where what it changes has changed itself, or the result is not Python. It is to be verified then, whatever was shown of
    the planned one.
    """
    if step.before == text:
        return step
    after = _merged(step.before, text, step.after)
    if after is None or after == text:
        return None
    try:
        ast.parse(after.lstrip("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return replace(step, before=text, after=after, words="", verify=True)


def _merged(base: str, one: str, other: str) -> str | None:
    """Both changes of a text together, whole lines at a time; None where they touch."""
    first, second = changes_between(base, one), changes_between(base, other)
    marked = sorted(
        [(c.start, c.end, 0, c) for c in first] + [(c.start, c.end, 1, c) for c in second],
        key=lambda m: m[:3],
    )
    for (_, end, whose, _), (start, _, other_whose, _) in pairwise(marked):
        if start < end or (whose != other_whose and start == end):
            return None
    return _applied(base, [change for *_, change in marked])


def _applied(base: str, changes: Sequence[TextChange]) -> str:
    for change in reversed(changes):
        base = change.applied(base)
    return base
