"""Blocks of statements as text: where their lines begin and end, and how they look behind another indentation.

Comments on their own lines and at the ends of lines go with a block. The inside of a text over several lines is never indented anew,
because that would change its value; continued lines move with their statement.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module

__all__ = ["Block", "Clause", "block", "clause", "lines_of", "moved", "shifted", "unit"]

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Block:
    """The whole lines of some statements in a row, with the comments that go with them.

    Attributes:
        start, end: indices of the first line's beginning and the last line's end (its line end included).
        indent: the white space before the statements.
    """

    statements: tuple[ast.stmt, ...]
    start: int
    end: int
    indent: str


@dataclass(frozen=True, slots=True)
class Clause:
    """``if …:`` or ``else:``: where its keyword begins, and the index after its colon."""

    start: int
    colon: int


def clause(module: Module, keyword: str, start: int, end: int) -> Clause | None:
    """The keyword and colon of a clause that has no text in it, somewhere between two statements."""
    found = -1
    for place, word in _words(module.source, start, end):
        if word == keyword and found < 0:
            found = place
        elif word == ":" and found >= 0:
            return Clause(found, place + 1)
    return None


def _words(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Words and signs outside comments, in a span without texts."""
    for part in re.finditer(r"#[^\r\n]*|\w+|[^\w\s]", source[start:end]):
        if not part[0].startswith("#"):
            yield start + part.start(), part[0]


def colon(module: Module, head_end: int, first: ast.stmt) -> int | None:
    """The index after the colon of a header whose last expression ends at ``head_end``."""
    begins = min([module.start(first), *map(module.start, getattr(first, "decorator_list", ()))])
    return next(
        (place + 1 for place, word in _words(module.source, head_end, begins) if word == ":"),
        None,
    )


def block(module: Module, statements: Sequence[ast.stmt], after: int | None = None) -> Block | None:
    """The lines of statements in a row; None where they do not begin and end lines of their own.

    Args:
        after: the index after the colon of the clause that they are the body of, where they are a whole body: then the comments
            before the first statement, and those after the last one as far as they are indented like it, belong to the block.
    """
    indent = module.indent(statements[0])
    if indent is None:
        return None
    first = statements[0]
    begins = module.start(first)
    decorators = getattr(first, "decorator_list", None)
    if decorators:
        begins = module.source.rindex("@", 0, module.start(decorators[0]))
    start = module.line_start(begins)
    if after is not None:
        head = module.line_end(after)
        if head > start:
            return None
        start = head
    last = module.end(statements[-1])
    end = module.line_end(last)
    rest = module.source[last:end]
    if rest.strip() and not rest.lstrip().startswith("#"):
        return None
    if after is not None:
        end = _trailing(module, end, indent)
    return Block(tuple(statements), start, end, indent)


def _trailing(module: Module, end: int, indent: str) -> int:
    """The end of the comments that follow a body and are indented like it."""
    at = end
    while at < len(module.source):
        after = module.line_end(at)
        line = module.source[at:after]
        if line.strip():
            if not (line.startswith(indent) and line[len(indent) :].lstrip().startswith("#")):
                break
            end = after
        at = after
    return end


def unit(module: Module, outer: str, inner: str) -> str:
    """What the file indents a block by: what ``inner`` is longer than ``outer``."""
    if inner.startswith(outer) and len(inner) > len(outer):
        return inner[len(outer) :]
    return "\t" if "\t" in inner or (not inner and "\n\t" in module.source) else "    "


def lines_of(module: Module, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Begin and end of every line in a span of whole lines."""
    at = start
    while at < end:
        after = module.line_end(at)
        yield at, after
        at = after


def shifted(module: Module, one: Block, indent: str) -> list[Edit] | None:
    """Edits that put a block, where it stands, behind another indentation; None where it is indented in no regular way."""
    if indent == one.indent:
        return []
    inside = _inside_texts(module, one)
    edits = []
    for at, after in lines_of(module, one.start, one.end):
        line = module.source[at:after]
        if at in inside or not line.strip():
            continue
        if line.startswith(one.indent):
            edits.append(Edit(at, at + len(one.indent), indent))
        elif not _loose(module, one, at, line):
            return None
    return edits


def moved(module: Module, one: Block, indent: str) -> str | None:
    """A block's lines behind another indentation, each ended by LF; None where it is indented in no regular way."""
    edits = shifted(module, one, indent)
    if edits is None:
        return None
    parts: list[str] = []
    at = one.start
    for edit in edits:
        parts += (module.source[at : edit.start], edit.text)
        at = edit.end
    text = _LINE_END.sub("\n", "".join([*parts, module.source[at : one.end]]))
    return text if text.endswith("\n") else text + "\n"


def _loose(module: Module, one: Block, at: int, line: str) -> bool:
    """Whether a line that is indented less than its block may stay: a comment, or a continued line."""
    if line.lstrip().startswith("#"):
        return True
    if "\f" in line[: len(one.indent)]:
        return False
    starts = {
        module.line_start(module.start(node))
        for statement in one.statements
        for node in ast.walk(statement)
        if isinstance(node, (ast.stmt, ast.ExceptHandler))
    }
    return at not in starts and any(
        module.start(node) < at < module.end(node)
        for statement in one.statements
        for node in ast.walk(statement)
        if isinstance(node, ast.expr)
    )


def _inside_texts(module: Module, one: Block) -> set[int]:
    """Where the lines begin that begin inside a text over several lines."""
    long = [
        node
        for statement in one.statements
        for node in ast.walk(statement)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        and node.end_lineno != node.lineno
        and (isinstance(node, ast.JoinedStr) or isinstance(node.value, (str, bytes)))
    ]
    inside: set[int] = set()
    for node in long:
        inside |= _begun_inside(module, node)
    return inside


def _begun_inside(module: Module, node: ast.expr) -> set[int]:
    """Of one text, which may be several written one after the other: the lines that begin inside one of them."""
    start, end = module.start(node), module.end(node)
    text = module.source[start:end]
    every = {at for at, _ in lines_of(module, module.line_start(start), end) if at > start}
    if text.count("'") + text.count('"') in (2, 6) and "{" not in text:
        return every
    inside: set[int] = set()
    try:
        # In parentheses, so that the parts of one text may stand on lines of their own.
        read = io.StringIO(f"({text})", newline="").readline
        begun: list[tuple[int, int]] = []
        starts = [start, *(at for at, _ in lines_of(module, module.line_start(start), end) if at > start)]
        for token in tokenize.generate_tokens(read):
            name = tokenize.tok_name[token.type]
            if name.endswith("STRING_START"):
                begun.append(token.start)
            elif name.endswith("STRING_END") and begun:
                inside.update(starts[begun.pop()[0] : token.end[0]])
            elif token.type == tokenize.STRING:
                inside.update(starts[token.start[0] : token.end[0]])
    except (tokenize.TokenError, SyntaxError, IndexError):
        return every
    return inside
