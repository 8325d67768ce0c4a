"""Where a refactoring is asked for, and the base of those that cross functions and files."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Scope
from burnish_analysis.refactor.crossing.model import Changes, Offer, Question, TextEdit
from burnish_analysis.refactor.crossing.places import Named, definition_of, named_at
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function

__all__ = ["Crossing", "Place", "check_free", "used_names"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class Place:
    """A cursor (``start == end``) or selection in a file. Offsets are indices into ``module.source``."""

    module: Module
    path: Path
    start: int
    end: int

    @cached_property
    def selected(self) -> bool:
        """Whether anything but white space is selected."""
        return bool(self.module.source[self.start : self.end].strip())

    @cached_property
    def named(self) -> Named | None:
        """The name at the cursor, or the one that is selected."""
        found = named_at(self.module, self.start)
        if found is None or (self.selected and (self.start, self.end) != (found.start, found.end)):
            return None
        return found

    @cached_property
    def function(self) -> Function | None:
        """The function of this file whose name stands at the cursor."""
        found = definition_of(self.module, self.named) if self.named else None
        return found if isinstance(found, _FUNCTIONS) else None

    @cached_property
    def klass(self) -> ast.ClassDef | None:
        """The class of this file whose name stands at the cursor."""
        found = definition_of(self.module, self.named) if self.named else None
        return found if isinstance(found, ast.ClassDef) else None

    @cached_property
    def local(self) -> tuple[str, Scope] | None:
        """The variable at the cursor and its scope, where that is a function's."""
        named = self.named
        if named is None or named.scope is None or named.scope.kind != "function":
            return None
        return named.text, named.scope

    def defines(self, node: ast.stmt) -> bool:
        """Whether the cursor stands on the name in a definition itself, not where it is used."""
        return self.named is not None and self.named.node is node

    def top_level(self, node: ast.stmt) -> bool:
        """Whether a definition stands at the module's own level."""
        return isinstance(self.module.parent(node), ast.Module)

    def changes(self, edits: Iterable[Edit]) -> Changes:
        """Changes of this file alone."""
        written = self.module.written(edits)
        return Changes({self.path: tuple(TextEdit(e.start, e.end, e.text) for e in written)})


class Crossing(ABC):
    """A refactoring. It keeps no state; :meth:`offer` only looks at the file, :meth:`perform` may ask rope.

    Attributes:
        unproved: what users are told where nothing but parsing and names is checked of the result; empty where its own
            preconditions keep what the code does.
    """

    id: ClassVar[str]
    kind: ClassVar[str]
    unproved: ClassVar[str] = ""

    @abstractmethod
    def offer(self, place: Place) -> Offer | None:
        """What is offered at a place; None where the refactoring does not apply."""

    @abstractmethod
    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """The changes.

        Args:
            answers: one for each question of the offer, checked.

        Raises:
            RefactoringError: it cannot be done, or behaviour would change; the message says why.
        """

    def made(self, title: str, *needs: Question, refused: str = "") -> Offer:
        """An offer of this refactoring."""
        return Offer(self.id, title, self.kind, needs, refused, self.unproved)


def used_names(module: Module) -> frozenset[str]:
    """Every name that a module's code uses for anything."""
    found: set[str] = set()
    for nodes in module.structure.nodes.values():
        for node in nodes:
            for field in ("id", "attr", "arg", "name", "asname"):
                name = getattr(node, field, None)
                if isinstance(name, str):
                    found.add(name.partition(".")[0])
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                found.update(node.names)
    return frozenset(found)


def check_free(module: Module, name: str) -> None:
    """Whether a new name can be used in a module without meaning anything else.

    Raises:
        RefactoringError: it is used already.
    """
    if name in used_names(module):
        raise RefactoringError(f"`{name}` is used in this file already; choose another name.")
