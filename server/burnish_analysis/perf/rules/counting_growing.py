"""Lists that grow while they are searched."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.counting import deduped
from burnish_analysis.perf.rules.counting_kept import require_hashable, set_begin, set_uses
from burnish_analysis.perf.rules.lookup_parts import asked_for_names, looked_up, membership, short

__all__ = ["GrowingListMembership"]


class GrowingListMembership(Rule):
    """``if x not in out: …; out.append(x)`` in a loop, where the list itself is needed."""

    id = "growing-list-membership"
    about = About(
        summary="A list that grows in a loop is searched in every round of it",
        before="""\
def unique(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        word = line.strip()
        if word not in found:
            found.append(word)
    return found
""",
        after="""\
def unique(lines: list[str]) -> list[str]:
    found = []
    found_set = set(found)
    for line in lines:
        word = line.strip()
        if word not in found_set:
            found.append(word)
            found_set.add(word)
    return found
""",
        why="The list is searched from its beginning in every round, and gets longer. A set beside it, kept up to date, "
        "finds a value in one step.",
        preconditions=(
            "in the loop the list is only read and appended to, and nothing else can change it",
            "what is put in and looked up is hashable, of built-in types",
        ),
    )
    nodes = (ast.Compare,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone in a loop."""
        searched = membership(node)
        if not isinstance(searched, ast.Name) or not module.loops(searched):
            return
        if module.types.is_a(searched, "list") is not Known.YES or not module.flow.local(searched):
            return
        loop, appends = _growing(searched, module)
        if loop is None or not appends or not module.flow.private(searched):
            return
        inner = module.loops(searched)[0]
        if isinstance(inner, ast.For) and deduped(inner, module)[0] is not None:
            return
        inside = [use for use in module.flow.uses(searched) if use in module.flow.region(loop)]
        tests = [use for use in inside if looked_up(use, module) is not None]
        if tests[0] is not searched or _listless(searched, module):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not asked_for_names(module)), "nothing asks for the names of the local variables"
        )
        evidence.require(module.types.holds_hashable(searched), f"`{searched.id}` holds hashable values")
        for test in tests:
            left = looked_up(test, module)
            if left is not None:
                require_hashable(left, module, evidence)
        for call in appends:
            require_hashable(call.args[0], module, evidence)
            evidence.require(
                module.effects.pure(call.args[0]),
                f"`{short(module.text(call.args[0]))}` gives the same twice",
            )
        evidence.require(
            module.flow.bound_before(searched, loop), f"`{searched.id}` has a value before the loop"
        )
        if evidence.violated:
            return
        kept = module.fresh_name(node, f"{searched.id}_set")
        yield module.finding(
            self,
            node,
            f"The list `{searched.id}`, which grows, is searched from its beginning in every round; "
            "a set beside it finds a value at once.",
            evidence,
            title=f"Keep a set of what is in `{searched.id}`",
            edits=[
                module.insert_before(loop, f"{kept} = set({searched.id})"),
                *(module.replace(test, kept) for test in tests),
                *(_added(call, kept, module) for call in appends),
            ],
        )


def _growing(searched: ast.Name, module: Module) -> tuple[ast.For | ast.While | None, list[ast.Call]]:
    """The outermost loop in which the list is only read and appended to, and the calls that append."""
    chosen: ast.For | ast.While | None = None
    calls: list[ast.Call] = []
    for loop in module.loops(searched):
        if isinstance(loop, ast.comprehension):
            continue
        found = _appends(searched, loop, module)
        if (
            found is None
            or not isinstance(loop, (ast.For, ast.While))
            or searched in module.walk(*_head(loop))
        ):
            break
        chosen, calls = loop, found
    return chosen, calls


def _head(loop: ast.For | ast.While) -> list[ast.AST]:
    return [loop.iter] if isinstance(loop, ast.For) else []


def _appends(searched: ast.Name, loop: Loop, module: Module) -> list[ast.Call] | None:
    region = module.flow.region(loop)
    if module.flow.rebound(searched, region):
        return None
    calls: list[ast.Call] = []
    for use in module.flow.uses(searched):
        if use not in region or not module.flow.mutates(use):
            continue
        attribute = module.parent(use)
        call = module.parent(attribute) if isinstance(attribute, ast.Attribute) else None
        if (
            not isinstance(attribute, ast.Attribute)
            or attribute.attr != "append"
            or not isinstance(call, ast.Call)
            or len(call.args) != 1
            or isinstance(call.args[0], ast.Starred)
            or not isinstance(module.parent(call), ast.Expr)
        ):
            return None
        calls.append(call)
    return calls


def _listless(searched: ast.Name, module: Module) -> bool:
    """Whether the list could be a set altogether, which is another rule's."""
    bindings = module.flow.bindings(searched)
    value = bindings[0].value if len(bindings) == 1 else None
    return (
        value is not None
        and set_begin(value, module) is not None
        and set_uses(searched, module, Evidence()) is not None
    )


def _added(call: ast.Call, kept: str, module: Module) -> Edit | None:
    """Put the value into the set too, after it was appended."""
    statement = module.statement(call)
    text = f"{kept}.add({module.text(call.args[0])})"
    if module.indent(statement) is None:
        return Edit(module.end(statement), module.end(statement), f"; {text}")
    return module.insert_after(statement, text)
