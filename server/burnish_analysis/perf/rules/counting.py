"""Keeping the first of each, by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.joins_parts import leaks
from burnish_analysis.perf.rules.lookup_parts import CONTAINERS, membership, names_in, short

__all__ = ["DedupeLoop", "begun_before", "deduped", "finished"]


def begun_before(loop: ast.For, name: str, module: Module) -> ast.Assign | ast.AnnAssign | None:
    """The statement right before a loop, where it gives ``name``, a variable of the function, a value."""
    before = module.previous(loop)
    if isinstance(before, ast.Assign):
        target = before.targets[0] if len(before.targets) == 1 else None
    elif isinstance(before, ast.AnnAssign):
        target = before.target
    else:
        return None
    if not isinstance(target, ast.Name) or target.id != name or before.value is None:
        return None
    return before if module.flow.local(target) and _own(target, module) else None


def _own(name: ast.Name, module: Module) -> bool:
    """Whether it is a variable of the very function that binds it here."""
    owner = module.flow.owner(name)
    return owner is module.scope(name) and all(
        module.scope(binding.node).function is owner for binding in owner.bindings.get(name.id, ())
    )


def finished(loop: ast.For, module: Module) -> Known:
    """Whether the loop goes to its end or nobody sees how far it got: what it goes through is a container, or no ``try`` is around."""
    if module.types.name(loop.iter) in CONTAINERS:
        return Known.YES
    return Known.of(not any(isinstance(outer, (ast.Try, ast.TryStar)) for outer in module.ancestors(loop)))


class DedupeLoop(Rule):
    """``for x in xs: if x not in out: out.append(x)``."""

    id = "dedupe-loop"
    about = About(
        summary="Duplicates are left out by searching the list of what was kept",
        before="""\
def unique(words: list[str]) -> list[str]:
    found = []
    for word in words:
        if word not in found:
            found.append(word)
    return found
""",
        after="""\
def unique(words: list[str]) -> list[str]:
    found = list(dict.fromkeys(words))
    return found
""",
        why="Every value is compared with everything kept so far. A dictionary keeps the first of equal keys, in order, "
        "and finds them by their hash.",
        preconditions=(
            "what is gone through holds hashable values, of built-in types",
            "the list is empty before the loop, and the loop's variable is not used after it",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops that only keep what is new."""
        if not isinstance(node, ast.For):
            return
        kept, begun = deduped(node, module)
        if kept is None or begun is None or not builtin(node, module, "list", "dict"):
            return
        evidence = Evidence()
        text = short(module.text(node.iter))
        if not evidence.require(module.types.holds_hashable(node.iter), f"`{text}` holds hashable values"):
            return
        evidence.require(finished(node, module), f"going through `{text}` does not fail")
        evidence.require(module.effects.pure(node.iter), f"evaluating `{text}` does not look at `{kept.id}`")
        yield module.finding(
            self,
            node,
            f"Everything kept in `{kept.id}` is searched for every value; a dictionary keeps the first of each at once.",
            evidence,
            title="Keep the first of each with dict.fromkeys",
            edits=[
                module.replace(begun.value, f"list(dict.fromkeys({module.text(node.iter)}))")
                if begun.value
                else None,
                module.delete(node),
            ],
            until=node.body[0],
        )


def deduped(node: ast.For, module: Module) -> tuple[ast.Name | None, ast.Assign | ast.AnnAssign | None]:
    """The list that a loop keeps the first of each in, and the statement before the loop that makes it; None where it does not."""
    if node.orelse or not isinstance(node.target, ast.Name):
        return None, None
    kept = _kept(node)
    begun = begun_before(node, kept.id, module) if kept is not None else None
    if kept is None or begun is None or not _empty_list(begun.value, module):
        return None, None
    if kept.id in names_in(node.iter) or leaks([node.target.id], node, node, module):
        return None, None
    return kept, begun


def _kept(node: ast.For) -> ast.Name | None:
    """The list, where the loop's body keeps what is not in it, and nothing else."""
    test = node.body[0]
    if not isinstance(test, ast.If) or test.orelse or not isinstance(test.test, ast.Compare):
        return None
    out = membership(test.test)
    if len(node.body) == 1 and len(test.body) == 1 and isinstance(test.test.ops[0], ast.NotIn):
        keeping = test.body[0]
    elif len(node.body) == 2 and len(test.body) == 1 and isinstance(test.test.ops[0], ast.In):
        if not isinstance(test.body[0], ast.Continue):
            return None
        keeping = node.body[1]
    else:
        return None
    call = keeping.value if isinstance(keeping, ast.Expr) else None
    if (
        not isinstance(out, ast.Name)
        or not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or call.func.attr != "append"
        or not isinstance(call.func.value, ast.Name)
        or call.func.value.id != out.id
        or len(call.args) != 1
        or call.keywords
        or not isinstance(node.target, ast.Name)
    ):
        return None
    same = all(
        isinstance(part, ast.Name) and part.id == node.target.id for part in (test.test.left, call.args[0])
    )
    return out if same and out.id != node.target.id else None


def _empty_list(value: ast.expr | None, module: Module) -> bool:
    if isinstance(value, ast.List):
        return not value.elts
    return (
        isinstance(value, ast.Call)
        and module.calls(value, "builtins.list")
        and not value.args
        and not value.keywords
    )
