"""Counting and listing the elements of numpy arrays one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.elements import Elements, elements_of, usable_after_loop
from burnish_analysis.perf.facts.patterns import (
    builtin,
    comprehended,
    integer,
    is_name,
    mentions,
    over_one,
)
from burnish_analysis.perf.facts.vector import ARRAY, Vector
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["NumpyCountLoop", "NumpyListOfElements"]


class NumpyCountLoop(Rule):
    """``for x in a: if x > limit: n += 1`` and ``sum(1 for x in a if x > limit)``."""

    id = "numpy-count-loop"
    about = About(
        summary="The elements of an array are tested and counted one by one",
        before="""\
import numpy as np


def above(values: np.ndarray, limit: float) -> int:
    return sum(1 for value in values if value > limit)
""",
        after="""\
import numpy as np


def above(values: np.ndarray, limit: float) -> int:
    return int(np.count_nonzero(values > limit))
""",
        why="Every element taken out of an array becomes an object of Python; numpy compares and counts in C.",
        preconditions=("an array of one dimension",),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.count_nonzero.html",),
    )
    nodes = (ast.For, ast.Call)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum(…)`` and at loops with one ``if``."""
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, "the array has one dimension")
        if isinstance(node, ast.Call):
            over = over_one(node) if module.calls(node, "builtins.sum") else None
            if (
                over is None
                or len(over.tests) != 1
                or integer(over.element) != 1
                or module.types.name(over.iterated) != ARRAY
            ):
                return
            found, test, place = Elements(over.target.id, None, over.iterated), over.tests[0], node
            before = ""
        else:
            loop = _counted_loop(node, module)
            if loop is None or not isinstance(node, ast.For):
                return
            found, test, before = loop
        vector = Vector(module, node, found.reader(module, evidence), {found.name})
        text = vector.test(test)
        if text is None or evidence.violated or not builtin(node, module, "int"):
            return
        counted = f"int({vector.numpy}.count_nonzero({text}))"
        edit = (
            module.replace(place, counted)
            if isinstance(node, ast.Call)
            else Edit(module.start(node), module.end(node), f"{before}{counted}")
        )
        yield module.finding(
            self, node, "Every element is taken out and tested in Python.", evidence, title="Use `count_nonzero`", edits=[edit],
            imports=[Import("numpy")],
        )  # fmt: skip


def _counted_loop(node: ast.AST, module: Module) -> tuple[Elements, ast.expr, str] | None:
    """Elements, test and ``n += `` of a loop that counts."""
    if not isinstance(node, ast.For) or len(node.body) != 1 or not isinstance(node.body[0], ast.If):
        return None
    inner = node.body[0]
    step = inner.body[0]
    if (
        inner.orelse
        or len(inner.body) != 1
        or not isinstance(step, ast.AugAssign)
        or not isinstance(step.op, ast.Add)
    ):
        return None
    if (
        integer(step.value) != 1
        or not isinstance(step.target, ast.Name)
        or mentions(inner.test, step.target.id)
    ):
        return None
    found = elements_of(node, module)
    if found is None or usable_after_loop(node, module):
        return None
    return found, inner.test, f"{step.target.id} += "


class NumpyListOfElements(Rule):
    """``np.array([x * 2 + 1 for x in a])``."""

    id = "numpy-list-of-elements"
    about = About(
        summary="An array is made from a list of the worked-on elements of another one",
        before="""\
import numpy as np


def scaled(values: np.ndarray, factor: float) -> np.ndarray:
    return np.array([value * factor + 1 for value in values])
""",
        after="""\
import numpy as np


def scaled(values: np.ndarray, factor: float) -> np.ndarray:
    return values * factor + 1
""",
        why="The list holds an object of Python for every element; numpy works on the whole array in C.",
        preconditions=("an array of floats of one dimension, not empty",),
        references=("https://numpy.org/doc/stable/user/basics.broadcasting.html",),
    )
    nodes = (ast.Call,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``np.array([…])``."""
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 1
            or node.keywords
            or not module.calls(node, "numpy.array", "numpy.asarray")
        ):
            return
        over = comprehended(node.args[0]) if isinstance(node.args[0], ast.ListComp) else None
        if over is None or over.tests or is_name(over.element, over.target.id):
            return
        if isinstance(over.iterated, ast.Name) and module.types.name(over.iterated) == ARRAY:
            whole = over.iterated.id
        elif isinstance(over.iterated, ast.Call) and module.calls(over.iterated, "builtins.range"):
            given = ", ".join(module.text(part) for part in over.iterated.args)
            whole = f"{module.imported('numpy', at=node)}.arange({given})"
        else:
            return
        vector = Vector.of(over.target.id, whole, module, node)
        text = vector.text(over.element)
        counted = not isinstance(over.iterated, ast.Name)
        if text is None or (vector.elements > 1 and counted):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN,
            f"`{module.text(over.iterated)}` is not empty and has one dimension, and its numbers are floats or small",
        )
        yield module.finding(
            self, node, "A list of all elements is made in Python first.", evidence, title="Work on whole arrays",
            edits=[module.replace(node, text)], imports=[Import("numpy")] if counted else vector.imports,
        )  # fmt: skip
