"""Loops over the elements of numpy arrays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from burnish_analysis.perf.facts.elements import elements_of, usable_after_loop
from burnish_analysis.perf.facts.patterns import (
    is_name,
    mentions,
)
from burnish_analysis.perf.facts.vector import ARRAY, Vector
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["NumpyElementLoop", "NumpySumLoop"]

_ONE_DIMENSION = "the arrays have one dimension and hold floats (whole numbers may overflow, a division by zero may end differently)"
#: The sign of an assignment.
_SIGN = re.compile(r"[-+*/%@&|^<>]*=")
_ORDER = "the last digit of the sum does not matter: numpy adds in another order"


class NumpyElementLoop(Rule):
    """``for i in range(len(a)): out[i] = a[i] * 2 + b[i]``."""

    id = "numpy-element-loop"
    about = About(
        summary="The elements of arrays are combined one by one",
        before="""\
import math

import numpy as np


def mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = a[i] * 2 + math.sin(b[i])
    return out
""",
        after="""\
import math

import numpy as np


def mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(len(a))
    out[:] = a * 2 + np.sin(b[:len(a)])
    return out
""",
        why="Every element taken out of an array becomes an object of Python; numpy works on whole arrays in C.",
        preconditions=(
            "arrays of floats of one dimension",
            "an element depends on elements of the same place only",
        ),
        references=("https://numpy.org/doc/stable/user/basics.broadcasting.html",),
    )
    nodes = (ast.For,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with one assignment to an element."""
        if (
            not isinstance(node, ast.For)
            or len(node.body) != 1
            or not isinstance(node.body[0], (ast.Assign, ast.AugAssign))
        ):
            return
        step = node.body[0]
        target = (
            step.target
            if isinstance(step, ast.AugAssign)
            else (step.targets[0] if len(step.targets) == 1 else None)
        )
        if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            return
        found = elements_of(node, module)
        if found is None or found.array is not None or not is_name(target.slice, found.name):
            return
        if module.types.name(target.value) != ARRAY or usable_after_loop(node, module):
            return
        evidence = Evidence()
        vector = Vector(module, node, found.reader(module, evidence), {found.name})
        text = vector.text(step.value)
        if text is None or evidence.violated or any(is_name(part, target.value.id) and not _same_place(part, target, module)
                                                    for part in walk(step.value)):  # fmt: skip
            return
        evidence.require(Known.UNKNOWN, _ONE_DIMENSION)
        whole = found.sliced(target.value, module)
        sign = _SIGN.findall(module.source[module.end(target) : module.start(step.value)])[0]
        yield module.finding(
            self, node, "Every element is taken out, worked on in Python and put back.", evidence, title="Work on whole arrays",
            edits=[Edit(module.start(node), module.end(node), f"{whole if whole.endswith(']') else whole + '[:]'} {sign} {text}")],
            imports=vector.imports,
        )  # fmt: skip


def _same_place(name: ast.AST, target: ast.Subscript, module: Module) -> bool:
    parent = module.parent(name)
    return isinstance(parent, ast.Subscript) and module.same(parent, target)


class NumpySumLoop(Rule):
    """``for i in range(len(a)): total += a[i] * b[i]``."""

    id = "numpy-sum-loop"
    about = About(
        summary="The elements of arrays are added up one by one",
        before="""\
import numpy as np


def product(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
""",
        after="""\
import numpy as np


def product(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    total += a @ b[:len(a)]
    return total
""",
        why="Every element taken out of an array becomes an object of Python; numpy adds whole arrays in C.",
        preconditions=("arrays of floats of one dimension", "the order of additions does not matter"),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.sum.html",),
    )
    nodes = (ast.For,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with one ``+=``."""
        if (
            not isinstance(node, ast.For)
            or len(node.body) != 1
            or not isinstance(node.body[0], ast.AugAssign)
        ):
            return
        step = node.body[0]
        if (
            not isinstance(step.op, ast.Add)
            or not isinstance(step.target, ast.Name)
            or mentions(step.value, step.target.id)
        ):
            return
        found = elements_of(node, module)
        if found is None or usable_after_loop(node, module):
            return
        evidence = Evidence()
        vector = Vector(module, node, found.reader(module, evidence), {found.name})
        text = vector.text(step.value)
        if text is None or evidence.violated:
            return
        evidence.require(Known.UNKNOWN, _ONE_DIMENSION)
        evidence.require(Known.UNKNOWN, _ORDER)
        factors = step.value
        dot = (
            isinstance(factors, ast.BinOp)
            and isinstance(factors.op, ast.Mult)
            and vector.elements == 2
            and not vector.functions
        )
        if (
            dot
            and isinstance(factors, ast.BinOp)
            and all(isinstance(part, (ast.Subscript, ast.Name)) for part in (factors.left, factors.right))
        ):
            whole = text.replace(" * ", " @ ").replace("*", "@") if text.count("*") == 1 else None
        else:
            whole = None
        whole = whole or f"{vector.numpy}.sum({text})"
        yield module.finding(
            self, node, "Every element is taken out and added in Python.", evidence, title="Add up whole arrays",
            edits=[Edit(module.start(node), module.end(node), f"{step.target.id} += {whole}")],
            imports=vector.imports,
        )  # fmt: skip
