"""Check files: everything there is to say about each, as items, by every checker there is."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from burnish_analysis.errors import FileError, SourceError
from burnish_analysis.metrics.checking import metric_items
from burnish_analysis.perf.analyse import findings_in
from burnish_analysis.perf.files import Problem, SourceFile, read_source
from burnish_analysis.perf.model import Certainty, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.report.items import Item
from burnish_analysis.perf.report.making import item_of
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.refactor.checking import refactor_items

__all__ = [
    "CHECKERS",
    "CheckOptions",
    "Checker",
    "FileReport",
    "Task",
    "Tell",
    "check_file",
    "failure",
    "too_deep",
]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What of the findings is told.

    Attributes:
        exact_only: leave out what would need verification. changes: give each fix's changes too.
        suggested: tell of suggested refactorings, too, whether the project asks for them or not.
    """

    exact_only: bool = False
    changes: bool = False
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One file to look at: by which settings, and on which lines (from 1; None: all)."""

    path: Path
    settings: PerfSettings
    lines: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What there is to say about a file, in source order, and what went wrong."""

    path: Path
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()


#: How a checker tells of a problem.
Tell = Callable[[Problem], None]
#: Gives the items of one parsed file. Other kinds of items come from other checkers.
Checker = Callable[[SourceFile, Module, PerfSettings, CheckOptions, Tell], Iterator[Item]]


def check_file(task: Task, options: CheckOptions = CheckOptions()) -> FileReport:
    """Look at one file with every checker; never raises for what stands in it."""
    problems: list[Problem] = []
    try:
        file = read_source(task.path)
        module = Module(file.text, str(task.path))
        items = [
            item
            for checker in CHECKERS
            for item in checker(file, module, task.settings, options, problems.append)
            if task.lines is None or _touches(item, task.lines)
        ]
    except (FileError, SourceError) as error:
        return FileReport(task.path, (), (Problem(str(task.path), str(error)),))
    except RecursionError:
        return FileReport(task.path, (), (too_deep(task.path),))
    items.sort(key=lambda item: (item.range.start, item.range.end, item.rule))
    return FileReport(task.path, tuple(_fingerprinted(items)), tuple(problems))


def too_deep(path: Path) -> Problem:
    """A file whose expressions are nested deeper than Python can walk."""
    return Problem(str(path), f"{path} is not looked at: its expressions are nested too deeply.")


def failure(path: Path, rule: Rule, error: Exception) -> Problem:
    """A rule that failed on a file."""
    what = f"{type(error).__name__}: {error}"
    return Problem(
        str(path),
        f"The rule {rule.id} failed on {path} ({what}), so what it would find there is missing. This is a mistake "
        f'in Burnish; tool.burnish.ignore = ["{rule.id}"] turns the rule off until it is mended.',
    )


def _touches(item: Item, lines: frozenset[int]) -> bool:
    return any(line in lines for line in range(item.line, item.range.end.line + 2))


def _fingerprinted(items: list[Item]) -> Iterator[Item]:
    """Give items that would have the same fingerprint a number of their own."""
    seen: Counter[str] = Counter()
    for item in items:
        number = seen[item.fingerprint]
        seen[item.fingerprint] += 1
        digest = hashlib.sha256(f"{item.fingerprint}\0{number}".encode("utf-8", "surrogatepass"))
        yield replace(item, fingerprint=digest.hexdigest()[:32])


def _perf(
    file: SourceFile, module: Module, settings: PerfSettings, options: CheckOptions, tell: Tell
) -> Iterator[Item]:
    """What the performance rules find."""
    found = findings_in(module, settings, lambda rule, error: tell(failure(file.path, rule, error)))
    if options.exact_only:
        found = [finding for finding in found if finding.certainty is Certainty.EXACT]
    places = Places(module)
    for finding in found:
        yield item_of(finding, module, places, settings, changes=options.changes)


#: Every checker; their items are told together.
CHECKERS: tuple[Checker, ...] = (_perf, metric_items, refactor_items)
