"""Loops that do by hand what a built-in does in one step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.facts.survival import loop_target_survives
from burnish_analysis.perf.facts.writing import argument, bracketed, is_call, names, same_name, small, target
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["ManualMax", "ManualSum"]

_WHOLE = ("int", "bool")


class ManualSum(Rule):
    """``for x in xs: total += x``."""

    id = "manual-sum"
    about = About(
        summary="A loop adds whole numbers up",
        before="""\
def total(numbers: list[int]) -> int:
    found = 0
    for number in numbers:
        found += number
    return found
""",
        after="""\
def total(numbers: list[int]) -> int:
    found = sum(numbers)
    return found
""",
        why="`sum` adds without running a line of Python for every number.",
        preconditions=(
            "the numbers are whole: from Python 3.12 on `sum` rounds floats otherwise than a loop does",
            "the loop's variable is not used afterwards",
        ),
        references=("https://docs.python.org/3/library/functions.html#sum",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops whose body is one ``+=`` of the loop's variable, or of its length."""
        step = _single_step(node, module)
        if step is None or not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            return
        total, added = step
        item = node.target.id
        mapped = _mapped(added, item, module)
        if not (same_name(added, item) or mapped) or small(node.iter, module):
            return
        kind = module.types.of(added)
        begun = module.types.of_name(total.id, module.scope(total))
        evidence = Evidence()
        for known in (kind, begun):
            if not evidence.require(_whole(known), f"`{module.text(added)}` is always a whole number"):
                return
        _whole_run(total, node, module, evidence)
        summed = (
            f"sum(map({mapped}, {bracketed(node.iter, module)}))"
            if mapped
            else f"sum({argument(node.iter, module)})"
        )
        yield module.finding(
            self,
            node,
            "The numbers are added one by one; `sum` does it in one step.",
            evidence,
            title="Use `sum`",
            edits=_instead(node, total, "+", summed, 0, module),
        )


class ManualMax(Rule):
    """``for x in xs: best = max(best, x)``, or ``min``."""

    id = "manual-max"
    about = About(
        summary="`max` or `min` is called for every item",
        before="""\
def widest(words: list[str]) -> int:
    width = 0
    for word in words:
        width = max(width, len(word))
    return width
""",
        after="""\
def widest(words: list[str]) -> int:
    width = 0
    width = max([width, *[len(word) for word in words]])
    return width
""",
        why="One call that goes through all values costs less than a call for each.",
        preconditions=(
            "what is compared does not ask for the best so far",
            "the loop's variable is not used afterwards, and nobody sees the best so far after an exception",
        ),
        references=("https://docs.python.org/3/library/functions.html#max",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops whose body is one ``best = max(best, …)``."""
        found = _best(node, module)
        if found is None or not isinstance(node, ast.For) or small(node.iter, module):
            return
        best, function, value = found
        if best.id in names(value, node.iter, node.target) or not _plain_clause(node, value, module):
            return
        evidence = Evidence()
        kind = module.types.of(node.iter)
        evidence.require(
            Known.of(kind is not None and kind.name not in ("generator", "iterator", "file")),
            f"`{module.text(node.iter)}` is a sequence, set or dict",
        )
        _whole_run(best, node, module, evidence)
        if isinstance(node.target, ast.Name) and same_name(value, node.target.id):
            values = bracketed(node.iter, module)
        else:
            if not evidence.require(module.effects.pure(value), f"`{module.text(value)}` has no effects"):
                return
            values = (
                f"[{module.text(value)} for {target(node.target, module)} in {bracketed(node.iter, module)}]"
            )
        yield module.finding(
            self,
            node,
            f"`{function}` is called for every item; one call can go through all.",
            evidence,
            title=f"Call `{function}` once",
            edits=[module.replace(node, f"{best.id} = {function}([{best.id}, *{values}])")],
        )


def _whole(kind: object) -> Known:
    name = getattr(kind, "name", "")
    return Known.UNKNOWN if not name else Known.YES if name in _WHOLE else Known.NO


def _step(body: list[ast.stmt], module: Module) -> tuple[ast.Name, ast.expr] | None:
    """The local variable and what is added to it, where that is all that is done."""
    if len(body) != 1 or not isinstance(body[0], ast.AugAssign) or not isinstance(body[0].op, ast.Add):
        return None
    target = body[0].target
    if not isinstance(target, ast.Name) or not whole_local(target, module):
        return None
    return target, body[0].value


def _single_step(node: ast.AST, module: Module) -> tuple[ast.Name, ast.expr] | None:
    if not isinstance(node, ast.For) or node.orelse or len(node.body) != 1:
        return None
    step = _step(node.body, module)
    if (
        step is None
        or step[0].id in names(node.iter, node.target, step[1])
        or loop_target_survives(node, module)
    ):
        return None
    return step


def _mapped(added: ast.expr, item: str, module: Module) -> str:
    """``len`` where ``len(item)`` is added."""
    if not (is_call(added, module, "builtins.len") or is_call(added, module, "builtins.ord")):
        return ""
    assert isinstance(added, ast.Call)  # is_call asks for it
    return module.text(added.func) if same_name(added.args[0], item) else ""


def _whole_run(name: ast.Name, loop: ast.stmt, module: Module, evidence: Evidence) -> None:
    """What is known so far must not be seen when an exception ends the loop."""
    evidence.require(
        Known.of(not half_built(name, loop, module)),
        f"nobody reads `{name.id}` after an exception in the loop",
    )
    evidence.require(module.flow.bound_before(name, loop), f"`{name.id}` has a value before the loop")


def _instead(
    loop: ast.stmt, name: ast.Name, sign: str, value: str, begins: int, module: Module
) -> list[Edit | None]:
    """``name += value`` for a loop, or ``name = value`` where ``name`` is set to ``begins`` right before it."""
    before = module.previous(loop)
    if (
        isinstance(before, ast.Assign)
        and len(before.targets) == 1
        and same_name(before.targets[0], name.id)
        and isinstance(before.value, ast.Constant)
        and type(before.value.value) is int
        and before.value.value == begins
    ):
        between = module.end(before), module.end(loop)
        if not module.comments_in(*between):
            return [module.replace(before.value, value), Edit(*between, "")]
    return [module.replace(loop, f"{name.id} {sign}= {value}")]


def _best(node: ast.AST, module: Module) -> tuple[ast.Name, str, ast.expr] | None:
    """The parts of ``for …: best = max(best, value)``."""
    if (
        not isinstance(node, ast.For)
        or node.orelse
        or len(node.body) != 1
        or loop_target_survives(node, module)
    ):
        return None
    step = node.body[0]
    if (
        not isinstance(step, ast.Assign)
        or len(step.targets) != 1
        or not isinstance(step.targets[0], ast.Name)
    ):
        return None
    best, call = step.targets[0], step.value
    function = next((name for name in ("max", "min") if is_call(call, module, f"builtins.{name}", 2)), "")
    if not function or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return None
    if not same_name(call.args[0], best.id) or not whole_local(best, module):
        return None
    return best, function, call.args[1]


def _plain_clause(node: ast.For, value: ast.expr, module: Module) -> bool:
    """Whether the value can stand in a comprehension."""
    refused = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp)
    if any(isinstance(part, refused) for part in walk(node)) or names(node.target) & names(node.iter):
        return False
    function = module.function(node)
    own = getattr(function, "name", "")
    return not any(name in ("super", "__class__", own) for name in names(value)) and not any(
        isinstance(part, ast.Attribute) and part.attr == own for part in walk(value)
    )
