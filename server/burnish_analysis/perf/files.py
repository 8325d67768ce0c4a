"""Python files on disk: found below folders, read in the encoding they declare, and written back byte for byte but for what changed."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import tempfile
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish_analysis.errors import FileError

__all__ = ["MOST_BYTES", "Problem", "SourceFile", "decoded", "find_files", "read_source", "write_source"]

#: Larger files are not looked at: nobody writes them by hand.
MOST_BYTES = 2_000_000
_SUFFIXES = (".py", ".pyw")
#: Folders that hold no code of the project's own. Hidden ones are skipped too, and virtual environments by their ``pyvenv.cfg``.
_SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that was not looked at, or not wholly.

    Attributes:
        sentence: what happened, why, and what to do; it names the file.
        harmless: whether it was left out on purpose (too large, excluded), which fails nothing.
    """

    path: str
    sentence: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text with its line ends and byte order mark (as U+FEFF), its encoding, and the bytes it was read from."""

    path: Path
    text: str
    encoding: str
    data: bytes

    def encoded(self, text: str) -> bytes:
        """Another text as this file's bytes.

        Raises:
            FileError: its encoding cannot say it, or does not give back the same bytes even for what is there.
        """
        try:
            if self.text.encode(self.encoding) != self.data:
                raise FileError(
                    f"{self.path} is left alone: its encoding ({self.encoding}) would not give the same bytes back. "
                    "Save it as UTF-8."
                )
            return text.encode(self.encoding)
        except UnicodeError as error:
            raise FileError(
                f"{self.path} is left alone: its encoding ({self.encoding}) cannot hold the change ({error})."
            ) from error


def read_source(path: Path) -> SourceFile:
    """Read a file as Python does (PEP 263), keeping line ends.

    Raises:
        FileError: it cannot be read or decoded.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"{path} is not looked at: it is not a regular file.")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    return decoded(path, data)


def decoded(path: Path, data: bytes) -> SourceFile:
    """A file from its bytes.

    Raises:
        FileError: they are not text in the encoding that they declare.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if data.startswith(_UTF8_MARK):
            encoding = "utf-8"
        text = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise FileError(
            f"{path} cannot be decoded: {reason}. Save it as UTF-8, or declare its encoding in the first line."
        ) from error
    return SourceFile(path, text, encoding, data)


def write_source(file: SourceFile, text: str) -> None:
    """Replace a file's content at once: other programs see the old bytes or the new ones. Symbolic links are followed.

    Raises:
        FileError: it changed since it was read, is read-only, or cannot be written; then it is as it was.
    """
    data = file.encoded(text)
    try:
        target = file.path.resolve(strict=True)
        if not os.access(target, os.W_OK):
            raise FileError(
                f"{file.path} is left alone: it is read-only. Make it writable and run this again."
            )
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            _like(temporary, target)
            if target.read_bytes() != file.data:
                raise FileError(f"{file.path} is left alone: it changed meanwhile. Run this again.")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{file.path} cannot be written: {error.strerror or error}.") from error


def _like(temporary: Path, target: Path) -> None:
    """Give a new file the mode and, where that is allowed, the owner of the one it replaces."""
    known = target.stat()
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(temporary, known.st_uid, known.st_gid)
    shutil.copymode(target, temporary)


def find_files(
    paths: Iterable[Path], excluded: Callable[[Path], bool] = lambda _: False
) -> tuple[list[Path], list[Problem]]:
    """The Python files at and below some paths, each once, in order, and what could not be looked at.

    A path given by name is taken whatever it is called. Below folders: ``.py`` and ``.pyw``, without hidden names,
    ``node_modules``, caches and virtual environments; symbolic links to folders are not followed.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    seen: set[tuple[int, int]] = set()

    def take(path: Path) -> None:
        try:
            known = path.stat()
        except OSError as error:
            problems.append(Problem(str(path), f"{path} cannot be read: {error.strerror or error}."))
            return
        if (known.st_dev, known.st_ino) in seen:
            return
        seen.add((known.st_dev, known.st_ino))
        if known.st_size > MOST_BYTES:
            sentence = f"{path} is skipped: it has {known.st_size:,} bytes, more than {MOST_BYTES:,}."
            problems.append(Problem(str(path), sentence, harmless=True))
            return
        found.append(path)

    for path in paths:
        if path.is_dir():
            for file in _below(path, excluded, problems):
                take(file)
        elif path.suffix == ".ipynb":
            problems.append(
                Problem(str(path), f"{path} is skipped: notebooks are not looked at.", harmless=True)
            )
        elif excluded(path):
            problems.append(
                Problem(str(path), f"{path} is skipped: tool.burnish.exclude names it.", harmless=True)
            )
        else:
            take(path)
    return found, problems


def _below(folder: Path, excluded: Callable[[Path], bool], problems: list[Problem]) -> Iterator[Path]:
    folders = [folder]
    while folders:
        here = folders.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(Problem(str(here), f"{here} cannot be read: {error.strerror or error}."))
            continue
        if here != folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        inner = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = here / entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _SKIPPED and not excluded(path):
                    inner.append(path)
            elif entry.name.endswith(_SUFFIXES) and not _is_folder(entry) and not excluded(path):
                yield path
        folders.extend(reversed(inner))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; a link that leads round in a circle is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False
