"""Loops that only find out whether something is so for any or all items."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin, mentions
from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.conditions import negated
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import (
    Clauses,
    assigned,
    clauses_of,
    comprehension_text,
    fits_comprehension,
    offer,
    raises_no_stop,
    recurses,
)

__all__ = ["AnyAll"]


class AnyAll(Refactoring):
    """A loop that ends at the first item for which a test is true."""

    id = "any-all"
    about = About(
        summary="A loop looks for an item that passes a test",
        before="""\
def has_negative(numbers: list[int]) -> bool:
    for number in numbers:
        if number < 0:
            return True
    return False
""",
        after="""\
def has_negative(numbers: list[int]) -> bool:
    return any(number < 0 for number in numbers)
""",
        why="`any` and `all` say what is asked; of a loop it must be read out of where it ends. They, too, stop at the first item that "
        "decides.",
        preconditions=(
            "the loop's variables are not used afterwards",
            "the test raises no `StopIteration`, and calls the function it stands in only a few levels deep",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops of which everything is ``for``, ``if`` and one way out."""
        if not isinstance(node, ast.For) or not builtin(node, module, "any", "all"):
            return
        found = clauses_of(node)
        if found is None or not isinstance(found.parts[-1], ast.If):
            return
        yield from self._returning(found, module)
        yield from self._marking(found, module)

    def _returning(self, found: Clauses, module: Module) -> Iterator[Finding]:
        loop = found.loops[0]
        inside = _truth(found.body[0]) if len(found.body) == 1 else None
        after = loop.orelse or module.following(loop)
        if inside is None or not after or len(loop.orelse) > 1 or _truth(after[0]) is not (not inside):
            return
        evidence = Evidence()
        call = _call(found, inside, loop, len("return "), module, evidence)
        if call is None or module.indent(after[0]) is None:
            return
        yield from offer(
            self,
            module,
            loop,
            f"The loop only finds out whether a test is {'ever true' if inside else 'true for every item'}.",
            evidence,
            f"Use `{call.removeprefix('not ').partition('(')[0]}`",
            [Edit(module.start(loop), module.end(after[0]), f"return {call}")],
            until=after[0],
        )

    def _marking(self, found: Clauses, module: Module) -> Iterator[Finding]:
        """``found = False``, then ``found = True`` and ``break`` in the loop."""
        loop = found.loops[0]
        if (
            len(found.body) != 2
            or not isinstance(found.body[1], ast.Break)
            or len(found.loops) > 1
            or loop.orelse
        ):
            return
        begin = module.previous(loop)
        first, last = assigned(begin), assigned(found.body[0])
        if begin is None or first is None or last is None or first[0].id != last[0].id:
            return
        inside, outside = _bool(last[1]), _bool(first[1])
        if inside is None or outside is not (not inside) or not whole_local(first[0], module):
            return
        heads = [part.iter if isinstance(part, ast.For) else part.test for part in found.parts]
        if any(mentions(head, first[0].id) for head in (loop.target, *heads)):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(first[0], loop, module)),
            f"nobody reads `{first[0].id}` after an exception in the loop",
        )
        call = _call(found, inside, begin, len(first[0].id) + 3, module, evidence)
        if call is None:
            return
        value = first[1]
        yield from offer(
            self,
            module,
            begin,
            f"The loop only finds out whether `{first[0].id}` is true.",
            evidence,
            f"Use `{call.removeprefix('not ').partition('(')[0]}`",
            [
                Edit(module.start(value), module.end(value), call),
                Edit(module.end(begin), module.end(loop), ""),
            ],
            until=loop,
        )


def _call(
    found: Clauses, inside: bool, at: ast.stmt, lead: int, module: Module, evidence: Evidence
) -> str | None:
    """``any(…)``, ``all(…)`` or ``not any(…)``."""
    last = found.parts[-1]
    assert isinstance(last, ast.If)  # the callers ask for it
    if not fits_comprehension(found, [], module):
        return None
    heads = [part.iter if isinstance(part, ast.For) else part.test for part in found.parts[1:]]
    evidence.require(
        raises_no_stop(module, *heads), f"`{_short(last.test, module)}` never raises `StopIteration`"
    )
    evidence.require(
        Known.of(not recurses(found.parts[0], module)), "the function calls itself only a few levels deep"
    )
    name, element = "any" if inside else "not any", module.text(last.test)
    if not inside and not (opposite := negated(last.test, module)).startswith("not "):
        name, element = "all", opposite
    return comprehension_text((f"{name}(", ")"), element, found.parts[:-1], at, lead, module)


def _short(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    return text if len(text) < 40 and "\n" not in text else f"{text[:36].splitlines()[0]}…"


def _bool(node: ast.expr | None) -> bool | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, bool) else None


def _truth(statement: ast.stmt) -> bool | None:
    """What is returned, where it is ``True`` or ``False``."""
    return _bool(statement.value) if isinstance(statement, ast.Return) else None
