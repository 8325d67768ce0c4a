"""Imports of a module: what they make names mean, and how a fix adds or reuses one."""

from __future__ import annotations

import ast
import re

from burnish_analysis.perf.scopes import Scope, Structure

__all__ = ["Imports"]


class Imports:
    """The imports of a module.

    Attributes:
        star: whether there is a ``from … import *``, after which any name may mean anything.
        modules: the top-level names of every imported module (``numpy``).
    """

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        found = structure.nodes
        imports = [node for node in found.get(ast.Import, ()) if isinstance(node, ast.Import)]
        froms = [node for node in found.get(ast.ImportFrom, ()) if isinstance(node, ast.ImportFrom)]
        self.star = any(alias.name == "*" for node in froms for alias in node.names)
        self.modules = {alias.name.partition(".")[0] for node in imports for alias in node.names} | {
            (node.module or "").partition(".")[0] for node in froms if node.level == 0
        }

    def meaning(self, name: str, scope: Scope) -> str | None:
        """What ``name``, bound in ``scope``, means if nothing but imports of one thing bind it there."""
        meanings = set()
        for binding in scope.bindings.get(name, ()):
            if binding.kind != "import" or not isinstance(binding.node, ast.alias):
                return None
            alias = binding.node
            if isinstance(binding.owner, ast.ImportFrom):
                if binding.owner.level:
                    return None
                meanings.add(f"{binding.owner.module}.{alias.name}")
            else:
                meanings.add(alias.name if alias.asname else alias.name.partition(".")[0])
        return meanings.pop() if len(meanings) == 1 else None

    def written(self, module: str, name: str, scope: Scope) -> str:
        """How code in ``scope`` writes ``module.name`` (or ``module``), by an import of the module's top level where there is one."""
        root = self._structure.inner[self._structure.tree]
        whole = ""
        for known in root.bindings:
            meaning = self.meaning(known, root)
            if meaning is None or scope.find(known) is not root or not self._early(known, root):
                continue
            if name and meaning == f"{module}.{name}":
                return known
            if meaning == module:
                whole = f"{known}.{name}" if name else known
        return whole or self._new(module, name, scope)

    def needed(self, module: str, name: str) -> str | None:
        """The statement to add so that what :meth:`written` said is there; None where it is there already."""
        root = self._structure.inner[self._structure.tree]
        if any(
            self.meaning(known, root) in (module, f"{module}.{name}") and self._early(known, root)
            for known in root.bindings
        ):
            return None
        if name and self._free(name, root):
            return f"from {module} import {name}"
        top = module.partition(".")[0]
        return f"import {module}" if self._free(top, root) else f"import {module} as {_alias(module)}"

    def _new(self, module: str, name: str, scope: Scope) -> str:
        if name and self._free(name, scope.module):
            return name
        top = module.partition(".")[0]
        written = module if self._free(top, scope.module) else _alias(module)
        return f"{written}.{name}" if name else written

    def _free(self, name: str, root: Scope) -> bool:
        """Whether no scope of the module binds ``name`` or uses it for something else, such as a built-in."""
        if name in root.bindings or root.uses.get(name):
            return False
        return not any(name in scope.bindings for scope in self._structure.inner.values())

    def _early(self, name: str, root: Scope) -> bool:
        """Whether the import of ``name`` stands at the module's top level, not inside ``if`` or ``try``."""
        body = self._structure.tree.body
        return any(any(binding.owner is part for part in body) for binding in root.bindings[name])

    def place(self, source: str, starts: list[int]) -> int:
        """Where a new import goes: the index of the line after the last import of the block at the top."""
        after = 0
        for number, statement in enumerate(self._structure.tree.body):
            docstring = (
                number == 0
                and isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            )
            if not docstring and not isinstance(statement, (ast.Import, ast.ImportFrom)):
                break
            after = statement.end_lineno or 0
        if after == 0:
            return _after_head(source, starts)
        return starts[after] if after < len(starts) else len(source)


def _after_head(source: str, starts: list[int]) -> int:
    """After the interpreter line, coding line and comments at the top of a file that begins with neither docstring nor import."""
    place = starts[0]
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(source)
        line = source[start:end]
        if number < 2 and re.match(r"#!|#.*coding[:=]", line):
            place = end
        else:
            break
    return place


def _alias(module: str) -> str:
    return "_" + module.replace(".", "_")
