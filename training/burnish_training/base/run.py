"""The whole pretraining run: prepare, train (or resume), export."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from burnish_training.base.config import BaseConfig
from burnish_training.base.examples import ExampleStream
from burnish_training.base.export import export_gguf
from burnish_training.base.prepare import heldout_rows, prepare
from burnish_training.base.recipe import BaseRecipe
from burnish_training.base.tokenizer import Specials

__all__ = ["train_base"]

_log = logging.getLogger(__name__)


def train_base(
    config: BaseConfig,
    folder: Path,
    *,
    threads: int = 0,
    install: bool = True,
    compile_model: bool = True,
    export_only: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train ``config`` under ``folder`` (resuming what is there) and export Q8_0 GGUF beside the checkpoint.

    Returns: ``{config, step, tokens, heldout_loss, gguf}``; ``heldout_loss`` in nats a token.

    Raises:
        TrainingError: corpus or checkpoint problems.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if threads:
        torch.set_num_threads(threads)
    schedule = config.schedule
    documents, heldout, tokenizer = prepare(folder, config.shape.vocabulary, install=install)
    stream = ExampleStream(documents, tokenizer, schedule.seed)
    rows = heldout_rows(heldout, tokenizer, schedule.phases[0].sequence, 96)
    recipe = BaseRecipe(
        config, stream, rows, folder, Specials(tokenizer).end, compile_model=compile_model and not export_only
    )
    if recipe.resume():
        _log.info("resumed at step %d", recipe.step)
    loss = recipe.validate() if export_only else recipe.train(should_stop=should_stop)
    path = folder / f"burnish-{config.name}-q8_0.gguf"
    export_gguf(recipe.model, config, tokenizer, path)
    return {
        "config": config.name,
        "step": recipe.step,
        "tokens": recipe.tokens,
        "heldout_loss": loss,
        "gguf": str(path),
    }
