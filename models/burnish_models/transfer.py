"""Moves one file over the network into a part file: hashing, resuming and retrying as it goes."""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish_models.catalog import CatalogEntry
from burnish_models.errors import ChecksumError, DiskSpaceError, DownloadCancelledError, DownloadError
from burnish_models.http_source import RemoteFile, TemporaryFailureError, open_from
from burnish_models.paths import write_atomically

__all__ = ["PART_SUFFIX", "Outcome", "PullProgress", "RetryPolicy", "Transfer", "disk_error"]

PART_SUFFIX = ".part"
_STATE_SUFFIX = ".part.json"
_CHUNK = 1 << 18

Phase = Literal["checking", "downloading"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is, in bytes; ``checking`` reads what is on the disk already."""

    phase: Phase
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Attempts without any progress before giving up, waits between them (seconds) and the network
    timeout."""

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 30.0
    timeout: float = 20.0

    def wait(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row: doubling, with jitter so that clients spread
        out."""
        full = min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))
        return full * random.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished transfer: the part file's SHA-256, the hub's word on it, and where the bytes came from."""

    sha256: str
    hub_sha256: str | None
    fetched_bytes: int
    resumed_from: int


def disk_error(error: OSError, folder: Path) -> DownloadError:
    """The error that a failed write or rename in ``folder`` means to the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskSpaceError(
            f"The disk with {folder} is full. What was fetched is kept: free some space and pull again to "
            "go on."
        )
    if error.errno == errno.EFBIG:
        return DownloadError(
            f"The file system of {folder} cannot hold so large a file. Choose another home folder."
        )
    return DownloadError(f"Cannot write to {folder}: {error.strerror or error}. Check its mode and the disk.")


class Transfer:
    """One download of ``entry`` into ``part``; the caller holds the lock."""

    def __init__(
        self,
        entry: CatalogEntry,
        part: Path,
        progress: Callable[[PullProgress], None],
        cancel: threading.Event,
        policy: RetryPolicy,
    ) -> None:
        self._entry = entry
        self._part = part
        self._state = part.with_name(part.name.removesuffix(PART_SUFFIX) + _STATE_SUFFIX)
        self._progress = progress
        self._cancel = cancel
        self._policy = policy
        self._digest = hashlib.sha256()
        self._have = 0
        self._etag: str | None = None
        self._hub_sha256: str | None = None
        self._fetched = 0

    def run(self) -> Outcome:
        """Fetch what is missing, trying again where that may help.

        Raises:
            DownloadCancelledError, DiskSpaceError, ChecksumError, DownloadError: with what to do.
        """
        self._load_part()
        resumed = self._have
        failures = 0
        while self._have < self._entry.size_bytes:
            before = self._have
            try:
                self._attempt()
            except TemporaryFailureError as error:
                failures = 1 if self._have > before else failures + 1
                if failures >= self._policy.attempts:
                    raise DownloadError(
                        f"Cannot fetch {self._entry.title}: {error}, {failures} times in a row. What was "
                        "fetched is "
                        "kept. Check the network connection (and proxy) and pull again to go on."
                    ) from error
                self._pause(max(error.wait_seconds, self._policy.wait(failures)))
        return Outcome(self._digest.hexdigest(), self._hub_sha256, self._fetched, resumed)

    def hash_file(self, path: Path, phase: Phase) -> str:
        """SHA-256 of a file in hexadecimal, with progress, stopping on cancel."""
        digest = hashlib.sha256()
        done = 0
        with path.open("rb") as file:
            while block := file.read(_CHUNK):
                self._stop_if_cancelled()
                digest.update(block)
                done += len(block)
                self._progress(PullProgress(phase, done, self._entry.size_bytes))
        return digest.hexdigest()

    def discard(self) -> None:
        """Remove what was fetched and the state that belongs to it."""
        self._part.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """Remove the state of a finished or given-up transfer."""
        self._state.unlink(missing_ok=True)

    def _load_part(self) -> None:
        """Take up the part of an earlier call, if it is of the same file, and hash it."""
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            state = None
        if not isinstance(state, dict) or state.get("url") != self._entry.url or not self._part.exists():
            self.discard()
            return
        if self._part.stat().st_size > self._entry.size_bytes:
            self.discard()
            return
        self._etag = state.get("etag")
        self._hub_sha256 = state.get("hub_sha256")
        with self._part.open("rb") as file:
            while block := file.read(_CHUNK):
                self._stop_if_cancelled()
                self._digest.update(block)
                self._have += len(block)
                self._progress(PullProgress("checking", self._have, self._entry.size_bytes))

    def _attempt(self) -> None:
        self._stop_if_cancelled()
        url = self._entry.url or ""
        remote = open_from(url, self._have, self._etag, self._policy.timeout)
        with remote.body:
            self._accept(remote)
            with self._part.open("r+b" if remote.start else "wb") as file:
                file.seek(remote.start)
                self._copy(remote, file.fileno())

    def _accept(self, remote: RemoteFile) -> None:
        """Check that the server offers the expected file; start over where it begins at its first byte."""
        entry = self._entry
        if remote.size is not None and remote.size != entry.size_bytes:
            raise ChecksumError(
                f"The server offers {entry.title} with {remote.size} bytes instead of {entry.size_bytes}: "
                "it is "
                "another file, so nothing was fetched. Update Burnish, or download a GGUF file yourself."
            )
        if entry.sha256 is not None and remote.sha256 is not None and remote.sha256 != entry.sha256:
            raise ChecksumError(
                f"The server offers {entry.title} with the SHA-256 {remote.sha256} instead of "
                f"{entry.sha256}: it is "
                "another file, so nothing was fetched. Update Burnish, or download a GGUF file yourself."
            )
        if remote.start == 0 and self._have:
            self._digest = hashlib.sha256()
            self._have = 0
        self._etag = remote.etag
        self._hub_sha256 = remote.sha256 or self._hub_sha256
        state = {"url": entry.url, "etag": self._etag, "hub_sha256": self._hub_sha256}
        write_atomically(self._state, json.dumps(state))

    def _copy(self, remote: RemoteFile, handle: int) -> None:
        """Copy the body to the file; what arrived is on the disk whatever happens next."""
        total = self._entry.size_bytes
        try:
            while self._have < total:
                self._stop_if_cancelled()
                block = self._read(remote)
                if not block:
                    raise TemporaryFailureError("the connection was cut")
                self._write(handle, block[: total - self._have])
                self._progress(PullProgress("downloading", self._have, total))
        finally:
            os.ftruncate(handle, self._have)
            os.fsync(handle)

    def _write(self, handle: int, block: bytes) -> None:
        """Write, and count piece by piece, so that a disk that fills up in the middle loses nothing."""
        view = memoryview(block)
        while view:
            written = os.write(handle, view)
            self._digest.update(view[:written])
            self._have += written
            self._fetched += written
            view = view[written:]

    def _read(self, remote: RemoteFile) -> bytes:
        try:
            return remote.body.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise TemporaryFailureError(f"the connection failed ({error or type(error).__name__})") from error

    def _pause(self, seconds: float) -> None:
        self._cancel.wait(seconds)
        self._stop_if_cancelled()

    def _stop_if_cancelled(self) -> None:
        if self._cancel.is_set():
            raise DownloadCancelledError(
                f"Fetching {self._entry.title} was stopped. What was fetched is kept; pull again to go on."
            )
