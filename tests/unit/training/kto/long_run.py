"""A training process to be killed: ``python -m tests.unit.training.kto.long_run BASE FOLDER``.

Prints ``ready``, then each finished step; writes ``adapter.gguf`` at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from burnish_training.kto.config import KtoConfig
from burnish_training.kto.lora import LoraSettings, Precision
from burnish_training.kto.recipe import KtoRecipe
from tests.unit.training.kto.tiny import random_examples


def main() -> None:
    base, folder = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    config = KtoConfig(
        lora=LoraSettings(rank=4, alpha=8, dropout=0.1),
        precision=Precision.BFLOAT16,
        epochs=10,
        token_budget=200,
        examples_per_step=8,
    )
    recipe = KtoRecipe(config, base, random_examples(80), folder, checkpoint_s=0)
    recipe.setup()
    print("ready", recipe.step, flush=True)  # noqa: T201
    recipe.train(on_step=lambda report: print(report.step, flush=True))  # noqa: T201
    recipe.save(folder / "adapter.gguf", name="night")


if __name__ == "__main__":
    main()
