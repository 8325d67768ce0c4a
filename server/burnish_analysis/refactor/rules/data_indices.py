"""Loops over the indices of lists: which lists are read by them, and ``zip``."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.perf.facts.patterns import builtin
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import offer

__all__ = ["INDEXED", "IndexLoop", "Zip", "counted", "first_names", "index_loop", "item_name"]

INDEXED = ("list", "tuple", "str", "bytes", "range")


@dataclass(frozen=True, slots=True)
class IndexLoop:
    """A loop over indices.

    Attributes:
        lists: one use of every variable that is read by the index, in source order. reads: every ``xs[i]``, by variable.
        only_reads: whether the index is used for nothing else.
    """

    index: ast.Name
    lists: tuple[ast.Name, ...]
    reads: dict[str, list[ast.Subscript]]
    only_reads: bool


def counted(node: ast.For, module: Module) -> str | None:
    """What ``range(len(xs))`` counts: a variable's name, or ``min`` for ``range(min(len(xs), len(ys)))``."""
    if not is_call(node.iter, module, "builtins.range") or not isinstance(node.iter, ast.Call):
        return None
    length = node.iter.args[0]
    if is_call(length, module, "builtins.min", 2) and isinstance(length, ast.Call):
        return "min" if all(_measured(part, module) for part in length.args) else None
    return _measured(length, module)


def _measured(node: ast.expr, module: Module) -> str | None:
    if not is_call(node, module, "builtins.len") or not isinstance(node, ast.Call):
        return None
    return node.args[0].id if isinstance(node.args[0], ast.Name) else None


def index_loop(node: ast.For, module: Module) -> IndexLoop | None:
    """What a loop over indices reads by them; None where the index or a variable changes, or a function inside sees them."""
    index = node.target
    if not isinstance(index, ast.Name) or not module.flow.local(index):
        return None
    region = module.flow.region(node)
    if sum(binding.node in region for binding in module.flow.bindings(index)) != 1:
        return None
    lists: list[ast.Name] = []
    reads: dict[str, list[ast.Subscript]] = {}
    others = 0
    for use in module.flow.uses(index):
        if use not in region:
            continue
        if module.function(use) is not module.function(node) or not module.readable(use):
            return None
        read = module.parent(use)
        plain = isinstance(read, ast.Subscript) and read.slice is use and isinstance(read.value, ast.Name)
        if (
            not plain
            or not isinstance(read, ast.Subscript)
            or not isinstance(read.ctx, ast.Load)
            or _later(read, module)
        ):
            others += 1
            continue
        assert isinstance(read.value, ast.Name)
        if read.value.id not in reads:
            lists.append(read.value)
        reads.setdefault(read.value.id, []).append(read)
    if not lists or any(module.flow.rebound(name, region) for name in lists):
        return None
    return IndexLoop(index, tuple(lists), reads, others == 0)


def _later(node: ast.AST, module: Module) -> bool:
    return any(isinstance(outer, ast.GeneratorExp) for outer in module.ancestors(node))


def item_name(name: str, node: ast.AST, module: Module, *, taken: Sequence[str] = ()) -> str:
    """A new name for an item of what is called ``name``."""
    wish = "item"
    if name.endswith("ies") and len(name) > 4:
        wish = name[:-3] + "y"
    elif name.endswith("s") and not name.endswith("ss") and len(name) > 3:
        wish = name[:-1]
    if keyword.iskeyword(wish) or wish in taken:
        wish = f"{name}_item"
    return module.fresh_name(node, wish, f"{name}_item")


def first_names(
    node: ast.For, reads: Sequence[Sequence[ast.Subscript]], module: Module
) -> list[ast.Name] | None:
    """The variables that get the items first thing in every round, in the order of ``reads``; None where not all do."""
    found: list[ast.Name] = []
    for each in reads:
        statement = node.body[len(found)] if len(found) < len(node.body) - 1 else None
        if (
            not isinstance(statement, ast.Assign)
            or len(statement.targets) != 1
            or statement.value not in each
        ):
            return None
        target = statement.targets[0]
        if (
            not isinstance(target, ast.Name)
            or not module.flow.local(target)
            or module.delete(statement) is None
        ):
            return None
        if any(target.id == other.id for other in found) or _used_in_head(target, node, module):
            return None
        region = module.flow.region(node)
        if sum(binding.node in region for binding in module.flow.bindings(target)) != 1:
            return None
        found.append(target)
    return found


