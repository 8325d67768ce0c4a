"""The graph of one workspace folder in memory: files by path, modules by name, what is open before what is on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import PurePosixPath

from burnish_analysis.graph.model import FileGraph

__all__ = ["MAX_FILES", "CodeGraph", "module_names"]

#: More files than this are not indexed.
MAX_FILES = 20_000


class CodeGraph:
    """Graphs by path (POSIX, relative to the workspace folder). Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._disk: dict[str, FileGraph] = {}
        self._open: dict[str, FileGraph] = {}
        self._modules: dict[str, str] | None = None

    def __len__(self) -> int:
        return len(self._disk.keys() | self._open.keys())

    def paths(self) -> list[str]:
        """Every indexed file."""
        with self._lock:
            return sorted(self._disk.keys() | self._open.keys())

    def get(self, path: str) -> FileGraph | None:
        """A file's graph: the open document's where there is one."""
        return self._open.get(path) or self._disk.get(path)

    def put(self, path: str, graph: FileGraph | None, *, is_open: bool = False) -> None:
        """Take a file's new graph; ``None`` forgets it."""
        with self._lock:
            layer = self._open if is_open else self._disk
            known = path in self._disk or path in self._open
            if graph is None:
                layer.pop(path, None)
            elif known or len(self._disk) < MAX_FILES:
                layer[path] = graph
            if known != (path in self._disk or path in self._open):
                self._modules = None

    def keep_only(self, paths: Iterable[str]) -> None:
        """Forget the files on disk that are not among ``paths``."""
        wanted = set(paths)
        with self._lock:
            self._disk = {path: graph for path, graph in self._disk.items() if path in wanted}
            self._modules = None

    def module(self, name: str) -> str | None:
        """The file of a module by its dotted name."""
        modules = self._modules
        if modules is None:
            with self._lock:
                modules = self._modules = _modules(self._disk.keys() | self._open.keys())
        return modules.get(name)


def _modules(paths: Iterable[str]) -> dict[str, str]:
    """Modules by every name they may be imported by; of two files of one name the nearest to the root counts."""
    known = set(paths)
    found: dict[str, str] = {}
    for path in sorted(known, key=lambda path: (path.count("/"), path)):
        for name in module_names(path, known):
            found.setdefault(name, path)
    return found


def module_names(path: str, known: set[str]) -> list[str]:
    """The dotted names of a file: from the folder above its package, from ``src/`` and from the workspace folder.

    ``known`` are all files: a package is a folder with an ``__init__.py``.
    """
    pure = PurePosixPath(path)
    parts = list(pure.with_suffix("").parts)
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    folders = list(pure.parent.parts)
    top = len(folders)
    while top and "/".join([*folders[:top], "__init__.py"]) in known:
        top -= 1
    starts = dict.fromkeys((top, 1 if parts[:1] == ["src"] and len(parts) > 1 else 0, 0))
    names = [".".join(parts[start:]) for start in starts]
    return [name for name in names if name]
