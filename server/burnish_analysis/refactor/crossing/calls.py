"""Calls of one function in all files: what each passes for which parameter, and how the call is written anew."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.model import Changes, TextEdit
from burnish_analysis.refactor.crossing.occurring import Use, Uses, find_uses
from burnish_analysis.refactor.crossing.place import Place
from burnish_analysis.refactor.crossing.places import name_start
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function

__all__ = ["Argument", "Call", "FileEdits", "calls_of", "default_of", "line_of", "parameters_of", "simple"]


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """What a call passes: the argument's node (a ``keyword`` where it is named) and the value."""

    node: ast.expr | ast.keyword
    value: ast.expr


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call and what it passes, by the function's parameters; what is not passed is missing."""

    use: Use
    node: ast.Call
    passed: dict[str, Argument]


class FileEdits:
    """Edits of several files on the way to :class:`Changes`."""

    def __init__(self) -> None:
        self._found: dict[Module, list[Edit]] = {}
        self._paths: dict[Module, object] = {}
        self._by_path: dict[object, Module] = {}

    def add(self, use: Use, *edits: Edit) -> None:
        """Add edits of the file that a use stands in."""
        module = self._by_path.setdefault(use.path, use.module)
        self._paths[module] = use.path
        self._found.setdefault(module, []).extend(edits)

    def changes(self, notes: Sequence[str] = ()) -> Changes:
        """All of them."""
        edits = {}
        for module, found in self._found.items():
            unique = {(edit.start, edit.end, edit.text): edit for edit in found}
            written = module.written(unique.values())
            edits[self._paths[module]] = tuple(TextEdit(e.start, e.end, e.text) for e in written)
        return Changes(edits, notes=tuple(notes))  # type: ignore[arg-type]


def parameters_of(function: Function) -> list[ast.arg]:
    """The parameters of a function in order, ``*args`` and ``**kwargs`` apart."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def simple(node: ast.expr) -> bool:
    """Whether evaluating an expression another number of times, or elsewhere in the call, is the same."""
    if isinstance(node, ast.UnaryOp):
        return simple(node.operand) and isinstance(node.operand, ast.Constant)
    return isinstance(node, (ast.Name, ast.Constant))


def line_of(use: Use) -> str:
    """A place as users find it."""
    return f"{use.path.name}:{use.module.source.count(chr(10), 0, use.start) + 1}"


def calls_of(session: Session, place: Place, function: Function) -> tuple[Use, list[Call]]:
    """The definition and every call of a function in all files.

    Raises:
        RefactoringError: it is used other than by calls, or it cannot be told where it is called.
    """
    module = place.module
    owner = module.parent(function)
    method = isinstance(owner, ast.ClassDef)
    if function.name.startswith("__") and function.name.endswith("__"):
        raise RefactoringError(
            f"Python itself calls `{function.name}`, so its parameters are not free to change."
        )
    if not isinstance(owner, (ast.Module, ast.ClassDef)):
        raise RefactoringError(
            "Only functions of a module and methods can be changed together with their calls."
        )
    if function.decorator_list:
        raise RefactoringError(
            f"`{function.name}` has decorators, which may call it in ways that cannot be seen."
        )
    if method and owner.bases:  # type: ignore[union-attr]
        raise RefactoringError(
            f"`{function.name}` may stand in for a method of a base class, so its parameters stay."
        )
    start = name_start(module, function)
    found = find_uses(session, place.path, start, hierarchy=method)
    if found.unsure:
        raise RefactoringError(
            f"It cannot be told whether {', '.join(found.unsure[:3])} means this `{function.name}`; nothing was changed."
        )
    return _sorted_out(found, place, function, start, method)


def _sorted_out(
    found: Uses, place: Place, function: Function, start: int, method: bool
) -> tuple[Use, list[Call]]:
    definition: Use | None = None
    calls: list[Call] = []
    for use in found.sure:
        if use.path == place.path.resolve() and use.start == start:
            definition = use
        elif isinstance(use.node, ast.Module):
            node = next(
                (
                    n
                    for n in ast.walk(use.module.tree)
                    if isinstance(n, (ast.Import, ast.ImportFrom))
                    and use.module.start(n) <= use.start < use.module.end(n)
                ),
                None,
            )
            if node is None:
                raise RefactoringError(
                    f"`{function.name}` is defined again in {line_of(use)}; change that first."
                )
        else:
            calls.append(_call(use, function, method))
    if definition is None:
        raise RefactoringError(f"The definition of `{function.name}` could not be found again.")
    return definition, calls


def _call(use: Use, function: Function, method: bool) -> Call:
    node = use.module.parent(use.node)
    if not isinstance(node, ast.Call) or node.func is not use.node:
        raise RefactoringError(
            f"`{function.name}` is used as a value in {line_of(use)}, so its calls cannot all be seen."
        )
    starred = any(isinstance(part, ast.Starred) for part in node.args) or any(
        k.arg is None for k in node.keywords
    )
    if starred:
        raise RefactoringError(f"The call in {line_of(use)} passes a whole list or dictionary (`*` or `**`).")
    places = [*function.args.posonlyargs, *function.args.args]
    skip = 1 if method and not _through_class(use) else 0
    passed: dict[str, Argument] = {}
    for parameter, value in zip(places[skip:], node.args, strict=False):
        passed[parameter.arg] = Argument(value, value)
    if len(node.args) > len(places) - skip and function.args.vararg is None:
        raise RefactoringError(f"The call in {line_of(use)} passes more than `{function.name}` takes.")
    for keyword in node.keywords:
        if keyword.arg is not None:
            passed[keyword.arg] = Argument(keyword, keyword.value)
    return Call(use, node, passed)


def _through_class(use: Use) -> bool:
    """Whether a method is called as ``Class.method(instance, …)``."""
    value = use.node.value if isinstance(use.node, ast.Attribute) else None
    if not isinstance(value, ast.Name):
        return False
    bindings = use.module.scope(value).find(value.id).bindings.get(value.id, [])
    return any(isinstance(binding.node, (ast.ClassDef, ast.alias)) for binding in bindings)


def default_of(function: Function, parameter: ast.arg) -> ast.expr | None:
    """The default of a function's parameter, where it has one."""
    arguments = function.args
    if parameter in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)]
    plain = [*arguments.posonlyargs, *arguments.args]
    place = plain.index(parameter) - (len(plain) - len(arguments.defaults))
    return arguments.defaults[place] if place >= 0 else None
