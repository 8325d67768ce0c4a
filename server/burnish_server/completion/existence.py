"""What a suggestion refers to: names and attributes that exist, names that an import would bring, and others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from burnish_analysis.imports import standard_import
from burnish_analysis.members import unknown_attributes
from burnish_analysis.names import unknown_names
from burnish_analysis.syntax import SyntaxTree

__all__ = ["Importer", "Missing", "missing", "near_part", "stands_outside"]

#: Of longer texts (characters) only so much on each side is parsed again: all of it would take too long.
_LARGE, _NEAR = 100_000, 12_000

#: The import statement that brings a name, or None.
Importer = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Missing:
    """``names`` and ``attributes`` (of ``self``) that nothing defines, and ``imports`` for names that they bring."""

    names: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def missing(tree: SyntaxTree, start: int, end: int, importer: Importer | None = None) -> Missing:
    """What the code at ``[start, end)`` (character offsets) of a text uses and the text does not define.

    ``importer`` knows how the workspace imports names; it goes before the standard library.
    """
    names: list[str] = []
    imports: list[str] = []
    for name in unknown_names(tree, start, end):
        used_as_module = re.search(
            rf"(?<![\w.]){re.escape(name)}\s*\.", tree.text[max(0, start - len(name)) : end + 1]
        )
        statement = importer(name) if importer is not None else None
        statement = statement or standard_import(name, as_module=used_as_module is not None)
        if statement is None:
            names.append(name)
        else:
            imports.append(statement)
    return Missing(tuple(names), tuple(unknown_attributes(tree, start, end)), tuple(imports))


def near_part(text: str, start: int, end: int) -> range | None:
    """Of a long text the whole lines around ``[start, end)``; None where the text is short enough to be taken whole."""
    if len(text) <= _LARGE:
        return None
    last = text.find("\n", min(len(text), end + _NEAR))
    return range(text.rfind("\n", 0, max(0, start - _NEAR)) + 1, len(text) if last < 0 else last)


def stands_outside(text: str, name: str, part: range) -> bool:
    """Whether ``name`` is a word anywhere outside of ``part``: in a long text that is taken for its definition."""
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    return word.search(text, 0, part.start) is not None or word.search(text, part.stop) is not None
