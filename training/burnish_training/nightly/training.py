"""The training part of a night: from frozen examples to an adapter file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from burnish_models import gguf_file
from burnish_training.errors import CheckpointError
from burnish_training.kto.batches import Example, Kind
from burnish_training.kto.config import Budget, KtoConfig
from burnish_training.kto.lora import LoraSettings, choose_precision
from burnish_training.kto.loss import balance_weights
from burnish_training.kto.recipe import KtoRecipe, Outcome, StepReport
from burnish_training.nightly.errors import NightlyError, StoppedError
from burnish_training.nightly.folder import RunFolder
from burnish_training.nightly.settings import Recipe

__all__ = ["TrainingHooks", "config_for", "train_adapter"]

_log = logging.getLogger(__name__)

_SPARE_BYTES = 1 << 30
_RECOMPUTE_ABOVE = 300_000_000


@dataclass(frozen=True, slots=True)
class TrainingHooks:
    """What training asks and tells. ``progress`` takes a phase, its step and steps, and a sentence."""

    should_stop: Callable[[], bool]
    should_pause: Callable[[], bool]
    progress: Callable[[str, int, int, str], None]


def config_for(recipe: Recipe, model: Path, examples: list[Example]) -> KtoConfig:
    """The recipe's settings, settled by the model's size, for these examples on this machine.

    Raises:
        ModelFileError: the model's file cannot be read.
        NightlyError: the machine has not enough memory for it.
    """
    parameters = gguf_file.inspect(model).parameters
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        _must_fit(parameters)
    kinds = [example.kind for example in examples]
    desirable, undesirable = balance_weights(kinds.count(Kind.DESIRABLE), kinds.count(Kind.UNDESIRABLE))
    return KtoConfig(
        lora=LoraSettings(rank=recipe.rank, alpha=float(recipe.rank)),
        precision=choose_precision(torch.device(device)),
        device=device,
        beta=recipe.beta,
        desirable_weight=desirable,
        undesirable_weight=undesirable,
        supervised_weight=recipe.supervised_weight,
        supervised_desirable=recipe.supervised_desirable,
        epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        token_budget=recipe.token_budget,
        examples_per_step=recipe.examples_per_step,
        seed=recipe.seed,
        checkpoint_activations=parameters > _RECOMPUTE_ABOVE,
    )


def _must_fit(parameters: int) -> None:
    """Loading holds the weights twice for a moment: as they come from the file and in 16 bits."""
    needed = parameters * 2 * 3 + _SPARE_BYTES
    available = psutil.virtual_memory().available
    if needed > available:
        raise NightlyError(
            f"Training this model needs about {needed / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free. Close "
            "other programs, or choose a smaller model: burnish models list"
        )


def train_adapter(
    config: KtoConfig,
    model: Path,
    examples: list[Example],
    folder: RunFolder,
    references: Path,
    hooks: TrainingHooks,
    *,
    name: str,
    budget: Budget,
    checkpoint_s: float,
) -> dict[str, Any]:
    """Train, or go on training, and write the adapter into the run's folder; returns the report's figures.

    Raises:
        StoppedError: the hooks said so; a checkpoint is kept.
        TrainingError, ModelsError: it cannot be trained; says why.
    """
    recipe = _set_up(config, model, examples, folder, references, checkpoint_s)
    try:
        whole = recipe.prepare(
            should_stop=hooks.should_stop,
            should_pause=hooks.should_pause,
            on_batch=lambda done, total: hooks.progress("reference", done, total, "Asking the base model"),
        )
        if not whole:
            raise StoppedError(
                "The run was asked to stop; what is done is kept, and the next run goes on from it."
            )
        outcome = recipe.train(
            budget,
            should_stop=hooks.should_stop,
            should_pause=hooks.should_pause,
            on_step=lambda report: hooks.progress("training", report.step, report.steps, _sentence(report)),
        )
        if outcome.reason == "stopped":
            raise StoppedError(
                f"The run was asked to stop after step {outcome.steps} of {recipe.steps}; a checkpoint is kept, and the next "
                "run goes on from it."
            )
        recipe.save(folder.trained, name=name)
    finally:
        recipe.cleanup()
    return _figures(config, outcome, len(examples))


def _set_up(
    config: KtoConfig,
    model: Path,
    examples: list[Example],
    folder: RunFolder,
    references: Path,
    checkpoint_s: float,
) -> KtoRecipe:
    recipe = KtoRecipe(config, model, examples, folder.path, references=references, checkpoint_s=checkpoint_s)
    try:
        recipe.setup()
    except CheckpointError as error:
        _log.warning("%s. The training begins again.", error)
        (folder.path / "checkpoint.pt").unlink(missing_ok=True)
        recipe.cleanup()
        recipe = KtoRecipe(
            config, model, examples, folder.path, references=references, checkpoint_s=checkpoint_s
        )
        recipe.setup()
    return recipe


def _sentence(report: StepReport) -> str:
    return f"Training: step {report.step} of {report.steps}"


def _figures(config: KtoConfig, outcome: Outcome, examples: int) -> dict[str, Any]:
    reports = outcome.reports
    last = reports[-max(1, len(reports) // 5) :]

    def mean(name: str) -> float | None:
        values = [value for report in last if (value := getattr(report, name)) == getattr(report, name)]
        return round(sum(values) / len(values), 5) if values else None

    return {
        "device": config.device,
        "precision": str(config.precision),
        "reason": outcome.reason,
        "steps": outcome.steps,
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds, 2),
        "examples": examples - outcome.too_long,
        "too_long": outcome.too_long,
        "learning_rate": config.learning_rate,
        "rank": config.lora.rank,
        "epochs": config.epochs,
        "beta": config.beta,
        "loss": mean("loss"),
        "kl": mean("kl"),
        "desirable_ratio": mean("desirable_ratio"),
        "undesirable_ratio": mean("undesirable_ratio"),
        "nats": mean("nats"),
    }
