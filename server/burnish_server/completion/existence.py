"""What a suggestion refers to: names and attributes that exist, names that an import would bring, and others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish_analysis.imports import standard_import
from burnish_analysis.members import unknown_attributes
from burnish_analysis.names import unknown_names
from burnish_analysis.syntax import SyntaxTree

__all__ = ["Missing", "missing"]


@dataclass(frozen=True, slots=True)
class Missing:
    """``names`` and ``attributes`` (of ``self``) that nothing defines, and ``imports`` for names that they bring."""

    names: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def missing(tree: SyntaxTree, start: int, end: int) -> Missing:
    """What the code at ``[start, end)`` (character offsets) of a text uses and the text does not define."""
    names: list[str] = []
    imports: list[str] = []
    for name in unknown_names(tree, start, end):
        used_as_module = re.search(
            rf"(?<![\w.]){re.escape(name)}\s*\.", tree.text[max(0, start - len(name)) : end + 1]
        )
        statement = standard_import(name, as_module=used_as_module is not None)
        if statement is None:
            names.append(name)
        else:
            imports.append(statement)
    return Missing(tuple(names), tuple(unknown_attributes(tree, start, end)), tuple(imports))
