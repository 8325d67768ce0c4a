"""Loops that search, and loops over indices or numbers that are not needed."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import plain_equality
from burnish_analysis.perf.facts.survival import loop_target_survives, survives
from burnish_analysis.perf.facts.writing import bracketed, is_call, names, same_name, target
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["IndexLoop", "ManualMembership", "UnusedEnumerate"]

_SEARCHED = ("list", "tuple", "set", "frozenset", "dict", "dict_keys", "dict_values", "collections.deque")
_INDEXED = ("list", "tuple", "str")


class ManualMembership(Rule):
    """A loop that returns ``True`` at the first equal item, and ``False`` after it; or the other way round."""

    id = "manual-membership"
    about = About(
        summary="A loop looks for an equal item",
        before="""\
def knows(words: list[str], wanted: str) -> bool:
    for word in words:
        if word == wanted:
            return True
    return False
""",
        after="""\
def knows(words: list[str], wanted: str) -> bool:
    return wanted in words
""",
        why="`in` compares without running a line of Python for every item, and a set or dict needs one step only.",
        preconditions=("items and value are texts, bytes or whole numbers",),
        references=("https://docs.python.org/3/reference/expressions.html#membership-test-operations",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops of which everything is one ``return``."""
        found = _returning(node, module)
        if found is None or not isinstance(node, ast.For):
            return
        source, value, word, last = found
        text = module.text(source)
        evidence = Evidence()
        if not evidence.require(
            module.types.is_a(source, *_SEARCHED), f"`{text}` is a list, tuple, set or dict"
        ):
            return
        kind = module.types.of(source)
        if not evidence.require(
            plain_equality(kind.element if kind else None, module.types.of(value)),
            f"the items of `{text}` and `{module.text(value)}` are texts, bytes or whole numbers",
        ):
            return
        if isinstance(value, ast.Name):
            bound = module.flow.bound_before(value, node) if module.flow.local(value) else Known.YES
            evidence.require(bound, f"`{value.id}` has a value before the loop")
        yield module.finding(
            self,
            node,
            f"Items are compared one by one; `{word}` does it in one step.",
            evidence,
            title=f"Use `{word}`",
            edits=[Edit(module.start(node), module.end(last), f"return {module.text(value)} {word} {text}")],
            until=last,
        )


