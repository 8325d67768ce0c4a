"""Questions to a text that do more than is asked: finding a place, counting, splitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    method_call,
    operand,
    ordered_freely,
    text_like,
)
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module


def _compared(node: ast.Compare) -> tuple[ast.expr, ast.cmpop, int] | None:
    """``x == 1`` or ``1 == x`` as (x, operator as if x stood first, number)."""
    if len(node.ops) != 1:
        return None
    right = integer(node.comparators[0])
    if right is not None:
        return node.left, node.ops[0], right
    left = integer(node.left)
    if left is None:
        return None
    turned: dict[type[ast.cmpop], ast.cmpop] = {
        ast.Lt: ast.Gt(),
        ast.Gt: ast.Lt(),
        ast.LtE: ast.GtE(),
        ast.GtE: ast.LtE(),
    }
    return node.comparators[0], turned.get(type(node.ops[0]), node.ops[0]), left


class FindForMembership(Rule):
    """``s.find(x) != -1``."""

    id = "find-for-membership"
    about = About(
        summary="A text is asked where something is, only to learn whether it is there",
        before="""\
def mentions(lines: list[str], word: str) -> int:
    return sum(1 for line in lines if line.find(word) != -1)
""",
        after="""\
def mentions(lines: list[str], word: str) -> int:
    return sum(1 for line in lines if word in line)
""",
        why="`in` is an operator of its own; `find` looks a method up, calls it, makes a number and compares it.",
        preconditions=("both are `str`, or both are `bytes`",),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with a whole number."""
        if not isinstance(node, ast.Compare):
            return
        compared = _compared(node)
        found = compared and method_call(compared[0], "find", "rfind", arguments=1)
        if not compared or not found:
            return
        there = {
            (ast.NotEq, -1): True,
            (ast.Eq, -1): False,
            (ast.GtE, 0): True,
            (ast.Gt, -1): True,
            (ast.Lt, 0): False,
        }.get((type(compared[1]), compared[2]))
        owner, wanted = found[0], found[1].args[0]
        evidence = Evidence()
        kind = module.types.name(owner)
        if there is None or kind not in ("", "str", "bytes") or module.qualified(found[1].func) is not None:
            return
        if not (
            evidence.require(Known.of(bool(kind)), f"`{module.text(owner)}` is a text")
            and evidence.require(
                text_like(wanted, module, kind or "str"), f"`{module.text(wanted)}` is a text, too"
            )
            and evidence.require(
                ordered_freely(module, owner, wanted), "evaluating both in the other order changes nothing"
            )
        ):
            return
        text = f"{operand(wanted, module)} {'in' if there else 'not in'} {operand(owner, module)}"
        yield module.finding(
            self, node, "Where it is, is worked out and thrown away; `in` only looks.",
            evidence, title=f"Use `{'in' if there else 'not in'}`", edits=[Edit(module.start(node), module.end(node), text)],
        )  # fmt: skip


class SplitToCount(Rule):
    """``len(s.split(x)) - 1``."""

    id = "split-to-count"
    about = About(
        summary="A text is split into a list only to count the parts",
        before="""\
def depth(path: str) -> int:
    return len(path.split("/")) - 1
""",
        after="""\
def depth(path: str) -> int:
    return path.count("/")
""",
        why="Splitting makes a new text for every part and a list of them; counting makes neither.",
        preconditions=("a `str` or `bytes`", "the separator is given and not empty"),
    )
    nodes = (ast.Call,)
    calls = ("len",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``len(…)``."""
        if not isinstance(node, ast.Call) or not is_name(node.func, "len") or len(node.args) != 1:
            return
        split = method_call(node.args[0], "split", "rsplit", arguments=1)
        if (
            split is None
            or not module.calls(node, "builtins.len")
            or module.qualified(split[1].func) is not None
        ):
            return
        owner, separator = split[0], split[1].args[0]
        kind = module.types.name(owner)
        if kind not in ("", "str", "bytes") or (isinstance(separator, ast.Constant) and not separator.value):
            return
        if isinstance(owner, ast.Attribute) and owner.attr == "str":
            return  # of a pandas column
        evidence = Evidence()
        evidence.require(Known.of(bool(kind)), f"`{module.text(owner)}` is a text")
        evidence.require(
            Known.of(isinstance(separator, ast.Constant)),
            f"`{module.text(separator)}` is a text that is not empty",
        )
        if isinstance(separator, ast.Constant) and type(separator.value).__name__ not in (
            (kind,) if kind else ("str", "bytes")
        ):
            return
        counted = f"{operand(owner, module)}.count({module.text(separator)})"
        parent = module.parent(node)
        target: ast.expr = node
        if (
            isinstance(parent, ast.BinOp)
            and parent.left is node
            and isinstance(parent.op, ast.Sub)
            and integer(parent.right) == 1
        ):
            target = parent
        else:
            counted += " + 1"
        yield module.finding(
            self, target, "A list of all the parts is made only to be counted.", evidence, title="Count the separators",
            edits=[module.replace(target, counted)],
        )  # fmt: skip
