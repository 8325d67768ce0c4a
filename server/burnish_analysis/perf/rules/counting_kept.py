"""Lists that are kept to know what was seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.counting import deduped
from burnish_analysis.perf.rules.lookup_parts import asked_for_names, looked_up, membership, short

__all__ = ["GrowingListMembership", "ListUsedAsSet"]


class ListUsedAsSet(Rule):
    """A list that is only added to and searched."""

    id = "list-used-as-set"
    about = About(
        summary="A list is only added to and searched, as a set is",
        before="""\
def repeated(words: list[str]) -> int:
    seen = []
    again = 0
    for word in words:
        if word in seen:
            again += 1
        seen.append(word)
    return again
""",
        after="""\
def repeated(words: list[str]) -> int:
    seen = set()
    again = 0
    for word in words:
        if word in seen:
            again += 1
        seen.add(word)
    return again
""",
        why="A list is searched from its beginning, a set finds a value by its hash in one step. "
        "Nothing here asks for an order, for duplicates or for the list itself.",
        preconditions=(
            "nothing but `in`, `append`, `extend`, `clear` and tests for emptiness is done with it",
            "what is put in and looked up is hashable, of built-in types",
        ),
    )
    nodes = (ast.Assign, ast.AnnAssign)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At statements that make a list."""
        target, value = _made(node)
        if target is None or not isinstance(value, (ast.List, ast.Call)) or not module.flow.local(target):
            return
        bindings = module.flow.bindings(target)
        if len(bindings) != 1 or bindings[0].kind not in ("assign", "annotate"):
            return
        begun = _begin(value, module)
        evidence = Evidence()
        evidence.require(
            Known.of(not asked_for_names(module)), "nothing asks for the names of the local variables"
        )
        edits = _uses(target, module, evidence)
        if edits is None or begun is None:
            return
        if isinstance(value, ast.List):
            for part in value.elts:
                _hashable(part, module, evidence)
        if isinstance(node, ast.AnnAssign):
            edits.append(_annotation(node.annotation, module))
        if evidence.violated:
            return
        yield module.finding(
            self,
            target,
            f"`{target.id}` is only added to and searched; a set finds a value at once.",
            evidence,
            title=f"Make `{target.id}` a set",
            edits=[*begun, *edits],
        )


def _made(node: ast.AST) -> tuple[ast.Name | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0], node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target, node.value
    return None, None


def _begin(value: ast.expr, module: Module) -> list[Edit | None] | None:
    """Make a set where a list was made; None where it is not ``[]``, ``[a, b]`` or ``list()``."""
    if isinstance(value, ast.List):
        if not value.elts:
            return [module.replace(value, "set()")]
        start, end = module.start(value), module.end(value)
        return [Edit(start, start + 1, "{"), Edit(end - 1, end, "}")]
    if (
        isinstance(value, ast.Call)
        and module.calls(value, "builtins.list")
        and not value.args
        and not value.keywords
    ):
        return [module.replace(value, "set()")]
    return None


def _annotation(node: ast.expr, module: Module) -> Edit | None:
    name = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(name, ast.Name) and module.qualified(name) == "builtins.list":
        return module.replace(name, "set")
    return None


def _uses(target: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    """The edits of every use; None where one asks for more than a set gives, or no loop searches the list."""
    edits: list[Edit | None] = []
    searched = put = False
    for use in module.flow.uses(target):
        left = looked_up(use, module)
        parent = module.parent(use)
        if left is not None:
            _hashable(left, module, evidence)
            searched = searched or _in_loop(use, module)
            continue
        if _only_tested(use, module):
            continue
        call = module.parent(parent) if isinstance(parent, ast.Attribute) else None
        if not isinstance(parent, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not parent:
            return None
        if call.keywords or len(call.args) != (0 if parent.attr == "clear" else 1):
            return None
        if parent.attr == "clear":
            continue
        if parent.attr not in ("append", "extend") or isinstance(call.args[0], ast.Starred):
            return None
        put = True
        if parent.attr == "append":
            _hashable(call.args[0], module, evidence)
        else:
            evidence.require(
                module.types.holds_hashable(call.args[0]),
                f"`{short(module.text(call.args[0]))}` holds hashable values",
            )
        end = module.end(parent)
        edits.append(Edit(end - len(parent.attr), end, "add" if parent.attr == "append" else "update"))
    return edits if searched and put else None


def _in_loop(use: ast.Name, module: Module) -> bool:
    """Whether a loop after the list was made, or a function that is called again, searches it."""
    return bool(module.loops(use)) or module.scope(use).function is not module.flow.owner(use)


def _only_tested(use: ast.Name, module: Module) -> bool:
    """Whether the use only asks whether the list is empty."""
    node: ast.AST = use
    parent = module.parent(node)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return True
    while isinstance(parent, ast.BoolOp):
        node, parent = parent, module.parent(parent)
    return isinstance(parent, (ast.If, ast.While, ast.IfExp)) and parent.test is node


def _hashable(node: ast.expr, module: Module, evidence: Evidence) -> None:
    evidence.require(
        module.types.hashable(module.types.of(node)), f"`{short(module.text(node))}` is hashable"
    )


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
                _hashable(left, module, evidence)
        for call in appends:
            _hashable(call.args[0], module, evidence)
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
        and _begin(value, module) is not None
        and _uses(searched, module, Evidence()) is not None
    )


def _added(call: ast.Call, kept: str, module: Module) -> Edit | None:
    """Put the value into the set too, after it was appended."""
    statement = module.statement(call)
    text = f"{kept}.add({module.text(call.args[0])})"
    if module.indent(statement) is None:
        return Edit(module.end(statement), module.end(statement), f"; {text}")
    return module.insert_after(statement, text)
