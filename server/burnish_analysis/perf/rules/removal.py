"""Items that are taken out of a list one by one: each time all that stand behind move."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import half_built, plain_equality, whole_local
from burnish_analysis.perf.facts.survival import loop_target_survives
from burnish_analysis.perf.facts.writing import is_call, is_method, same_name
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["IN_PLACE", "RemoveEach", "RemoveInLoop", "negated", "pure_condition", "unseen"]

IN_PLACE = (
    "An item that is taken out moves all behind it; one pass that keeps the others touches each item once."
)


class RemoveInLoop(Rule):
    """``for x in xs[:]:`` with ``if condition: xs.remove(x)``."""

    id = "repeated-remove"
    about = About(
        summary="Items are removed from a list one by one",
        before="""\
def without_short(words: list[str]) -> None:
    for word in words[:]:
        if len(word) < 4:
            words.remove(word)
""",
        after="""\
def without_short(words: list[str]) -> None:
    words[:] = [word for word in words if not (len(word) < 4)]
""",
        why="`remove` searches the list from its beginning and then moves every item behind the place. "
        + IN_PLACE,
        preconditions=(
            "the items are texts, bytes or whole numbers, and the condition depends on the item's value alone",
            "the condition has no effects and does not look at the list",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over a copy of a list that only remove."""
        if not isinstance(node, ast.For):
            return
        found = _removing(node, module)
        if found is None or loop_target_survives(node, module):
            return
        name, test = found
        item = node.target
        assert isinstance(item, ast.Name)  # _removing asks for it
        evidence = Evidence()
        if not evidence.require(module.types.is_a(name, "list"), f"`{name.id}` is a list"):
            return
        kind = module.types.of(name)
        element = kind.element if kind else None
        alike = plain_equality(element) & Known.of(
            element is not None and (element.name in ("str", "bytes") or _compares_only(test))
        )
        evidence.require(alike, f"equal items of `{name.id}` are kept or removed together")
        if not pure_condition(test, name, module, evidence):
            return
        unseen(name, node, test, module, evidence)
        yield module.finding(
            self,
            node,
            f"Each `remove` searches `{name.id}` and moves what is behind; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[module.replace(node, _kept(name.id, item.id, test, module))],
        )


class RemoveEach(Rule):
    """``while x in xs: xs.remove(x)``, also for each of some values."""

    id = "remove-each"
    about = About(
        summary="A value is searched and removed until the list has none",
        before="""\
def without_blanks(lines: list[str]) -> None:
    while "" in lines:
        lines.remove("")
""",
        after="""\
def without_blanks(lines: list[str]) -> None:
    lines[:] = [item for item in lines if item != ""]
""",
        why="Every round searches the list twice from its beginning and moves what is behind. " + IN_PLACE,
        preconditions=("the list holds texts, bytes or whole numbers, and so is what is removed",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``while`` loops whose test is the membership and whose body is the removal."""
        if not isinstance(node, ast.While):
            return
        found = _removes_all(node, module)
        if found is None:
            return
        name, value = found
        evidence = Evidence()
        if not evidence.require(module.types.is_a(name, "list"), f"`{name.id}` is a list"):
            return
        kind = module.types.of(name)
        evidence.require(
            plain_equality(kind.element if kind else None, module.types.of(value)),
            f"the items of `{name.id}` and `{module.text(value)}` are texts, bytes or whole numbers",
        )
        item = module.fresh_name(node, "item")
        yield module.finding(
            self,
            node,
            f"`{name.id}` is searched twice in every round; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[
                module.replace(
                    node, f"{name.id}[:] = [{item} for {item} in {name.id} if {item} != {module.text(value)}]"
                )
            ],
        )


def _copied(node: ast.expr, module: Module) -> ast.Name | None:
    """The list of ``xs[:]``, ``list(xs)``, ``xs.copy()`` or ``tuple(xs)``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Slice)
    ):
        whole = node.slice.lower is node.slice.upper is node.slice.step is None
        return node.value if whole else None
    if is_method(node, "copy", 0):
        return node.func.value  # type: ignore[attr-defined, no-any-return]
    if is_call(node, module, "builtins.list") or is_call(node, module, "builtins.tuple"):
        given = node.args[0]  # type: ignore[attr-defined]
        return given if isinstance(given, ast.Name) else None
    return None


