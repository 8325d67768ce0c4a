"""Errors of the gate.

::

    TrainingError
    └── GateError    the served stack could not be asked
"""

from __future__ import annotations

from burnish_training.errors import TrainingError

__all__ = ["GateError"]


class GateError(TrainingError):
    """The served stack could not be asked: it did not start, serves another adapter, or stopped answering."""
