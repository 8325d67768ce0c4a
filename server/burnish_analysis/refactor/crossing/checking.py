"""What is checked of every result before anybody sees it: it parses, and names mean what they meant."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from pathlib import Path

from burnish_analysis.errors import RefactoringError, SourceError
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Binding, Structure

__all__ = ["check_names", "check_renamed", "unresolved"]

_KNOWN = frozenset(dir(builtins)) | {
    "__file__",
    "__path__",
    "__name__",
    "__doc__",
    "__spec__",
    "__loader__",
    "__package__",
    "__class__",
}


def check_names(path: Path, before: str, after: str) -> Module:
    """The module of a changed text.

    Raises:
        RefactoringError: it does not parse, or a name in it means nothing any more.
    """
    try:
        module = Module(after, str(path))
    except SourceError as error:
        raise RefactoringError(
            f"The change would break {path.name} ({error}), so nothing was changed."
        ) from error
    known: Counter[str] = Counter()
    try:
        known = unresolved(Module(before))
    except SourceError:
        return module
    lost = unresolved(module) - known
    if lost and not module.imports.star:
        names = ", ".join(f"`{name}`" for name in sorted(lost)[:3])
        raise RefactoringError(
            f"{names} would mean nothing in {path.name} after the change, so nothing was changed."
        )
    return module


def unresolved(module: Module) -> Counter[str]:
    """How often each name is used that is bound nowhere and is not Python's own."""
    root = module.inside(module.tree)
    return Counter(
        {
            name: len(uses)
            for name, uses in root.uses.items()
            if name not in root.bindings and name not in _KNOWN
        }
    )


def check_renamed(path: Path, before: str, after: str) -> None:
    """Whether after a renaming every name still means the variable it meant.

    Raises:
        RefactoringError: the new name was taken somewhere.
    """
    try:
        one, other = Module(before).structure, Module(after).structure
    except SourceError:
        return
    first, second = _occurrences(one), _occurrences(other)
    if len(first) != len(second):
        raise RefactoringError(f"The new name is taken in {path.name} already: uses would be confused.")
    there: dict[tuple[int, str], tuple[int, str]] = {}
    back: dict[tuple[int, str], tuple[int, str]] = {}
    for old, new in zip(first, second, strict=True):
        if there.setdefault(old, new) != new or back.setdefault(new, old) != old:
            line = f"`{new[1]}`"
            raise RefactoringError(f"{line} is taken in {path.name} already; choose another name.")


def _occurrences(structure: Structure) -> list[tuple[int, str]]:
    """Every binding and use, in an order that names do not change, as the number of its scope and its name."""
    places = {id(node): number for number, node in enumerate(ast.walk(structure.tree))}
    found: list[tuple[int, int, str]] = []
    for number, scope in enumerate(structure.inner.values()):
        for name, bindings in scope.bindings.items():
            found += ((_place(places, binding), number, name) for binding in bindings)
        for name, uses in scope.uses.items():
            found += ((places[id(use)] * 1000, number, name) for use in uses)
    found.sort(key=lambda each: each[0])
    return [(number, name) for _, number, name in found]


def _place(places: dict[int, int], binding: Binding) -> int:
    return places[id(binding.node)] * 1000 + 1
