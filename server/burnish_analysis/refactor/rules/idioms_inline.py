"""Variables that are used once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import INLINE, Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer
from burnish_analysis.refactor.rules.idioms_walrus import first_evaluated

__all__ = ["InlineTemporary"]


class InlineTemporary(Refactoring):
    """A variable that the next statement reads, and nothing else."""

    id = "inline-variable-locally"
    kind: ClassVar[str] = INLINE
    suggest = False
    about = About(
        summary="A variable is read once, in the next statement",
        before="""\
def show(prices: list[int]) -> None:
    ordered = sorted(prices)
    for price in ordered:
        print(price)
""",
        after="""\
def show(prices: list[int]) -> None:
    for price in sorted(prices):
        print(price)
""",
        why="A name that says no more than its value is one more thing to keep in mind.",
        preconditions=(
            "the variable is read nowhere else, and before everything else in the statement",
            "its value is of a built-in type: other objects may do something when nothing refers to them any more",
        ),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments to a variable of a function."""
        made = assigned(node) if isinstance(node, ast.Assign) else None
        if made is None or not isinstance(node, ast.Assign):
            return
        name, value = made
        if not whole_local(name, module):
            return
        uses = module.flow.uses(name)
        if len(uses) != 1 or len(module.flow.bindings(name)) != 1:
            return
        after = module.following(node)
        whole = _evaluated(after[0]) if after else None
        use = uses[0]
        if whole is None or not any(part is use for part in ast.walk(whole)):
            return
        if use is whole and isinstance(after[0], ast.Return):
            return  # `direct-return`
        if any(isinstance(part, (ast.Yield, ast.YieldFrom, ast.NamedExpr)) for part in ast.walk(value)):
            return
        text = module.text(value)
        if isinstance(value, ast.Tuple) and not text.startswith("("):
            text = f"({text})"
        if "\n" in text or not module.readable(use):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(isinstance(value, (ast.Name, ast.Attribute)) or module.types.of(value) is not None),
            f"nothing happens when `{name.id}` is let go of early",
        )
        if first_evaluated(whole) is not use:
            _order(value, use, whole, module, evidence)
        edit = (
            Edit(module.start(use), module.end(use), text) if use is whole else _put(use, text, value, module)
        )
        yield from offer(
            self,
            module,
            node,
            f"`{name.id}` is only read by the next statement.",
            evidence,
            f"Put the value of `{name.id}` in its place",
            [module.delete(node), edit],
        )


def _put(use: ast.Name, text: str, value: ast.expr, module: Module) -> Edit:
    made = module.replace(use, text)
    if made.text == text and isinstance(value, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Await)):
        parent = module.parent(use)
        if isinstance(
            parent, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Attribute, ast.Subscript, ast.Await)
        ):
            return Edit(made.start, made.end, f"({text})")
    return made


def _evaluated(statement: ast.stmt) -> ast.expr | None:
    """The expression that a statement evaluates once and before anything else."""
    match statement:
        case ast.Return() | ast.Expr() | ast.Assign() | ast.AnnAssign():
            return statement.value
        case ast.If():
            return statement.test
        case ast.For():
            return statement.iter
        case ast.Raise():
            return statement.exc
    return None


def _order(value: ast.expr, use: ast.Name, whole: ast.expr, module: Module, evidence: Evidence) -> None:
    """Require that the value may be worked out later, or not at all."""
    words = f"it makes no difference when `{module.text(value)}` is worked out"
    for outer in module.ancestors(use):
        if isinstance(outer, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            evidence.require(Known.NO, words)
        if outer is whole:
            break
    settled = module.effects.pure(value) is Known.YES and module.effects.total(value) is Known.YES
    around = set(module.ancestors(use))
    for part in ast.walk(whole):
        if isinstance(part, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)):
            settled = False
        elif isinstance(part, ast.Call) and part not in around:
            settled = settled and module.effects.pure(part) is Known.YES
    evidence.require(Known.of(settled), words)
