from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from burnish_training.base.config import CONFIGS, BaseConfig, Phase
from burnish_training.base.corpus import Document
from burnish_training.base.examples import ExampleStream
from burnish_training.base.recipe import BaseRecipe, learning_rate_factor
from burnish_training.base.tokenizer import Specials, train_tokenizer
from burnish_training.errors import CheckpointError

TEXT = "def add(first, second):\n    total = first + second\n    return total\n\n\n" * 20
TINY = CONFIGS["tiny"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([TEXT], TINY.shape.vocabulary)


def config(tokens: int) -> BaseConfig:
    phases = (Phase(0, 128, 2), Phase(512, 64, 3))
    schedule = dataclasses.replace(TINY.schedule, tokens=tokens, phases=phases, warmup_tokens=512)
    return dataclasses.replace(TINY, schedule=schedule)


def recipe(tokenizer: Tokenizer, folder: Path, tokens: int = 2048) -> BaseRecipe:
    stream = ExampleStream([Document("a", "a.py", TEXT)], tokenizer, seed=1)
    rows = np.ones((4, 129), dtype=np.int64)
    folder.mkdir(exist_ok=True)
    return BaseRecipe(config(tokens), stream, rows, folder, Specials(tokenizer).end, compile_model=False)


def test_the_learning_rate_warms_up_stays_and_decays_in_every_cycle() -> None:
    schedule = dataclasses.replace(
        TINY.schedule, tokens=1500, cycles=(1000,), warmup_tokens=100, decay_fraction=0.4
    )
    factors = [learning_rate_factor(tokens, schedule) for tokens in range(1501)]
    assert factors[9] == pytest.approx(0.1)
    assert factors[99:601] == [1.0] * 502
    assert factors[800] == pytest.approx(0.5)
    assert 0 < factors[999] < 0.01
    assert factors[1009] == pytest.approx(0.1)
    assert factors[1400] == pytest.approx(0.5)
    assert factors[1500] == 0.0


def test_a_budget_within_an_earlier_cycle_ends_there() -> None:
    schedule = dataclasses.replace(TINY.schedule, tokens=800, cycles=(1000,))
    assert schedule.cycle_at(100) == (0, 800)


def test_a_resumed_run_ends_with_the_same_weights(tokenizer: Tokenizer, tmp_path: Path) -> None:
    whole = recipe(tokenizer, tmp_path / "whole")
    whole.train()
    first = recipe(tokenizer, tmp_path / "parts")
    steps = iter([False, False, True])
    first.train(should_stop=lambda: next(steps))
    second = recipe(tokenizer, tmp_path / "parts")
    assert second.resume()
    assert second.step == 2
    second.train()
    assert second.tokens == whole.tokens >= 2048
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, second.model.state_dict()[name]), name


def test_training_lowers_the_loss(tokenizer: Tokenizer, tmp_path: Path) -> None:
    run = recipe(tokenizer, tmp_path / "run", tokens=16_000)
    before = run._train_step()
    run.train()
    with torch.no_grad():
        after = float(run.model(torch.from_numpy(run._stream.batch(0, 2, 128))))
    assert after < before - 1.0


def test_a_damaged_or_foreign_checkpoint_is_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    run = recipe(tokenizer, tmp_path / "run")
    run.save()
    path = tmp_path / "run" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    torch.save({**state, "shape": {**state["shape"], "hidden": 128}}, path)
    with pytest.raises(CheckpointError, match="another model shape"):
        recipe(tokenizer, tmp_path / "run").resume()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        recipe(tokenizer, tmp_path / "run").resume()
