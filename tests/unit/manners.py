"""Other manners to write a file in, under which a fix must do the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

__all__ = ["WIDE", "WRITTEN", "widened"]

#: The manner that moves everything down, so that imports may be added in another place.
WIDE = "wide characters before"


def _tabs(text: str) -> str:
    return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "a byte order mark and CRLF": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "tabs": _tabs,
    WIDE: lambda text: f'MARK = "é𝐱😀"  # é𝐱😀\n{text}',
}


def widened(text: str) -> str:
    """With names that UTF-8 and UTF-16 need more for than one unit."""
    tree = ast.parse(text)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self", "cls"}
    known = "|".join(map(re.escape, sorted(name for name in names if len(name) > 1)))
    return re.sub(rf"(?<![.\w])({known})\b(?!=[^=])", r"\1é𝐱", text) if known else text
