"""Errors of the training package.

::

    TrainingError
    ├── CorpusError        the corpus cannot be built (a package is missing, or its licence is not permissive)
    ├── CheckpointError    a checkpoint is missing, damaged, or from another configuration
    └── EvaluationError    evaluation data is missing or malformed
"""

from __future__ import annotations

__all__ = ["CheckpointError", "CorpusError", "EvaluationError", "TrainingError"]


class TrainingError(Exception):
    """Base of every error this package raises on purpose."""


class CorpusError(TrainingError):
    """The corpus cannot be built."""


class CheckpointError(TrainingError):
    """A checkpoint cannot be used."""


class EvaluationError(TrainingError):
    """Evaluation data cannot be used."""