class IndexLoop(Rule):
    """``for i in range(len(xs))`` where only ``xs[i]`` is read."""

    id = "index-loop"
    about = About(
        summary="A loop counts indices to read items",
        before="""\
def total(prices: list[int]) -> int:
    found = 0
    for i in range(len(prices)):
        if prices[i] > 3:
            found += prices[i]
    return found
""",
        after="""\
def total(prices: list[int]) -> int:
    found = 0
    for price in prices:
        if price > 3:
            found += price
    return found
""",
        why="The loop gives the items themselves; each index costs a look-up of the list, the number and the item.",
        preconditions=(
            "it is a list, tuple or text that does not change in the loop",
            "the index is not used afterwards",
        ),
        references=("https://docs.python.org/3/tutorial/controlflow.html#the-range-function",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``range(len(xs))``."""
        name = _counted_list(node, module)
        if name is None or not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            return
        index = node.target
        reads = _item_reads(name, index, node, module)
        if reads is None or not reads or survives(index, node, module):
            return
        known = module.flow.unchanged(name, node)
        evidence = Evidence()
        if not evidence.require(known, f"`{name.id}` does not change in the loop"):
            return
        if not evidence.require(module.types.is_a(name, *_INDEXED), f"`{name.id}` is a list, tuple or text"):
            return
        if any(not module.readable(read) for read in reads):
            return
        item = module.fresh_name(node, _singular(name.id), "item")
        head = [Edit(module.start(index), module.end(node.iter), f"{item} in {name.id}")]
        yield module.finding(
            self,
            node.iter,
            f"The loop counts indices only to read the items of `{name.id}`.",
            evidence,
            title="Go through the items",
            edits=[*head, *(module.replace(read, item) for read in reads)],
        )


class UnusedEnumerate(Rule):
    """``for i, x in enumerate(xs)`` where ``i`` is not used."""

    id = "unused-enumerate"
    about = About(
        summary="Items are numbered but the numbers are not used",
        before="""\
def total(prices: list[int]) -> int:
    found = 0
    for i, price in enumerate(prices):
        found += price
    return found
""",
        after="""\
def total(prices: list[int]) -> int:
    found = 0
    for price in prices:
        found += price
    return found
""",
        why="`enumerate` makes a number and a pair for every item.",
        preconditions=("the number is used neither in the loop nor after it",),
        references=("https://docs.python.org/3/library/functions.html#enumerate",),
    )
    nodes = (ast.For, ast.comprehension)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops and comprehensions over ``enumerate``."""
        if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Tuple):
            return
        if len(node.target.elts) != 2 or not is_call(node.iter, module, "builtins.enumerate"):
            return
        number, item = node.target.elts
        if not isinstance(number, ast.Name) or number.id in names(item) or isinstance(item, ast.Starred):
            return
        region = module.flow.region(node)
        if any(use in region for use in module.flow.uses(number)):
            return
        if sum(binding.node in region for binding in module.flow.bindings(number)) != 1:
            return
        if isinstance(node, ast.For) and survives(number, node, module):
            return
        given = node.iter.args[0]  # type: ignore[attr-defined]
        yield module.finding(
            self,
            node.iter,
            f"`{number.id}` is not used, so the items need no numbers.",
            title="Go through the items",
            edits=[
                Edit(
                    module.start(node.target),
                    module.end(node.iter),
                    f"{target(item, module)} in {bracketed(given, module)}",
                )
            ],
        )


def _equal(test: ast.expr, item: str, operator: type[ast.cmpop]) -> ast.expr | None:
    """The other side of ``item == value``, if it is a name or constant."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], operator):
        return None
    left, right = test.left, test.comparators[0]
    value = right if same_name(left, item) else left if same_name(right, item) else None
    return value if isinstance(value, (ast.Name, ast.Constant)) and not same_name(value, item) else None


def _returning(node: ast.AST, module: Module) -> tuple[ast.expr, ast.expr, str, ast.AST] | None:
    """``for x in xs: if x == v: return True`` and then ``return False``, or the other way round."""
    if (
        not isinstance(node, ast.For)
        or node.orelse
        or len(node.body) != 1
        or not isinstance(node.iter, ast.Name)
    ):
        return None
    choice = node.body[0]
    if (
        not isinstance(choice, ast.If)
        or choice.orelse
        or len(choice.body) != 1
        or not isinstance(node.target, ast.Name)
    ):
        return None
    value = _equal(choice.test, node.target.id, ast.Eq)
    following = module.following(node)
    if value is None or not following or loop_target_survives(node, module):
        return None
    inside, after = _returned(choice.body[0]), _returned(following[0])
    if inside is None or after is None or inside is after:
        return None
    return node.iter, value, "in" if inside else "not in", following[0]


def _returned(statement: ast.stmt) -> bool | None:
    """``True`` or ``False``, where just that is returned."""
    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Constant):
        return statement.value.value if isinstance(statement.value.value, bool) else None
    return None


def _counted_list(node: ast.AST, module: Module) -> ast.Name | None:
    """The list of ``for i in range(len(xs))``."""
    if not isinstance(node, ast.For) or not is_call(node.iter, module, "builtins.range"):
        return None
    counted = node.iter.args[0]  # type: ignore[attr-defined]
    if not is_call(counted, module, "builtins.len"):
        return None
    name = counted.args[0]
    return name if isinstance(name, ast.Name) else None


def _item_reads(name: ast.Name, index: ast.Name, node: ast.For, module: Module) -> list[ast.Subscript] | None:
    """Every ``xs[i]`` in the loop, or None where ``i`` is used otherwise."""
    reads: list[ast.Subscript] = []
    region = module.flow.region(node)
    if any(
        use in region and module.scope(use) is not module.scope(node) and _captured(use, module)
        for use in module.flow.uses(index)
    ):
        return None
    for use in module.flow.uses(index):
        if use not in region:
            continue
        parent = module.parent(use)
        if (
            not isinstance(parent, ast.Subscript)
            or parent.slice is not use
            or not same_name(parent.value, name.id)
        ):
            return None
        if not isinstance(parent.ctx, ast.Load):
            return None
        reads.append(parent)
    bound = [binding for binding in module.flow.bindings(index) if binding.node in region]
    return reads if len(bound) == 1 else None


def _captured(use: ast.AST, module: Module) -> bool:
    """Whether a lambda or generator may read it later."""
    return any(isinstance(outer, (ast.Lambda, ast.GeneratorExp)) for outer in module.ancestors(use))


def _singular(name: str) -> str:
    """``price`` for ``prices``; else ``item``."""
    found = _without_plural(name)
    return "item" if keyword.iskeyword(found) else found


def _without_plural(name: str) -> str:
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith("s") and not name.endswith("ss") and len(name) > 3:
        return name[:-1]
    return "item"
