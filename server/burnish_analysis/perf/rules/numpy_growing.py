"""numpy arrays that are made longer by copying them in every round of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.growing import Growing, growing, joined_pair
from burnish_analysis.perf.facts.patterns import is_name, mentions
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["NumpyGrowing"]

#: Statements that may pass over an error.
_PASSING = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)
_JOINS = ("numpy.concatenate", "numpy.hstack", "numpy.vstack")


class NumpyGrowing(Rule):
    """``r = np.append(r, x)`` in a loop."""

    id = "numpy-growing"
    about = About(
        summary="An array is copied in every round of a loop to make it longer",
        before="""\
import numpy as np


def halves(count: int) -> np.ndarray:
    result = np.array([])
    for number in range(count):
        result = np.append(result, number / 2)
    return result
""",
        after="""\
import numpy as np


def halves(count: int) -> np.ndarray:
    result = np.array([])
    result_parts = []
    for number in range(count):
        result_parts.append(number / 2)
    result = np.append(result, result_parts)
    return result
""",
        why="`append` and `concatenate` copy all of the array, every time. A list grows in place, and one copy at the end does.",
        preconditions=(
            "the array begins as floats of one dimension and single floats are put in",
            "otherwise: the types of the pieces agree, and nothing changes a piece after it was put in",
            "the array is not used in the loop otherwise",
        ),
        references=("https://numpy.org/doc/stable/reference/generated/numpy.append.html",),
    )
    nodes = (ast.Assign,)
    imports = ("numpy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``r = np.append(r, …)`` and the like."""
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            return
        called = module.qualified(node.value.func)
        if called != "numpy.append" and called not in _JOINS:
            return
        found = growing(node, module)
        if found is None:
            return
        evidence = Evidence()
        pieces = module.fresh_name(node, f"{found.name.id}_parts")
        function = module.text(found.call.func)
        if called == "numpy.append":
            made = _appended(found, module, evidence, function)
        else:
            made = _joined(found, module, evidence, function, called)
        if made is None:
            return
        begin, piece, end, rest = made
        evidence.require(
            module.flow.bound_before(found.name, found.loop), f"`{found.name.id}` has a value before the loop"
        )
        if (
            any(isinstance(outer, _PASSING) for outer in module.ancestors(found.loop))
            or module.function(node) is None
        ):
            evidence.require(Known.UNKNOWN, f"nobody sees `{found.name.id}` half made after an error")
        yield module.finding(
            self, node, f"Every round copies all of `{found.name.id}`; a list grows in place.", evidence,
            title="Collect in a list, join once",
            edits=list(found.edits(module, pieces, begin, piece, end + pieces + rest)),
        )  # fmt: skip


def _appended(
    found: Growing, module: Module, evidence: Evidence, function: str
) -> tuple[str, str, str, str] | None:
    """The list's beginning, what is put into it, and the code before and after its name that makes the array of it: for
    ``np.append(r, x)`` without an axis."""
    call = found.call
    if (
        len(call.args) != 2
        or call.keywords
        or not is_name(call.args[0], found.name.id)
        or mentions(call.args[1], found.name.id)
    ):
        return None
    piece, name = call.args[1], found.name.id
    if isinstance(piece, ast.Starred):
        return None
    kind = module.types.name(piece)
    if kind in ("float", "int", "bool", ""):
        plain = kind == "float" and _floats(found, module)
        before = [use for use in module.flow.uses(found.name) if module.start(use) < module.start(found.loop)]
        evidence.require(
            Known.of(not before), f"the array that `{name}` names before the loop is not needed itself"
        )
        evidence.require(
            Known.of(plain),
            f"`{name}` begins as floats of one dimension, and `{module.text(piece)}` is a single number",
        )
        return "[]", module.text(piece), f"{function}({name}, ", ")"
    evidence.require(
        Known.UNKNOWN, f"`{name}` has one dimension, and what is put in is not changed afterwards"
    )
    whole = module.text(piece) if kind in ("list", "numpy.ndarray") else None
    concatenate = function.replace("append", "concatenate")
    return None if whole is None or "." not in function else (f"[{name}]", whole, f"{concatenate}(", ")")


def _floats(found: Growing, module: Module) -> bool:
    """Whether the array is made as floats of one dimension: ``np.array([])``, ``np.zeros(3)``."""
    for binding in module.flow.bindings(found.name):
        if binding.owner is found.statement:
            continue
        made = binding.value
        if not isinstance(made, ast.Call) or len(made.args) != 1 or made.keywords or binding.kind != "assign":
            return False
        called, first = module.qualified(made.func), made.args[0]
        empty = called == "numpy.array" and isinstance(first, ast.List) and not first.elts
        sized = called in ("numpy.zeros", "numpy.ones", "numpy.empty") and module.types.name(first) == "int"
        if not empty and not sized:
            return False
    return True


def _joined(
    found: Growing, module: Module, evidence: Evidence, function: str, called: str
) -> tuple[str, str, str, str] | None:
    """The same for ``np.concatenate([r, x])``, ``np.vstack((r, x))``."""
    piece = joined_pair(found)
    if piece is None or (
        found.call.keywords
        and (called != "numpy.concatenate" or any(word.arg != "axis" for word in found.call.keywords))
    ):
        return None
    evidence.require(
        Known.UNKNOWN,
        f"`{found.name.id}` is an array, the pieces are of the same type and are not changed afterwards",
    )
    given = "".join(f", {module.text(word)}" for word in found.call.keywords)
    return f"[{found.name.id}]", module.text(piece), f"{function}(", f"{given})"
