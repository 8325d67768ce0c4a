"""How a workspace imports a name: as its other files do, or from the one module that defines it."""

from __future__ import annotations

import time
from collections import Counter

from burnish_analysis.graph.index import CodeGraph, module_names
from burnish_analysis.graph.model import FileGraph, Import

__all__ = ["WorkspaceImports"]

#: Files that are looked through, and seconds that what was found stays valid.
_MOST_FILES, _VALID = 2_000, 20.0
#: The share of the files that must agree on what a name is.
_AGREEMENT = 0.7


class WorkspaceImports:
    """Import statements for names, by the files of one workspace folder."""

    def __init__(self, graph: CodeGraph) -> None:
        self._graph = graph
        self._seen = -_VALID
        self._imported: dict[str, Counter[str]] = {}
        self._defined: dict[str, set[str]] = {}

    def find(self, name: str, path: str) -> str | None:
        """The statement that brings ``name`` into the file ``path`` (relative to the folder); None where it is not clear."""
        if time.monotonic() - self._seen >= _VALID:
            self._look()
        counts = self._imported.get(name)
        if counts:
            statement, count = counts.most_common(1)[0]
            return statement if count >= _AGREEMENT * counts.total() else None
        modules = self._defined.get(name, set())
        if len(modules) != 1 or name.startswith("_"):
            return None
        (module,) = modules
        own = module_names(path, set(self._graph.paths()))
        return None if module in own else f"from {module} import {name}"

    def _look(self) -> None:
        self._imported, self._defined, self._seen = {}, {}, time.monotonic()
        paths = self._graph.paths()
        known = set(paths)
        for path in paths[:_MOST_FILES]:
            found = self._graph.get(path)
            if found is not None:
                self._add(path, found, known)

    def _add(self, path: str, file: FileGraph, known: set[str]) -> None:
        for item in file.imports:
            if (statement := _statement(item)) is not None:
                # ``import os.path`` binds ``os``.
                self._imported.setdefault(item.alias.split(".")[0], Counter())[statement] += 1
        names = module_names(path, known)
        if not names or any(part.startswith("test") for part in names[0].split(".")):
            return
        for symbol in file.members(""):
            if symbol.kind in ("class", "function"):
                self._defined.setdefault(symbol.name, set()).add(names[0])


def _statement(item: Import) -> str | None:
    """The statement of an import; None for relative ones and stars, which mean something else elsewhere."""
    if item.module.startswith(".") or item.name == "*" or not item.module:
        return None
    if not item.name:
        return (
            f"import {item.module}" if item.alias == item.module else f"import {item.module} as {item.alias}"
        )
    suffix = "" if item.alias == item.name else f" as {item.alias}"
    return f"from {item.module} import {item.name}{suffix}"
