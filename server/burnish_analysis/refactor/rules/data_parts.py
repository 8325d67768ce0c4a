"""What refactorings of loops over data share: the clauses of a loop as a comprehension has them, and whether they mean the same there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from burnish_analysis.perf.facts.survival import loop_target_survives
from burnish_analysis.perf.facts.tables import PURE_METHODS
from burnish_analysis.perf.facts.writing import assignment, bracketed, names, target
from burnish_analysis.perf.model import Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = [
    "Clauses",
    "assigned",
    "clauses_of",
    "comprehension_text",
    "fits_comprehension",
    "level",
    "offer",
    "own_jumps",
    "raises_no_stop",
    "recurses",
]

_FRAME = frozenset({"super", "__class__", "locals", "vars", "eval", "exec", "dir"})
_REFUSED = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.AsyncFor)
_CONSUMING = tuple(
    f"builtins.{name}" for name in ("all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple")
)  # fmt: skip
_TEXT_METHODS = frozenset().union(*PURE_METHODS.values())
_TABS = re.compile(r"(?:^|[\r\n])\t")
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Clauses:
    """A loop in which nothing but ``for`` and ``if`` stands around one block.

    Attributes:
        parts: the loop and what is in it, outermost first. body: the innermost block.
    """

    parts: tuple[ast.For | ast.If, ...]
    body: list[ast.stmt]

    @property
    def loops(self) -> list[ast.For]:
        """The ``for`` statements among the parts."""
        return [part for part in self.parts if isinstance(part, ast.For)]


def clauses_of(loop: ast.For) -> Clauses | None:
    """The clauses of a loop; None where a part inside it has an ``else`` (that of the loop itself is the caller's to look at)."""
    parts: list[ast.For | ast.If] = [loop]
    while len(parts[-1].body) == 1 and isinstance(inner := parts[-1].body[0], (ast.For, ast.If)):
        if inner.orelse:
            return None
        parts.append(inner)
    return Clauses(tuple(parts), parts[-1].body)


def fits_comprehension(found: Clauses, results: Iterable[ast.expr], module: Module) -> bool:
    """Whether clauses and results mean the same in a comprehension, and nobody asks for the loop's variables afterwards."""
    loop = found.parts[0]
    if module.scope(loop).kind != "function":
        return False
    heads = [part.iter if isinstance(part, ast.For) else part.test for part in found.parts]
    for node in module.walk(*heads, *results):
        if isinstance(node, _REFUSED) or (isinstance(node, ast.Name) and node.id in _FRAME):
            return False
        if isinstance(node, ast.GeneratorExp) and not module.calls(module.parent(node) or node, *_CONSUMING):
            return False
    before: set[str] = set()
    for part in found.parts:
        if isinstance(part, ast.If):
            before |= names(part.test)
            continue
        before |= names(part.iter)
        bound = names(part.target)
        if not _plain_target(part.target) or bound & before:
            return False
        before |= bound
        if bound & set(module.scope(loop).declared) or loop_target_survives(part, module):
            return False
    return True


def _plain_target(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(_plain_target(part) for part in node.elts)
    return isinstance(node, ast.Name) or (isinstance(node, ast.Starred) and isinstance(node.value, ast.Name))


def comprehension_text(
    brackets: tuple[str, str],
    element: str,
    parts: Iterable[ast.For | ast.If],
    at: ast.stmt,
    lead: int,
    module: Module,
) -> str | None:
    """A comprehension, over several lines where one is too long; None where ``at`` does not begin its line.

    Args:
        brackets: what opens and closes it. at: the statement that it comes to stand in. lead: how much stands before it on its line.
    """
    indent = module.indent(at)
    if indent is None:
        return None
    pieces = [element]
    for part in parts:
        if isinstance(part, ast.For):
            pieces.append(f"for {target(part.target, module)} in {bracketed(part.iter, module)}")
        else:
            pieces.append(f"if {bracketed(part.test, module)}")
    line = f"{brackets[0]}{' '.join(pieces)}{brackets[1]}"
    if "\n" not in line and len(indent) + lead + len(line) <= _WIDTH:
        return line
    level = "\t" if indent.startswith("\t") else "    "
    return (
        f"{brackets[0]}\n" + "".join(f"{indent}{level}{piece}\n" for piece in pieces) + indent + brackets[1]
    )


def raises_no_stop(module: Module, *parts: ast.expr) -> Known:
    """Whether nothing raises ``StopIteration``, which a generator turns into ``RuntimeError``."""
    found = Known.YES
    for node in module.walk(*parts):
        if not isinstance(node, ast.Call):
            continue
        called = module.qualified(node.func)
        if called == "builtins.next" and len(node.args) == 1:
            return Known.NO
        known = called is not None and called.startswith("builtins.")
        known |= isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS
        found &= Known.of(known or module.effects.call(node) is Known.YES)
    return found


def recurses(node: ast.AST, module: Module) -> bool:
    """Whether the function around ``node`` seems to be called in it: a new frame on every level counts."""
    function = module.function(node)
    name = getattr(function, "name", "")
    return bool(name) and any(
        isinstance(part, ast.Call) and name in (getattr(part.func, "id", ""), getattr(part.func, "attr", ""))
        for part in ast.walk(node)
    )


def assigned(statement: ast.stmt | None) -> tuple[ast.Name, ast.expr] | None:
    """Name and value of ``name = value``, annotated or not."""
    made, value = assignment(statement) or (None, None)
    return (made, value) if isinstance(made, ast.Name) and value is not None else None


def level(module: Module, indent: str) -> str:
    """What a block behind ``indent`` is indented by further: a tab where it is, or the file begins lines with tabs."""
    tabs = "\t" in indent or (not indent and _TABS.search(module.source) is not None)
    return "\t" if tabs else "    "


def own_jumps(loop: ast.For | ast.AsyncFor | ast.While, *kinds: type[ast.stmt]) -> list[ast.stmt]:
    """The ``break`` and ``continue`` (or which of them are asked for) that belong to a loop."""
    found: list[ast.stmt] = []
    todo: list[ast.AST] = [*loop.body]
    while todo:
        node = todo.pop()
        if isinstance(node, kinds):
            found.append(node)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            todo += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            todo += ast.iter_child_nodes(node)
    return found


def offer(
    rule: Rule,
    module: Module,
    node: ast.AST,
    message: str,
    evidence: Evidence | None,
    title: str,
    edits: Iterable[Edit | None],
    imports: Iterable[Import] = (),
    until: ast.AST | None = None,
) -> Iterator[Finding]:
    """The finding, where it has a fix: a refactoring is nothing without."""
    if evidence is not None and evidence.violated:
        return
    found = module.finding(
        rule, node, message, evidence, title=title, edits=edits, imports=imports, until=until
    )
    if found.fix is not None:
        yield found
