"""The user's own files: which a night may read, and which of them it never trains on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish_telemetry.consent import Consent
from burnish_telemetry.events import Place
from burnish_telemetry.exclusions import excluded_by, location_of
from burnish_telemetry.redaction import SecretScanner

__all__ = ["SourceFile", "held_out", "is_held_out_place", "read_file", "read_workspace"]

_SKIPPED = {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env"}
_LONGEST = 200_000
_SHORTEST = 80
_MOST_FILES = 2_000
_MOST_CHARACTERS = 8_000_000
_LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Python file of a workspace; ``location`` is its absolute place, ``text`` has lines that end in LF."""

    folder: str
    path: str
    location: str
    text: str


def read_file(folder: str, path: str, consent: Consent, scanner: SecretScanner) -> SourceFile | None:
    """One file, where it may be read: not excluded, UTF-8, of sane size, and without a secret."""
    if excluded_by(Place(folder, path), consent.excluded_folders, consent.excluded_globs) is not None:
        return None
    try:
        full = Path(folder, path)
        if not _SHORTEST <= full.stat().st_size <= _LONGEST:
            return None
        text = full.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError):
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or scanner.find(text) is not None:
        return None
    return SourceFile(folder, path, location_of(folder, path), text)


def read_workspace(folders: Iterable[str], consent: Consent, scanner: SecretScanner) -> list[SourceFile]:
    """The Python files below these folders that may be read, in a fixed order.

    Links are not followed; folders of installed packages, environments and hidden ones are left out.
    """
    found: dict[str, SourceFile] = {}
    characters = 0
    for folder in sorted(set(folders)):
        if not folder or not Path(folder).is_absolute():
            continue
        for path in _python_files(Path(folder)):
            if len(found) >= _MOST_FILES or characters >= _MOST_CHARACTERS:
                break
            file = read_file(folder, path, consent, scanner)
            if file is not None and file.location not in found:
                found[file.location] = file
                characters += len(file.text)
    return [found[location] for location in sorted(found)]


def _python_files(folder: Path) -> Iterable[str]:
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not _skipped(Path(root), name))
        for name in sorted(files):
            if name.endswith((".py", ".pyi")) and not name.startswith("."):
                yield (Path(root) / name).relative_to(folder).as_posix()


def _skipped(root: Path, name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED or (root / name / "pyvenv.cfg").exists()


def held_out(files: Sequence[SourceFile], share: float, least: int) -> frozenset[str]:
    """Locations of the files that are never trained on: the first by a hash of their place, so nearly always the same ones.

    About ``share`` of the files, at least ``least`` and a tenth of the text, at most half of all.
    """
    ordered = sorted(files, key=lambda file: _position(file.location))
    total = sum(len(file.text) for file in files)
    wanted = max(least, round(len(files) * share))
    chosen: set[str] = set()
    characters = 0
    for file in ordered[: len(files) // 2]:
        if len(chosen) >= wanted and characters >= _LEAST_SHARE * total:
            break
        chosen.add(file.location)
        characters += len(file.text)
    return frozenset(chosen)


def is_held_out_place(location: str, share: float) -> bool:
    """Whether a file that is not there any more would have been among the files that are never trained on."""
    return _position(location) < share


def _position(location: str) -> float:
    """A place in [0, 1) that depends on the location alone."""
    digest = hashlib.sha256(location.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
