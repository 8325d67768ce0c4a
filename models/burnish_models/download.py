"""Fetches a model from the catalogue: resumable, verified, and never half there under its final name."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from burnish_models.catalog import CatalogEntry
from burnish_models.errors import (
    CatalogError,
    ChecksumError,
    DiskSpaceError,
    DownloadError,
    ModelFileError,
)
from burnish_models.memory import readable_bytes
from burnish_models.paths import ModelPaths, write_atomically
from burnish_models.selection import RECORD_SUFFIX, installed_path
from burnish_models.transfer import PART_SUFFIX, PullProgress, RetryPolicy, Transfer, disk_error

__all__ = ["PullProgress", "PullResult", "RetryPolicy", "pull"]

#: Free space that a download leaves on the disk.
SPARE_DISK_BYTES = 1 << 30

VerifiedBy = Literal["catalogue", "hub", "first-use", "bundled"]


@dataclass(frozen=True, slots=True)
class PullResult:
    """A model that is on this machine now.

    ``verified_by`` tells whose checksum the file matches: the ``catalogue``'s, the ``hub``'s, or nobody's
    (``first-use``: ``sha256`` was recorded for later comparison). ``fetched_bytes`` came over the network
    this time.
    """

    name: str
    path: Path
    sha256: str | None
    size_bytes: int
    verified_by: VerifiedBy
    fetched_bytes: int
    resumed_from: int


def pull(
    entry: CatalogEntry,
    home: Path,
    progress: Callable[[PullProgress], None] | None = None,
    cancel: threading.Event | None = None,
    policy: RetryPolicy | None = None,
) -> PullResult:
    """Fetch ``entry`` into ``home`` and verify it; does nothing where that was done before.

    An interrupted download (cancelled, killed, out of network) is resumed by the next call. The file gets its
    final name only when its length, its SHA-256 and its GGUF structure are right.

    Args:
        entry: the model.
        home: Burnish's home folder.
        progress: called often, from this thread.
        cancel: set it from another thread to stop soon.
        policy: timeouts and retries; the default suits the public hub.

    Raises:
        DownloadCancelledError, DiskSpaceError, ChecksumError, DownloadError: with what to do.
        CatalogError: the models folder cannot be made.
    """
    if entry.url is None:
        return _bundled(entry, home)
    folder = ModelPaths(home).make().models
    lock = FileLock(folder / f".{entry.file}.lock", timeout=0)
    try:
        with lock:
            return _Pull(entry, folder, progress or _silent, cancel or threading.Event(), policy).run()
    except Timeout as error:
        raise DownloadError(
            f"{entry.title} is being fetched by another process already. Wait until that one is done."
        ) from error
    except OSError as error:
        raise disk_error(error, folder) from error


def _bundled(entry: CatalogEntry, home: Path) -> PullResult:
    path = installed_path(home, entry)
    if path is None:
        raise CatalogError("The bundled model is missing from this installation. Install Burnish again.")
    return PullResult(entry.name, path, entry.sha256, entry.size_bytes, "bundled", 0, 0)


def _silent(progress: PullProgress) -> None:
    """Report to nobody."""


class _Pull:
    """One call of :func:`pull`, under its lock."""

    def __init__(
        self,
        entry: CatalogEntry,
        folder: Path,
        progress: Callable[[PullProgress], None],
        cancel: threading.Event,
        policy: RetryPolicy | None,
    ) -> None:
        self._entry = entry
        self._final = folder / entry.file
        self._part = folder / (entry.file + PART_SUFFIX)
        self._transfer = Transfer(entry, self._part, progress, cancel, policy or RetryPolicy())

    def run(self) -> PullResult:
        there = self._already_there()
        if there is not None:
            return there
        self._check_disk()
        outcome = self._transfer.run()
        expected = self._entry.sha256 or outcome.hub_sha256
        if expected is not None and outcome.sha256 != expected:
            self._transfer.discard()
            raise ChecksumError(
                f"{self._entry.title} arrived damaged: its SHA-256 is {outcome.sha256}, expected "
                f"{expected}. The file "
                "was removed. Fetch it again; if that fails too, a proxy may be changing downloads."
            )
        self._check_model()
        verified: VerifiedBy = "first-use"
        if expected is not None:
            verified = "hub" if self._entry.sha256 is None else "catalogue"
        return self._install(outcome.sha256, verified, outcome.fetched_bytes, outcome.resumed_from)

    def _already_there(self) -> PullResult | None:
        """The file under its final name, if it is the right one; a wrong one is removed."""
        try:
            size = self._final.stat().st_size
        except FileNotFoundError:
            return None
        record = _read_record(self._final)
        expected = self._entry.sha256 or record.get("sha256")
        if size == self._entry.size_bytes and expected is not None:
            sha256 = self._transfer.hash_file(self._final, "checking")
            if sha256 == expected:
                verified: VerifiedBy = "catalogue" if self._entry.sha256 else "first-use"
                return PullResult(self._entry.name, self._final, sha256, size, verified, 0, 0)
        self._final.unlink()
        return None

    def _check_disk(self) -> None:
        have = self._part.stat().st_size if self._part.exists() else 0
        missing = max(0, self._entry.size_bytes - have)
        free = shutil.disk_usage(self._part.parent).free
        if missing + SPARE_DISK_BYTES > free:
            raise DiskSpaceError(
                f"{self._entry.title} needs {readable_bytes(missing)} more in {self._part.parent}, and "
                f"{readable_bytes(SPARE_DISK_BYTES)} should stay free, but only {readable_bytes(free)} are "
                "free. "
                "Free some space, or choose a smaller model."
            )

    def _check_model(self) -> None:
        # The GGUF tables load only where a model was really fetched.
        from burnish_models.gguf_file import inspect

        try:
            inspect(self._part)
        except ModelFileError as error:
            self._transfer.discard()
            raise DownloadError(f"The downloaded file is no usable model and was removed. {error}") from error

    def _install(self, sha256: str, verified: VerifiedBy, fetched: int, resumed: int) -> PullResult:
        size = self._part.stat().st_size
        self._part.replace(self._final)
        _sync_folder(self._final.parent)
        result = PullResult(self._entry.name, self._final, sha256, size, verified, fetched, resumed)
        record = {**asdict(result), "path": self._final.name, "url": self._entry.url}
        write_atomically(
            self._final.with_name(self._final.name + RECORD_SUFFIX), json.dumps(record, indent=1)
        )
        self._transfer.forget()
        return result


def _read_record(model: Path) -> dict[str, object]:
    try:
        record = json.loads(model.with_name(model.name + RECORD_SUFFIX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
