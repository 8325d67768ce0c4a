"""Dictionaries and sets that are copied to add one more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeVar

from burnish_analysis.perf.facts.writing import assigned, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import CONTAINERS, looked_up, names_in, short
from burnish_analysis.perf.walking import walk

__all__ = ["DictCopyInLoop", "SetCopyInLoop"]

_Added = TypeVar("_Added")

_WHY = "A copy of everything is made in every round, so the work grows with the square. The same object can take what is new."
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
#: Uses that are over at once: nothing that they give still refers to the object.
_READERS = frozenset({"builtins.len", "builtins.sorted", "builtins.list", "builtins.tuple", "builtins.sum", "builtins.min", "builtins.max",
                      "builtins.any", "builtins.all", "builtins.bool", "builtins.set", "builtins.frozenset", "builtins.dict",
                      "builtins.print", "builtins.str", "builtins.repr"})  # fmt: skip


def _alone(name: ast.Name, kind: str, copies: Callable[[ast.expr, str], object], module: Module) -> bool:
    """Whether the variable always means an object of a type that is made here, to which nothing else refers.

    Args:
        copies: gives something for the values that are copies with more in them, such as ``{**d, k: v}``.
    """
    owner = module.flow.owner(name)
    if owner.kind != "function":
        return False
    for binding in owner.bindings.get(name.id, ()):
        if binding.kind == "augment":
            continue
        value = binding.value
        if (
            binding.kind not in ("assign", "annotate")
            or value is None
            or module.scope(binding.node) is not owner
        ):
            return False
        if isinstance(binding.owner, ast.Assign) and len(binding.owner.targets) > 1:
            return False
        if copies(value, name.id) is None and not (
            module.flow.fresh(value) and module.types.name(value) == kind
        ):
            return False
    return all(_over_at_once(use, module) for use in owner.uses.get(name.id, ()))


def _over_at_once(use: ast.Name, module: Module) -> bool:
    parent = module.parent(use)
    outer = [part for part in module.ancestors(use) if isinstance(part, (ast.GeneratorExp, *_FUNCTIONS))]
    if (
        not outer
        or not isinstance(outer[0], (ast.FunctionDef, ast.AsyncFunctionDef))
        or not _owned(use, outer[0], module)
    ):
        return False
    if isinstance(parent, ast.Return) or looked_up(use, module) is not None:
        return True
    if isinstance(parent, ast.Subscript):
        return parent.value is use
    if isinstance(parent, ast.Dict):
        return any(
            key is None and value is use for key, value in zip(parent.keys, parent.values, strict=True)
        )
    if isinstance(parent, (ast.BinOp, ast.If, ast.While, ast.FormattedValue)):
        return True
    if isinstance(parent, ast.Starred):
        return True
    if isinstance(parent, ast.For):
        return parent.iter is use
    if isinstance(parent, ast.comprehension):
        return not isinstance(module.parent(parent), ast.GeneratorExp)
    if isinstance(parent, ast.Call):
        return module.qualified(parent.func) in _READERS
    if isinstance(parent, ast.Attribute):
        call = module.parent(parent)
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        if parent.attr in (
            "get",
            "copy",
            "add",
            "update",
            "union",
            "pop",
            "clear",
            "discard",
            "remove",
            "setdefault",
        ):
            return True
        above = module.parent(call)
        return isinstance(above, ast.For) or (
            isinstance(above, ast.Call) and module.qualified(above.func) in _READERS
        )
    return False


def _owned(use: ast.Name, function: ast.AST, module: Module) -> bool:
    return module.flow.owner(use).node is function


def _grown(
    node: ast.AST, kind: str, copies: Callable[[ast.expr, str], _Added | None], module: Module
) -> tuple[ast.Name, _Added] | None:
    """The variable that an assignment in a loop gives a copy of itself with more in it, and what that is; see ``_alone``."""
    if (
        not isinstance(node, ast.Assign)
        or len(node.targets) != 1
        or not isinstance(node.targets[0], ast.Name)
    ):
        return None
    target = node.targets[0]
    added = copies(node.value, target.id)
    if added is None or not _in_loop(node, target.id, module) or not _alone(target, kind, copies, module):
        return None
    return target, added


def _in_loop(node: ast.Assign, name: str, module: Module) -> bool:
    """Whether loops are around, and none of them goes through the object itself."""
    loops = module.loops(node)
    return bool(loops) and not any(
        isinstance(loop, (ast.For, ast.AsyncFor)) and name in names_in(loop.iter) for loop in loops
    )


def _finding(
    rule: Rule, node: ast.AST, target: ast.Name, change: str, evidence: Evidence, module: Module
) -> Finding:
    """A finding whose fix puts ``change`` in the place of the whole assignment, parentheses around its value too."""
    return module.finding(
        rule,
        node,
        f"All of `{target.id}` is copied in every round to add to it.",
        evidence,
        title=f"Add to `{target.id}` itself",
        edits=[Edit(module.start(node), module.end(node), change)],
    )


class DictCopyInLoop(Rule):
    """``d = {**d, k: v}`` and ``d = d | {k: v}`` in a loop."""

    id = "dict-copy-in-loop"
    about = About(
        summary="A dictionary is copied in every round to add to it",
        before="""\
