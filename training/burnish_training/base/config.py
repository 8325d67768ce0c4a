"""Named configurations of the base model. Everything that decides the result is here, nothing in code paths."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

__all__ = ["CONFIGS", "BaseConfig", "ModelShape", "Schedule"]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Shape of the qwen2-architecture transformer. Input and output embeddings are tied."""

    vocabulary: int = 8192
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    intermediate: int = 768
    #: Context length written into the file: what it was trained on. Longer prompts make it worse, not better.
    context: int = 768
    rope_theta: float = 100_000.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Token budget and optimiser settings.

    The learning rate warms up, stays constant, and falls linearly to zero over the last ``decay_fraction`` of the
    budget (warm-up, stable, decay). Hidden matrices use Muon, everything else AdamW.
    """

    tokens: int = 9_000_000
    sequence: int = 768
    #: (tokens seen, sequences a step): the batch grows at each of these points.
    batches: tuple[tuple[int, int], ...] = ((0, 4), (1_400_000, 8))
    warmup_steps: int = 100
    decay_fraction: float = 0.3
    muon_lr: float = 0.02
    muon_momentum: float = 0.95
    adam_lr: float = 4e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 1

    def batch_at(self, tokens: int) -> int:
        """Sequences in the step that starts after ``tokens`` tokens."""
        return next(size for start, size in reversed(self.batches) if tokens >= start)


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """One base model: its name, shape and schedule."""

    name: str
    title: str
    shape: ModelShape = field(default_factory=ModelShape)
    schedule: Schedule = field(default_factory=Schedule)
    device: str = "cpu"

    def as_dict(self) -> dict[str, object]:
        """The configuration as plain JSON-able data."""
        return asdict(self)


CONFIGS: dict[str, BaseConfig] = {
    # Seconds on any machine: the recipe's own tests train it.
    "tiny": BaseConfig(
        name="tiny",
        title="Burnish tiny (for tests)",
        shape=ModelShape(
            vocabulary=512, hidden=64, layers=2, heads=2, kv_heads=1, intermediate=128, context=512
        ),
        schedule=Schedule(tokens=40_000, sequence=128, batches=((0, 4), (20_000, 6)), warmup_steps=5),
    ),
    # About 6.8M parameters: two CPU cores train it in hours.
    "nano": BaseConfig(name="nano", title="Burnish nano"),
    # About 43M parameters: needs a CUDA GPU.
    "small": BaseConfig(
        name="small",
        title="Burnish small",
        shape=ModelShape(
            vocabulary=16384, hidden=512, layers=12, heads=8, kv_heads=2, intermediate=1408, context=1024
        ),
        schedule=Schedule(
            tokens=1_500_000_000, sequence=1024, batches=((0, 256),), warmup_steps=200, adam_lr=3e-3
        ),
        device="cuda",
    ),
}
