"""Looking a value up in a list, again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Loop, Module

__all__ = ["ListMembershipInLoop"]


class ListMembershipInLoop(Rule):
    """``x in xs`` in a loop, where ``xs`` is a list that does not change."""

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
        why="A list is searched from its beginning, a set finds a value by its hash in one step, however many it holds.",
        preconditions=(
            "the list does not change while the loop runs",
            "what it holds and what is looked up are hashable, of built-in types",
        ),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        if (
            not isinstance(node, ast.Compare)
            or len(node.ops) != 1
            or not isinstance(node.ops[0], (ast.In, ast.NotIn))
        ):
            return
        searched = node.comparators[0]
        loops = module.loops(node)
        if not isinstance(searched, ast.Name) or not loops:
            return
        if module.types.is_a(searched, "list") is not Known.YES or not module.flow.local(searched):
            return
        loop, known = _outermost(searched, loops, module)
        if loop is None:
            return
        evidence = Evidence()
        name = searched.id
        if not (
            evidence.require(known, f"`{name}` does not change while the loop runs")
            and evidence.require(module.types.holds_hashable(searched), f"`{name}` holds hashable values")
            and evidence.require(
                module.types.hashable(module.types.of(node.left)), f"`{module.text(node.left)}` is hashable"
            )
        ):
            return
        statement = module.statement(loop)
        evidence.require(
            module.flow.bound_before(searched, statement), f"`{name}` has a value before the loop"
        )
        lookup = module.fresh_name(node, f"{name}_set")
        yield module.finding(
            self,
            node,
            f"The list `{name}` is searched from its beginning in every round; a set finds a value at once.",
            evidence,
            title=f"Look values up in a set of `{name}`",
            edits=[
                module.insert_before(statement, f"{lookup} = set({name})"),
                module.replace(searched, lookup),
            ],
        )


def _outermost(searched: ast.Name, loops: list[Loop], module: Module) -> tuple[Loop | None, Known]:
    """The outermost of the loops around that leave the list alone, and whether that is shown."""
    chosen, known = None, Known.NO
    for loop in loops:
        now = module.flow.unchanged(searched, loop)
        if now is Known.NO or (chosen is not None and now is Known.UNKNOWN and known is Known.YES):
            break
        chosen, known = loop, now
    return chosen, known
