"""Indentation arithmetic: columns, not characters, because tabs and spaces mix in real files."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["columns", "indent_unit", "leading_whitespace"]

TAB_SIZE = 8


def leading_whitespace(line: str) -> str:
    """The run of spaces, tabs and form feeds at the start of ``line``."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def columns(whitespace: str, tab_size: int = TAB_SIZE) -> int:
    """Width of ``whitespace`` in columns; a tab reaches the next multiple of ``tab_size`` (8, as Python
    counts).

    Args:
        whitespace: text of which only the leading whitespace is measured.
        tab_size: columns between tab stops.

    Returns:
        The column of the first non-whitespace character, 0-based. A form feed resets the count.
    """
    column = 0
    for character in whitespace:
        if character == " ":
            column += 1
        elif character == "\t":
            column = (column // tab_size + 1) * tab_size
        elif character == "\f":
            column = 0
        else:
            break
    return column


def indent_unit(lines: Iterable[str]) -> str:
    """The text one more level of indentation adds in these lines: a tab, or the smallest run of spaces seen.

    Falls back to four spaces where nothing is indented.
    """
    smallest = 0
    for line in lines:
        space = leading_whitespace(line)
        if not space or space == line.rstrip("\r\n"):
            continue
        if space[0] == "\t":
            return "\t"
        if len(space) > 1 and (smallest == 0 or len(space) < smallest):
            smallest = len(space)
    return " " * (smallest if 2 <= smallest <= 8 else 4)
