"""Errors of adapter training.

::

    TrainingError
    └── KtoError
        ├── DataError       examples that cannot be trained on
        ├── LoraError       a base model or LoRA settings that cannot be trained or served
        └── DivergedError   the loss or a gradient is no finite number, or a gradient is missing
"""

from __future__ import annotations

from burnish_training.errors import TrainingError

__all__ = ["DataError", "DivergedError", "KtoError", "LoraError"]


class KtoError(TrainingError):
    """Base of every error of adapter training."""


class DataError(KtoError):
    """Examples that cannot be trained on."""


class LoraError(KtoError):
    """A base model or LoRA settings that cannot be trained, or not be served afterwards."""


class DivergedError(KtoError):
    """The training went wrong; what the last checkpoint holds is still good."""
