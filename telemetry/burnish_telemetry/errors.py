"""Errors of the telemetry package.

::

    TelemetryError      what happened could not be recorded or read
"""

from __future__ import annotations

__all__ = ["TelemetryError"]


class TelemetryError(Exception):
    """Base of every error this package raises on purpose."""
