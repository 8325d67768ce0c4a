"""What a loop over the elements of numpy arrays goes through, and how to write its elements as whole arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    usable_after,
)
from burnish_analysis.perf.facts.vector import ARRAY
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import Evidence
from burnish_analysis.perf.module import Module

__all__ = ["Elements", "elements_of", "usable_after_loop"]


@dataclass(frozen=True, slots=True)
class Elements:
    """What a loop goes through: by index up to ``limit``, or element by element of ``array``."""

    name: str
    limit: ast.expr | None
    array: ast.expr | None

    def reader(self, module: Module, evidence: Evidence) -> Callable[[ast.expr], str | None]:
        """How to write an element as a whole array."""

        def whole(node: ast.expr) -> str | None:
            if self.array is not None:
                return module.text(self.array) if is_name(node, self.name) else None
            if (
                not isinstance(node, ast.Subscript)
                or not is_name(node.slice, self.name)
                or not isinstance(node.value, ast.Name)
            ):
                return None
            if not evidence.require(module.types.is_a(node.value, ARRAY), f"`{node.value.id}` is an array"):
                return None
            return self.sliced(node.value, module)

        return whole

    def sliced(self, array: ast.Name, module: Module) -> str:
        """The part of an array that the loop goes through."""
        limit = self.limit
        if limit is None or _length_of(limit, array, module) or _made_as_long(array, limit, module):
            return array.id
        return f"{array.id}[:{module.text(limit)}]"


def _length_of(limit: ast.expr, array: ast.Name, module: Module) -> bool:
    """Whether a number is the length of an array as written: ``len(a)``, ``a.shape[0]``, ``a.size``."""
    if isinstance(limit, ast.Call) and module.calls(limit, "builtins.len"):
        return is_name(limit.args[0], array.id)
    if (
        isinstance(limit, ast.Subscript)
        and integer(limit.slice) == 0
        and isinstance(limit.value, ast.Attribute)
    ):
        return limit.value.attr == "shape" and is_name(limit.value.value, array.id)
    return isinstance(limit, ast.Attribute) and limit.attr == "size" and is_name(limit.value, array.id)


def _made_as_long(array: ast.Name, limit: ast.expr, module: Module) -> bool:
    """Whether an array was made with that length: ``np.zeros(n)``, ``np.zeros_like(a)`` where ``n`` is the length of ``a``."""
    bindings = module.flow.bindings(array)
    made = bindings[0].value if len(bindings) == 1 else None
    if not isinstance(made, ast.Call) or not made.args:
        return False
    called, first = module.qualified(made.func) or "", made.args[0]
    if called in ("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full"):
        return module.same(first, limit)
    return called.endswith("_like") and isinstance(first, ast.Name) and _length_of(limit, first, module)


def elements_of(node: ast.For, module: Module) -> Elements | None:
    """What a loop over ``range(n)`` or over an array goes through."""
    if not isinstance(node.target, ast.Name) or node.orelse:
        return None
    over = node.iter
    if isinstance(over, ast.Call):
        if not module.calls(over, "builtins.range") or len(over.args) != 1 or over.keywords:
            return None
        limit = over.args[0]
        plain = isinstance(limit, (ast.Name, ast.Attribute, ast.Subscript)) or is_call(
            limit, module, "builtins.len"
        )
        return Elements(node.target.id, limit, None) if plain else None
    if isinstance(over, ast.Name) and module.types.name(over) == ARRAY:
        return Elements(node.target.id, None, over)
    return None


def usable_after_loop(node: ast.For, module: Module) -> bool:
    """Whether the loop's variable may be read after it; at module level, where scripts do not care, only if it is."""
    if not isinstance(node.target, ast.Name):
        return True
    if module.function(node) is None:
        return module.flow.used_after(node.target, node)
    return usable_after(node.target, node, module)
