"""Which nodes of a module a rule wants to see, told from tables made once for each module.

Most rules look at calls of a few functions, or at what stands in a loop. To ask every one of them about every node takes
several times as long as all the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from burnish_analysis.perf.model import Rule
from burnish_analysis.perf.module import Module

__all__ = ["interesting"]

_LOOPS = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class _Tables:
    """What is known of one module's nodes."""

    def __init__(self, module: Module) -> None:
        self._nodes = module.structure.nodes
        self._parents = module.structure.parents
        self._repeated: dict[ast.AST, bool] = {}
        self._kinds: dict[tuple[type[ast.AST], bool], Sequence[ast.AST]] = {}
        self._calls: dict[bool, dict[str, list[ast.AST]]] = {}
        self._aliases: dict[str, set[str]] = {}
        for node in self._nodes.get(ast.ImportFrom, ()):
            for alias in node.names:  # type: ignore[attr-defined]
                if alias.asname:
                    self._aliases.setdefault(alias.name, set()).add(alias.asname)

    def nodes(self, kind: type[ast.AST], *, repeated: bool) -> Sequence[ast.AST]:
        """The nodes of a type, in source order."""
        key = kind, repeated
        if key not in self._kinds:
            found = self._nodes.get(kind, ())
            self._kinds[key] = [node for node in found if self._in_loop(node)] if repeated else found
        return self._kinds[key]

    def calls(self, names: Sequence[str], *, repeated: bool) -> Sequence[ast.AST]:
        """The calls of functions and methods with some names, or imported from these as others."""
        if repeated not in self._calls:
            self._calls[repeated] = self._by_name(self.nodes(ast.Call, repeated=repeated))
        known = self._calls[repeated]
        others = {other for name in names for other in self._aliases.get(name, ())} if self._aliases else ()
        found = [known[name] for name in {*names, *others} if name in known]
        return found[0] if len(found) == 1 else [node for part in found for node in part]

    def _by_name(self, calls: Sequence[ast.AST]) -> dict[str, list[ast.AST]]:
        found: dict[str, list[ast.AST]] = {}
        for node in calls:
            called = node.func  # type: ignore[attr-defined]
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            found.setdefault(name, []).append(node)
        return found

    def _in_loop(self, node: ast.AST) -> bool:
        """Whether a loop or comprehension stands somewhere around; functions between do not matter."""
        passed = []
        found = False
        at: ast.AST | None = node
        while at is not None:
            parent = self._parents.get(at)
            if at in self._repeated:
                found = self._repeated[at]
                break
            passed.append(at)
            if isinstance(parent, _LOOPS):
                found = True
                break
            at = parent
        self._repeated.update(dict.fromkeys(passed, found))
        return found


_KNOWN: WeakKeyDictionary[Module, _Tables] = WeakKeyDictionary()


def interesting(rule: Rule, kind: type[ast.AST], module: Module) -> Sequence[ast.AST]:
    """The nodes of a type that a rule is to be asked about."""
    tables = _KNOWN.get(module)
    if tables is None:
        tables = _KNOWN[module] = _Tables(module)
    if kind is ast.Call and rule.calls:
        return tables.calls(rule.calls, repeated=rule.repeated)
    return tables.nodes(kind, repeated=rule.repeated)
