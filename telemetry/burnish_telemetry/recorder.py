"""Records events off the event loop: what may be recorded is decided, and the store written, in a thread.

The file and the libraries that look for secrets come to be with the first event that may be recorded.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from burnish_telemetry.admission import Admission
from burnish_telemetry.consent import Consent, ConsentFile
from burnish_telemetry.errors import ConsentError, StoreDamagedError, StoreError, TelemetryError
from burnish_telemetry.events import Event
from burnish_telemetry.store import Store, store_file

__all__ = ["Receipt", "Recorder"]

log = logging.getLogger(__name__)

_MOST_IN_A_BATCH = 64
_FRESH_SECONDS = 1.0
_PRUNE_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event: ``stored``, or why not.

    ``reason``: ``not-agreed``, ``editor-telemetry-off``, ``secret-file``, ``excluded-folder``, ``excluded-glob``, ``secret``,
    ``unknown-suggestion`` (what it follows was not recorded, or was erased), ``too-large``, ``queue-full``, ``closed``.
    """

    stored: bool
    reason: str = ""


@dataclass(slots=True)
class _Job:
    """An event and its receipt to come; without an event: the daily erasure of what is too old."""

    event: Event | None
    done: Future[Receipt]


class Recorder:
    """Takes events from an event loop and never makes it wait. One of them a process; safe to call from any thread.

    Args:
        home: Burnish's home folder.
        editor_telemetry: the editor's own switch (``isTelemetryEnabled``); ``False`` stops all recording. Editors that
            have none leave it ``True``. It may be set at any time.
        most_waiting: events that may wait to be written; more are refused, not waited for.
    """

    def __init__(self, home: Path, *, editor_telemetry: bool = True, most_waiting: int = 1024) -> None:
        self.editor_telemetry = editor_telemetry
        self._consent = ConsentFile(home)
        self._queue: queue.Queue[_Job | None] = queue.Queue(most_waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._answer = (float("-inf"), False)
        self._writer = _Writer(store_file(home), Admission(home, lambda: self.editor_telemetry))

    @property
    def recording(self) -> bool:
        """Whether events are recorded now, as a status item shows it. Looks at the disk once a second at most."""
        if not self.editor_telemetry or self._closed:
            return False
        now = time.monotonic()
        if now - self._answer[0] > _FRESH_SECONDS:
            try:
                self._answer = now, self._consent.read().record.holds
            except ConsentError:
                self._answer = now, False
        return self._answer[1]

    def record(self, event: Event) -> Future[Receipt]:
        """Hand over an event. Returns at once; the event is kept when the future has a receipt that says ``stored``.

        The future fails with a ``TelemetryError`` where the event could not be written (``asyncio.wrap_future`` makes it
        one to await; nobody has to).
        """
        if not self.editor_telemetry:
            done: Future[Receipt] = Future()
            done.set_result(Receipt(False, "editor-telemetry-off"))
            return done
        return self._hand_over(event)

    def maintain(self) -> Future[Receipt]:
        """Erase what is older than the retention, recording or not; to be called when a server starts.

        While events are recorded this happens once a day by itself.
        """
        return self._hand_over(None)

    def close(self, timeout: float = 10.0) -> bool:
        """Write what waits and end the thread; blocks for at most ``timeout`` seconds. Returns whether all was written."""
        until = time.monotonic() + timeout
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is None:
            return True
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return False
        thread.join(max(0.0, until - time.monotonic()))
        return not thread.is_alive()

    def _hand_over(self, event: Event | None) -> Future[Receipt]:
        done: Future[Receipt] = Future()
        with self._lock:
            if self._closed:
                done.set_result(Receipt(False, "closed"))
                return done
            try:
                self._queue.put_nowait(_Job(event, done))
            except queue.Full:
                log.warning("An event was not recorded: too many are waiting to be written.")
                done.set_result(Receipt(False, "queue-full"))
                return done
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="burnish-telemetry", daemon=True)
                self._thread.start()
        return done

    def _run(self) -> None:
        try:
            while True:
                jobs = [self._queue.get()]
                while len(jobs) < _MOST_IN_A_BATCH and jobs[-1] is not None:
                    try:
                        jobs.append(self._queue.get_nowait())
                    except queue.Empty:
                        break
                work = [job for job in jobs if job is not None]
                try:
                    self._writer.write(work)
                except Exception as error:
                    log.exception("Events were not recorded.")
                    for job in work:
                        _fail(job, StoreError(f"Recording failed unexpectedly: {error!r}."))
                if jobs[-1] is None:
                    return
        finally:
            self._writer.close()


class _Writer:
    """What the thread does: decides for each event, and writes those that may be kept in one transaction."""

    def __init__(self, file: Path, admission: Admission) -> None:
        self._file = file
        self._admission = admission
        self._store: Store | None = None
        self._pruned_at = float("-inf")
        self._complaint = ""

    def write(self, jobs: Sequence[_Job]) -> None:
        """Write a batch and settle every job of it."""
        consent = self._admission.consent()
        keep: list[tuple[_Job, Event]] = []
        for job in jobs:
            if job.event is None:
                self._maintain(job, consent)
                continue
            try:
                reason = self._admission.refusal(job.event, consent)
            except TelemetryError as error:
                _fail(job, error)
                continue
            if reason:
                _settle(job, Receipt(False, reason))
            else:
                keep.append((job, job.event))
        if not keep:
            return
        try:
            stored = self._append([event for _, event in keep])
        except TelemetryError as error:
            self._complain(error)
            for job, _ in keep:
                _fail(job, error)
            return
        self._complaint = ""
        for (job, _), kept in zip(keep, stored, strict=True):
            _settle(job, Receipt(kept, "" if kept else "unknown-suggestion"))
        if time.monotonic() - self._pruned_at > _PRUNE_SECONDS:
            self._prune(consent)

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _append(self, events: Sequence[Event]) -> list[bool]:
        if self._store is not None and self._store.replaced:
            self.close()
        try:
            return self._opened().append(events)
        except StoreDamagedError as error:
            # Opening it again puts the damaged file aside.
            log.error("%s", error)
            self.close()
            return self._opened().append(events)
        except StoreError:
            self.close()
            raise

    def _opened(self) -> Store:
        if self._store is None:
            self._store = Store(self._file)
        return self._store

    def _maintain(self, job: _Job, consent: Consent) -> None:
        # Of a file that cannot be read it is not known how long the user wants events to be kept.
        if self._file.exists() and self._admission.readable:
            self._prune(consent)
        _settle(job, Receipt(False))

    def _prune(self, consent: Consent) -> None:
        """Erase what is older than the retention."""
        self._pruned_at = time.monotonic()
        try:
            erased = self._opened().prune(datetime.now(UTC) - timedelta(days=consent.retention_days))
        except StoreError as error:
            self.close()
            self._complain(error)
            return
        if erased.events:
            log.info("%d events older than %d days were erased.", len(erased.events), consent.retention_days)

    def _complain(self, error: TelemetryError) -> None:
        """Log a failure once, not with every event."""
        if str(error) != self._complaint:
            self._complaint = str(error)
            log.error("Not recorded: %s", error)


def _settle(job: _Job, receipt: Receipt) -> None:
    try:
        job.done.set_result(receipt)
    except InvalidStateError:
        log.debug("Nobody waits for a receipt any more.")


def _fail(job: _Job, error: TelemetryError) -> None:
    try:
        job.done.set_exception(error)
    except InvalidStateError:
        log.debug("Nobody waits for a receipt any more.")
