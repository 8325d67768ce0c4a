"""Which lines of files changed since a git revision."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from burnish_analysis.errors import FileError

__all__ = ["ALL_LINES", "changed_lines", "content_at"]

#: Files that git does not know yet are new from the first line to the last.
ALL_LINES = None
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
#: No program that a repository's own settings name is run.
_HARMLESS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external=")


def git(folder: Path, *arguments: str) -> str:
    """What git says, as text."""
    return git_bytes(folder, *arguments).decode("utf-8", "surrogateescape")


def git_bytes(folder: Path, *arguments: str) -> bytes:
    """What git says.

    Raises:
        FileError: git is not there, or refuses.
    """
    try:
        done = subprocess.run(
            ["git", *_HARMLESS, *arguments], cwd=folder, capture_output=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FileError(f"git cannot be run in {folder}: {error}. Leave --since out.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FileError(f"git refuses in {folder}: {said[0] if said else 'no reason given'}")
    return done.stdout


def content_at(path: Path, since: str) -> bytes | None:
    """A file's content at a revision; None where it was not there.

    Raises:
        FileError: it is in no git repository.
    """
    folder = path.resolve().parent
    try:
        return git_bytes(folder, "show", "--no-textconv", f"{_commit(folder, since)}:./{path.resolve().name}")
    except FileError:
        git(folder, "rev-parse", "--show-toplevel")
        return None


def changed_lines(paths: Iterable[Path], since: str) -> dict[Path, frozenset[int] | None]:
    """The lines (from 1) of each changed file that are new since a revision; None for a file that is new as a whole.

    Files without changes are left out.

    Raises:
        FileError: a file is in no git repository, or the revision is unknown.
    """
    wanted: dict[Path, dict[Path, Path]] = {}
    tops: dict[Path, Path] = {}
    for path in paths:
        folder = path.resolve().parent
        if folder not in tops:
            tops[folder] = Path(git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
        wanted.setdefault(tops[folder], {})[path.resolve()] = path
    found: dict[Path, frozenset[int] | None] = {}
    for top, files in wanted.items():
        for name, lines in _repository(top, since).items():
            if top / name in files:
                found[files[top / name]] = lines
    return found


def _repository(top: Path, since: str) -> dict[str, frozenset[int] | None]:
    revision = _commit(top, since)
    found: dict[str, frozenset[int] | None] = {
        name: ALL_LINES
        for name in git(top, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
        if name
    }
    changes = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--diff-filter=d")
    names = git(top, *changes, "--name-only", "-z", revision, "--").split("\0")
    for name in filter(None, names):
        text = git(top, *changes, "--unified=0", revision, "--", f":(literal){name}")
        found[name] = frozenset(_new_lines(text))
    return found


def _commit(top: Path, since: str) -> str:
    try:
        return git(top, "rev-parse", "--verify", "--end-of-options", f"{since}^{{commit}}").strip()
    except FileError as error:
        raise FileError(
            f"The revision {since!r} is unknown in {top}. A shallow clone does not hold it: git fetch first."
        ) from error


def _new_lines(diff: str) -> Iterable[int]:
    for line in diff.split("\n"):
        if hunk := _HUNK.match(line):
            start = int(hunk[1])
            # Where lines were only taken away, the one before them counts as changed.
            yield from range(start, start + (int(hunk[2]) if hunk[2] is not None else 1)) or (start,)
