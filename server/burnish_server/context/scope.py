"""Where a cursor stands and what names mean there, read from lines and indentation.

Lines, and not the syntax tree, because the statement under the cursor is half-written most of the time and takes the tree
around it along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.model import Symbol
from burnish_analysis.indent import columns, leading_whitespace
from burnish_analysis.syntax import SyntaxTree

__all__ = ["Scope", "read_scope"]

_DEFINITION = re.compile(r"\s*(?:async\s+)?(def|class)\s+(\w+)")
_BINDING = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*)\s*(?::\s*(?P<type>[\w.\"']+))?\s*=\s*(?:await\s+)?(?P<value>[A-Za-z_][\w.]*)?"
    r"|(?:async\s+)?with\s+(?:await\s+)?(?P<entered>[A-Za-z_][\w.]*)\(.*\)\s+as\s+(?P<as>\w+))"
)
#: Lines above the cursor in which headers are looked for, lines of one header, and lines of a scope that bind names.
_LOOK_BACK, _HEADER_LINES, _BOUND_LINES = 3_000, 25, 150


@dataclass(frozen=True, slots=True)
class Scope:
    """The definitions around a cursor, innermost last, and what names are bound to in them.

    ``name`` is the qualified name. ``bound`` maps a local name to the class or the call that it comes from.
    """

    name: str
    definitions: tuple[Symbol, ...]
    bound: dict[str, str]

    def expand(self, dotted: str) -> str:
        """A dotted name with a local head replaced by what it is bound to."""
        for _ in range(4):
            head, dot, rest = dotted.partition(".")
            source = self.bound.get(head)
            if not source or source.split(".", 1)[0] == head:
                break
            dotted = source + dot + rest
        return dotted


def read_scope(lines: list[str], line: int) -> Scope:
    """The scope of 0-based ``line``, by the headers above it that are indented less."""
    headers = _headers(lines, line)
    definitions = tuple(symbol for at, _ in headers if (symbol := _definition(lines, at)) is not None)
    bound: dict[str, str] = {}
    for symbol in definitions:
        if symbol.kind != "class":
            bound |= dict(symbol.params)
    first = headers[-1][0] + 1 if headers else 0
    for text in lines[max(first, line - _BOUND_LINES) : line]:
        match = _BINDING.match(text)
        if match is None:
            continue
        name = match["name"] or match["as"]
        source = (match["type"] or "").strip("\"'") or match["value"] or match["entered"]
        if name and source and source not in ("None", "True", "False", "not", "lambda", "yield"):
            bound[name] = source
    return Scope(".".join(name for _, name in headers), definitions, bound)


def _headers(lines: list[str], line: int) -> list[tuple[int, str]]:
    """Line and name of every definition around ``line``, outermost first."""
    own = lines[line] if line < len(lines) else ""
    indent = columns(leading_whitespace(own)) if own.strip() else _indent_above(lines, line)
    found: list[tuple[int, str]] = []
    for at in range(min(line, len(lines)) - 1, max(-1, line - _LOOK_BACK), -1):
        if indent == 0:
            break
        text = lines[at]
        if not text.strip() or text.lstrip().startswith(("#", ")", "]", "}")):
            continue
        here = columns(leading_whitespace(text))
        if here >= indent:
            continue
        match = _DEFINITION.match(text)
        if match is not None:
            found.append((at, match[2]))
        elif not text.rstrip().endswith((":", ",", "(", "[", "{")):
            continue
        indent = here
    return found[::-1]


def _indent_above(lines: list[str], line: int) -> int:
    """The indentation that an empty line would have: of the line above, deeper where that opens a block."""
    for at in range(line - 1, max(-1, line - 50), -1):
        if lines[at].strip():
            return columns(leading_whitespace(lines[at])) + (4 if lines[at].rstrip().endswith(":") else 0)
    return 0


def _definition(lines: list[str], at: int) -> Symbol | None:
    """The definition whose header begins on a line, read by itself."""
    header: list[str] = []
    depth = 0
    for text in lines[at : at + _HEADER_LINES]:
        header.append(text.strip())
        depth += sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
        if depth <= 0 and text.rstrip().endswith(":"):
            break
    graph = extract(SyntaxTree("\n".join([*header, "    pass\n"])))
    return graph.symbols[0] if graph.symbols else None
