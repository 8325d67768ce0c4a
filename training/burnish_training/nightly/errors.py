"""Errors of the nightly run.

::

    TrainingError
    └── NightlyError
        ├── RunLockedError    another run is going on
        ├── RunFolderError    a run's folder cannot be used
        └── StoppedError      the run was asked to stop; what is done is kept
"""

from __future__ import annotations

from burnish_training.errors import TrainingError

__all__ = ["NightlyError", "RunFolderError", "RunLockedError", "StoppedError"]


class NightlyError(TrainingError):
    """Base of every error of the nightly run."""


class RunLockedError(NightlyError):
    """Another run is going on."""


class RunFolderError(NightlyError):
    """A run's folder cannot be read or written."""


class StoppedError(NightlyError):
    """The run was asked to stop."""
