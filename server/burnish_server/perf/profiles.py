"""Reading a profile that the user has: cProfile's (``.prof``, ``.pstats``) or a session of pyinstrument as JSON.

What counts for a function is the time spent in its own code, built-in functions that it called included: that is the time
a rewriting of the function can save.
"""

from __future__ import annotations

import json
import marshal
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Entry", "Profile", "ProfileError", "read_profile", "share_of"]

#: Larger files are no profiles that anybody looks at.
_LARGEST = 256 << 20
#: Functions below this share of the time are left out.
_LEAST = 0.0005


class ProfileError(Exception):
    """A file is not a profile that can be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A function: the file as the profile names it, the 1-based line on which its code begins, its share of the time (0 to 1)."""

    file: str
    line: int
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """``tool`` is ``cProfile`` or ``pyinstrument``; ``seconds`` the time in all."""

    tool: str
    seconds: float
    entries: tuple[Entry, ...]


def read_profile(path: Path) -> Profile:
    """Read a profile of either kind.

    Raises:
        ProfileError: it cannot be read, or is neither.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ProfileError(f"{path} is larger than {_LARGEST >> 20} MB, which no profile should be.")
        data = path.read_bytes()
    except OSError as error:
        raise ProfileError(f"The profile cannot be read: {error}") from error
    if data.lstrip()[:1] == b"{" and (times := _pyinstrument(data, path)) is not None:
        return _profile("pyinstrument", times)
    return _profile("cProfile", _cprofile(data, path))


_Times = Mapping[tuple[str, int, str], float]


def _profile(tool: str, times: _Times) -> Profile:
    total = sum(times.values())
    if total <= 0:
        raise ProfileError("The profile holds no time spent in Python functions.")
    entries = [Entry(file, line, name, time / total) for (file, line, name), time in times.items()]
    kept = sorted((e for e in entries if e.share >= _LEAST), key=lambda entry: -entry.share)
    return Profile(tool, total, tuple(kept))


def _cprofile(data: bytes, path: Path) -> _Times:
    """``{(file, line, name): (calls, calls, own time, time, {caller: (…)})}``, as :mod:`pstats` reads it."""
    words = (
        f"{path} is no profile. Give one that cProfile wrote (python -m cProfile -o FILE …) or a session of "
        "pyinstrument (pyinstrument -r json -o FILE …)."
    )
    times: dict[tuple[str, int, str], float] = defaultdict(float)
    try:
        read = marshal.loads(data)
        for (file, line, name), (_, _, own, _, callers) in read.items():
            if file not in ("~", ""):
                times[str(file), int(line), str(name)] += float(own)
                continue
            for (from_file, from_line, from_name), figures in callers.items():
                if from_file not in ("~", ""):
                    times[str(from_file), int(from_line), str(from_name)] += float(figures[2])
    except (ValueError, TypeError, EOFError, AttributeError, IndexError, KeyError) as error:
        raise ProfileError(words) from error
    return times


def _pyinstrument(data: bytes, path: Path) -> _Times | None:
    """None where it is JSON of something else."""
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{path} is not complete JSON: {error}") from error
    times: dict[tuple[str, int, str], float] = defaultdict(float)
    try:
        if isinstance(read.get("root_frame"), dict):
            _frames(read["root_frame"], times)
        elif isinstance(read.get("frame_records"), list):
            _records(read["frame_records"], times)
        else:
            raise ProfileError(f"{path} is JSON, but not a session of pyinstrument.")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ProfileError(f"{path} is not a session of pyinstrument as expected: {error!r}") from error
    return times


def _frames(root: dict[str, Any], times: dict[tuple[str, int, str], float]) -> None:
    """Frames as ``pyinstrument -r json`` writes them: ``time`` includes that of the children."""
    waiting: list[tuple[dict[str, Any], tuple[str, int, str]]] = [(root, ("", 0, ""))]
    while waiting:
        frame, owner = waiting.pop()
        file, children = str(frame.get("file_path") or ""), frame.get("children") or []
        if _is_python(file, str(frame["function"])):
            owner = file, int(frame.get("line_no") or 0), str(frame["function"])
        own = float(frame["time"]) - sum(float(child["time"]) for child in children)
        if owner[0]:
            times[owner] += max(0.0, own)
        waiting.extend((child, owner) for child in children)


def _records(records: Iterable[Any], times: dict[tuple[str, int, str], float]) -> None:
    """Samples of a saved session: the stack's frames (``function NUL file NUL line …``), outermost first, and their time."""
    for stack, time in records:
        for frame in reversed(stack):
            name, file, line, *_ = f"{frame}".split("\0")
            if _is_python(file, name):
                times[file, int(line.split("\1")[0] or 0), name] += float(time)
                break


def _is_python(file: str, name: str) -> bool:
    return bool(file) and not file.startswith("<") and name not in ("[self]", "[await]", "[out-of-context]")


def share_of(profile: Profile, path: str, lines: tuple[int, int] | None) -> float | None:
    """The share of the time spent in the functions that begin within some lines of a file; None where it has none.

    Args:
        path: of the file; a profile from another folder or machine matches by the last two parts.
        lines: first and last line (0-based) of a function; None for the module's own code.
    """
    here = [entry for entry in profile.entries if _same_file(entry.file, path)]
    if lines is None:
        chosen = [entry for entry in here if entry.name == "<module>"]
    else:
        first, end = lines
        chosen = [e for e in here if first <= e.line - 1 <= end and e.name != "<module>"]
    return sum(entry.share for entry in chosen) if chosen else None


def _same_file(named: str, path: str) -> bool:
    if named == path:
        return True
    one, other = named.replace("\\", "/").split("/"), path.replace("\\", "/").split("/")
    if one[-1] != other[-1]:
        return False
    # The folder's name counts as well, where both tell it: many files are called __init__.py.
    return len(one) < 2 or len(other) < 2 or one[-2] == other[-2] or one[-2] in (".", "")
