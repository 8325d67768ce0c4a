"""What is trained is what is served: the exported file gives the module's own probabilities."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_training.base.config import CONFIGS
from burnish_training.base.export import export_gguf
from burnish_training.base.model import BaseModel
from burnish_training.base.tokenizer import Specials, train_tokenizer

pytestmark = pytest.mark.integration
TEXT = "def add(first, second):\n    total = first + second\n    return total\n\n\n" * 8


async def test_llama_cpp_scores_the_export_like_torch(tmp_path: Path) -> None:
    tiny = CONFIGS["tiny"]
    config = dataclasses.replace(tiny, shape=dataclasses.replace(tiny.shape, layers=3))
    tokenizer = train_tokenizer([TEXT], config.shape.vocabulary)
    end = Specials(tokenizer).end
    torch.manual_seed(3)
    model = BaseModel(config.shape, end)
    path = tmp_path / "tiny.gguf"
    export_gguf(model, config, tokenizer, path)
    tokens = [end, *tokenizer.encode(TEXT).ids]
    with torch.no_grad():
        expected = float(model(torch.tensor([tokens])))
    engine = LlamaCppEngine(path, EngineSettings(threads=1))
    await engine.load()
    try:
        nats, scored = await engine.score(TEXT)
    finally:
        await engine.close()
    assert scored == len(tokens) - 1
    assert nats / scored == pytest.approx(expected, abs=0.02)
