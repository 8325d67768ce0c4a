"""Searching in what a call or a comprehension makes anew every time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import (
    base_name,
    hashable_lookups,
    iterated_again,
    looked_up,
    looks_up_hashable,
    membership,
    plan_lookup,
    short,
    table_finding,
    total_key,
)

__all__ = ["ComprehensionMembershipInLoop", "KeysCallInMembership", "ListCallInMembership"]

_DICTS = ("dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict")
_ORDERED = ("str", "int", "bytes", "bool")


class ListCallInMembership(Rule):
    """``x in list(ys)``, ``in sorted(ys)``, ``in set(ys)`` …: a copy is made for one look."""

    id = "list-call-in-membership"
    about = About(
        summary="A copy is made to look for one value in it",
        before="""\
def known(words: list[str], stop: list[str]) -> int:
    found = 0
    for word in words:
        if word in sorted(stop):
            found += 1
    return found
""",
        after="""\
def known(words: list[str], stop: list[str]) -> int:
    found = 0
    stop_set = set(stop)
    for word in words:
        if word in stop_set:
            found += 1
    return found
""",
        why="The call copies everything, in every round, and then one value is looked for. "
        "One set before the loop is made once and finds a value at once; outside a loop the copy is not needed at all.",
        preconditions=(
            "what is copied does not change while the loop runs and can be iterated over again",
            "what it holds and what is looked up are hashable, of built-in types",
        ),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if not isinstance(searched, ast.Call) or not isinstance(node, ast.Compare) or len(searched.args) != 1:
            return
        made = module.qualified(searched.func)
        if made not in (
            "builtins.list",
            "builtins.tuple",
            "builtins.sorted",
            "builtins.set",
            "builtins.frozenset",
        ) or isinstance(searched.args[0], ast.Starred):
            return
        found = self._hoisted(node, searched, made, module) if module.loops(searched) else None
        if found is not None:
            yield found
        elif made not in ("builtins.set", "builtins.frozenset"):
            yield from self._dropped(node, searched, made, module)

    def _hoisted(self, node: ast.Compare, searched: ast.Call, made: str, module: Module) -> Finding | None:
        copied = searched.args[0]
        again = iterated_again(copied, module)
        kind = module.types.of(copied)
        sets = made in ("builtins.set", "builtins.frozenset")
        holds = module.types.holds_hashable(copied)
        hashed = module.types.hashable(module.types.of(node.left))
        if again is Known.NO or (Known.NO in (holds, hashed) and not sets):
            return None
        evidence = Evidence()
        ordered = made != "builtins.sorted" or (
            not searched.keywords
            and kind is not None
            and kind.element is not None
            and kind.element.name in _ORDERED
        )
        hoist = plan_lookup(
            searched,
            module,
            evidence,
            Known.of(ordered) & again & holds,
            lambda spot: looked_up(spot, module) is not None if sets else looks_up_hashable(spot, module),
        )
        if hoist is None:
            return None
        text = short(module.text(copied))
        evidence.require(again, f"`{text}` can be iterated over again")
        evidence.require(holds, f"`{text}` holds hashable values")
        if not sets:
            hashable_lookups(hoist, module, evidence)
        return table_finding(
            self,
            node,
            f"`{short(module.text(searched))}` is made anew in every round to look for one value; one set before the loop is enough.",
            module,
            evidence,
            hoist,
            f"{base_name(copied) or 'known'}_set",
            lambda name: f"{name} = {module.text(searched) if sets else f'set({module.text(copied)})'}",
            lambda spot, name: (spot, name),
            f"Look values up in a set of `{text}`",
        )

    def _dropped(self, node: ast.Compare, searched: ast.Call, made: str, module: Module) -> Iterator[Finding]:
        copied = searched.args[0]
        kind = module.types.name(copied)
        evidence = Evidence()
        if searched.keywords or kind in ("str", "bytes", "generator", "iterator", "file"):
            return
        text = short(module.text(copied))
        hashed = kind in (*_DICTS, "set", "frozenset", "dict_keys", "dict_items")
        plain = (
            Known.YES
            if hashed or kind in ("list", "tuple", "dict_values", "collections.deque")
            else Known.UNKNOWN
        )
        if made == "builtins.sorted":
            element = module.types.of(copied)
            holds = element.element if element else None
            evidence.require(
                Known.of(holds is not None and holds.name in _ORDERED),
                f"the values of `{text}` can be sorted",
            )
        evidence.require(plain, f"`{text}` is a list, set, tuple or dictionary")
        if hashed:
            left = module.types.hashable(module.types.of(node.left))
            if not evidence.require(left, f"`{module.text(node.left)}` is hashable"):
                return
        if plain is Known.UNKNOWN and not isinstance(copied, (ast.Name, ast.Attribute)):
            return
        yield module.finding(
            self,
            node,
            f"`{short(module.text(searched))}` copies everything to look for one value.",
            evidence,
            title=f"Look in `{text}` itself",
            edits=[module.replace(searched, module.text(copied))],
        )


class KeysCallInMembership(Rule):
    """``x in d.keys()``."""

    id = "keys-call-in-membership"
    about = About(
        summary="A view of a dictionary's keys is made to look for one of them",
        before="""\