def _removal(statement: ast.stmt, name: str, item: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        is_method(call, "remove", 1)
        and isinstance(call, ast.Call)
        and same_name(call.func.value, name)  # type: ignore[attr-defined]
        and same_name(call.args[0], item)
    )


def _removing(node: ast.For, module: Module) -> tuple[ast.Name, ast.expr] | None:
    """The list and the condition of ``for x in xs[:]: if condition: xs.remove(x)``."""
    name = _copied(node.iter, module)
    if name is None or not isinstance(node.target, ast.Name) or node.orelse or len(node.body) != 1:
        return None
    choice = node.body[0]
    if not isinstance(choice, ast.If) or choice.orelse or len(choice.body) != 1 or name.id == node.target.id:
        return None
    return (name, choice.test) if _removal(choice.body[0], name.id, node.target.id) else None


def _removes_all(node: ast.While, module: Module) -> tuple[ast.Name, ast.expr] | None:
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.In):
        return None
    name, value = test.comparators[0], test.left
    if not isinstance(name, ast.Name) or not isinstance(value, (ast.Name, ast.Constant)):
        return None
    if node.orelse or len(node.body) != 1 or not isinstance(node.body[0], ast.Expr):
        return None
    call = node.body[0].value
    if not is_method(call, "remove", 1) or not isinstance(call, ast.Call):
        return None
    same = same_name(call.func.value, name.id) and module.same(call.args[0], value)  # type: ignore[attr-defined]
    return (name, value) if same and not same_name(value, name.id) else None


def _compares_only(test: ast.expr) -> bool:
    """Whether a condition sees no difference between ``1`` and ``True``: comparisons and arithmetic of names and constants."""
    allowed = (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Name, ast.Constant)
    parts = walk(test)
    operators = (operator for part in parts if isinstance(part, ast.Compare) for operator in part.ops)
    return all(isinstance(part, allowed) for part in parts) and not any(
        isinstance(operator, (ast.Is, ast.IsNot)) for operator in operators
    )


def pure_condition(test: ast.expr, name: ast.Name | None, module: Module, evidence: Evidence) -> bool:
    """Whether asking a condition once for every item is the same: it has no effects and does not see the list."""
    if name is not None and any(same_name(part, name.id) for part in walk(test)):
        return False
    if any(isinstance(part, (ast.Lambda, ast.NamedExpr, ast.Await)) for part in walk(test)):
        return False
    return evidence.require(module.effects.pure(test), f"`{module.text(test)}` has no effects")


def unseen(name: ast.Name, loop: ast.stmt, test: ast.expr, module: Module, evidence: Evidence) -> None:
    """An exception of the condition leaves the list half done: it must be impossible, or nobody may see the list."""
    own = whole_local(name, module) and module.flow.private(name) and not half_built(name, loop, module)
    evidence.require(
        Known.of(own) if own else module.effects.total(test), f"`{module.text(test)}` cannot raise"
    )


def _kept(name: str, item: str, test: ast.expr, module: Module) -> str:
    return f"{name}[:] = [{item} for {item} in {name} if {negated(module.text(test))}]"


def negated(text: str) -> str:
    """The opposite of a condition."""
    parsed = ast.parse(f"({text})", mode="eval").body
    if isinstance(parsed, ast.UnaryOp) and isinstance(parsed.op, ast.Not):
        operand = text[len("not") :].strip()
        return (
            f"({operand})"
            if isinstance(parsed.operand, (ast.IfExp, ast.Lambda)) and operand[:1] != "("
            else operand
        )
    simple = isinstance(parsed, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
    return f"not {text}" if simple else f"not ({text})"
