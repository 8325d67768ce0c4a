"""Keeps the code graph of a window's folders in step: all Python files at first, then whatever changes.

A process of its own reads and parses (``burnish_analysis.graph.worker``); here its results are taken in small portions. The
files are those that the workspace's memory takes as well.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from burnish_analysis.graph.imports import WorkspaceImports
from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.store import store_path
from burnish_server.context.process import GraphProcess, GraphProcessError
from burnish_server.excluded import ExcludedFiles, file_of
from burnish_server.workspace_feed import LARGEST_FILE, SETTLE, is_wanted, python_files

__all__ = ["GraphFeed", "Located"]

log = logging.getLogger(__name__)

#: Seconds between looks for something to do.
_LOOK = 0.5
#: The process is ended when there was nothing to do for so many seconds, and not started again after so many failures.
_IDLE, _MOST_FAILURES = 60.0, 3

#: A workspace folder, its graph, and a file's path in it.
Located = tuple[Path, CodeGraph, str]


class GraphFeed:
    """The code graphs of the folders that windows have open. Lives in one asyncio event loop; no method blocks.

    Args:
        home: Burnish's folder; graphs are kept below its ``cache``.
        excluded: files that are not read; they leave the graphs when the rules change.
    """

    def __init__(self, home: Path, excluded: ExcludedFiles | None = None) -> None:
        self._home = home
        self.excluded = excluded or ExcludedFiles()
        self._folders: dict[Path, _Folder] = {}
        self._wishes: dict[int, list[Path]] = {}

    def start(self, roots: Sequence[Path], client: object = None) -> None:
        """Index these folders for a client from now on; of no folder, nothing. Clients share what they both have open."""
        self._wishes[id(client)] = list(roots)
        wanted = {root for wish in self._wishes.values() for root in wish}
        for root in [root for root in self._folders if root not in wanted]:
            self._folders.pop(root).stop()
        for root in wanted - self._folders.keys():
            self._folders[root] = _Folder(root, store_path(self._home, root), self.excluded)

    def stop(self, client: object = None) -> None:
        """Index nothing more for a client; what nobody else has open is forgotten."""
        self.start([], client)
        self._wishes.pop(id(client), None)

    async def close(self) -> None:
        """Stop for all clients and wait until the processes are gone."""
        folders = list(self._folders.values())
        self._wishes, self._folders = {}, {}
        for folder in folders:
            folder.stop()
        for folder in folders:
            await folder.ended()

    def changed(self, uri: str, text: str) -> None:
        """A document has this text now."""
        if (found := self._wanted(uri)) is not None:
            found[0].pending[found[1]] = (time.monotonic() + SETTLE, text)

    def changed_on_disk(self, uri: str) -> None:
        """A file changed, came or went, or its document was closed."""
        if (found := self._wanted(uri)) is not None:
            found[0].graph.put(found[1], None, is_open=True)
            found[0].pending[found[1]] = (time.monotonic(), None)

    def locate(self, path: str) -> Located | None:
        """The folder, graph and relative name of a file by its absolute path; the innermost folder counts."""
        file = Path(path) if path else None
        roots = [root for root in self._folders if file is not None and file.is_relative_to(root)]
        if file is None or not roots:
            return None
        root = max(roots, key=lambda root: len(root.parts))
        return root, self._folders[root].graph, file.relative_to(root).as_posix()

    def importer(self, path: str) -> Callable[[str], str | None] | None:
        """How the folder of a file, by its absolute path, imports names; None where the file is in none."""
        found = self.locate(path)
        if found is None:
            return None
        root, _, name = found
        imports = self._folders[root].imports
        return lambda wanted: imports.find(wanted, name)

    @property
    def complete(self) -> bool:
        """Whether all files of the folders were read once, or will not be."""
        return all(folder.complete for folder in self._folders.values())

    async def settled(self) -> None:
        """Wait until everything known so far is in the graphs; for tests and benchmarks."""
        for folder in self._folders.values():
            await folder.settled()

    def _wanted(self, uri: str) -> tuple[_Folder, str] | None:
        found = self.locate(file_of(uri)) if self._folders else None
        if found is None or not is_wanted(found[0], found[0] / found[2]):
            return None
        if self.excluded.excludes(found[0] / found[2]):
            return None
        return self._folders[found[0]], found[2]


class _Folder:
    """One folder: its graph, what is to be read, and the task that has it read."""

    def __init__(self, root: Path, store: Path, excluded: ExcludedFiles) -> None:
        self.graph = CodeGraph()
        self.imports = WorkspaceImports(self.graph)
        #: Files to read anew: not before this reading of the monotonic clock; their text, None to read the disk.
        self.pending: dict[str, tuple[float, str | None]] = {}
        self._root = root
        self._process = GraphProcess(root, store)
        self._excluded = excluded
        #: The rules by which all files were read last.
        self._version: int | None = None
        self._failures = 0
        self._task = asyncio.get_running_loop().create_task(self._run(), name="burnish-graph")

    def stop(self) -> None:
        self._task.cancel()
        self._process.kill()

    async def ended(self) -> None:
        await asyncio.wait({self._task})
        await self._process.ended()

    @property
    def complete(self) -> bool:
        return self._listed or self._task.done()

    @property
    def _listed(self) -> bool:
        return self._version == self._excluded.version

    async def settled(self) -> None:
        while (not self._listed or self.pending) and not self._task.done():
            await asyncio.sleep(0.02)

    async def _run(self) -> None:
        last = time.monotonic()
        try:
            while self._failures < _MOST_FAILURES:
                if await self._look():
                    last = time.monotonic()
                elif time.monotonic() - last > _IDLE:
                    await self._process.close()
                await asyncio.sleep(_LOOK)
            log.warning("The code graph of %s is not kept up to date: its process fails.", self._root)
        finally:
            self._process.kill()

    async def _look(self) -> bool:
        """Do what there is to do now; whether there was anything."""
        try:
            if not self._listed:
                await self._read_all()
                return True
            now = time.monotonic()
            due = [path for path, (at, _) in self.pending.items() if at <= now]
            for path in due:
                await self._read_one(path)
        except GraphProcessError as error:
            self._failures += 1
            log.warning("%s", error)
            return True
        return bool(due)

    async def _read_all(self) -> None:
        began, version = time.monotonic(), self._excluded.version
        known = [*self.graph.paths(), *self.pending]
        for path in await asyncio.to_thread(lambda: list(filter(self._is_excluded, known))):
            self.pending.pop(path, None)
            self.graph.put(path, None, is_open=True)
        files = await asyncio.to_thread(python_files, self._root, empty=True, excluded=self._excluded)
        paths = [path.relative_to(self._root).as_posix() for path in reversed(files)]
        await self._ask({"op": "all", "paths": paths})
        self.graph.keep_only(paths)
        self._version = version
        log.info("The code graph of %s: %d files, %.1f s", self._root, len(paths), time.monotonic() - began)

    def _is_excluded(self, path: str) -> bool:
        return self._excluded.excludes(self._root / path)

    async def _read_one(self, path: str) -> None:
        due, text = self.pending[path]
        if text is None:
            await self._ask({"op": "file", "path": path})
        elif len(text) <= LARGEST_FILE:
            await self._ask({"op": "text", "path": path, "text": text})
        if self.pending.get(path, (0.0, None))[0] == due:
            del self.pending[path]

    async def _ask(self, operation: dict[str, Any]) -> None:
        async for path, is_open, graph in self._process.ask(operation):
            if graph is not None and self._is_excluded(path):
                continue
            # A document closed meanwhile is no longer open: what the disk holds comes next.
            if not is_open or self.pending.get(path, (0.0, ""))[1] is not None:
                self.graph.put(path, graph, is_open=is_open)
            await asyncio.sleep(0)
        self._failures = 0
