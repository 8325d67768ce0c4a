"""What the commands share: options, which rules are chosen, files and their settings, progress, messages."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click

from burnish_analysis.metrics.rules import METRIC_RULES
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.checking import Task
from burnish_analysis.perf.files import Problem, find_files
from burnish_analysis.perf.pool import Sized, default_jobs, each
from burnish_analysis.perf.report.items import Kind
from burnish_analysis.perf.settings import PerfSettings, Severity, find_settings

__all__ = [
    "Choice",
    "Project",
    "every_id",
    "in_every_file",
    "jobs_option",
    "nearest",
    "paths_argument",
    "rule_ids",
    "said_on_terminal",
    "shown",
    "tell_problems",
    "unknown_ids",
    "writable",
]

R = TypeVar("R")

paths_argument = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH..."
)
jobs_option = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=None,
    help="How many processes; one for every processor unless given.",
)


def rule_ids(
    _context: click.Context | None, _parameter: click.Parameter | None, values: tuple[str, ...]
) -> frozenset[str]:
    """Rule ids, given one by one or joined by commas; an unknown one is a usage error that names the nearest."""
    chosen = {part.strip() for value in values for part in value.split(",") if part.strip()}
    for rule in sorted(unknown_ids(chosen)):
        raise click.BadParameter(f"there is no rule {rule!r}.{nearest(rule)}")
    return frozenset(chosen)


def unknown_ids(names: Iterable[str]) -> set[str]:
    """Those of some names that no rule has, of whatever kind."""
    left = set(names) - all_rules().keys() - METRIC_RULES.keys()
    # Refactorings take a while to import, and mostly none is named.
    return left - every_id().keys() if left else left


def every_id() -> Mapping[str, Kind]:
    """The ids of all rules, of whatever kind."""
    from burnish_analysis.refactor.catalogue import all_refactorings

    return {
        **dict.fromkeys(all_rules(), "perf"),
        **dict.fromkeys(all_refactorings(), "refactor"),
        **dict.fromkeys(METRIC_RULES, "metric"),
    }


def nearest(name: str) -> str:
    """A hint for a name that no rule has."""
    near = difflib.get_close_matches(name, every_id(), n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else " All of them: burnish rules"


@dataclass(frozen=True, slots=True)
class Choice:
    """Rules chosen on the command line; what is said there goes before a project's settings."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    def on(self, settings: PerfSettings) -> PerfSettings:
        """A project's settings as this choice changes them."""
        if not self.select:
            return replace(settings, ignore=settings.ignore | self.ignore)
        severity = {
            rule: said
            for rule, said in settings.severity.items()
            if rule not in self.select or said is not Severity.OFF
        }
        return replace(
            settings,
            select=self.select,
            ignore=(settings.ignore - self.select) | self.ignore,
            severity=severity,
        )


class Project:
    """The settings of the files at hand: each file's nearest ``[tool.burnish]``, read once for every folder."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._found: dict[Path, PerfSettings] = {}
        self._chosen: dict[Path, PerfSettings] = {}
        self._told: set[str] = set()

    def of(self, path: Path) -> PerfSettings:
        """The settings for a file, the command line's choice in them."""
        folder = path.parent
        if folder not in self._chosen:
            self._chosen[folder] = self._choice.on(self._settings(folder))
        return self._chosen[folder]

    def excluded(self, path: Path) -> bool:
        """Whether settings exclude a file or folder."""
        settings = self._settings(path.parent)
        return bool(settings.exclude) and settings.excluded(path)

    def _settings(self, folder: Path) -> PerfSettings:
        if folder not in self._found:
            settings = self._found[folder] = find_settings(folder)
            self._tell(settings)
        return self._found[folder]

    def _tell(self, settings: PerfSettings) -> None:
        named = settings.select | settings.ignore | settings.severity.keys()
        unknown = [f"tool.burnish names {rule!r}, which is no rule." for rule in sorted(unknown_ids(named))]
        for problem in (*settings.problems, *unknown):
            where = f"{settings.root / 'pyproject.toml'}: " if settings.root else ""
            if (said := f"Warning: {where}{problem}") not in self._told:
                self._told.add(said)
                click.echo(writable(said), err=True)

    def files(self, paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
        """The files at and below paths."""
        return find_files(paths, self.excluded)


def in_every_file(
    look: Callable[[Task], R],
    tasks: Sequence[Task],
    words: str,
    jobs: int | None,
    lost: Callable[[Path, Problem], R],
) -> list[R]:
    """Look at every file, in several processes where that pays.

    Args:
        look: can be pickled. words: what is done, for the bar. jobs: how many processes; None: one for every processor.
        lost: the report on a file that ended the process that looked at it.
    """

    def of_lost(task: Task) -> R:
        sentence = f"{task.path} is not looked at: it ended the process that read it (out of memory, or nested too deeply)."
        return lost(task.path, Problem(str(task.path), sentence))

    with _progress(len(tasks), words) as done:
        pieces = [Sized(task, _file_size(task.path)) for task in tasks]
        return each(look, pieces, jobs=jobs or default_jobs(), lost=of_lost, done=done)


@contextmanager
def _progress(total: int, words: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where that is a terminal; gives the function that moves it."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda more: bar.advance(task, more)


def said_on_terminal(verb: str) -> Callable[[str], None]:
    """A function that says on stderr what is being done, where that is a terminal."""

    def say(words: str) -> None:
        if sys.stderr.isatty():
            click.echo(writable(f"{verb} {words}"), err=True)

    return say


def tell_problems(problems: Iterable[Problem]) -> bool:
    """Say on stderr what was not looked at; whether that fails the command."""
    failed = False
    for problem in problems:
        click.echo(writable(f"{'Note' if problem.harmless else 'Error'}: {problem.sentence}"), err=True)
        failed = failed or not problem.harmless
    return failed


def shown(count: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def writable(text: str) -> str:
    """A text with what no stream can say (file names that are no UTF-8) written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _file_size(path: Path) -> int:
    """A file's bytes; 0 where that cannot be told."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
