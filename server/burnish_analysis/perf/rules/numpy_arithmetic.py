"""Arithmetic that takes the long way round with numpy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin, method_call
from burnish_analysis.perf.facts.vector import ARRAY, Vector, parameter_and_body
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["NumpyInverse", "NumpySingleNumber", "NumpyVectorize"]


#: Functions of numpy that ``math``, or Python itself, has for a single number.
_SINGLE = frozenset({"abs", "cos", "degrees", "exp", "log", "log10", "log2", "radians", "sin", "sqrt", "tan"})


class NumpyVectorize(Rule):
    """``np.vectorize(lambda x: x * 2 + 1)(a)``."""

    id = "numpy-vectorize"
    about = About(
        summary="`np.vectorize` calls a function for every element although its arithmetic works on whole arrays",
        before="""\
import numpy as np


def scaled(values: np.ndarray, factor: float) -> np.ndarray:
    return np.vectorize(lambda value: value * factor + 1)(values)
""",
        after="""\
import numpy as np


def scaled(values: np.ndarray, factor: float) -> np.ndarray:
    return values * factor + 1
""",
        why="`np.vectorize` is a loop in Python, for convenience, as its documentation says.",
        preconditions=("an array of floats, not empty",),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.vectorize.html",),
    )
    nodes = (ast.Call,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``np.vectorize(…)(…)``."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return
        made, array = node.func, node.args[0]
        if not isinstance(made, ast.Call) or not is_call(made, module, "numpy.vectorize"):
            return
        function = parameter_and_body(made.args[0])
        if function is None or not isinstance(array, (ast.Name, ast.Attribute)):
            return
        whole = module.text(array)
        vector = Vector.of(function[0], whole, module, node)
        text = vector.text(function[1])
        if text is None:
            return
        evidence = Evidence()
        evidence.require(module.types.is_a(array, ARRAY), f"`{whole}` is an array")
        if not evidence.require(Known.UNKNOWN, f"`{whole}` is not empty and holds floats or small numbers"):
            return
        yield module.finding(
            self, node, "The function is called for every element.", evidence, title="Work on the whole array",
            edits=[module.replace(node, text)], imports=vector.imports,
        )  # fmt: skip


class NumpySingleNumber(Rule):
    """``np.sqrt(x)`` of a plain number in a loop."""

    id = "numpy-single-number"
    about = About(
        summary="A function of numpy is called for single numbers in a loop",
        before="""\
import math

import numpy as np


def roots(values: list[float]) -> list[float]:
    return [np.sqrt(value) for value in values]
""",
        after="""\
import math

import numpy as np


def roots(values: list[float]) -> list[float]:
    return [math.sqrt(value) for value in values]
""",
        why="For one number nearly all the time of a numpy function goes into finding out what it was given.",
        preconditions=(
            "a plain `int` or `float` for which the function of `math` is defined",
            "a `float` will do where numpy gives its own",
        ),
        references=("https://docs.python.org/3/library/math.html",),
    )
    nodes = (ast.Call,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of numpy's elementary functions."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return
        owner, _, name = (module.qualified(node.func) or "").rpartition(".")
        if owner != "numpy" or name not in _SINGLE:
            return
        if module.types.name(node.args[0]) not in ("int", "float") or not module.loops(node):
            return
        evidence = Evidence()
        given = module.text(node.args[0])
        evidence.require(
            Known.UNKNOWN,
            f"`{name}` is defined for `{given}`, and a plain `float` will do where numpy gives its own",
        )
        if name == "abs" and not builtin(node, module, "abs"):
            return
        function = "abs" if name == "abs" else module.imported("math", name, at=node)
        yield module.finding(
            self, node, "For a single number a function of numpy is many times slower than Python's own.", evidence,
            title=f"Use `{'abs' if name == 'abs' else 'math.' + name}`",
            edits=[module.replace(node, f"{function}({given})")], imports=[] if name == "abs" else [Import("math", name)],
        )  # fmt: skip


class NumpyInverse(Rule):
    """``np.linalg.inv(a) @ b``."""

    id = "numpy-inverse"
    about = About(
        summary="A matrix is inverted only to be multiplied",
        before="""\
import numpy as np


def solution(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.inv(matrix) @ right
""",
        after="""\
import numpy as np


def solution(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.solve(matrix, right)
""",
        why="Solving the equations takes a third of the work of inverting the matrix, and loses fewer digits.",
        preconditions=("one matrix (not a stack of them), and the last digits do not matter",),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.linalg.solve.html",),
    )
    nodes = (ast.BinOp, ast.Call)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``@`` and ``dot``."""
        pair: tuple[ast.expr, ast.expr] | None = None
        if isinstance(node, ast.BinOp):
            pair = (node.left, node.right) if isinstance(node.op, ast.MatMult) else None
        elif isinstance(node, ast.Call):
            if module.calls(node, "numpy.dot", "numpy.matmul") and len(node.args) == 2 and not node.keywords:
                pair = node.args[0], node.args[1]
            elif asked := method_call(node, "dot", arguments=1):
                pair = asked[0], asked[1].args[0]
        if (
            pair is None
            or not isinstance(node, ast.expr)
            or not isinstance(pair[0], ast.Call)
            or len(pair[0].args) != 1
            or pair[0].keywords
        ):
            return
        if not module.calls(pair[0], "numpy.linalg.inv") or not isinstance(pair[0].func, ast.Attribute):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, "it is one matrix, not a stack of them, and the last digits do not matter"
        )
        solve = f"{module.text(pair[0].func.value)}.solve"
        yield module.finding(
            self, node, "Inverting a matrix is more work than solving the equations.", evidence, title="Use `solve`",
            edits=[module.replace(node, f"{solve}({module.text(pair[0].args[0])}, {module.text(pair[1])})")],
        )  # fmt: skip
