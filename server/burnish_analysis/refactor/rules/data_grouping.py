"""``setdefault`` again and again: a dictionary that makes missing values itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin
from burnish_analysis.perf.facts.sequences import reads_at_once, whole_local
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer

__all__ = ["DefaultDict"]

_READS = ("get", "items", "keys", "values", "pop")


class DefaultDict(Refactoring):
    """``d = {}`` and ``d.setdefault(k, []).append(x)``."""

    id = "setdefault-to-defaultdict"
    about = About(
        summary="Every use of a dictionary says anew what a missing value is",
        before="""\
def by_letter(words: list[str]) -> list[list[str]]:
    groups = {}
    for word in words:
        groups.setdefault(word[0], []).append(word)
    return sorted(groups.values())
""",
        after="""\
from collections import defaultdict
def by_letter(words: list[str]) -> list[list[str]]:
    groups = defaultdict(list)
    for word in words:
        groups[word[0]].append(word)
    return sorted(groups.values())
""",
        why="A `defaultdict` says once, where it is made, what a missing value is, and makes one only where it is missing.",
        preconditions=(
            "nothing asks the dictionary for a key that may be missing",
            "nobody but this function sees the dictionary: a `defaultdict` makes values for whoever asks",
        ),
        references=("https://docs.python.org/3/library/collections.html#collections.defaultdict",),
    )
    nodes = (ast.Assign, ast.AnnAssign)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments of an empty dictionary."""
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            return
        made = assigned(node)
        if made is None or not _empty(made[1], module) or not whole_local(made[0], module):
            return
        name, value = made
        if len(module.flow.bindings(name)) != 1:
            return
        evidence = Evidence()
        calls: list[tuple[ast.Call, ast.expr]] = []
        kinds: set[str] = set()
        for use in module.flow.uses(name):
            entry = _defaulted(use, module)
            if entry is not None:
                calls.append(entry[:2])
                kinds.add(entry[2])
            else:
                _other(use, name.id, module, evidence)
        if not calls or len(kinds) != 1 or evidence.violated:
            return
        kind = kinds.pop()
        if not builtin(node, module, kind):
            return
        factory = module.imported("collections", "defaultdict", at=node)
        yield from offer(
            self,
            module,
            node,
            f"Every use of `{name.id}` says what a missing value is.",
            evidence,
            "Make it a `defaultdict`",
            [
                module.replace(value, f"{factory}({kind})"),
                *(edit for call, key in calls for edit in _edits(call, key, module)),
            ],
            [Import("collections", "defaultdict")],
        )


def _edits(call: ast.Call, key: ast.expr, module: Module) -> list[Edit]:
    assert isinstance(call.func, ast.Attribute)
    owner = module.end(call.func.value)
    return [
        Edit(owner, module.start(key), "["),
        Edit(module.end(key), module.end(call), "]"),
    ]


def _empty(value: ast.expr, module: Module) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    return (
        isinstance(value, ast.Call)
        and not value.args
        and not value.keywords
        and module.qualified(value.func) == "builtins.dict"
    )


def _defaulted(use: ast.Name, module: Module) -> tuple[ast.Call, ast.expr, str] | None:
    """Call, key and what is made: of ``d.setdefault(k, [])`` that something is done with."""
    method = module.parent(use)
    call = module.parent(method) if method is not None else None
    if (
        not isinstance(method, ast.Attribute)
        or method.attr != "setdefault"
        or not isinstance(call, ast.Call)
        or call.func is not method
        or len(call.args) != 2
        or call.keywords
    ):
        return None
    key, value = call.args
    between = module.source[module.end(method) : module.start(key)].strip()
    if isinstance(key, (ast.Starred, ast.NamedExpr)) or between != "(":
        return None  # a key in parentheses of its own
    if isinstance(value, ast.List) and not value.elts:
        return call, key, "list"
    if isinstance(value, ast.Dict) and not value.keys:
        return call, key, "dict"
    made = (
        module.qualified(value.func)
        if isinstance(value, ast.Call) and not value.args and not value.keywords
        else None
    )
    for kind in ("list", "set", "dict"):
        if made == f"builtins.{kind}":
            return call, key, kind
    return None


def _other(use: ast.Name, name: str, module: Module, evidence: Evidence) -> None:
    """Require that a use is the same for a ``defaultdict``."""
    parent = module.parent(use)
    if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Load):
        evidence.require(Known.UNKNOWN, f"`{module.text(parent)}` is never asked for a missing key")
        return
    if isinstance(parent, ast.Attribute):
        evidence.require(Known.of(parent.attr in _READS), f"`{name}` may be a `defaultdict`")
        return
    if isinstance(
        parent, (ast.Compare, ast.For, ast.comprehension, ast.If, ast.While, ast.UnaryOp, ast.Subscript)
    ):
        return
    read = isinstance(parent, ast.Call) and module.qualified(parent.func) in (
        "builtins.len", "builtins.list", "builtins.sorted", "builtins.set", "builtins.sum", "builtins.tuple", "builtins.dict",
        "builtins.max", "builtins.min", "builtins.any", "builtins.all", "builtins.bool",
    ) and reads_at_once(use, module)  # fmt: skip
    evidence.require(Known.of(read), f"who gets `{name}` may be given a `defaultdict`")
