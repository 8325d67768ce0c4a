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
