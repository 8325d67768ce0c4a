"""Loops that count by themselves what ``enumerate`` counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin, integer
from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import argument, names, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_indices import (
    INDEXED,
    counted,
    first_names,
    index_loop,
    item_name,
)
from burnish_analysis.refactor.rules.data_parts import assigned, offer, own_jumps

__all__ = ["Enumerate"]


class Enumerate(Refactoring):
    """``for i in range(len(xs))`` where ``xs[i]`` and ``i`` are used, and counters that a loop raises itself."""

    id = "enumerate"
    about = About(
        summary="A loop numbers the items itself",
        before="""\
def listing(words: list[str]) -> None:
    number = 1
    for word in words:
        print(number, word)
        number += 1
""",
        after="""\
def listing(words: list[str]) -> None:
    for number, word in enumerate(words, start=1):
        print(number, word)
""",
        why="`enumerate` gives number and item together. A counter that is raised by hand is forgotten at the next `continue`.",
        preconditions=(
            "the counter is bound nowhere else in the loop, and nobody asks for it afterwards",
            "a list that is read by index does not change in the loop",
        ),
        references=("https://docs.python.org/3/library/functions.html#enumerate",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``for`` statements."""
        if not isinstance(node, ast.For) or not builtin(node, module, "enumerate"):
            return
        if counted(node, module) is not None:
            yield from self._indexed(node, module)
        else:
            yield from self._raised(node, module)

    def _indexed(self, node: ast.For, module: Module) -> Iterator[Finding]:
        found = index_loop(node, module)
        if found is None or len(found.reads) != 1 or found.only_reads:
            return
        name, reads = found.lists[0], found.reads[found.lists[0].id]
        if counted(node, module) != name.id:
            return
        evidence = Evidence()
        evidence.require(module.types.is_a(name, *INDEXED), f"`{name.id}` is a list, tuple or text")
        evidence.require(module.flow.unchanged(name, node), f"`{name.id}` does not change in the loop")
        if evidence.violated:
            return
        first = first_names(node, [reads], module)
        item = first[0].id if first else item_name(name.id, node, module)
        gone = module.statement(first[0]) if first else None
        yield from offer(
            self,
            module,
            node,
            f"The loop counts indices and reads the items of `{name.id}` by them.",
            evidence,
            "Go through the items with `enumerate`",
            [
                Edit(
                    module.start(node.target),
                    module.end(node.iter),
                    f"{found.index.id}, {item} in enumerate({name.id})",
                ),
                *(module.replace(read, item) for read in reads if module.statement(read) is not gone),
                *([module.delete(gone)] if gone is not None else []),
            ],
            until=node.iter,
        )

    def _raised(self, node: ast.For, module: Module) -> Iterator[Finding]:
        begin = module.previous(node)
        first = assigned(begin)
        start = integer(first[1]) if first else None
        if begin is None or first is None or start is None or isinstance(begin, ast.AnnAssign):
            return
        counter = first[0]
        step = _step(node, counter.id)
        if step is None or not whole_local(counter, module) or counter.id in names(node.iter, node.target):
            return
        if survives(counter, node, module) or _also_bound(counter, node, module):
            return
        if step is node.body[0]:
            start += 1
        elif own_jumps(node, ast.Continue):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(counter, node, module)),
            f"nobody reads `{counter.id}` after an exception in the loop",
        )
        given = argument(node.iter, module) + (f", start={start}" if start else "")
        target = module.text(node.target)
        if isinstance(node.target, ast.Tuple) and not target.startswith("("):
            target = f"({target})"
        yield from offer(
            self,
            module,
            node,
            f"`{counter.id}` counts the rounds of the loop.",
            evidence,
            "Count with `enumerate`",
            [
                module.delete(begin),
                Edit(
                    module.start(node.target),
                    module.end(node.iter),
                    f"{counter.id}, {target} in enumerate({given})",
                ),
                module.delete(step),
            ],
            until=node.iter,
        )


def _step(node: ast.For, counter: str) -> ast.AugAssign | None:
    """``counter += 1`` as the first or last statement of a loop with more in it."""
    for step in (node.body[-1], node.body[0]):
        if (
            len(node.body) > 1
            and isinstance(step, ast.AugAssign)
            and isinstance(step.op, ast.Add)
            and same_name(step.target, counter)
            and integer(step.value) == 1
        ):
            return step
    return None


def _also_bound(counter: ast.Name, node: ast.For, module: Module) -> bool:
    region = module.flow.region(node)
    return sum(binding.node in region for binding in module.flow.bindings(counter)) != 1
