"""Measure a text again after an edit, reusing what was measured of the statements that did not change.

The file's figures are put together by radon's own rules: complexity is a sum, and so are Halstead's counts but for the
different operators and operands, which are joined as sets. Statements of the module and of its classes are measured one
by one and known again by their text; the tree is made anew each time.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.lines import Groups, count_lines
from burnish_analysis.metrics.model import Block, FileMetrics
from burnish_analysis.metrics.pieces import Piece, class_block, piece_of
from burnish_analysis.metrics.visitors import (
    Operators,
    halstead_of,
    maintainability,
    maintainability_rank,
    operators_in,
)

__all__ = ["Known", "Measurer", "measured", "normal", "parsed"]

#: The text of a statement's lines, and where in the first and last of them it stands.
_Key = tuple[str, int, int]
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured of a text's statements and lines. Nothing in it changes."""

    pieces: dict[_Key, Piece] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)


class Measurer:
    """Measures one file again and again. Texts that are not Python leave what is known as it is."""

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._known = Known()

    def measure(self, source: str) -> FileMetrics:
        """The figures of the text as it is now, the same as :func:`burnish_analysis.metrics.measure.measure` gives.

        Raises:
            SourceError: the text is not Python, or its expressions are nested too deeply.
        """
        found, self._known = measured(source, self._path, self._known)
        return found


def measured(source: str, path: str, known: Known) -> tuple[FileMetrics, Known]:
    """Measure a text with what is known of a similar one; gives what is known of this one, too.

    Raises:
        SourceError: the text is not Python, or its expressions are nested too deeply.
    """
    source = normal(source)
    tree = parsed(source, path)
    try:
        whole = _Whole(source, known.pieces)
        sums = whole.body(tree.body, ())
        raw, groups = count_lines(source, known.groups)
    except RecursionError as error:
        raise SourceError(_too_deep(path)) from error
    except SourceError as error:
        raise SourceError(f"{path or 'The text'} cannot be measured: {error}") from error
    halstead = halstead_of(whole.operators)
    total = (
        1
        + sums.complexity
        + sum(complexity - 1 for complexity, _ in sums.functions)
        + sum(complexity - 1 for complexity in sums.classes)
    )
    comments = (raw.comments + raw.multi) / float(raw.sloc) * 100 if raw.sloc else 0
    index = maintainability(halstead.volume, total, raw.lloc, comments)
    listed = [block.complexity for block in whole.blocks if not block.inner]
    return FileMetrics(
        path=path,
        blocks=tuple(whole.blocks),
        average_complexity=sum(listed) / len(listed) if listed else 0.0,
        total_complexity=total,
        mi=index,
        mi_rank=maintainability_rank(index),
        halstead=halstead,
        raw=raw,
    ), Known(whole.met, groups)


def normal(source: str) -> str:
    """A text as radon reads it from a file: without a byte order mark, every line's end a line feed."""
    return _LINE_END.sub("\n", source.removeprefix("\ufeff"))


def parsed(source: str, path: str = "") -> ast.Module:
    """A text's syntax tree.

    Raises:
        SourceError: it is not Python.
    """
    try:
        return ast.parse(source)
    except (RecursionError, MemoryError) as error:
        raise SourceError(_too_deep(path)) from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"line {line}: " if line else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise SourceError(f"{path or 'The text'} is not Python: {where}{reason}") from error


def _too_deep(path: str) -> str:
    return f"{path or 'The text'} cannot be measured: its expressions are nested too deeply."


@dataclass(slots=True)
class _Sums:
    """What the statements of a body add; lines are those of the file."""

    complexity: int = 0
    functions: list[tuple[int, float]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    last_lines: list[float] = field(default_factory=list)


class _Whole:
    """Puts one file's pieces together.

    Attributes:
        blocks: in source order. operators: of all pieces. met: the pieces by their text.
    """

    def __init__(self, source: str, known: dict[_Key, Piece]) -> None:
        self._lines = source.split("\n")
        self._known = known
        self.met: dict[_Key, Piece] = {}
        self.blocks: list[Block] = []
        self.operators: list[Operators] = []

    def body(self, body: list[ast.stmt], within: tuple[str, ...]) -> _Sums:
        """Measure the statements of the module, or of a class in the classes ``within``."""
        sums = _Sums()
        for node in body:
            if isinstance(node, ast.ClassDef):
                sums.classes.append(self._class(node, within))
                continue
            piece, base = self._piece(node)
            sums.complexity += piece.complexity
            sums.functions += [(complexity, last + base) for complexity, last in piece.functions]
            sums.classes += piece.classes
            sums.last_lines.append(piece.max_line + base)
            self.operators.append(piece.operators)
            self.blocks += [definition.placed(base, within) for definition in piece.definitions]
        return sums

    def _class(self, node: ast.ClassDef, within: tuple[str, ...]) -> int:
        """Measure a class by radon's rules (``ComplexityVisitor.visit_ClassDef``); gives the complexity of all of it."""
        place = len(self.blocks)
        head = [
            child
            for name, value in ast.iter_fields(node)
            if name != "body"
            for child in (value if isinstance(value, list) else [value])
            if isinstance(child, ast.AST)
        ]
        self.operators.append(operators_in(head)[0])
        sums = self.body(node.body, (*within, node.name))
        complexity = 1 + sums.complexity + sum(complexity for complexity, _ in sums.functions)
        last = max([node.lineno, *sums.last_lines, *(last for _, last in sums.functions)])
        own = class_block(node, last, complexity, len(sums.functions))
        self.blocks.insert(place, own.placed(0, within))
        return complexity

    def _piece(self, node: ast.stmt) -> tuple[Piece, int]:
        base = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        end = node.end_lineno or node.lineno
        key = ("\n".join(self._lines[base - 1 : end]), node.col_offset, node.end_col_offset or 0)
        piece = self.met.get(key) or self._known.get(key)
        if piece is None:
            piece = piece_of(node, base)
        self.met[key] = piece
        return piece, base