def lengths(words: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found = {**found, word: len(word)}
    return found
""",
        after="""\
def lengths(words: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = len(word)
    return found
""",
        why=_WHY,
        preconditions=(
            "nothing else refers to the dictionary, and nothing goes through it meanwhile",
            "key and value can be evaluated in either order",
        ),
    )
    nodes = (ast.Assign,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments in loops."""
        found = _grown(node, "dict", _pair, module)
        if found is None:
            return
        target, (key, item) = found
        evidence = Evidence()
        words = (
            f"`{short(module.text(key))}` and `{short(module.text(item))}` can be evaluated in either order"
        )
        evidence.require(Known.of(_independent((key, item), target, module)), words)
        change = f"{target.id}[{module.text(key)}] = {assigned(item, module)}"
        yield _finding(self, node, target, change, evidence, module)


def _independent(pair: tuple[ast.expr, ast.expr], owner: ast.Name, module: Module) -> bool:
    """Whether neither the order of key and value matters, nor that the dictionary is copied before they are evaluated."""
    if module.effects.pure(*pair) is Known.YES:
        return True
    inside = {part for side in pair for part in walk(side)}
    if any(isinstance(part, ast.NamedExpr) for part in inside) or any(
        use in inside and module.flow.mutates(use) for use in module.flow.uses(owner)
    ):
        return False
    return any(
        isinstance(side, ast.Constant) or (isinstance(side, ast.Name) and module.flow.local(side))
        for side in pair
    )


def _pair(value: ast.expr, name: str) -> tuple[ast.expr, ast.expr] | None:
    """The one key and value that are added to a copy of ``name``."""
    if isinstance(value, ast.Dict) and len(value.keys) == 2 and value.keys[0] is None:
        first = value.values[0]
        if isinstance(first, ast.Name) and first.id == name and value.keys[1] is not None:
            return value.keys[1], value.values[1]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr) and isinstance(value.right, ast.Dict):
        added = value.right
        if isinstance(value.left, ast.Name) and value.left.id == name and len(added.keys) == 1:
            key = added.keys[0]
            return (key, added.values[0]) if key is not None else None
    return None


class SetCopyInLoop(Rule):
    """``s = s | {x}`` and ``s = s.union(xs)`` in a loop."""

    id = "set-copy-in-loop"
    about = About(
        summary="A set is copied in every round to add to it",
        before="""\
def letters(words: list[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        found = found | {word[:1]}
    return found
""",
        after="""\
def letters(words: list[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        found.add(word[:1])
    return found
""",
        why=_WHY,
        preconditions=(
            "nothing else refers to the set, and nothing goes through it meanwhile",
            "the order in which the set gives its values does not matter",
        ),
    )
    nodes = (ast.Assign,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments in loops."""
        found = _grown(node, "set", _added, module)
        if found is None or not isinstance(node, ast.Assign):
            return
        target, added = found
        evidence = Evidence()
        unordered = all(_no_order(use, module) for use in module.flow.uses(target))
        evidence.require(
            Known.of(unordered), f"in which order `{target.id}` gives its values does not matter"
        )
        operator = isinstance(node.value, ast.BinOp)
        kind = module.types.name(added)
        text = short(module.text(added))
        if isinstance(added, ast.Set) and len(added.elts) == 1 and not isinstance(added.elts[0], ast.Starred):
            change = f"{target.id}.add({module.text(added.elts[0])})"
        elif operator:
            evidence.require(Known.of(kind in ("set", "frozenset")), f"`{text}` is a set")
            change = f"{target.id} |= {module.text(added)}"
        else:
            evidence.require(Known.of(kind in CONTAINERS), f"going through `{text}` does not fail")
            evidence.require(module.types.holds_hashable(added), f"`{text}` holds hashable values")
            change = f"{target.id}.update({module.text(added)})"
        yield _finding(self, node, target, change, evidence, module)


def _no_order(use: ast.Name, module: Module) -> bool:
    """Whether a use of a set is the same for any order of its values, which depends on how it came about."""
    parent = module.parent(use)
    if looked_up(use, module) is not None or isinstance(parent, (ast.If, ast.While)):
        return True
    grown = module.statement(use)
    if isinstance(grown, ast.Assign) and same_name(grown.targets[0], use.id):
        added = _added(grown.value, use.id)
        if added is not None and not any(part is use for part in walk(added)):
            return True
    if isinstance(parent, ast.Attribute):
        return parent.attr in ("add", "discard", "remove", "clear", "update")
    return isinstance(parent, ast.Call) and module.calls(
        parent, "builtins.len", "builtins.bool", "builtins.sorted"
    )


def _added(value: ast.expr, name: str) -> ast.expr | None:
    """What is added to a copy of ``name``."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return value.right if isinstance(value.left, ast.Name) and value.left.id == name else None
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "union"
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == name
        and len(value.args) == 1
        and not value.keywords
        and not isinstance(value.args[0], ast.Starred)
    ):
        return value.args[0]
    return None
