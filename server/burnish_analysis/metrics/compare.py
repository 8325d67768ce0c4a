"""How figures change from one version of a text to another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.incremental import Known, measured
from burnish_analysis.metrics.model import Block, FileMetrics

__all__ = ["Change", "FunctionFigures", "change", "complexity_of", "figures_of"]

#: The best and the worst maintainability index there is; it is cut off there.
_BOUNDS = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class FunctionFigures:
    """A function's complexity, how deep it is nested, and its lines from ``def`` to the last that radon met."""

    complexity: int
    nesting: int
    lines: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit does to a function and its file.

    Attributes:
        complexity_before, complexity_after, nesting_before, nesting_after: of the function; after, the highest of it and
            of every function that is new.
        mi_before, mi_after: the maintainability index of the file.
        lines_before, lines_after: lines of code of the file (``sloc``).
    """

    complexity_before: int
    complexity_after: int
    mi_before: float
    mi_after: float
    nesting_before: int
    nesting_after: int
    lines_before: int = 0
    lines_after: int = 0

    @property
    def improves(self) -> bool:
        """Complexity is lower and maintainability no lower; where lines fell, it must be higher, for fewer lines alone raise it.

        An index that stands at either of its bounds before and after counts as higher.
        """
        if self.complexity_after >= self.complexity_before or self.mi_after < self.mi_before:
            return False
        if self.lines_after >= self.lines_before or self.mi_after > self.mi_before:
            return True
        return self.mi_after in _BOUNDS

    @property
    def words(self) -> str:
        """``complexity 14 → 6, maintainability 31.2 → 44.0``, with nesting where that changes."""
        said = [f"complexity {self.complexity_before} → {self.complexity_after}"]
        if self.nesting_after != self.nesting_before:
            said.append(f"nesting {self.nesting_before} → {self.nesting_after}")
        said.append(f"maintainability {self.mi_before:.1f} → {self.mi_after:.1f}")
        return ", ".join(said)


def complexity_of(source: str, function: str) -> FunctionFigures:
    """The figures of a function by its dotted name (``f``, ``Class.method``, ``f.inner``); the most complex where it is defined again.

    Raises:
        SourceError: the text is not Python, or has no such function.
    """
    return figures_of(_measured(source)[0], function)


def change(before: str, after: str, function: str) -> Change:
    """What becomes of a function, given by its dotted name, and of the file.

    Raises:
        SourceError: one of the texts is not Python, or the function is not in both.
    """
    old, known = _measured(before)
    new, _ = measured(after, "", known)
    first, then = figures_of(old, function), figures_of(new, function)
    there = {block.name for block in old.functions}
    added = [block for block in new.functions if block.name not in there]
    return Change(
        complexity_before=first.complexity,
        complexity_after=max([then.complexity, *(block.complexity for block in added)]),
        mi_before=old.mi,
        mi_after=new.mi,
        nesting_before=first.nesting,
        nesting_after=max([then.nesting, *(block.nesting for block in added)]),
        lines_before=old.raw.sloc,
        lines_after=new.raw.sloc,
    )


def figures_of(metrics: FileMetrics, function: str) -> FunctionFigures:
    """The figures of a function by its dotted name; the most complex where it is defined again.

    Raises:
        SourceError: there is no such function.
    """
    blocks = metrics.named(function)
    if not blocks:
        raise SourceError(f"There is no function {function!r} in {metrics.path or 'the text'}.")
    block = max(blocks, key=_weight)
    return FunctionFigures(block.complexity, block.nesting, block.end_line - block.line + 1)


def _weight(block: Block) -> tuple[int, int]:
    return block.complexity, block.nesting


@lru_cache(maxsize=4)
def _measured(source: str) -> tuple[FileMetrics, Known]:
    """The texts asked about last: many changes of one text are compared with it."""
    return measured(source, "", Known())
