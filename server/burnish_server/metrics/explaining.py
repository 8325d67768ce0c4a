"""What users read when they ask why figures are beyond their thresholds: a page on a function, on a file, and on a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burnish_analysis.metrics.rules import METRIC_RULES, NESTED, UNMAINTAINABLE
from burnish_server.metrics.model import Decision, Function, Measured, Told
from burnish_server.metrics.words import counted, figures, hover_text, lens_title

__all__ = ["Helps", "Place", "file_page", "function_page", "metric_rule_page"]

#: Drivers that are named one by one on a page, and those that are nested deepest.
_DRIVERS, _DEEPEST = 40, 6
#: Functions that are named on the page of a file.
_FUNCTIONS = 10
_NESTING = re.compile(r"nesting (\d+) → (\d+)")
_NO_FIGURES = "No single refactoring that Burnish suggests {}."
_STEPS = "**Burnish: Simplify This Function Step by Step** looks for several that do together."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: its address, and the line, from 0, of an offset."""

    uri: str
    line_of: Callable[[int], int]

    def link(self, offset: int) -> str:
        """Markdown: ``[line 8](file:///a.py#L8)``."""
        line = self.line_of(offset) + 1
        return f"[line {line}]({self.uri}#L{line})"


@dataclass(frozen=True, slots=True)
class Helps:
    """A refactoring that is suggested: where it begins, its title, and what it does to the figures (``LocalOffer.improvement``)."""

    start: int
    title: str
    improvement: str

    @property
    def flatter(self) -> bool:
        """Whether the function is less deeply nested afterwards."""
        found = _NESTING.search(self.improvement)
        return found is not None and int(found[2]) < int(found[1])


def function_page(
    function: Function, told: Sequence[Told], place: Place, helps: Sequence[Helps] | None
) -> str:
    """Markdown: why a function's figures are beyond their thresholds, and what would lower them.

    Args:
        told: what is told of the function. helps: what is suggested in it; None where suggestions are turned off.
    """
    rules = {one.rule for one in told}
    parts = [f"# `{function.name}`: {figures(function)}", *(one.message for one in told)]
    parts += ["## What drives it", hover_text(function, place.line_of, place.uri, _DRIVERS)]
    if NESTED in rules and (deepest := _deepest(function.decisions)):
        lines = [f"- `{one.what}` in {place.link(one.start)}, {one.nesting} deep" for one in deepest]
        parts += ["Nested deepest:", "\n".join(lines)]
    parts.append("## What would lower it")
    useful = None if helps is None else [one for one in helps if rules != {NESTED} or one.flatter]
    parts.append(_suggested(useful, place, "lowers it", _STEPS))
    return "\n\n".join([*parts, *_rules(told)]) + "\n"


def file_page(
    name: str, measured: Measured, told: Sequence[Told], place: Place, helps: Sequence[Helps] | None
) -> str:
    """Markdown: why a file's maintainability index is below its threshold, and what would raise it.

    Args:
        name: of the file. told: what is told of the file as a whole. helps: what is suggested in it; None where suggestions are off.
    """
    index = f": maintainability {measured.file.mi:.1f} · {measured.file.mi_rank}" if measured.file else ""
    parts = [f"# `{name}`{index}", *(one.message for one in told), "## What drives it"]
    most = sorted(measured.functions, key=lambda one: (-one.complexity, -one.effort, one.start))
    if most:
        lines = [f"- `{one.name}` in {place.link(one.start)}: {lens_title(one)}" for one in most[:_FUNCTIONS]]
        if rest := most[_FUNCTIONS:]:
            lines.append(f"- {counted(len(rest), 'more function')}, none of them more complex")
        parts += ["Its functions, the most complex first:", "\n".join(lines)]
    else:
        parts.append("There is no function in it: its size, and the number of things that it computes with.")
    parts += ["## What would raise it", _suggested(helps, place, "raises it")]
    return "\n\n".join([*parts, *_rules(told)]) + "\n"


def metric_rule_page(rule: str) -> str:
    """Markdown: what one of the metric rules tells, and what to do.

    Raises:
        KeyError: there is no such rule.
    """
    return f"# {rule}\n\n{METRIC_RULES[rule].markdown}"


def _deepest(decisions: Sequence[Decision]) -> list[Decision]:
    """Those that are nested in others, the deepest first."""
    nested = [one for one in decisions if one.nesting]
    return sorted(nested, key=lambda one: (-one.nesting, one.start))[:_DEEPEST]


def _suggested(helps: Sequence[Helps] | None, place: Place, what: str, otherwise: str = "") -> str:
    if helps is None:
        return "Suggestions are turned off (`burnish.refactor.suggest`), so none was looked for."
    if not helps:
        return " ".join(filter(None, (_NO_FIGURES.format(what), otherwise)))
    return "\n".join(f"- {one.title}, {place.link(one.start)}: {one.improvement}" for one in helps)


def _rules(told: Sequence[Told]) -> list[str]:
    """What the rules say of themselves; advice that two of them share stands once."""
    parts, advised = ["## The rule" if len(told) == 1 else "## The rules"], set()
    for rule in dict.fromkeys(one.rule for one in told):
        about = METRIC_RULES[rule]
        parts.append(f"### {rule}\n\n{about.summary}. {about.why}")
        parts.append(f"The threshold is `{about.setting}` in `[tool.burnish.metrics]`; 0 turns it off.")
        if about.advice not in advised:
            advised.add(about.advice)
            parts.append(about.advice)
        silenced = "-file" if rule == UNMAINTAINABLE else ""
        where = "anywhere in the file" if silenced else "on the `def` line"
        parts.append(f"`# burnish: ignore{silenced}[{rule}]` {where} silences it.")
    return parts
