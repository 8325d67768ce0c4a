"""Feeds the engine's workspace memory: the project's Python files at first, then whatever changes.

Files are read in a thread and sent in small portions, and no request waits for them. A worker that was restarted
remembers nothing and is given everything again. What a window's folders hold is remembered under their paths, so no
other workspace sees it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from burnish_models.engine.base import Engine
from burnish_models.errors import EngineError
from burnish_server.excluded import ExcludedFiles, file_of

__all__ = ["WorkspaceFeed", "is_wanted", "python_files"]

log = logging.getLogger(__name__)

#: Larger files are generated ones, as a rule.
LARGEST_FILE = 1 << 20
#: What a workspace may take in all: about as many tokens as the engine keeps.
LARGEST_WORKSPACE = 8 << 20
#: Characters sent at once; the engine tokenises them between two completions.
PORTION = 16 << 10
#: Seconds between two portions, so that a completion comes in between.
PAUSE = 0.02
#: Seconds after the last edit of a document until its new text is remembered.
SETTLE = 1.5
#: Seconds between looks for something to do.
_LOOK = 0.5

_SUFFIXES = (".py", ".pyi")
_SKIPPED_FOLDERS = frozenset(
    {"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "eggs", "htmlcov"}
)
#: Python files that by custom hold passwords and keys.
_SECRET_FILES = frozenset({"secrets.py", "secret.py", "credentials.py", "local_settings.py", "passwords.py"})


def _skipped(folder: str) -> bool:
    return folder.startswith(".") or folder in _SKIPPED_FOLDERS or folder.endswith(".egg-info")


def is_wanted(root: Path, path: Path) -> bool:
    """Whether a file below ``root`` may be remembered, judged by its name and its folders' names."""
    if not path.is_relative_to(root) or not path.name.endswith(_SUFFIXES) or path.name.startswith("."):
        return False
    return path.name.lower() not in _SECRET_FILES and not any(
        _skipped(part) for part in path.relative_to(root).parts[:-1]
    )


def python_files(root: Path, *, empty: bool = False, excluded: ExcludedFiles | None = None) -> list[Path]:
    """The Python files of a folder, those changed last at the end; the oldest are left out of a very large one.

    Not looked into: hidden folders, virtual environments (known by their ``pyvenv.cfg``), what package managers and
    builds leave. Links are not followed. What cannot be read is skipped, and so are ``empty`` files unless asked for, and
    files that the user ``excluded``.
    """
    found: list[tuple[float, int, Path]] = []
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name for name in folders if not _skipped(name) and not (here / name / "pyvenv.cfg").exists()
        ]
        for path in (here / name for name in names):
            if not is_wanted(root, path) or path.is_symlink():
                continue
            if excluded is not None and excluded.excludes(path):
                continue
            try:
                stat = path.stat()
            except OSError as error:
                log.debug("%s is not remembered: %s", path, error)
                continue
            if (empty or stat.st_size) and stat.st_size <= LARGEST_FILE:
                found.append((stat.st_mtime, stat.st_size, path))
    found.sort(reverse=True)
    kept: list[Path] = []
    total = 0
    for _, size, path in found:
        total += size
        if total > LARGEST_WORKSPACE:
            log.info("%s is large: %d of its %d Python files are remembered.", root, len(kept), len(found))
            break
        kept.append(path)
    return kept[::-1]


