"""Comparisons of one thing with several."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.perf.facts.sequences import truth_only
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.conditions import spaced
from burnish_analysis.refactor.model import Refactoring

__all__ = ["ChainedComparison", "MergeIsinstance", "UseIn"]

_SIMPLE = frozenset({"str", "bytes", "int", "bool", "NoneType"})
_UP = (ast.Lt, ast.LtE)
_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_TURNED = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}


@dataclass(frozen=True, slots=True)
class _Run:
    """Operands of ``and`` or ``or`` that stand next to each other and ask the same of one thing."""

    parts: list[ast.expr]
    subject: ast.expr
    others: list[ast.expr]


def _span(node: ast.BoolOp, run: _Run, text: str, module: Module) -> Edit | None:
    """Put ``text`` in the place of a run; None where parentheses of its parts would come apart."""
    start, end = module.start(run.parts[0]), module.end(run.parts[-1])
    if run.parts[0] is node.values[0]:
        start = module.start(node)  # with its parentheses
    if len(run.parts) == len(node.values):
        return spaced(module, start, module.end(node), text)
    inside = module.source[start:end]
    if inside.count("(") != inside.count(")"):
        return None
    return spaced(module, start, end, text)


def _reads_once(node: ast.expr, module: Module) -> Known:
    """Whether an expression may be evaluated once instead of several times in a row."""
    if isinstance(node, (ast.Name, ast.Constant)):
        return Known.YES
    return module.effects.pure(node)


class UseIn(Refactoring):
    """``x == a or x == b``."""

    id = "use-in"
    about = About(
        summary="One thing is compared with several, one after the other",
        before="""\
def weekend(day: str) -> bool:
    return day == "Saturday" or day == "Sunday"
""",
        after="""\
def weekend(day: str) -> bool:
    return day in ("Saturday", "Sunday")
""",
        why="`in` says that it is one of these, and names the thing once.",
        preconditions=(
            "what it is compared with are constants, or values that equal themselves",
            "where the value is used, and not only its truth, the comparison gives `True` or `False`",
        ),
    )
    nodes = (ast.BoolOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``or``, or ``and`` of ``!=``."""
        assert isinstance(node, ast.BoolOp)
        wanted = ast.Eq if isinstance(node.op, ast.Or) else ast.NotEq
        run = _equal_run(node, wanted, module)
        if run is None:
            return
        evidence = Evidence()
        subject = module.text(run.subject)
        once = _reads_once(run.subject, module)
        if not evidence.require(once, f"`{subject}` has no effects and gives the same each time"):
            return
        simple = module.types.name(run.subject) in _SIMPLE
        if not truth_only(node, module):
            evidence.require(Known.of(simple), f"comparing `{subject}` gives `True` or `False`")
        for other in run.others:
            self._other(other, subject, evidence, module)
        word = "in" if wanted is ast.Eq else "not in"
        listed = ", ".join(module.text(other) for other in run.others)
        yield module.finding(
            self,
            node,
            f"`{subject}` is compared with {len(run.others)} values, one after the other.",
            evidence,
            title=f"Use `{word}`",
            edits=[_span(node, run, f"{subject} {word} ({listed})", module)],
        )

    @staticmethod
    def _other(other: ast.expr, subject: str, evidence: Evidence, module: Module) -> None:
        if isinstance(other, ast.Constant):
            return
        text = module.text(other)
        evidence.require(module.effects.total(other), f"`{text}` can always be evaluated")
        evidence.require(
            Known.of(module.types.name(other) in _SIMPLE),
            f"`{text}` equals itself, unlike a NaN, and `{subject}` compares plainly",
        )


def _equal_run(node: ast.BoolOp, operator: type[ast.cmpop], module: Module) -> _Run | None:
    """The longest run of comparisons of one thing."""
    best: _Run | None = None
    for first, part in enumerate(node.values):
        for subject, other in _sides(part, operator):
            parts, others = [part], [other]
            for following in node.values[first + 1 :]:
                matching = next(
                    (two for one, two in _sides(following, operator) if module.same(one, subject)), None
                )
                if matching is None:
                    break
                parts.append(following)
                others.append(matching)
            if len(parts) > 1 and (best is None or len(parts) > len(best.parts)):
                best = _Run(parts, subject, others)
    return best


