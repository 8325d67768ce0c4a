"""What a suggestion refers to: names and attributes that exist, names that an import would bring, and others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from burnish_analysis.imports import standard_import
from burnish_analysis.members import unknown_attributes
from burnish_analysis.names import unknown_names
from burnish_analysis.syntax import SyntaxTree

__all__ = ["Importer", "Missing", "missing"]

#: Of longer texts (characters) only so much on each side is parsed again: all of it would take too long.
_LARGE, _NEAR = 100_000, 12_000

#: The import statement that brings a name, or None.
Importer = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Missing:
    """``names`` and ``attributes`` (of ``self``) that nothing defines, and ``imports`` for those that imports bring."""

    names: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def missing(
    text: str, start: int, end: int, parsed: Callable[[], SyntaxTree], importer: Importer | None = None
) -> Missing:
    """What the code at ``[start, end)`` (character offsets) of ``text`` uses and the text does not define.

    What stands left of it on its line is the user's own; only the imports that it lacks are reported.

    Args:
        text: the whole text, the code in it.
        start: where the code begins.
        end: where it ends.
        parsed: gives the tree of ``text``; not asked for where that would take too long.
        importer: knows how the workspace imports names; it goes before the standard library.
    """
    line_start = text.rfind("\n", 0, start) + 1
    if len(text) <= _LARGE:
        tree, first, outside = parsed(), 0, ""
    else:
        first = text.rfind("\n", 0, max(0, start - _NEAR)) + 1
        last = text.find("\n", min(len(text), end + _NEAR))
        last = len(text) if last < 0 else last
        # In a long text a name that stands anywhere exists.
        tree, outside = SyntaxTree(text[first:last]), text[:first] + text[last:]
    _, imports = _sorted_out(tree, line_start - first, start - first, outside, importer)
    names, more = _sorted_out(tree, start - first, end - first, outside, importer)
    attributes = unknown_attributes(tree, start - first, end - first) if not outside else []
    return Missing(tuple(names), tuple(attributes), tuple(dict.fromkeys([*imports, *more])))


def _sorted_out(
    tree: SyntaxTree, start: int, end: int, outside: str, importer: Importer | None
) -> tuple[list[str], list[str]]:
    """Unknown names that nothing brings, and the import statements that bring the others."""
    names: list[str] = []
    imports: list[str] = []
    for name in unknown_names(tree, start, end):
        if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", outside):
            continue
        around = tree.text[max(0, start - len(name)) : end + 1]
        as_module = re.search(rf"(?<![\w.]){re.escape(name)}\s*\.", around) is not None
        statement = importer(name) if importer is not None else None
        statement = statement or standard_import(name, as_module=as_module)
        if statement is None:
            names.append(name)
        else:
            imports.append(statement)
    return names, imports
