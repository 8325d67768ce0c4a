"""Looking a value up in a list, again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.attributes import attribute_type
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import (
    base_name,
    hashable_lookups,
    holds_hashable,
    looks_up_hashable,
    membership,
    plan_lookup,
    small,
    table_finding,
)

__all__ = ["ListIntersection", "ListMembershipInLoop", "ValuesMembershipInLoop"]

_WHY = "A list is searched from its beginning, a set finds a value by its hash in one step, however many it holds."
_PRECONDITIONS = (
    "the list does not change while the loop runs",
    "what it holds and what is looked up are hashable, of built-in types",
)


class ListMembershipInLoop(Rule):
    """``x in xs`` in a loop, where ``xs`` is a list or tuple that does not change."""

    id = "list-membership-in-loop"
    about = About(
        summary="A list is searched in every round of a loop",
        before="""\
def known(words: list[str], stop: list[str]) -> list[str]:
    return_words = []
    for word in words:
        if word not in stop:
            return_words.append(word)
    return return_words
""",
        after="""\
def known(words: list[str], stop: list[str]) -> list[str]:
    return_words = []
    stop_set = set(stop)
    for word in words:
        if word not in stop_set:
            return_words.append(word)
    return return_words
""",
        why=_WHY,
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.Compare,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if not isinstance(searched, (ast.Name, ast.Attribute)) or not module.loops(searched):
            return
        if isinstance(node, ast.Compare) and not _intersection(node, module):
            yield from _search(self, node, searched, module)


class ListIntersection(Rule):
    """``[x for x in xs if x in ys]``: what two lists have in common, or the one more than the other, in the order of the first."""

    id = "list-intersection"
    about = About(
        summary="What two lists have in common is found by searching one for every value of the other",
        before="""\
def common(first: list[str], second: list[str]) -> list[str]:
    return [word for word in first if word in second]
""",
        after="""\
def common(first: list[str], second: list[str]) -> list[str]:
    second_set = set(second)
    return [word for word in first if word in second_set]
""",
        why=_WHY + " The order and the duplicates of the first list stay.",
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At conditions of comprehensions."""
        searched = membership(node)
        if not isinstance(searched, (ast.Name, ast.Attribute)) or not isinstance(node, ast.Compare):
            return
        if _intersection(node, module):
            yield from _search(self, node, searched, module)


def _intersection(node: ast.Compare, module: Module) -> bool:
    """Whether ``node`` is the only condition of ``[x for x in xs if x in ys]`` or of such a set."""
    clause = module.parent(node)
    owner = module.parent(clause) if isinstance(clause, ast.comprehension) else None
    if not isinstance(owner, (ast.ListComp, ast.SetComp)) or len(owner.generators) != 1:
        return False
    parts = (owner.elt, owner.generators[0].target, node.left)
    return len(owner.generators[0].ifs) == 1 and all(
        isinstance(part, ast.Name) and isinstance(node.left, ast.Name) and part.id == node.left.id
        for part in parts
    )


def _search(rule: Rule, node: ast.Compare, searched: ast.expr, module: Module) -> Iterator[Finding]:
    kind = module.types.of(searched) or attribute_type(searched, module)
    if kind is None or kind.name not in ("list", "tuple") or small(searched, module):
        return
    name = module.text(searched)
    evidence = Evidence()
    if isinstance(searched, ast.Attribute):
        holds = module.types.hashable(kind.element)
        evidence.require(Known.UNKNOWN, f"`{name}` is a list")
    else:
        holds = holds_hashable(searched, module)
    if holds is Known.NO or module.types.hashable(module.types.of(node.left)) is Known.NO:
        return
    hoist = plan_lookup(searched, module, evidence, Known.YES, lambda spot: looks_up_hashable(spot, module))
    if hoist is None:
        return
    evidence.require(holds, f"`{name}` holds hashable values")
    hashable_lookups(hoist, module, evidence)
    what = "list" if kind.name == "list" else "tuple"
    yield table_finding(
        rule,
        node,
        f"The {what} `{name}` is searched from its beginning in every round; a set finds a value at once.",
        module,
        evidence,
        hoist,
        f"{base_name(searched)}_set",
        lambda made: f"{made} = set({name})",
        lambda spot, made: (spot, made),
        f"Look values up in a set of `{name}`",
    )


class ValuesMembershipInLoop(Rule):
    """``x in d.values()`` in a loop."""

    id = "values-membership-in-loop"
    about = About(
        summary="The values of a dictionary are searched in every round of a loop",
        before="""\
def taken(names: list[str], owners: dict[int, str]) -> int:
    found = 0
    for name in names:
        if name in owners.values():
            found += 1
    return found
""",
        after="""\
def taken(names: list[str], owners: dict[int, str]) -> int:
    found = 0
    owners_values = set(owners.values())
    for name in names:
        if name in owners_values:
            found += 1
    return found
""",
        why="Only the keys of a dictionary are found by their hash; its values are searched one after the other. A set finds them at once.",
        preconditions=("the dictionary does not change while the loop runs", _PRECONDITIONS[1]),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if (
            not isinstance(searched, ast.Call)
            or not isinstance(node, ast.Compare)
            or not isinstance(searched.func, ast.Attribute)
            or searched.func.attr != "values"
            or searched.args
            or not module.loops(node)
        ):
            return
        owner = searched.func.value
        kind = module.types.of(searched)
        holds = module.types.hashable(kind.element if kind and kind.name == "dict_values" else None)
        hashed = module.types.hashable(module.types.of(node.left))
        if Known.NO in (holds, hashed, module.types.is_a(owner, "dict")):
            return
        evidence = Evidence()
        hoist = plan_lookup(
            searched, module, evidence, Known.YES, lambda spot: looks_up_hashable(spot, module)
        )
        if hoist is None:
            return
        name = module.text(owner)
        evidence.require(module.types.is_a(owner, "dict"), f"`{name}` is a dictionary")
        evidence.require(holds, f"the values of `{name}` are hashable")
        hashable_lookups(hoist, module, evidence)
        yield table_finding(
            self,
            node,
            f"The values of `{name}` are searched one after the other in every round; a set finds a value at once.",
            module,
            evidence,
            hoist,
            f"{base_name(owner) or 'known'}_values",
            lambda made: f"{made} = set({name}.values())",
            lambda spot, made: (spot, made),
            f"Look values up in a set of the values of `{name}`",
        )
