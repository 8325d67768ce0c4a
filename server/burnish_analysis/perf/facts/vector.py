"""Arithmetic on single values written as the same arithmetic on whole arrays or columns."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.patterns import integer, is_name
from burnish_analysis.perf.model import Import
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["ARRAY", "Vector", "flat", "parameter_and_body"]

ARRAY = "numpy.ndarray"
#: Functions of ``math`` and those of numpy that do the same to every element.
_MATH = {
    **{name: name for name in ("sqrt", "sin", "cos", "tan", "exp", "log", "log2", "log10", "log1p", "expm1", "floor", "ceil", "trunc",
               "sinh",
                               "cosh", "tanh", "hypot", "fabs", "isnan", "isinf", "isfinite", "degrees", "radians", "copysign")},
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_UFUNCS = frozenset(_MATH.values()) | {
    "abs",
    "absolute",
    "square",
    "sign",
    "maximum",
    "minimum",
    "power",
    "where",
    "cbrt",
    "exp2",
    "log1p",
}
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
#: numpy's functions that make arrays of one dimension whatever they are given.
_FLAT_CALLS = frozenset({"numpy.linspace", "numpy.arange", "numpy.logspace", "numpy.fromiter"})


class Vector:
    """Renders one expression.

    Args:
        element: how to write, as a whole array, an expression that is one element; None for any other expression.
        hidden: names that have no meaning outside the loop.
        choices: whether ``a if c else b``, ``min`` and ``max`` may become functions of numpy, which give arrays.
    """

    def __init__(
        self,
        module: Module,
        at: ast.AST,
        element: Callable[[ast.expr], str | None],
        hidden: set[str],
        *,
        choices: bool = True,
    ) -> None:
        self._module = module
        self._element = element
        self._hidden = hidden
        self._choices = choices
        self._at = at
        #: How many elements were written.
        self.elements = 0
        #: Whether functions of numpy are used.
        self.functions = False

    @classmethod
    def of(cls, name: str, whole: str, module: Module, at: ast.AST, *, choices: bool = True) -> Vector:
        """Where the variable ``name`` is one element of ``whole``."""
        return cls(module, at, lambda part: whole if is_name(part, name) else None, {name}, choices=choices)

    def text(self, node: ast.expr) -> str | None:
        """The expression on whole arrays; None where it cannot be written so."""
        try:
            made = self._render(node)
        except _RefusedError:
            return None
        return made if self.elements and "\n" not in made else None

    def test(self, node: ast.expr) -> str | None:
        """A condition on whole arrays."""
        try:
            made = self._condition(node)
        except _RefusedError:
            return None
        return made if self.elements and "\n" not in made else None

    @property
    def numpy(self) -> str:
        """How to write numpy's name."""
        self.functions = True
        return self._module.imported("numpy", at=self._at)

    @property
    def imports(self) -> list[Import]:
        """What the text needs that was rendered."""
        return [Import("numpy")] if self.functions else []

    def _render(self, node: ast.expr) -> str:
        whole = self._element(node)
        if whole is not None:
            self.elements += 1
            return whole
        match node:
            case ast.Constant() if type(node.value) in (int, float):
                return self._module.text(node)
            case ast.Name() if node.id not in self._hidden:
                return node.id
            case ast.Attribute() | ast.Subscript() if not self._uses_hidden(node):
                return self._module.text(node)
            case ast.BinOp() if isinstance(node.op, _OPERATORS):
                return self._parts(node, [node.left, node.right])
            case ast.UnaryOp() if isinstance(node.op, (ast.USub, ast.UAdd)):
                return self._parts(node, [node.operand])
            case ast.IfExp() if self._choices:
                parts = (self._condition(node.test), self._render(node.body), self._render(node.orelse))
                return f"{self.numpy}.where({', '.join(parts)})"
            case ast.Call() if not node.keywords and not any(
                isinstance(part, ast.Starred) for part in node.args
            ):
                return self._call(node)
        raise _RefusedError

    def _parts(self, node: ast.expr, parts: list[ast.expr]) -> str:
        """The source of ``node`` with its parts rendered, parentheses and all."""
        source, at, made = self._module.source, self._module.start(node), []
        for part in parts:
            made += [source[at : self._module.start(part)], self._render(part)]
            at = self._module.end(part)
        return "".join([*made, source[at : self._module.end(node)]])

    def _call(self, node: ast.Call) -> str:
        called = self._module.qualified(node.func) or ""
        given = [self._render(part) for part in node.args]
        owner, _, name = called.rpartition(".")
        if owner == "math" and name in _MATH:
            return f"{self.numpy}.{_MATH[name]}({', '.join(given)})"
        if owner == "numpy" and name in _UFUNCS:
            return f"{self._module.text(node.func)}({', '.join(given)})"
        if called == "builtins.abs" and len(given) == 1:
            return f"abs({given[0]})"
        if called in ("builtins.min", "builtins.max") and len(given) == 2 and self._choices:
            return f"{self.numpy}.{'minimum' if name == 'min' else 'maximum'}({', '.join(given)})"
        raise _RefusedError

    def _condition(self, node: ast.expr) -> str:
        match node:
            case ast.Compare() if len(node.ops) == 1 and isinstance(node.ops[0], _COMPARISONS):
                return self._parts(node, [node.left, node.comparators[0]])
            case ast.Compare() if all(isinstance(op, _COMPARISONS) for op in node.ops):
                raise _RefusedError
            case ast.BoolOp():
                sign = " & " if isinstance(node.op, ast.And) else " | "
                return sign.join(f"({self._condition(part)})" for part in node.values)
            case ast.UnaryOp() if isinstance(node.op, ast.Not):
                return f"~({self._condition(node.operand)})"
        raise _RefusedError

    def _uses_hidden(self, node: ast.expr) -> bool:
        return any(
            (isinstance(part, ast.Name) and part.id in self._hidden)
            or isinstance(part, (ast.Call, ast.NamedExpr))
            for part in walk(node)
        )


class _RefusedError(Exception):
    """The expression cannot be written for whole arrays."""


def parameter_and_body(node: ast.expr) -> tuple[str, ast.expr] | None:
    """Of a ``lambda`` of one parameter without a default."""
    if not isinstance(node, ast.Lambda):
        return None
    given = node.args
    if given.defaults or given.vararg or given.kwarg or given.kwonlyargs:
        return None
    every = [*given.posonlyargs, *given.args]
    return (every[0].arg, node.body) if len(every) == 1 else None


def flat(node: ast.expr, module: Module) -> bool:
    """Whether an array is shown to be of one dimension by how it is made."""
    if isinstance(node, ast.Name):
        bindings = module.flow.bindings(node)
        return (
            len(bindings) == 1
            and bindings[0].kind == "assign"
            and bindings[0].value is not None
            and flat(bindings[0].value, module)
        )
    if isinstance(node, ast.Compare):
        return (
            len(node.ops) == 1
            and flat(node.left, module)
            and module.types.name(node.comparators[0]) in ("int", "float")
        )
    if not isinstance(node, ast.Call):
        return False
    called = module.qualified(node.func)
    if called in _FLAT_CALLS:
        return not any(keyword.arg in ("retstep", "axis") for keyword in node.keywords)
    if called in ("numpy.zeros", "numpy.ones", "numpy.empty") and node.args:
        return module.types.name(node.args[0]) == "int" or integer(node.args[0]) is not None
    return False
