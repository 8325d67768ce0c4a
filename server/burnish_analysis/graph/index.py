"""The graph of a whole workspace: scanned in slices, updated file by file, kept on disk between runs."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cattrs import Converter
from cattrs.errors import BaseValidationError

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.model import FileGraph
from burnish_analysis.graph.resolve import Resolver
from burnish_analysis.syntax import SyntaxTree

__all__ = ["WorkspaceIndex"]

log = logging.getLogger(__name__)

_VERSION = 1
MAX_BYTES = 1_000_000
MAX_FILES = 20_000
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "env", "site-packages"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file's graph and the modification time (ns) and size (bytes) it was read at."""

    mtime: int
    size: int
    graph: FileGraph


class WorkspaceIndex:
    """Graphs by path (POSIX, relative to ``root``). Safe to use from several threads."""

    def __init__(self, root: Path, store: Path | None = None) -> None:
        self.root = root
        self._store = store
        self._lock = threading.Lock()
        self._entries = self._load()
        self._open: dict[str, FileGraph] = {}

    @property
    def files(self) -> dict[str, FileGraph]:
        """A snapshot of all graphs; what is open in the editor goes before what is on disk."""
        with self._lock:
            return {path: entry.graph for path, entry in self._entries.items()} | self._open

    def resolver(self) -> Resolver:
        """Name lookup over the present snapshot."""
        return Resolver(self.files)

    def update(self, path: str, tree: SyntaxTree) -> None:
        """Take an open document's present text."""
        with self._lock:
            entry = self._entries.get(path)
            before = self._open.get(path) or (entry.graph if entry else None)
        graph = extract(tree, before)
        with self._lock:
            self._open[path] = graph

    def close(self, path: str) -> None:
        """Forget an open document's text: the file on disk counts again."""
        with self._lock:
            self._open.pop(path, None)

    def scan(self) -> Iterator[str]:
        """Read what is new or changed on disk, yielding each path read, then drop what is gone.

        Runs in a background thread: between two steps the caller may sleep or stop.
        """
        seen: set[str] = set()
        for file in _python_files(self.root):
            if len(seen) >= MAX_FILES:
                log.warning("The workspace has more than %d Python files: the rest is not indexed", MAX_FILES)
                break
            path = file.relative_to(self.root).as_posix()
            try:
                if self._read(file, path):
                    yield path
                seen.add(path)
            except OSError as error:
                log.debug("Cannot index %s: %s", path, error)
        with self._lock:
            self._entries = {path: entry for path, entry in self._entries.items() if path in seen}

    def save(self) -> None:
        """Write the index atomically; a failure is logged, because it can always be built again."""
        if self._store is None:
            return
        with self._lock:
            entries = dict(self._entries)
        data = {"version": _VERSION, "files": {k: asdict(v) for k, v in entries.items()}}
        temporary = ""
        try:
            self._store.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._store.parent, prefix=self._store.name)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(data, stream)
            Path(temporary).replace(self._store)
        except OSError as error:
            log.warning("Cannot save the workspace index to %s: %s", self._store, error)
            if temporary:
                Path(temporary).unlink(missing_ok=True)

    def _read(self, file: Path, path: str) -> bool:
        status = file.stat()
        with self._lock:
            known = self._entries.get(path)
        if status.st_size > MAX_BYTES:
            with self._lock:
                self._entries.pop(path, None)
            return False
        if known is not None and (known.mtime, known.size) == (status.st_mtime_ns, status.st_size):
            return False
        text = file.read_bytes().decode("utf-8-sig", "replace")
        graph = extract(SyntaxTree(text), known.graph if known else None)
        with self._lock:
            self._entries[path] = _Entry(status.st_mtime_ns, status.st_size, graph)
        return True

    def _load(self) -> dict[str, _Entry]:
        if self._store is None or not self._store.exists():
            return {}
        try:
            data = json.loads(self._store.read_text(encoding="utf-8"))
            if data["version"] != _VERSION:
                log.info("The workspace index is of another version: it is built again")
                return {}
            return Converter().structure(data["files"], dict[str, _Entry])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, BaseValidationError) as error:
            log.warning("The workspace index %s cannot be read and is built again: %r", self._store, error)
            return {}


def _python_files(root: Path) -> Iterator[Path]:
    """Python files below ``root`` in a stable order, without hidden folders, virtual environments and links."""
    for folder, names, files in os.walk(root):
        here = Path(folder)
        names[:] = sorted(
            name
            for name in names
            if not name.startswith(".") and name not in _SKIPPED and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith(".") and not (here / name).is_symlink():
                yield here / name
