"""Dictionaries and sets that are copied to add one more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.lookup_parts import CONTAINERS, looked_up, names_in, short

__all__ = ["DictCopyInLoop", "SetCopyInLoop"]

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


def _loop(node: ast.Assign, name: str, module: Module) -> Loop | None:
    """The innermost loop around, if none of the loops around goes through the object itself."""
    loops = module.loops(node)
    for loop in loops:
        if isinstance(loop, (ast.For, ast.AsyncFor)) and name in names_in(loop.iter):
            return None
    return loops[0] if loops else None


def _target(node: ast.AST) -> tuple[ast.Name, ast.expr] | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0], node.value
    return None


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
        found = _target(node)
        if found is None or not isinstance(node, ast.Assign):
            return
        target, value = found
        pair = _pair(value, target.id)
        if pair is None or _loop(node, target.id, module) is None:
            return
        if not _alone(target, "dict", _pair, module):
            return
        evidence = Evidence()
        key, item = pair
        simple = any(isinstance(part, (ast.Name, ast.Constant)) for part in pair)
        order = Known.YES if simple else module.effects.pure(key, item)
        words = (
            f"`{short(module.text(key))}` and `{short(module.text(item))}` can be evaluated in either order"
        )
        evidence.require(Known.UNKNOWN if order is Known.NO else order, words)
        name = target.id
        yield module.finding(
            self,
            node,
            f"All of `{name}` is copied in every round to add to it.",
            evidence,
            title=f"Add to `{name}` itself",
            edits=[_changed(node, f"{name}[{module.text(key)}] = {module.text(item)}", module)],
        )


def _changed(node: ast.Assign, text: str, module: Module) -> Edit:
    """The statement's new text: all of it, parentheses around its value too."""
    return Edit(module.start(node), module.end(node), text)


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
        found = _target(node)
        if found is None or not isinstance(node, ast.Assign):
            return
        target, value = found
        added = _added(value, target.id)
        if added is None or _loop(node, target.id, module) is None:
            return
        if not _alone(target, "set", _added, module):
            return
        evidence = Evidence()
        unordered = all(_no_order(use, module) for use in module.flow.uses(target))
        evidence.require(
            Known.of(unordered), f"in which order `{target.id}` gives its values does not matter"
        )
        operator = isinstance(value, ast.BinOp)
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
        yield module.finding(
            self,
            node,
            f"All of `{target.id}` is copied in every round to add to it.",
            evidence,
            title=f"Add to `{target.id}` itself",
            edits=[_changed(node, change, module)],
        )


def _no_order(use: ast.Name, module: Module) -> bool:
    """Whether a use of a set is the same for any order of its values, which depends on how it came about."""
    parent = module.parent(use)
    if looked_up(use, module) is not None or isinstance(parent, (ast.BinOp, ast.If, ast.While)):
        return not isinstance(parent, ast.BinOp) or isinstance(module.parent(parent), ast.Assign)
    if isinstance(parent, ast.Attribute):
        return parent.attr in ("add", "discard", "remove", "clear", "update", "union")
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
