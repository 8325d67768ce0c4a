"""Errors of the telemetry package.

::

    TelemetryError              what happened could not be recorded or read
    ├── EventError              an event that is malformed, or of a newer version
    ├── ConsentError            the record of what the user agreed to cannot be read or written
    ├── ExportError             an export could not be written
    └── StoreError              the store cannot be used
        ├── StoreFullError      no space is left on the disk; what was acknowledged is kept
        ├── StoreBusyError      another process held the store for too long
        ├── StoreDamagedError   the file is damaged; it was put aside or left where it is, never deleted
        └── StoreNewerError     the file was written by a newer Burnish

Every message says what failed, why, and what to do, in words a user can act on. No message holds recorded code.
"""

from __future__ import annotations

__all__ = [
    "ConsentError",
    "EventError",
    "ExportError",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreNewerError",
    "TelemetryError",
]


class TelemetryError(Exception):
    """Base of every error this package raises on purpose."""


class EventError(TelemetryError):
    """An event is malformed or of a version this Burnish does not know."""


class ConsentError(TelemetryError):
    """The record of consent cannot be read or written."""


class ExportError(TelemetryError):
    """An export could not be written."""


class StoreError(TelemetryError):
    """The store cannot be used."""


class StoreFullError(StoreError):
    """No space is left; nothing of this write was kept, everything acknowledged before it was."""


class StoreBusyError(StoreError):
    """Another process held the store for longer than one waits."""


class StoreDamagedError(StoreError):
    """The file is not a sound database."""


class StoreNewerError(StoreError):
    """The file was written by a newer version; it is left as it is."""
