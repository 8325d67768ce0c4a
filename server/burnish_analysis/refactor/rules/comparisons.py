"""Comparisons of one thing with several."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.perf.facts.sequences import truth_only
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.conditions import spaced
from burnish_analysis.refactor.model import Refactoring

__all__ = ["MergeIsinstance", "Run", "UseIn", "reads_once", "span"]

_SIMPLE = frozenset({"str", "bytes", "int", "bool", "NoneType"})


@dataclass(frozen=True, slots=True)
class Run:
    """Operands of ``and`` or ``or`` that stand next to each other and ask the same of one thing."""

    parts: list[ast.expr]
    subject: ast.expr
    others: list[ast.expr]


def span(node: ast.BoolOp, run: Run, text: str, module: Module) -> Edit | None:
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


def reads_once(node: ast.expr, module: Module) -> Known:
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
        once = reads_once(run.subject, module)
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
            edits=[span(node, run, f"{subject} {word} ({listed})", module)],
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


def _equal_run(node: ast.BoolOp, operator: type[ast.cmpop], module: Module) -> Run | None:
    """The longest run of comparisons of one thing."""
    best: Run | None = None
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
                best = Run(parts, subject, others)
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
        if not evidence.require(reads_once(run.subject, module), f"`{subject}` gives the same each time"):
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
            edits=[span(node, run, text, module)],
        )


def _class_run(node: ast.BoolOp, negative: bool, module: Module) -> tuple[str, Run] | None:
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
            return module.text(call.func), Run(parts, call.args[0], others)
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
