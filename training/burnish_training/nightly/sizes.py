"""What a night does by the size of the model that learns: a small one can afford more, and needs larger steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burnish_training.nightly.settings import NightlySettings

__all__ = ["settled"]


@dataclass(frozen=True, slots=True)
class _BySize:
    """``learning_rate``: the peak. ``replay_passes``: how often an epoch goes through the text of the user's files, at least.
    ``cases``: lines that the gate asks for."""

    learning_rate: float
    replay_passes: float
    cases: int


#: The most parameters each is for. Rates fall with size; beyond small models a pass over a workspace would take a CPU hours.
_SIZES = (
    (50_000_000, _BySize(1e-3, 1.5, 1_200)),
    (1_000_000_000, _BySize(2e-4, 0.0, 500)),
)
_LARGE = _BySize(1e-4, 0.0, 500)


def settled(settings: NightlySettings, parameters: int) -> NightlySettings:
    """The settings with everything chosen that they leave to the size of the model, in parameters."""
    size = next((found for most, found in _SIZES if parameters <= most), _LARGE)
    passes = settings.data.replay_passes
    return replace(
        settings,
        data=replace(settings.data, replay_passes=size.replay_passes if passes is None else passes),
        recipe=replace(settings.recipe, learning_rate=settings.recipe.learning_rate or size.learning_rate),
        gate=replace(settings.gate, cases=settings.gate.cases or size.cases),
    )
