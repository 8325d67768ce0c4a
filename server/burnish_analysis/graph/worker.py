"""The process that reads a workspace's files for the code graph, so that parsing never holds up the language server.

Run as ``python -m burnish_analysis.graph.worker ROOT [STORE]``. One JSON object a line. In: ``{"op": "all", "paths": […]}``
(every file of the workspace; others are forgotten), ``{"op": "file", "path": P}`` (it changed on disk),
``{"op": "text", "path": P, "text": T}`` (an open document). Out: ``{"path": P, "open": bool, "graph": G}`` where ``G`` is
as in model.py or null for a file that is gone, and ``{"done": op}`` after each operation.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.model import FileGraph, from_json, to_json
from burnish_analysis.graph.store import GraphStore, Record
from burnish_analysis.syntax import SyntaxTree

__all__ = ["LARGEST_FILE", "GraphReader", "main"]

log = logging.getLogger(__name__)

#: Larger files (bytes) are generated ones, as a rule.
LARGEST_FILE = 1 << 20
#: Files are written to the store this many at a time.
_BATCH = 100
#: Open documents whose last graph is remembered for the time that their text is half-written.
_OPEN = 50


class GraphReader:
    """Reads files of one workspace folder, only those that changed since the store was written.

    Args:
        root: the workspace folder.
        store: where graphs are kept.
        out: where the results are written.
    """

    def __init__(self, root: Path, store: GraphStore, out: TextIO) -> None:
        self._root = root
        self._store = store
        self._out = out
        self._records: dict[str, Record] | None = None
        self._open: OrderedDict[str, FileGraph] = OrderedDict()

    def handle(self, message: dict[str, Any]) -> None:
        """Carry out one operation and tell the results."""
        if message["op"] == "all":
            self.read_all([str(path) for path in message["paths"]])
        elif message["op"] == "file":
            self.read_file(str(message["path"]))
        elif message["op"] == "text":
            self.read_text(str(message["path"]), str(message["text"]))
        self._write({"done": message["op"]})

    def read_all(self, paths: Iterable[str]) -> None:
        """Read every file that is new or changed, and forget those that are not among ``paths``."""
        known = self._known()
        fresh: list[tuple[str, Record]] = []
        seen: set[str] = set()
        for path in paths:
            record = self._read(path)
            if record is None:
                continue
            seen.add(path)
            if known.get(path) != record:
                known[path] = record
                fresh.append((path, record))
            self._tell(path, record.graph)
            if len(fresh) >= _BATCH:
                self._store.put(fresh)
                fresh.clear()
        self._store.put(fresh)
        gone = [path for path in known if path not in seen]
        for path in gone:
            del known[path]
        self._store.remove(gone)

    def read_file(self, path: str) -> None:
        """Read one file that was changed, made or removed."""
        known = self._known()
        record = self._read(path)
        if record is None:
            if known.pop(path, None) is not None:
                self._store.remove([path])
            self._tell(path, None)
        else:
            if known.get(path) != record:
                known[path] = record
                self._store.put([(path, record)])
            self._tell(path, record.graph)

    def read_text(self, path: str, text: str) -> None:
        """Read an open document's text; what it no longer shows because it is half-written stays known."""
        before = self._open.pop(path, None)
        if before is None and (record := self._known().get(path)) is not None:
            before = _graph(record)
        graph = extract(SyntaxTree(text), before)
        self._open[path] = graph
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)
        self._tell(path, to_json(graph), is_open=True)

    def _known(self) -> dict[str, Record]:
        if self._records is None:
            self._records = {path: record for path, record in self._store.load().items() if _graph(record)}
        return self._records

    def _read(self, path: str) -> Record | None:
        """The record of a file, made anew only where its content changed; None where it cannot be read."""
        file = self._root / path
        known = self._known().get(path)
        try:
            path.encode("utf-8")
            status = file.stat()
            if status.st_size > LARGEST_FILE or file.is_symlink():
                return None
            if known is not None and (known.mtime, known.size) == (status.st_mtime_ns, status.st_size):
                return known
            data = file.read_bytes()
        except (OSError, UnicodeEncodeError) as error:
            log.debug("%r is not in the code graph: %s", path, error)
            return None
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if known is not None and known.digest == digest:
            return Record(status.st_mtime_ns, status.st_size, digest, known.graph)
        graph = extract(SyntaxTree(data.decode("utf-8-sig", "replace")), _graph(known) if known else None)
        return Record(status.st_mtime_ns, status.st_size, digest, to_json(graph))

    def _tell(self, path: str, graph: str | None, *, is_open: bool = False) -> None:
        head = json.dumps({"path": path, "open": is_open})[:-1]
        self._out.write(f'{head}, "graph": {graph or "null"}}}\n')

    def _write(self, message: dict[str, Any]) -> None:
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()


def _graph(record: Record) -> FileGraph | None:
    try:
        return from_json(record.graph)
    except ValueError as error:
        log.warning("A record of the code graph is damaged and is made again: %s", error)
        return None


def main(arguments: list[str]) -> int:
    """Serve standard input until it ends."""
    root, store = Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else None
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    reader = GraphReader(root, GraphStore(store), sys.stdout)
    # The parent may end at any moment.
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            reader.handle(json.loads(line))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
