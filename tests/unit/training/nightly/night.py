"""A nightly run to be killed: ``python -m tests.unit.training.nightly.night HOME MODEL``.

Prints each phase as it begins, and the decision at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from burnish_training.nightly.command import _stop_signals
from burnish_training.nightly.run import run_nightly
from burnish_training.nightly.settings import (
    DataSettings,
    GateSettings,
    NightlySettings,
    Recipe,
    RunOptions,
)

#: Small enough for a test, with every part in it.
SMALL = NightlySettings(
    data=DataSettings(prompt_tokens=120, replay_passes=0.0, least_cases=20),
    recipe=Recipe(rank=4, epochs=2, token_budget=1024, examples_per_step=8, general_characters=4_000),
    gate=GateSettings(cases=24, general_characters=4_000, resamples=500),
)


def main() -> None:
    seen: list[str] = []

    def show(status: dict[str, Any]) -> None:
        if status["phase"] not in seen[-1:]:
            seen.append(status["phase"])
            print(status["phase"], status["step"], flush=True)  # noqa: T201

    options = RunOptions(now=True, model=sys.argv[2], threads=1, checkpoint_s=0.0)
    with _stop_signals() as should_stop:
        report = run_nightly(Path(sys.argv[1]), SMALL, options, should_stop=should_stop, listener=show)
    print("decision", report["decision"], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
