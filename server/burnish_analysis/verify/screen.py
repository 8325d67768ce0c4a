"""A static look: why a function cannot be compared honestly by running it, before anything is run.

What reaches outside of the function (files, the clock, chance, processes, the interpreter's own objects) has no outcome of
its own that two runs could be compared by. The look goes through everything of its module that the function may reach; what
it cannot see, ``inside/guard.py`` notices while the code runs.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from burnish_analysis.verify.screen_effects import ALLOWED, BUILTINS, EFFECTS, FILE_METHODS, INNER, SEEDED
from burnish_analysis.verify.screen_reach import Reach, find_function, normal_newlines, reach, slice_module

__all__ = ["screen", "slice_module"]


def screen(
    before: str,
    after: str,
    function: str,
    *,
    path: Sequence[Path] = (),
    also: Iterable[str] = (),
    packages: bool = True,
) -> str | None:
    """Why the two versions of ``function`` cannot be compared by running them; None where nothing speaks against it.

    Args:
        before, after: module texts. function: dotted name.
        path: folders that the modules import from. packages: whether installed packages can be imported.
        also: further names of the module that the inputs use.
    """
    names = tuple(also)
    for words, source in (("the original", before), ("the new version", after)):
        reason = _screen(source, function, path, names, packages)
        if reason:
            return f"{words} {reason}"
    return None


def _screen(
    source: str, function: str, path: Sequence[Path], also: Iterable[str], packages: bool
) -> str | None:
    try:
        tree = ast.parse(normal_newlines(source))
    except (SyntaxError, ValueError) as error:
        return f"is not valid Python ({getattr(error, 'msg', error)}, line {getattr(error, 'lineno', '?')})"
    except (RecursionError, MemoryError):
        return "is nested too deeply to be read"
    try:
        if find_function(tree, function) is None:
            return f"has no function {function}"
        needed = reach(tree, function, also)
        return _missing(needed, path, packages) or _Look(needed).reason()
    except SyntaxError as error:  # it can be read and not be compiled: a parameter named twice
        return f"is not valid Python ({error.msg}, line {error.lineno or '?'})"
    except RecursionError:
        return "is nested too deeply to be read"


def _missing(needed: Reach, path: Sequence[Path], packages: bool) -> str | None:
    """Imports outside of ``try`` that would fail."""
    for node in needed.statements:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if not _importable(top, path, packages):
                return f"needs the module {top}, which is not installed here"
    return None


def _importable(name: str, path: Sequence[Path], packages: bool) -> bool:
    if name in sys.stdlib_module_names:
        return True
    folders = [str(folder) for folder in path]
    if importlib.machinery.PathFinder.find_spec(name, folders) is not None:
        return True
    try:
        return packages and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


class _Look:
    """One walk over everything the function may reach."""

    def __init__(self, needed: Reach) -> None:
        self.needed = needed
        self.modules: dict[str, str] = {}
        shadowed: set[str] = set()
        for root in needed.statements:
            for node in ast.walk(root):
                self._imports(node)
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    shadowed.add(node.id)
                elif isinstance(node, ast.arg):
                    shadowed.add(node.arg)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    shadowed.add(node.name)
        self.shadowed = shadowed
        tops = {name.partition(".")[0] for name in self.modules.values()}
        self.methods = [entry for top, entry in FILE_METHODS.items() if top in tops]

    def _imports(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                self.modules[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                self.modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def reason(self) -> str | None:
        """The first thing found that reaches outside."""
        for root in self.needed.code:
            for node in _walk(root):
                found = self._judge(node)
                if found:
                    return f"{found}, line {getattr(node, 'lineno', '?')}"
        return None

    def _judge(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, (ast.Attribute, ast.Name)):
            return self._name(node)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            # What is used of it cannot be seen.
            return _effect(node.module or "")
        return None

    def _dotted(self, node: ast.expr) -> str:
        """The full name of an imported thing, or of a builtin; empty for everything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        base = self.modules.get(node.id)
        if base is None:
            if node.id in self.shadowed or parts:
                return ""
            base = f"builtins.{node.id}"
        return ".".join([base, *reversed(parts)])

    def _name(self, node: ast.Attribute | ast.Name) -> str | None:
        name = self._dotted(node)
        if isinstance(node, ast.Attribute):
            if node.attr in INNER:
                return f"looks at frames or at the interpreter's objects: .{node.attr}"
            if name and not isinstance(node.ctx, ast.Load):
                return f"replaces {name} of another module"
            if not name or name.partition(".")[0] in FILE_METHODS:
                for words, methods in self.methods:
                    if node.attr in methods:
                        return f"{words}: .{node.attr}()"
        head, _, rest = name.partition(".")
        if head == "builtins":
            return "reaches for the builtins" if rest in {"", "__builtins__"} else BUILTINS.get(rest)
        return _effect(name)

    def _call(self, node: ast.Call) -> str | None:
        name = self._dotted(node.func)
        if name in SEEDED and not node.args and not node.keywords:
            return "draws random numbers without a seed"
        if name in {"builtins.setattr", "builtins.delattr"} and node.args:
            target = self._dotted(node.args[0])
            if target and not target.startswith("builtins."):
                return f"replaces a part of {target}"
        if name in {"builtins.__import__", "importlib.import_module"} and node.args:
            wanted = node.args[0]
            if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
                return _effect(wanted.value)
        return None


def _walk(root: ast.AST) -> Iterator[ast.AST]:
    """Every node but annotations (they do nothing) and the parts of dotted names (they are judged as a whole)."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.Attribute):
            inner: ast.AST = node
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            if not isinstance(inner, ast.Name):
                todo.append(inner)
            continue
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns"}:
                continue
            todo.extend(
                part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)
            )


def _effect(name: str) -> str | None:
    """What the imported ``name`` does, by the longest entry of the tables that fits."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in ALLOWED:
            return None
        if prefix in EFFECTS:
            return f"{EFFECTS[prefix]}: {name}"
    return None
