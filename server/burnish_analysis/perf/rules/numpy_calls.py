"""Calls that take the long way round with numpy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin, integer, is_name, operand
from burnish_analysis.perf.facts.vector import ARRAY, flat
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["NumpyArrayOfRange", "NumpyBuiltinReduction", "NumpyCountPlaces"]


class NumpyBuiltinReduction(Rule):
    """``sum(a)``, ``max(a)``, ``any(a)`` of an array."""

    id = "numpy-builtin-reduction"
    about = About(
        summary="A built-in function goes through an array element by element",
        before="""\
import numpy as np


def total(values: np.ndarray) -> float:
    return sum(values)
""",
        after="""\
import numpy as np


def total(values: np.ndarray) -> float:
    return values.sum()
""",
        why="The built-in functions take every element out as an object of Python; the array's own methods work in C.",
        preconditions=(
            "one dimension, no NaN",
            "the last digit of a sum does not matter: numpy adds in another order",
        ),
        references=("https://numpy.org/doc/stable/reference/arrays.ndarray.html#calculation",),
    )
    nodes = (ast.Call,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls with one array."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in ("sum", "min", "max", "any", "all")
        ):
            return
        if not is_call(node, module, f"builtins.{node.func.id}") or module.types.name(node.args[0]) != ARRAY:
            return
        evidence = Evidence()
        words = {
            "sum": "the array has one dimension, and the last digit of the sum does not matter",
            "min": "the array has one dimension and holds no NaN",
            "max": "the array has one dimension and holds no NaN",
        }
        evidence.require(
            Known.UNKNOWN,
            words.get(node.func.id, "the array has one dimension, and numpy's own kind of bool will do"),
        )
        yield module.finding(
            self, node, f"`{node.func.id}` takes every element out as an object of Python.", evidence,
            title=f"Use the array's `{node.func.id}`",
            edits=[module.replace(node, f"{operand(node.args[0], module)}.{node.func.id}()")],
        )  # fmt: skip


class NumpyCountPlaces(Rule):
    """``len(np.where(c)[0])``."""

    id = "numpy-count-places"
    about = About(
        summary="The places where a condition holds are listed only to be counted",
        before="""\
import numpy as np


def above(count: int, limit: float) -> int:
    values = np.linspace(0.0, 1.0, count)
    return len(np.where(values > limit)[0])
""",
        after="""\
import numpy as np


def above(count: int, limit: float) -> int:
    values = np.linspace(0.0, 1.0, count)
    return int(np.count_nonzero(values > limit))
""",
        why="`count_nonzero` counts; `where` and `nonzero` make an array of places for every dimension first.",
        preconditions=("the condition is an array of at least one dimension",),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.count_nonzero.html",),
    )
    nodes = (ast.Call, ast.Attribute, ast.Subscript)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``len(…)``, ``….size`` and ``….shape[0]``."""
        places: ast.expr | None = None
        if isinstance(node, ast.Call):
            if is_name(node.func, "len") and len(node.args) == 1 and module.calls(node, "builtins.len"):
                places = node.args[0]
        elif isinstance(node, ast.Attribute):
            places = node.value if node.attr == "size" else None
        elif (
            isinstance(node, ast.Subscript)
            and integer(node.slice) == 0
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "shape"
        ):
            places = node.value.value
        if (
            not isinstance(node, ast.expr)
            or not isinstance(places, ast.Subscript)
            or integer(places.slice) != 0
        ):
            return
        made = places.value
        if (
            not isinstance(made, ast.Call)
            or len(made.args) != 1
            or made.keywords
            or not module.calls(made, "numpy.where", "numpy.nonzero")
            or not builtin(node, module, "int")
        ):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(flat(made.args[0], module)),
            f"`{module.text(made.args[0])}` is an array of at least one dimension",
        )
        numpy = module.imported("numpy", at=node)
        yield module.finding(
            self, node, "An array of all places is made only to be counted.", evidence, title="Use `count_nonzero`",
            edits=[module.replace(node, f"int({numpy}.count_nonzero({module.text(made.args[0])}))")], imports=[Import("numpy")],
        )  # fmt: skip


class NumpyArrayOfRange(Rule):
    """``np.array(range(n))``."""

    id = "numpy-array-of-range"
    about = About(
        summary="An array of counted numbers is made from objects of Python",
        before="""\
import numpy as np


def places(count: int) -> np.ndarray:
    return np.array(range(count))
""",
        after="""\
import numpy as np


def places(count: int) -> np.ndarray:
    return np.arange(count)
""",
        why="`arange` writes the numbers into the array; `array` makes an object for each and reads it.",
        preconditions=("the range is not empty: an empty list makes an array of floats",),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.arange.html",),
    )
    nodes = (ast.Call,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``np.array(…)``."""
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 1
            or not module.calls(node, "numpy.array", "numpy.asarray")
        ):
            return
        if any(word.arg != "dtype" for word in node.keywords):
            return
        made = node.args[0]
        if isinstance(made, ast.Call) and is_call(made, module, "builtins.list"):
            made = made.args[0]
        if not isinstance(made, ast.Call) or not any(
            is_call(made, module, "builtins.range", arguments) for arguments in (1, 2, 3)
        ):
            return
        shown = _shown(made.args) & Known.of(not node.keywords)
        evidence = Evidence()
        if not evidence.require(
            shown, f"`{module.text(made)}` is not empty, and its numbers fit the array's type"
        ):
            return
        given = ", ".join(
            [*(module.text(part) for part in made.args), *(module.text(word) for word in node.keywords)]
        )
        numpy = module.imported("numpy", at=node)
        yield module.finding(
            self, node, "An object of Python is made for every number.", evidence, title="Use `arange`",
            edits=[module.replace(node, f"{numpy}.arange({given})")], imports=[Import("numpy")],
        )  # fmt: skip


def _shown(arguments: list[ast.expr]) -> Known:
    """Whether a range as written is not empty, and its numbers fit any type of whole numbers that an array has by itself."""
    numbers = [integer(part) for part in arguments]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return Known.UNKNOWN
    if len(known) == 3 and known[2] == 0:
        return Known.NO  # an error, and not the same one
    return Known.YES if range(*known) and max(map(abs, known)) < 2**31 else Known.NO