def known(word: str, places: dict[str, int]) -> bool:
    return word in places.keys()
""",
        after="""\
def known(word: str, places: dict[str, int]) -> bool:
    return word in places
""",
        why="A dictionary answers by itself; the view costs a call and an object each time.",
        preconditions=("it is a dictionary",),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if (
            not isinstance(searched, ast.Call)
            or not isinstance(searched.func, ast.Attribute)
            or searched.func.attr != "keys"
            or searched.args
            or searched.keywords
        ):
            return
        owner = searched.func.value
        name = module.text(owner)
        evidence = Evidence()
        known = module.types.is_a(owner, *_DICTS)
        if known is Known.UNKNOWN and not module.loops(node):
            return
        if evidence.require(known, f"`{short(name)}` is a dictionary"):
            yield module.finding(
                self,
                searched,
                f"`{short(name)}` finds a key without a view of all of them.",
                evidence,
                title=f"Look in `{short(name)}` itself",
                edits=[module.replace(searched, name)],
            )


class ComprehensionMembershipInLoop(Rule):
    """``x in [b.id for b in bs]`` in a loop."""

    id = "comprehension-membership-in-loop"
    about = About(
        summary="A comprehension is evaluated again in every round to look for one value in it",
        before="""\
def known(words: list[str], stop: list[str]) -> int:
    found = 0
    for word in words:
        if word in [other.lower() for other in stop]:
            found += 1
    return found
""",
        after="""\
def known(words: list[str], stop: list[str]) -> int:
    found = 0
    other_set = {other.lower() for other in stop}
    for word in words:
        if word in other_set:
            found += 1
    return found
""",
        why="The comprehension visits everything in every round. One set before the loop is made once and finds a value at once.",
        preconditions=(
            "the comprehension gives the same in every round, and cannot fail where the loop has no round",
            "what it holds and what is looked up are hashable, of built-in types",
        ),
    )
    nodes = (ast.Compare,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if (
            not isinstance(searched, (ast.ListComp, ast.SetComp))
            or not isinstance(node, ast.Compare)
            or not module.loops(searched)
        ):
            return
        holds = module.types.hashable(module.types.of(searched.elt))
        hashed = module.types.hashable(module.types.of(node.left))
        sets = isinstance(searched, ast.SetComp)
        again, total = Known.YES, holds
        for clause in searched.generators:
            again &= iterated_again(clause.iter, module)
            for part in clause.ifs:
                total &= total_key(part, module)
        total &= total_key(searched.elt, module) & again
        if again is Known.NO or (Known.NO in (holds, hashed) and not sets):
            return
        evidence = Evidence()
        hoist = plan_lookup(
            searched,
            module,
            evidence,
            total,
            lambda spot: looked_up(spot, module) is not None if sets else looks_up_hashable(spot, module),
        )
        if hoist is None:
            return
        evidence.require(again, "what the comprehension goes through can be iterated over again")
        evidence.require(holds, "what the comprehension makes is hashable")
        if not sets:
            hashable_lookups(hoist, module, evidence)
        wish = base_name(searched.elt) or base_name(searched) or "known"
        text = module.text(searched)
        yield table_finding(
            self,
            node,
            f"`{short(text)}` is evaluated anew in every round to look for one value; one set before the loop is enough.",
            module,
            evidence,
            hoist,
            f"{wish}_set",
            lambda name: f"{name} = {{{text[1:-1]}}}",
            lambda spot, name: (spot, name),
            "Look values up in a set made before the loop",
        )
