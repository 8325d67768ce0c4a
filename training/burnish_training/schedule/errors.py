"""Errors of the schedule.

::

    TrainingError
    └── ScheduleError    the system's scheduler is missing, or refused
"""

from __future__ import annotations

from burnish_training.errors import TrainingError

__all__ = ["ScheduleError"]


class ScheduleError(TrainingError):
    """The system's scheduler is missing, or refused."""
