"""Take statements out into a function or method of their own: the text of it, and of the call that stands for them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.border import Border, border
from burnish_analysis.refactor.dataflow import Function

__all__ = [
    "Helper",
    "as_method",
    "extract_block",
    "place_before",
    "region",
    "signature",
    "strings_over_lines",
    "unit_of",
]

_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that takes over some statements: the edits that make it, and what crosses its border."""

    edits: tuple[Edit, ...]
    border: Border


def extract_block(
    module: Module, function: Function, block: Sequence[ast.stmt], name: str, *, method: bool
) -> Helper:
    """Move consecutive statements of ``function`` into a new function, or a method of the same class.

    Args:
        name: of the new function, nowhere used in the module. method: whether it becomes a method.

    Raises:
        RefactoringError: behaviour would not stay the same, or the text does not allow it; the message says why.
    """
    crossing = border(module, function, block)
    owner = _self_name(module, function) if method else ""
    if method and not owner:
        raise RefactoringError(f"{function.name} is no ordinary method; extract a function instead.")
    if crossing.private and not method:
        raise RefactoringError(
            "The selection uses names private to its class (`__name`); extract a method instead."
        )
    start, end, indent = region(module, block)
    inputs = tuple(part for part in crossing.inputs if part != owner)
    parameters = (owner, *inputs) if method else inputs
    step = unit_of(module, function)
    base = _indent_of(module, function) if method else ""
    word = "async def" if crossing.asynchronous else "def"
    body = _moved(module, start, end, indent, base + step)
    results = ", ".join(crossing.outputs)
    made = signature(f"{base}{word} {name}", parameters, "):", base, step) + "\n" + body
    if results:
        made += f"{base}{step}return {results}\n"
    called = f"{owner}.{name}" if method else name
    call = ("await " if crossing.asynchronous else "") + called
    lead = "return " if crossing.leaves else (f"{results} = " if results else "")
    line = signature(f"{indent}{lead}{call}", inputs, ")", indent, step)
    # A comment behind the last statement, and the lines' end, go with the block.
    edits = [Edit(start, end, line + "\n"), _definition(module, function, made, method)]
    return Helper(tuple(edits), crossing)


def _definition(module: Module, function: Function, made: str, method: bool) -> Edit:
    if method:
        end = module.end(function)
        at = module.line_end(end)
        ended = module.source[end:at].endswith(("\n", "\r"))
        return Edit(at, at, ("" if ended else "\n") + "\n" + made)
    at = place_before(module, function)
    return Edit(at, at, made + "\n\n")


def place_before(module: Module, node: ast.AST) -> int:
    """Where a definition goes that must be there before the module's statement around ``node`` runs: above its comments."""
    top = node
    for outer in module.ancestors(node):
        if not isinstance(outer, ast.Module):
            top = outer
    start = module.start(top)
    for decorator in getattr(top, "decorator_list", []):
        start = min(start, module.source.rindex("@", 0, module.start(decorator)))
    at = module.line_start(start)
    while at > module.starts[0]:
        above = module.line_start(at - 1)
        if not module.source[above:at].startswith("#") or above == 0:
            break
        at = above
    return at


def region(module: Module, block: Sequence[ast.stmt]) -> tuple[int, int, str]:
    """Start and end of the whole lines of some statements, and their indentation; comments that hang below belong to them.

    Raises:
        RefactoringError: something else stands on these lines.
    """
    indent = module.indent(block[0])
    end = module.end(block[-1])
    rest = module.source[end : module.line_end(end)].strip()
    if indent is None or (rest and not rest.startswith("#")):
        raise RefactoringError(
            "Other statements stand on the same line; put them on lines of their own first."
        )
    first = block[0]
    start = module.start(first)
    for decorator in getattr(first, "decorator_list", []):
        start = min(start, module.source.rindex("@", 0, module.start(decorator)))
    end = module.line_end(end)
    while end < len(module.source):
        line = module.source[end : module.line_end(end)]
        text = line.strip()
        if not text.startswith("#") or not line.startswith(indent) or line[len(indent)] not in " \t":
            break
        end = module.line_end(end)
    return module.line_start(start), end, indent


def unit_of(module: Module, function: Function) -> str:
    """One level of indentation as the function uses it; four spaces where its body stands on the ``def`` line."""
    inner = module.indent(function.body[0])
    outer = _indent_of(module, function)
    return inner[len(outer) :] if inner and inner.startswith(outer) and len(inner) > len(outer) else "    "


def _indent_of(module: Module, node: ast.stmt) -> str:
    line = module.source[module.line_start(module.start(node)) :]
    found = re.match(r"[ \t\f]*", line)
    return found[0] if found else ""


def _moved(module: Module, start: int, end: int, indent: str, new: str) -> str:
    """The lines of a span behind another indentation; lines that begin inside a string stay as they are."""
    kept = strings_over_lines(module)
    lines: list[str] = []
    at = start
    while at < end:
        following = module.line_end(at)
        line = module.source[at:following].rstrip("\r\n")
        if at in kept:
            lines.append(line)
        elif not line.strip():
            lines.append("")
        elif line.startswith(indent):
            lines.append(new + line[len(indent) :])
        elif line.lstrip().startswith("#"):
            lines.append(new + line.lstrip())
        else:
            lines.append(line)
        at = following
    return "\n".join(lines) + "\n"


def strings_over_lines(module: Module) -> frozenset[int]:
    """The offsets of the lines that begin inside a string."""
    kept: set[int] = set()
    opened: list[int] = []
    starts = {getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "TSTRING_START", -1)}
    ends = {getattr(tokenize, "FSTRING_END", -1), getattr(tokenize, "TSTRING_END", -1)}
    for token in tokenize.generate_tokens(io.StringIO(module.code, newline="").readline):
        first, last = token.start[0], token.end[0]
        if token.type in starts:
            opened.append(first)
            continue
        if token.type in ends:
            first = opened.pop()
        elif token.type != tokenize.STRING:
            continue
        kept.update(module.starts[line] for line in range(first, last))
    return frozenset(kept)


def signature(lead: str, names: Sequence[str], tail: str, indent: str, step: str) -> str:
    """``lead(names`` + ``tail``, on lines of their own where one would be too wide."""
    line = f"{lead}({', '.join(names)}{tail}"
    if len(line) <= _WIDEST or not names:
        return line
    listed = "".join(f"{indent}{step}{name},\n" for name in names)
    return f"{lead}(\n{listed}{indent}{tail}"


def as_method(module: Module, function: Function) -> bool:
    """Whether a helper of ``function`` may be a method: of a class of its own, without bases that could know its name."""
    parent = module.parent(function)
    if not isinstance(parent, ast.ClassDef) or parent.decorator_list or parent.keywords:
        return False
    plain = all(isinstance(base, ast.Name) and base.id == "object" for base in parent.bases)
    return plain and bool(_self_name(module, function))


def _self_name(module: Module, function: Function) -> str:
    """The first parameter of an ordinary method that never changes; empty where there is none."""
    parent = module.parent(function)
    names = [*function.args.posonlyargs, *function.args.args]
    if not isinstance(parent, ast.ClassDef) or not names or function.name in ("__new__", "__init_subclass__"):
        return ""
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Name) and called.id in ("staticmethod", "classmethod"):
            return ""
    name = names[0].arg
    return name if len(module.inside(function).bindings.get(name, [])) == 1 else ""
