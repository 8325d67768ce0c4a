"""Where a name occurs in all files, as rope resolves it, told in the files' own offsets and syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rope.base import evaluate, exceptions  # type: ignore[import-untyped]
from rope.refactor import occurrences  # type: ignore[import-untyped]

from burnish_analysis.errors import RefactoringError, SourceError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.workspace import Session

__all__ = ["Use", "Uses", "find_uses", "noting", "roping"]


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A place that means the name: its module, where it starts, and the innermost node there."""

    module: Module
    path: Path
    start: int
    node: ast.AST


@dataclass(frozen=True, slots=True)
class Uses:
    """Every place found, and places with the same name of which nothing is known (``x.name`` of an unknown ``x``)."""

    sure: tuple[Use, ...]
    unsure: tuple[str, ...]


class roping:
    """Turns whatever rope raises into a :class:`RefactoringError` that users understand."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RefactoringError) or not isinstance(error, Exception):
            return
        self._session.check()
        if isinstance(error, exceptions.RefactoringError):
            raise RefactoringError(f"{str(error).rstrip('.')}.") from error
        if isinstance(error, exceptions.ModuleSyntaxError):
            raise RefactoringError(
                f"{error.filename} is not Python (line {error.lineno}); mend it first."
            ) from error
        raise RefactoringError(
            f"rope could not do this here ({type(error).__name__}: {error}), so nothing was changed."
        ) from error


def find_uses(session: Session, path: Path, offset: int, *, hierarchy: bool = False) -> Uses:
    """Every use of the name at an offset of a file.

    Raises:
        RefactoringError: nothing is known of it, or time is over.
    """
    text = session.workspace.text(path)
    with roping(session):
        pymodule = session.project.get_pymodule(session.resource(path))
        primary, pyname = evaluate.eval_location2(pymodule, text.plain_offset(offset))
        if pyname is None:
            raise RefactoringError("It cannot be told what this name means, so its uses cannot be found.")
        name = _word(text.source, offset)
        unsure: list[Any] = []
        finder = occurrences.create_finder(
            session.project,
            name,
            pyname,
            unsure=noting(unsure),
            instance=primary,
            in_hierarchy=hierarchy,
        )
        sure: list[Use] = []
        doubtful: list[str] = []
        for file in session.project.get_python_files():
            session.check()
            here = session.path(file)
            source = session.workspace.text(here)
            if name not in source.plain:
                continue
            unsure.clear()
            starts = [
                source.offset(each.get_word_range()[0]) for each in finder.find_occurrences(resource=file)
            ]
            module = _module(here, source.source)
            sure += (Use(module, here, start, _node(module, start)) for start in starts)
            doubtful += _doubtful(module, here, source, unsure, starts)
        return Uses(tuple(sure), tuple(doubtful))


def noting(unsure: list[Any]) -> Any:
    """What rope asks about a place of which it knows nothing: it is noted and left out."""

    def note(place: Any) -> bool:
        unsure.append(place)
        return False

    return note


def _doubtful(module: Module, path: Path, source: Any, unsure: list[Any], starts: list[int]) -> Iterator[str]:
    for each in unsure:
        start = source.offset(each.get_word_range()[0])
        if start not in starts and isinstance(_node(module, start), ast.Attribute):
            yield f"{path.name}:{module.source.count(chr(10), 0, start) + 1}"


def _module(path: Path, source: str) -> Module:
    try:
        return Module(source, str(path))
    except SourceError as error:
        raise RefactoringError(f"{error}; mend it first, because the name occurs there.") from error


def _word(source: str, offset: int) -> str:
    found = re.compile(r"\w+").match(source, offset)
    return found[0] if found else ""


def _node(module: Module, start: int) -> ast.AST:
    """The innermost node whose name stands at an offset."""
    for kind in (ast.Name, ast.arg, ast.keyword):
        for node in module.structure.nodes.get(kind, []):
            if module.start(node) == start:
                return node
    for node in module.structure.nodes.get(ast.Attribute, []):
        if module.end(node) - len(node.attr) == start:  # type: ignore[attr-defined]
            return node
    return module.tree
