"""What is measured of a file and of its functions and classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["RANKS", "Block", "BlockKind", "FileMetrics", "Halstead", "Raw"]

BlockKind = Literal["function", "method", "class"]

#: Ranks of complexity, the simplest first: up to 5, 10, 20, 30, 40, and more.
RANKS = "ABCDEF"


@dataclass(frozen=True, slots=True)
class Raw:
    """Counts of lines, as ``radon raw`` gives them.

    Attributes:
        loc: all lines. lloc: logical lines (statements, roughly). sloc: lines with code. comments: comments, wherever they stand.
        multi: lines of texts that stand alone over several lines. blank: empty lines.
        single_comments: lines with nothing but a comment or a text.
    """

    loc: int
    lloc: int
    sloc: int
    comments: int
    multi: int
    blank: int
    single_comments: int


@dataclass(frozen=True, slots=True)
class Halstead:
    """Halstead's measures, as ``radon hal`` gives them.

    Attributes:
        h1, h2: different operators, operands. N1, N2: all operators, operands. time: in seconds. bugs: volume / 3000.
    """

    h1: int
    h2: int
    N1: int
    N2: int
    vocabulary: int
    length: int
    calculated_length: float
    volume: float
    difficulty: float
    effort: float
    time: float
    bugs: float


@dataclass(frozen=True, slots=True)
class Block:
    """A function, method or class.

    Attributes:
        name: dotted: ``f``, ``Class.method``, ``f.inner``. Names repeat (a property's getter and setter).
        line, end_line: from 1, as radon gives them: ``line`` is that of ``def``, below decorators; ``end_line`` is the last line
            that radon's visitor met, which can lie before the true end (in an ``assert``, at a closing bracket).
        column: of ``def`` or ``class``, from 0, in UTF-8 bytes.
        complexity: cyclomatic; for a class radon's average of its methods plus one. Inner functions and classes do not count.
        rank: ``A`` to ``F``. nesting: how deep statements with a body stand in each other; ``elif`` is no deeper than its ``if``.
        halstead: of the body; None for classes, which radon gives none for.
        inner: it stands in a function, or in a class that does not stand in the module itself; radon's command line
            leaves such blocks out, and no average counts them.
        closure: it stands in a function.
    """

    kind: BlockKind
    name: str
    line: int
    end_line: int
    column: int
    complexity: int
    rank: str
    nesting: int
    halstead: Halstead | None = None
    inner: bool = False
    closure: bool = False

    def as_dict(self) -> dict[str, Any]:
        """One entry of ``functions`` in ``burnish metrics --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FileMetrics:
    """What is measured of one file.

    Attributes:
        blocks: in source order, inner ones included.
        average_complexity: the mean over the blocks that are not inner (``radon cc --average``); 0 where there are none.
        total_complexity: of the module and everything in it, which the maintainability index counts with.
        mi: the maintainability index, 0 to 100, more is better; texts over several lines count as comments, as by default.
        mi_rank: ``A`` above 19, ``B`` above 9, else ``C``.
    """

    path: str
    blocks: tuple[Block, ...]
    average_complexity: float
    total_complexity: int
    mi: float
    mi_rank: str
    halstead: Halstead
    raw: Raw

    @property
    def functions(self) -> Iterator[Block]:
        """The functions and methods, inner ones included."""
        return (block for block in self.blocks if block.kind != "class")

    def named(self, name: str) -> tuple[Block, ...]:
        """The functions and methods of a dotted name; several where it is defined again."""
        return tuple(block for block in self.functions if block.name == name)

    def as_dict(self) -> dict[str, Any]:
        """One entry of ``burnish metrics --json``."""
        return {
            "path": self.path,
            "mi": self.mi,
            "mi_rank": self.mi_rank,
            "average_complexity": self.average_complexity,
            "total_complexity": self.total_complexity,
            "halstead": asdict(self.halstead),
            "raw": asdict(self.raw),
            "functions": [block.as_dict() for block in self.functions],
            "classes": [block.as_dict() for block in self.blocks if block.kind == "class"],
        }
