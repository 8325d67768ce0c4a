"""Settings of a KTO run."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field

from burnish_training.kto.errors import KtoError
from burnish_training.kto.lora import LoraSettings, Precision

__all__ = ["Budget", "KtoConfig", "learning_rate_factor"]


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop, whatever comes first; 0 sets no limit. Seconds are spent training, pauses not counted."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class KtoConfig:
    """How to train. What is measured in tokens counts prompts and completions without padding."""

    lora: LoraSettings = field(default_factory=LoraSettings)
    #: ``None`` lets the device decide.
    precision: Precision | None = None
    device: str = "cpu"
    #: How far the policy may move from the reference; larger is less.
    beta: float = 0.1
    desirable_weight: float = 1.0
    undesirable_weight: float = 1.0
    #: Factor of the supervised term (nats a token) next to the KTO term.
    supervised_weight: float = 0.1
    #: Weight of the desirable examples within the supervised term; 0 leaves them to the KTO term.
    supervised_desirable: float = 0.0
    epochs: int = 1
    learning_rate: float = 1e-4
    #: Share of the steps in which the rate rises; it falls linearly to a tenth afterwards.
    warmup: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    #: Padded tokens of one forward pass.
    token_budget: int = 2048
    examples_per_step: int = 16
    seed: int = 0
    #: Recompute activations in the backward pass: slower, and much less memory.
    checkpoint_activations: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.token_budget < 3 or self.examples_per_step < 1:
            raise KtoError("epochs and examples_per_step must be at least 1, token_budget at least 3")
        if self.beta <= 0 or self.learning_rate <= 0 or self.clip <= 0 or not 0 <= self.warmup < 1:
            raise KtoError("beta, learning_rate and clip must be above 0, warmup at least 0 and under 1")
        if (
            min(
                self.desirable_weight,
                self.undesirable_weight,
                self.supervised_weight,
                self.supervised_desirable,
            )
            < 0
        ):
            raise KtoError("weights must not be negative")

    def sha256(self) -> str:
        """One hash of all settings: a checkpoint goes on only under the same."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up, then linear decay to a tenth: the factor of the peak rate in ``step`` (from 0) of ``steps``."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return max(0.1, 1.0 - 0.9 * (step + 1 - rising) / max(1, steps - rising))
