"""SHA-256 of model files, kept over restarts: a file of several gigabytes is read once, not at every start."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from burnish_models.gguf_file import file_sha256
from burnish_models.paths import write_atomically

__all__ = ["model_sha256"]

log = logging.getLogger(__name__)

#: Smaller files are read faster than it is worth to remember them.
WORTH_KEEPING = 256 << 20


def model_sha256(home: Path, path: Path) -> str:
    """The SHA-256 of the model file in hexadecimal; may take seconds the first time, so not for an event loop.

    Raises:
        ModelFileError: the file cannot be read.
    """
    try:
        stat = path.stat()
    except OSError:
        return file_sha256(path)
    if stat.st_size < WORTH_KEEPING:
        return file_sha256(path)
    file, key = home / "hashes.json", str(path.absolute())
    version = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    known = _read(file)
    entry = known.get(key)
    if isinstance(entry, list) and entry[:3] == version and len(entry) == 4 and isinstance(entry[3], str):
        return entry[3]
    digest = file_sha256(path)
    _write(file, {**known, key: [*version, digest]})
    return digest


def _read(file: Path) -> dict[str, object]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s); it is made anew.", file, error)
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: Path, known: dict[str, object]) -> None:
    """Replace the file; without it the next start reads the model again, nothing worse."""
    try:
        write_atomically(file, json.dumps(known, indent=1) + "\n")
    except OSError as error:
        log.warning("%s cannot be written: %s", file, error)