def _read(path: Path) -> str | None:
    """The text of a file with LF line ends; None where it is gone, too large or not UTF-8."""
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_FILE:
            return None
        return _plain(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        log.debug("%s is not remembered: %s", path, error)
        return None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _portions(paths: Iterable[Path]) -> Iterator[dict[str, str | None]]:
    """Readable files by name, about :data:`PORTION` characters at a time."""
    portion: dict[str, str | None] = {}
    size = 0
    for path in paths:
        text = _read(path)
        if text is None:
            continue
        portion[str(path)] = text
        size += len(text)
        if size >= PORTION:
            yield portion
            portion, size = {}, 0
    if portion:
        yield portion


class WorkspaceFeed:
    """Feeds the memory of one window's folders. Lives in one asyncio event loop; no method blocks.

    Args:
        engine: the engine, or None while there is none to ask.
        excluded: files that are not remembered; they are forgotten when the rules change.
    """

    def __init__(self, engine: Callable[[], Engine | None], excluded: ExcludedFiles | None = None) -> None:
        self._engine = engine
        self._excluded = excluded or ExcludedFiles()
        #: The rules that what is remembered was last held against.
        self._version = self._excluded.version
        #: The files that a worker process may remember, by the name of their memory.
        self._given: dict[str, set[Path]] = {}
        self._worker: str | None = None
        self._roots: list[Path] = []
        #: The worker process that was given the files.
        self._fed: str | None = None
        #: Files to remember anew: not before this reading of the monotonic clock; their text, None to read it.
        self._pending: dict[Path, tuple[float, str | None]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def workspace(self) -> str:
        """The name of the memory that this window's requests see; empty while there is none.

        So it is, too, while the memory may hold files that were excluded a moment ago.
        """
        name = self._name
        outdated = self._version != self._excluded.version and self._given.get(name)
        return "" if outdated else name

    @property
    def _name(self) -> str:
        return os.pathsep.join(map(str, self._roots))

    @property
    def complete(self) -> bool:
        """Whether the engine was given all files of the folders; true where there are none."""
        return not self._roots or self._fed is not None

    def start(self, roots: Sequence[Path]) -> None:
        """Feed the memory of these folders from now on; of no folder, nothing."""
        if list(roots) == self._roots:
            return
        self.stop()
        # What an earlier start gave is held against the rules of now.
        self._roots, self._fed, self._version = list(roots), None, -1
        if self._roots:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="burnish-memory")

    def stop(self) -> None:
        """Feed nothing more; requests made from now on see no memory."""
        self._pending.clear()
        self._roots = []
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def changed(self, uri: str, text: str) -> None:
        """A document has this text now: remember it once the user pauses."""
        if (path := self._path(uri)) is not None:
            self._pending[path] = (time.monotonic() + SETTLE, text)

    def changed_on_disk(self, uri: str) -> None:
        """A file changed, came or went, or its document was closed: remember what the disk holds."""
        if (path := self._path(uri)) is not None:
            self._pending[path] = (time.monotonic(), None)

    def _path(self, uri: str) -> Path | None:
        """The file of ``uri`` where it belongs to the workspace and may be remembered."""
        name = file_of(uri) if self._roots else ""
        path = Path(name)
        wanted = bool(name) and any(is_wanted(root, path) for root in self._roots)
        return path if wanted and not self._excluded.excludes(path) else None

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except EngineError as error:
                log.debug("The workspace's memory waits for the engine: %s", error)
            await asyncio.sleep(_LOOK)

    async def _look(self) -> None:
        """Do what there is to do now.

        Raises:
            EngineError: the engine could not take it; what was not sent stays to be sent.
        """
        engine = self._engine()
        worker = engine.describe().extra.get("pid") if engine is not None else None
        if engine is None or not worker:
            return
        if worker != self._worker:
            self._worker = worker
            self._given.clear()
        if self._version != self._excluded.version:
            await self._forget_excluded(engine)
        if worker != self._fed:
            if not await self._fill(engine):
                return
            self._fed = worker
        now = time.monotonic()
        for path in [path for path, (due, _) in self._pending.items() if due <= now]:
            due, text = self._pending[path]
            text = await asyncio.to_thread(_read, path) if text is None else _plain(text)
            small = text is not None and len(text) <= LARGEST_FILE
            await self._give(engine, {str(path): text if small else None})
            if self._pending.get(path, (0.0, None))[0] == due:
                del self._pending[path]

    async def _fill(self, engine: Engine) -> bool:
        """Give a worker the whole workspace; false where the rules changed meanwhile, and it has to be done again."""
        count = 0
        for root in self._roots:
            portions = _portions(await asyncio.to_thread(python_files, root, excluded=self._excluded))
            while (portion := await asyncio.to_thread(next, portions, None)) is not None:
                await self._give(engine, portion)
                count += len(portion)
                await asyncio.sleep(PAUSE)
                if self._version != self._excluded.version:
                    return False
        log.info("%d Python files of %s are remembered.", count, self._name)
        return True

    async def _give(self, engine: Engine, files: dict[str, str | None]) -> None:
        """Have files remembered that are not excluded; noted before they are sent, so that they are forgotten for certain."""
        wanted = {name: text for name, text in files.items() if not self._excluded.excludes(name)}
        self._given.setdefault(self._name, set()).update(map(Path, wanted))
        await engine.remember(self._name, wanted)

    async def _forget_excluded(self, engine: Engine) -> None:
        """Bring what is remembered in step with the rules: what is excluded now goes, what no longer is comes back."""
        version, given = self._excluded.version, self._given.get(self._name, set())
        gone = set(filter(self._excluded.excludes, given))
        if gone:
            await engine.remember(self._name, dict.fromkeys(map(str, gone)))
            given -= gone
            log.info("%d excluded files of %s are forgotten.", len(gone), self._name)
        self._version, self._fed = version, None
