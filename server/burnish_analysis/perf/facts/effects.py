"""What evaluating code does: whether it only reads, whether it can raise, whether it calls what nobody knows.

Operators, comparisons, iteration and attribute access are taken to do what they do for built-in types: a class whose ``__add__`` writes
files is not reckoned with. Calls are not trusted: only known functions, and known methods of values of known types.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.tables import (
    DEFAULTING,
    MUTATORS,
    PURE_CALLS,
    PURE_METHODS,
    TOTAL_CALLS,
    TOTAL_TEXT_METHODS,
)
from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["Effects"]

_LEAVES = (ast.Await, ast.Yield, ast.YieldFrom)
_BLOCKS = (
    ast.With,
    ast.AsyncWith,
    ast.AsyncFor,
    ast.Import,
    ast.ImportFrom,
    ast.Delete,
    ast.Global,
    ast.Nonlocal,
)
_READING = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Attribute, ast.List,
    ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.keyword,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Lambda, ast.arguments,
    ast.arg,
)  # fmt: skip


class Effects:
    """Answers for one module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def pure(self, *parts: ast.AST) -> Known:
        """Whether evaluating expressions changes nothing and, for the same values, gives the same."""
        found = Known.YES
        for node in self._module.walk(*parts):
            if isinstance(node, ast.Call):
                found &= self._call(node)
            elif isinstance(node, (*_LEAVES, ast.NamedExpr)) or _awaits(node):
                return Known.NO
            elif isinstance(node, ast.Subscript) and self._module.types.name(node.value) == DEFAULTING:
                found &= Known.UNKNOWN  # reading an item may put one in
            elif not isinstance(node, _READING):
                found &= Known.UNKNOWN
        return found

    def call(self, node: ast.Call) -> Known:
        """Whether calling the function changes nothing, its arguments apart."""
        return self._call(node)

    def _call(self, node: ast.Call) -> Known:
        called = self._module.qualified(node.func)
        if called is not None:
            if called in PURE_CALLS:
                return self._callback(node)
            impure = called.split(".")[0] in ("random", "time", "os", "subprocess", "socket") or called in (
                "builtins.print", "builtins.open", "builtins.input", "builtins.next", "builtins.exec", "builtins.eval", "builtins.setattr",
            )  # fmt: skip
            return Known.NO if impure else Known.UNKNOWN
        if isinstance(node.func, ast.Attribute):
            owner = self._module.types.name(node.func.value)
            if owner and node.func.attr in PURE_METHODS.get(owner, ()):
                return self._callback(node)
            if owner and node.func.attr in MUTATORS:
                return Known.NO
        return Known.UNKNOWN

    def _callback(self, node: ast.Call) -> Known:
        """A known function that is given a function (``key=``) does what that one does."""
        for keyword in node.keywords:
            if keyword.arg in (
                "key",
                "default_factory",
                "object_hook",
                "cls",
            ) and not self._harmless_function(keyword.value):
                return Known.UNKNOWN
        return Known.YES

    def _harmless_function(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Lambda):
            return True  # its body is walked as a part
        called = self._module.qualified(node)
        return called in PURE_CALLS or (
            isinstance(node, ast.Call) and self._module.qualified(node.func) in PURE_CALLS
        )

    def total(self, node: ast.expr) -> Known:
        """Whether evaluating an expression cannot raise, given that its names are bound."""
        types = self._module.types
        match node:
            case ast.Constant() | ast.Name() | ast.Lambda():
                return Known.YES
            case ast.List() | ast.Tuple() | ast.BoolOp():
                parts = node.values if isinstance(node, ast.BoolOp) else node.elts
                return self._all(self.total(part) for part in parts)
            case ast.Compare():
                if all(isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for op in node.ops):
                    return self._all(self.total(part) for part in (node.left, *node.comparators))
                kinds = {types.name(part) for part in (node.left, *node.comparators)}
                operands = self._all(self.total(part) for part in (node.left, *node.comparators))
                return operands & Known.of(kinds <= {"int", "float", "bool"} or kinds == {"str"})
            case ast.BinOp():
                kinds = {types.name(node.left), types.name(node.right)}
                safe = isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)) and kinds <= {"int", "float", "bool"}
                safe |= (
                    isinstance(node.op, ast.Add)
                    and len(kinds) == 1
                    and kinds <= {"str", "list", "tuple", "bytes"}
                )
                return Known.of(safe) & self.total(node.left) & self.total(node.right)
            case ast.UnaryOp():
                sound = {ast.Not: None, ast.Invert: {"int", "bool"}}.get(
                    type(node.op), {"int", "float", "bool"}
                )
                return self.total(node.operand) & Known.of(sound is None or types.name(node.operand) in sound)
            case ast.Call():
                if self._module.qualified(node.func) in TOTAL_CALLS and not node.keywords:
                    known = all(types.of(part) is not None for part in node.args)
                    return self._all([Known.of(known), *(self.total(part) for part in node.args)])
                if (
                    isinstance(node.func, ast.Attribute)
                    and types.name(node.func.value) == "str"
                    and not node.keywords
                ):
                    affix = node.func.attr in ("startswith", "endswith") and len(node.args) == 1
                    plain = not node.args and node.func.attr in TOTAL_TEXT_METHODS
                    known = plain or (affix and types.name(node.args[0]) == "str")
                    return self._all(
                        [Known.of(known), *(self.total(part) for part in (node.func.value, *node.args))]
                    )
        return Known.UNKNOWN

    @staticmethod
    def _all(parts: Iterable[Known]) -> Known:
        found = Known.YES
        for part in parts:
            found &= part
        return found

    def unknown_calls(self, *parts: ast.AST) -> list[ast.AST]:
        """What may do anything, in source order: unknown calls, ``with`` blocks, and places where others run (``yield``, ``await``).

        Methods that are known to change only what they are called on (``out.append(x)`` of a list) are not among them.
        """
        return [
            node
            for node in self._module.walk(*parts)
            if isinstance(node, (*_LEAVES, *_BLOCKS))
            or _awaits(node)
            or (isinstance(node, ast.Call) and not self._bounded(node))
        ]

    def _bounded(self, node: ast.Call) -> bool:
        if self._call(node) is Known.YES or self._module.calls(node, "builtins.print"):
            return True
        if isinstance(node.func, ast.Attribute):
            owner = self._module.types.name(node.func.value)
            return (
                bool(owner)
                and owner not in ("generator", "iterator", "file", "function")
                and node.func.attr in MUTATORS
            )
        return isinstance(node.func, ast.Name) and self._module.calls(node, "builtins.next")


def _awaits(node: ast.AST) -> bool:
    """Whether a node is the ``async for`` of a comprehension."""
    return isinstance(node, ast.comprehension) and bool(node.is_async)