def _used_in_head(name: ast.Name, node: ast.For, module: Module) -> bool:
    return any(
        isinstance(part, ast.Name) and part.id == name.id for part in module.walk(node.target, node.iter)
    )


class Zip(Refactoring):
    """``for i in range(len(xs))`` where ``xs[i]`` and ``ys[i]`` are read."""

    id = "zip"
    about = About(
        summary="A loop counts indices to go through several lists at once",
        before="""\
def total(prices: list[int], counts: list[int]) -> int:
    found = 0
    for i in range(min(len(prices), len(counts))):
        found += prices[i] * counts[i]
    return found
""",
        after="""\
def total(prices: list[int], counts: list[int]) -> int:
    found = 0
    for price, count in zip(prices, counts):
        found += price * count
    return found
""",
        why="`zip` gives the items that belong together; what an index is for must be read out of the loop.",
        preconditions=(
            "the lists do not change in the loop, and the index is not used afterwards",
            "the loop goes to the end of the shortest list",
        ),
        references=("https://docs.python.org/3/library/functions.html#zip",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``range(len(xs))``."""
        if not isinstance(node, ast.For) or not builtin(node, module, "zip", "enumerate"):
            return
        length = counted(node, module)
        found = index_loop(node, module) if length is not None else None
        if (
            found is None
            or len(found.lists) < 2
            or (found.only_reads and survives(found.index, node, module))
        ):
            return
        evidence = Evidence()
        for name in found.lists:
            evidence.require(module.types.is_a(name, *INDEXED), f"`{name.id}` is a list, tuple or text")
            evidence.require(module.flow.unchanged(name, node), f"`{name.id}` does not change in the loop")
        evidence.require(*_all_measured(node, found))
        if evidence.violated:
            return
        first = first_names(node, list(found.reads.values()), module)
        items = [name.id for name in first] if first else _items(found, node, module)
        gone = [module.statement(name) for name in first or ()]
        names = ", ".join(name.id for name in found.lists)
        pairs = f"{', '.join(items)} in zip({names})"
        if not found.only_reads:
            pairs = f"{found.index.id}, ({', '.join(items)}) in enumerate(zip({names}))"
        yield from offer(
            self,
            module,
            node,
            f"The loop counts indices to go through {' and '.join(f'`{name.id}`' for name in found.lists)} at once.",
            evidence,
            "Go through the items with `zip`",
            [
                Edit(module.start(node.target), module.end(node.iter), pairs),
                *(
                    module.replace(read, item)
                    for item, reads in zip(items, found.reads.values(), strict=True)
                    for read in reads
                    if not any(module.statement(read) is statement for statement in gone)
                ),
                *map(module.delete, gone),
            ],
            until=node.iter,
        )


def _items(found: IndexLoop, node: ast.For, module: Module) -> list[str]:
    made: list[str] = []
    for name in found.lists:
        made.append(item_name(name.id, node, module, taken=made))
    return made


def _all_measured(node: ast.For, found: IndexLoop) -> tuple[Known, str]:
    """Whether the loop ends where the shortest list does."""
    assert isinstance(node.iter, ast.Call)  # `counted` asks for it
    length = node.iter.args[0]
    measured = {
        part.args[0].id
        for part in ast.walk(length)
        if isinstance(part, ast.Call) and part.args and isinstance(part.args[0], ast.Name)
    }
    read = {name.id for name in found.lists}
    if not measured <= read:
        return Known.NO, ""
    if measured == read:
        return Known.YES, ""
    others = ", ".join(f"`{name}`" for name in sorted(read - measured))
    return Known.UNKNOWN, f"{others} and `{min(measured)}` are of the same length"
