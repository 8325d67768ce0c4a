"""Settings of a nightly run."""

from __future__ import annotations

from dataclasses import dataclass, field

from burnish_training.nightly.errors import NightlyError

__all__ = ["DataSettings", "GateSettings", "NightlySettings", "Recipe", "RunOptions"]


@dataclass(frozen=True, slots=True)
class DataSettings:
    """What a night learns from.

    Shares lie between 0 and 1. The ``least_…`` are what there must be before a night trains at all.
    """

    window_days: int = 30
    #: Of the judged suggestions the last share in time is never trained on.
    held_out_events: float = 0.15
    #: About this share of the workspace's files is never trained on, always the same ones.
    held_out_files: float = 0.2
    most_per_file: int = 150
    most_per_hour: int = 200
    most_examples: int = 3000
    #: Share of the examples that are cut from the user's own files, at least.
    replay_share: float = 0.3
    #: How often an epoch goes through the text of those files, at least; ``None`` chooses by the model's size.
    replay_passes: float | None = None
    #: Characters of them that an epoch goes through for that, at most.
    most_replayed: int = 600_000
    #: As many again, times this, are cut from general Python code, so that a night does not forget that either.
    general_share: float = 0.5
    #: Whether such an example is learned whole, the text around the cursor too: much more for the same work.
    replay_whole: bool = True
    #: Weight of a token that the user wrote instead of a suggestion, next to one of their files.
    written_weight: float = 8.0
    #: Tokens of a prompt at most; far ends give way as they do when serving.
    prompt_tokens: int = 512
    completion_tokens: int = 160
    least_judged: int = 40
    least_of_a_kind: int = 5
    least_cases: int = 60
    least_held_out_files: int = 2

    def __post_init__(self) -> None:
        if self.window_days < 1 or not 0 <= self.replay_share < 1:
            raise NightlyError("window_days must be at least 1, replay_share at least 0 and under 1")
        if not (0 < self.held_out_events < 1 and 0 < self.held_out_files < 1):
            raise NightlyError("the held-out shares must lie between 0 and 1")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a night trains.

    ``learning_rate`` 0 chooses by the model's size. ``supervised_desirable`` is the weight of a token of a wanted suggestion,
    as ``written_weight`` is. ``most_forgotten`` is how much harder general code may become (bits a byte, as a factor)
    before the adapter is made weaker; a little less than the gate allows, on other code than the gate's.
    """

    rank: int = 16
    beta: float = 0.1
    learning_rate: float = 0.0
    epochs: int = 2
    supervised_weight: float = 1.0
    supervised_desirable: float = 4.0
    token_budget: int = 2048
    examples_per_step: int = 12
    seed: int = 0
    most_forgotten: float = 1.015
    general_characters: int = 120_000


@dataclass(frozen=True, slots=True)
class GateSettings:
    """How candidates are compared; see :mod:`burnish_training.gate.decide`.

    ``cases`` 0 chooses by the model's size. Without ``memory`` the workspace's memory is switched off in the served stack: for
    ablations only.
    """

    cases: int = 0
    general_characters: int = 60_000
    resamples: int = 4000
    most_latency_ms: int = 20_000
    memory: bool = True


@dataclass(frozen=True, slots=True)
class NightlySettings:
    """All of it; what is left to the model's size is chosen by :func:`burnish_training.nightly.sizes.settled`."""

    data: DataSettings = field(default_factory=DataSettings)
    recipe: Recipe = field(default_factory=Recipe)
    gate: GateSettings = field(default_factory=GateSettings)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the caller of one run decides. ``now`` skips every condition; 0 minutes or steps set no limit."""

    now: bool = False
    max_minutes: float = 0.0
    max_steps: int = 0
    wait_minutes: float = 240.0
    model: str | None = None
    threads: int = 0
    checkpoint_s: float = 60.0
    fresh: bool = False
