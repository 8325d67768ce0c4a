"""Named configurations of the base model. Everything that decides the result is here, nothing in code paths."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

__all__ = ["CONFIGS", "BaseConfig", "ModelShape", "Phase", "Schedule"]


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
    context: int = 2048
    rope_theta: float = 100_000.0


@dataclass(frozen=True, slots=True)
class Phase:
    """From ``start`` tokens seen on, a step is ``batch`` sequences of ``sequence`` tokens.

    Most middles then begin up to ``lines_above`` lines above the one they complete, as served prompts do.
    """

    start: int
    sequence: int
    batch: int
    lines_above: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Token budget and optimiser settings.

    The learning rate warms up, stays constant, and falls linearly to zero over the last ``decay_fraction`` of a
    cycle (warm-up, stable, decay). A further cycle goes on from there with the full rate, so that a finished model
    can be trained on (WSD-S, Wen et al. 2024). Hidden matrices use Muon, everything else AdamW.
    """

    tokens: int = 18_400_000
    #: Where cycles before the last one end, in tokens.
    cycles: tuple[int, ...] = (9_000_000, 14_000_000)
    phases: tuple[Phase, ...] = (
        Phase(0, 768, 4),
        Phase(1_400_000, 768, 8),
        Phase(9_000_000, 2048, 4),
        Phase(14_000_000, 2048, 4, lines_above=24),
    )
    warmup_tokens: int = 300_000
    decay_fraction: float = 0.3
    muon_lr: float = 0.02
    muon_momentum: float = 0.95
    adam_lr: float = 4e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 1

    def phase_at(self, tokens: int) -> Phase:
        """The phase of the step that starts after ``tokens`` tokens."""
        return next(phase for phase in reversed(self.phases) if tokens >= phase.start)

    def cycle_at(self, tokens: int) -> tuple[int, int]:
        """First and last token of the cycle that ``tokens`` lies in."""
        ends = [end for end in self.cycles if end < self.tokens]
        start = max((end for end in ends if end <= tokens), default=0)
        return start, min((end for end in ends if end > tokens), default=self.tokens)


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
        schedule=Schedule(
            tokens=40_000, cycles=(), phases=(Phase(0, 128, 4), Phase(20_000, 128, 6)), warmup_tokens=2_500
        ),
    ),
    # About 6.8M parameters: two CPU cores train it in hours.
    "nano": BaseConfig(name="nano", title="Burnish nano"),
    # About 43M parameters: needs a CUDA GPU.
    "small": BaseConfig(
        name="small",
        title="Burnish small",
        shape=ModelShape(
            vocabulary=16384, hidden=512, layers=12, heads=8, kv_heads=2, intermediate=1408, context=4096
        ),
        schedule=Schedule(
            tokens=1_500_000_000,
            cycles=(),
            phases=(Phase(0, 1024, 256), Phase(1_200_000_000, 4096, 64, lines_above=24)),
            warmup_tokens=50_000_000,
            adam_lr=3e-3,
        ),
        device="cuda",
    ),
}
