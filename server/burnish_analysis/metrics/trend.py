"""How figures changed since a git revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_analysis.errors import FileError, SourceError
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.model import Block, FileMetrics
from burnish_analysis.perf.changed import changed_lines, content_at
from burnish_analysis.perf.files import Problem, decoded

__all__ = ["FileTrend", "FunctionTrend", "Trend", "trend_since"]


@dataclass(frozen=True, slots=True)
class FunctionTrend:
    """A function that changed; None on the side where it is not there. Of several of a name the most complex counts."""

    name: str
    before: Block | None
    after: Block | None

    @property
    def change(self) -> int:
        """How much more complex it is now."""
        return (self.after.complexity if self.after else 0) - (self.before.complexity if self.before else 0)

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "before": self.before and self.before.as_dict(),
            "after": self.after and self.after.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class FileTrend:
    """A file that changed, and its figures at the revision: None where it was not there, or was not Python.

    Attributes:
        functions: those with another complexity, those that are new, those that are gone; the most risen first.
    """

    before: FileMetrics | None
    after: FileMetrics
    functions: tuple[FunctionTrend, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """What changed since ``revision``.

    Attributes:
        files: by path; those without changes are not there. problems: old versions that could not be measured.
    """

    revision: str
    files: dict[str, FileTrend]
    problems: tuple[Problem, ...] = ()

    def before(self, files: Sequence[FileMetrics]) -> list[FileMetrics]:
        """The same files as they were at the revision, without those that were not there."""
        found = (self.files[one.path].before if one.path in self.files else one for one in files)
        return [metrics for metrics in found if metrics is not None]


def trend_since(files: Sequence[FileMetrics], revision: str) -> Trend:
    """Compare files on disk with what they were. A file that was renamed since counts as new.

    Raises:
        FileError: a file is in no git repository, or the revision is unknown.
    """
    changed = changed_lines([Path(metrics.path) for metrics in files], revision)
    found: dict[str, FileTrend] = {}
    problems: list[Problem] = []
    for after in files:
        path = Path(after.path)
        if path not in changed:
            continue
        before = None
        if (data := content_at(path, revision)) is not None:
            try:
                before = measure(decoded(path, data).text, after.path)
            except (FileError, SourceError) as error:
                said = f"{path} is not compared: at {revision}, {error}"
                problems.append(Problem(after.path, said, harmless=True))
                continue
        found[after.path] = FileTrend(before, after, _functions(before, after))
    return Trend(revision, found, tuple(problems))


def _functions(before: FileMetrics | None, after: FileMetrics) -> tuple[FunctionTrend, ...]:
    old, new = _worst(before), _worst(after)
    pairs = (FunctionTrend(name, old.get(name), new.get(name)) for name in {**old, **new})
    different = (pair for pair in pairs if pair.change or pair.before is None or pair.after is None)
    return tuple(sorted(different, key=lambda pair: (-pair.change, pair.name)))


def _worst(metrics: FileMetrics | None) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for block in metrics.functions if metrics else ():
        if block.name not in found or block.complexity > found[block.name].complexity:
            found[block.name] = block
    return found
