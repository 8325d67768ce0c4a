"""A folder of Python files as rope sees it: unsaved documents in place of what is on the disk, nothing ever written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from rope.base import exceptions  # type: ignore[import-untyped]
from rope.base.prefs import Prefs  # type: ignore[import-untyped]
from rope.base.project import Project  # type: ignore[import-untyped]
from rope.base.resources import File, Folder  # type: ignore[import-untyped]
from rope.base.taskhandle import TaskHandle  # type: ignore[import-untyped]

from burnish_analysis.errors import FileError, RefactoringError
from burnish_analysis.perf.files import find_files, read_source
from burnish_analysis.refactor.crossing.texts import PlainText

__all__ = ["Session", "Workspace"]


class Workspace:
    """The files of one folder; one a process, told of unsaved documents with :meth:`refresh`.

    Attributes:
        root: the folder. lock: hold it while a :class:`Session` works; rope is not made for threads.
    """

    def __init__(self, root: Path, overlay: Mapping[Path, str] | None = None) -> None:
        self.root = root.resolve()
        self.lock = threading.Lock()
        self._overlay: dict[Path, str] = {}
        self._read: dict[Path, tuple[tuple[int, int], PlainText]] = {}
        self.refresh(overlay or {})

    def refresh(self, overlay: Mapping[Path, str]) -> None:
        """Take other unsaved documents in place of the present ones."""
        self._overlay = {path.resolve(): text for path, text in overlay.items()}
        self._unsaved = {path: PlainText(text) for path, text in self._overlay.items()}

    def text(self, path: Path) -> PlainText:
        """A file's present text.

        Raises:
            FileError: it cannot be read.
        """
        path = path.resolve()
        if path in self._unsaved:
            return self._unsaved[path]
        try:
            known = path.stat()
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
        stamp = known.st_mtime_ns, known.st_size
        found = self._read.get(path)
        if found is None or found[0] != stamp:
            found = self._read[path] = (stamp, PlainText(read_source(path).text))
        return found[1]

    def unsaved(self, path: Path) -> bool:
        """Whether a document stands in for what is on the disk."""
        return path.resolve() in self._unsaved

    def files(self) -> list[Path]:
        """The Python files below the folder, unsaved new ones included; hidden folders, caches and environments left out."""
        found, _ = find_files([self.root])
        every = dict.fromkeys(path.resolve() for path in found)
        every.update(dict.fromkeys(path for path in self._unsaved if path.is_relative_to(self.root)))
        return [path for path in every if path.suffix == ".py"]


class Session(TaskHandle):  # type: ignore[misc]
    """One piece of work with rope: a project made of the workspace as it is now, a time limit and a way to stop."""

    def __init__(
        self, workspace: Workspace, seconds: float = 20.0, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__("refactoring")
        self.workspace = workspace
        self._until = time.monotonic() + seconds
        self._cancelled = cancelled
        self.seconds = seconds

    @cached_property
    def project(self) -> Any:
        """rope's project."""
        return _Project(self)

    def is_stopped(self) -> bool:
        """Whether to end: rope asks between files, and we whenever it reads one."""
        return self._cancelled() or time.monotonic() > self._until

    def check(self) -> None:
        """Stop here if it is time.

        Raises:
            RefactoringError: the time is over, or the user cancelled.
        """
        if self._cancelled():
            raise RefactoringError("Cancelled; nothing was changed.")
        if time.monotonic() > self._until:
            raise RefactoringError(f"Not done within {self.seconds:g} seconds, so nothing was changed.")

    def resource(self, path: Path) -> Any:
        """rope's name for a file.

        Raises:
            RefactoringError: it is not below the workspace's folder.
        """
        path = path.resolve()
        if not path.is_relative_to(self.workspace.root):
            raise RefactoringError(
                f"{path} is not in {self.workspace.root}, so nothing is known of its uses."
            )
        return File(self.project, path.relative_to(self.workspace.root).as_posix())

    def path(self, resource: Any) -> Path:
        """The file that a resource of rope's means."""
        return Path(resource.real_path)


class _Reading:
    """All that rope may do with the file system."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, path: str) -> bytes:
        if self._session.is_stopped():
            raise exceptions.InterruptedTaskError
        try:
            return self._session.workspace.text(Path(path)).plain.encode("utf-8", "surrogatepass")
        except FileError as error:
            raise exceptions.ResourceNotFoundError(str(error)) from error

    def _refuse(self, *_: object) -> None:
        raise exceptions.RopeError("Nothing is written to the disk here.")

    create_file = create_folder = move = remove = write = _refuse


class _Project(Project):  # type: ignore[misc]
    """rope's project without a folder or settings of its own, over the workspace's files alone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = [
            path.relative_to(session.workspace.root).as_posix()
            for path in session.workspace.files()
            if _readable(session.workspace, path)
        ]
        self._known = frozenset(self._files)
        super().__init__(str(session.workspace.root), fscommands=_Reading(session), ropefolder=None)

    def _init_prefs(self, _prefs: object) -> None:
        self.prefs = Prefs()
        self.prefs.set("pull_imports_to_top", False)
        self.prefs.set("save_objectdb", False)
        self.prefs.set("automatic_soa", False)
        self.prefs.set("perform_doa", False)
        self.prefs.set("import_dynload_stdmods", False)
        self.prefs.set("ignore_syntax_errors", True)
        self.prefs.set("ignore_bad_imports", True)
        self._init_other_parts()

    def _init_source_folders(self) -> None:
        """There are none but those that rope finds; its own method warns of being old."""

    def get_files(self) -> set[Any]:
        return {File(self, name) for name in self._files}

    def get_python_files(self) -> list[Any]:
        return [File(self, name) for name in self._files]

    def get_resource(self, resource_name: str) -> Any:
        if resource_name in self._known:
            return File(self, resource_name)
        if any(name.startswith(f"{resource_name}/") for name in self._files):
            return Folder(self, resource_name)
        return super().get_resource(resource_name)

    def is_ignored(self, resource: Any) -> bool:
        """Files that were found are looked at; folders only where one of them lies below."""
        if resource.is_folder():
            start = f"{resource.path}/" if resource.path else ""
            return not any(name.startswith(start) for name in self._files)
        return resource.path not in self._known

    @cached_property
    def _sources(self) -> list[Any]:
        return list(super().get_source_folders())

    def get_source_folders(self) -> list[Any]:
        return self._sources


def _readable(workspace: Workspace, path: Path) -> bool:
    try:
        workspace.text(path)
    except FileError:
        return False
    return True