def _sides(node: ast.expr, operator: type[ast.cmpop]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is compared, and with what."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], operator):
        left, right = node.left, node.comparators[0]
        if not isinstance(left, ast.Constant):
            yield left, right
        elif not isinstance(right, ast.Constant):
            yield right, left


class MergeIsinstance(Refactoring):
    """``isinstance(x, A) or isinstance(x, B)``."""

    id = "merge-isinstance"
    about = About(
        summary="isinstance is asked again for the same value",
        before="""\
def number(value):
    return isinstance(value, int) or isinstance(value, float)
""",
        after="""\
def number(value):
    return isinstance(value, (int, float))
""",
        why="`isinstance` takes several classes at once.",
        preconditions=("the value and the classes can be evaluated without effects",),
    )
    nodes = (ast.BoolOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``or``, or ``and`` of ``not isinstance``."""
        assert isinstance(node, ast.BoolOp)
        negative = isinstance(node.op, ast.And)
        found = _class_run(node, negative, module)
        if found is None:
            return
        name, run = found
        evidence = Evidence()
        subject = module.text(run.subject)
        if not evidence.require(_reads_once(run.subject, module), f"`{subject}` gives the same each time"):
            return
        classes: list[str] = []
        for place, other in enumerate(run.others):
            each = other.elts if isinstance(other, ast.Tuple) else [other]
            classes += [module.text(part) for part in each]
            for part in each if place else ():
                known = isinstance(part, ast.Name) or module.qualified(part) is not None
                evidence.require(Known.of(known), f"`{module.text(part)}` can always be evaluated")
        text = f"{'not ' if negative else ''}{name}({subject}, ({', '.join(classes)}))"
        yield module.finding(
            self,
            node,
            f"`{name}` is asked {len(run.parts)} times about `{subject}`.",
            evidence,
            title=f"Ask `{name}` once",
            edits=[_span(node, run, text, module)],
        )


def _class_run(node: ast.BoolOp, negative: bool, module: Module) -> tuple[str, _Run] | None:
    calls = [_class_test(part, negative, module) for part in node.values]
    for first, call in enumerate(calls):
        if call is None:
            continue
        parts, others = [node.values[first]], [call.args[1]]
        for part, other in zip(node.values[first + 1 :], calls[first + 1 :], strict=True):
            if (
                other is None
                or not module.same(other.args[0], call.args[0])
                or not module.same(other.func, call.func)
            ):
                break
            parts.append(part)
            others.append(other.args[1])
        if len(parts) > 1:
            return module.text(call.func), _Run(parts, call.args[0], others)
    return None


def _class_test(node: ast.expr, negative: bool, module: Module) -> ast.Call | None:
    if negative:
        if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.Not):
            return None
        node = node.operand
    if not isinstance(node, ast.Call) or len(node.args) != 2 or node.keywords:
        return None
    if any(isinstance(part, ast.Starred) for part in node.args):
        return None
    return node if module.calls(node, "builtins.isinstance", "builtins.issubclass") else None


class ChainedComparison(Refactoring):
    """``a < b and b < c``."""

    id = "chained-comparison"
    about = About(
        summary="Two comparisons have one thing between them",
        before="""\
def inside(low: int, number: int, high: int) -> bool:
    return number >= low and number < high
""",
        after="""\
def inside(low: int, number: int, high: int) -> bool:
    return low <= number < high
""",
        why="It reads as the range that is meant, and names the number once.",
        preconditions=("what stands between can be evaluated once instead of twice",),
    )
    nodes = (ast.BoolOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``and``."""
        assert isinstance(node, ast.BoolOp)
        if not isinstance(node.op, ast.And):
            return
        for first, second in zip(node.values, node.values[1:], strict=False):
            made = _chained(first, second, module)
            if made is None:
                continue
            text, middle, evidence = made
            run = _Run([first, second], middle, [])
            yield module.finding(
                self,
                node,
                f"`{module.text(middle)}` is compared on both sides, apart.",
                evidence,
                title="Chain the comparisons",
                edits=[_span(node, run, text, module)],
            )
            return


def _chained(one: ast.expr, other: ast.expr, module: Module) -> tuple[str, ast.expr, Evidence] | None:
    """Two comparisons as one, what stands in its middle, and what is known."""
    for left in _directions(one):
        for right in _directions(other):
            if left.up != right.up or not module.same(left.second, right.first):
                continue
            if isinstance(left.second, ast.Constant) or (not left.up and (left.turned or right.turned)):
                continue
            evidence = Evidence()
            middle = module.text(left.second)
            once = _reads_once(left.second, module)
            if not evidence.require(once, f"`{middle}` has no effects and gives the same each time"):
                return None
            for side in (left, right):
                if side.turned:
                    _turnable(side, evidence, module)
            if left.turned and not isinstance(left.first, (ast.Name, ast.Constant)):
                evidence.require(
                    module.effects.pure(left.first), f"`{module.text(left.first)}` has no effects"
                )
            if evidence.violated:
                return None
            first, between, last = (
                _operand(part, module) for part in (left.first, left.second, right.second)
            )
            text = f"{first} {left.sign} {between} {right.sign} {last}"
            return (text, left.second, evidence) if "\n" not in text else None
    return None


@dataclass(frozen=True, slots=True)
class _Side:
    """One comparison, as written or turned round."""

    first: ast.expr
    sign: str
    second: ast.expr
    up: bool
    turned: bool


def _directions(node: ast.expr) -> Sequence[_Side]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return ()
    operator = type(node.ops[0])
    if operator not in _SIGNS:
        return ()
    up, right = operator in _UP, node.comparators[0]
    return (
        _Side(node.left, _SIGNS[operator], right, up, turned=False),
        _Side(right, _TURNED[operator], node.left, not up, turned=True),
    )


def _turnable(side: _Side, evidence: Evidence, module: Module) -> None:
    """``a < b`` and ``b > a`` are the same for numbers and for texts; elsewhere already the errors' words differ."""
    kinds = {module.types.name(part) for part in (side.first, side.second)}
    known = kinds <= {"int", "bool", "float"} or kinds in ({"str"}, {"bytes"})
    first, second = module.text(side.first), module.text(side.second)
    evidence.require(Known.of(known), f"`{first}` and `{second}` compare the same both ways")


def _operand(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    loose = isinstance(node, (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Compare)) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
    return f"({text})" if loose else text
