from __future__ import annotations

import dataclasses
import math
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from burnish_training.errors import CheckpointError
from burnish_training.kto import recipe as recipe_module
from burnish_training.kto.batches import Example, Kind
from burnish_training.kto.checkpoint import save_checkpoint
from burnish_training.kto.config import Budget, KtoConfig, learning_rate_factor
from burnish_training.kto.errors import DataError, DivergedError, KtoError
from burnish_training.kto.lora import LoraSettings, Precision
from burnish_training.kto.recipe import KtoRecipe, Outcome
from tests.unit.training.kto.tiny import random_examples, write_tiny

CONFIG = KtoConfig(
    lora=LoraSettings(rank=4, alpha=8, dropout=0.1),
    precision=Precision.FLOAT32,
    epochs=2,
    learning_rate=1e-2,
    token_budget=200,
    examples_per_step=8,
)


def made(base: Path, folder: Path, config: KtoConfig = CONFIG, **options: Any) -> KtoRecipe:
    recipe = KtoRecipe(config, base, options.pop("examples", random_examples(40)), folder, **options)
    recipe.setup()
    return recipe


def weights(recipe: KtoRecipe) -> list[torch.Tensor]:
    return [p.detach().clone() for p in recipe._parameters]


def same(first: Iterable[torch.Tensor], second: Iterable[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def timeless(outcome: Outcome) -> list[str]:
    return [repr(dataclasses.replace(report, seconds=0)) for report in outcome.reports]


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.BFLOAT16])
def test_a_resumed_run_ends_with_the_same_weights(qwen2: Path, tmp_path: Path, precision: Precision) -> None:
    """Dropout draws random numbers in every step: their state is part of what is resumed."""
    config = dataclasses.replace(CONFIG, precision=precision)
    whole = made(qwen2, tmp_path / "whole", config)
    outcome = whole.train()
    assert outcome.reason == "done"
    parts: list[Outcome] = []
    for budget in (1, 2, 5, 6, 0):
        part = made(qwen2, tmp_path / "parts", config)
        assert part.step == (parts[-1].steps if parts else 0)
        parts.append(part.train(Budget(steps=budget)))
        torch.manual_seed(99)
    assert [p.reason for p in parts] == ["steps"] * 4 + ["done"]
    assert same(weights(whole), weights(part))
    assert timeless(outcome) == timeless(parts[-1])
    whole.save(tmp_path / "whole.gguf", name="night")
    part.save(tmp_path / "parts.gguf", name="night")
    assert (tmp_path / "whole.gguf").read_bytes() == (tmp_path / "parts.gguf").read_bytes()


def test_asking_the_reference_first_changes_nothing_and_spares_asking_later(
    qwen2: Path, tmp_path: Path
) -> None:
    plain = made(qwen2, tmp_path / "plain")
    plain.train()
    prepared = made(qwen2, tmp_path / "prepared")
    told: list[tuple[int, int]] = []
    assert not prepared.prepare(should_stop=lambda: len(told) == 2, on_batch=lambda *at: told.append(at))
    assert len(told) == 2, "stopped"
    assert prepared.prepare(on_batch=lambda *at: told.append(at))
    assert told[-1] == (len(prepared._plan.micro_batches),) * 2
    known = len(prepared._cache)
    assert known > 40
    prepared.train()
    assert len(prepared._cache) == known
    assert same(weights(plain), weights(prepared))


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_training_moves_the_log_ratios_apart(
    architecture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    config = dataclasses.replace(CONFIG, epochs=8)
    outcome = made(request.getfixturevalue(architecture), tmp_path, config).train()
    first, last = outcome.reports[0], outcome.reports[-1]
    assert first.desirable_ratio == first.undesirable_ratio == 0.0, "it starts as the reference"
    assert last.desirable_ratio > 2
    assert last.undesirable_ratio < -2
    assert last.nats < first.nats - 0.5


@pytest.mark.parametrize("kinds", [{Kind.DESIRABLE, Kind.UNDESIRABLE}, {Kind.SUPERVISED}, {Kind.UNDESIRABLE}])
def test_either_term_alone_trains(qwen2: Path, tmp_path: Path, kinds: set[Kind]) -> None:
    examples = [e for e in random_examples(40) if e.kind in kinds]
    outcome = made(qwen2, tmp_path, examples=examples).train()
    last = outcome.reports[-1]
    assert math.isnan(last.nats) == (Kind.SUPERVISED not in kinds)
    assert math.isnan(last.desirable_ratio) == (Kind.DESIRABLE not in kinds)
    assert math.isnan(last.undesirable_ratio) == (Kind.UNDESIRABLE not in kinds)
    assert last.loss < outcome.reports[0].loss


def test_without_weight_supervised_examples_cost_nothing(qwen2: Path, tmp_path: Path) -> None:
    recipe = made(qwen2, tmp_path, dataclasses.replace(CONFIG, supervised_weight=0))
    assert {e.kind for e in recipe._examples} == {Kind.DESIRABLE, Kind.UNDESIRABLE}


def test_the_reference_is_computed_once(qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from burnish_training.kto import objective

    passes: list[bool] = []
    plain = objective.token_logps

    def counted(model: Any, batch: Any) -> torch.Tensor:
        passes.append(torch.is_grad_enabled())
        return plain(model, batch)

    monkeypatch.setattr(objective, "token_logps", counted)
    first = made(qwen2, tmp_path / "first", references=tmp_path / "cache")
    first.train()
    batches = len(first._plan.micro_batches)
    assert passes.count(True) == 2 * batches
    assert 0 < passes.count(False) <= batches
    passes.clear()
    made(qwen2, tmp_path / "second", references=tmp_path / "cache").train()
    assert passes.count(False) == 0


def test_budgets_end_a_run_and_another_goes_on(qwen2: Path, tmp_path: Path) -> None:
    assert made(qwen2, tmp_path).train(Budget(tokens=1)).reason == "tokens"
    run = made(qwen2, tmp_path)
    assert run.step == 1
    assert run.train(Budget(seconds=1e-9)).reason == "seconds"
    assert run.train(should_stop=lambda: run.step == 3).reason == "stopped"
    assert made(qwen2, tmp_path).step == 3


def test_a_pause_computes_nothing_and_leaves_a_checkpoint(
    qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(qwen2, tmp_path)
    asked: list[int] = []
    naps: list[int] = []

    def nap(_seconds: float) -> None:
        naps.append(made(qwen2, tmp_path).step)

    monkeypatch.setattr(recipe_module.time, "sleep", nap)

    def pause() -> bool:
        asked.append(run.step)
        return asked.count(2) <= 3 and run.step == 2

    outcome = run.train(should_pause=pause)
    assert naps == [2, 2, 2], "what another process would find while this one pauses"
    assert outcome.reason == "done"
    assert asked.count(2) == 4


def test_progress_is_reported_every_step(qwen2: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    run = made(qwen2, tmp_path)
    outcome = run.train(on_step=lambda report: seen.append(report.step))
    assert seen == list(range(1, run.steps + 1))
    examples = random_examples(40)
    assert outcome.tokens == 2 * sum(len(e.prompt) + len(e.completion) for e in examples)


def test_examples_without_room_are_counted(qwen2: Path, tmp_path: Path) -> None:
    long = Example(tuple(range(300)), (1,), Kind.DESIRABLE)
    assert made(qwen2, tmp_path, examples=[*random_examples(10), long]).train(Budget(steps=1)).too_long == 1
    with pytest.raises(DataError):
        made(qwen2, tmp_path / "none", examples=[])


@pytest.mark.parametrize("what", ["examples", "settings", "model"])
def test_a_checkpoint_of_another_run_is_refused(qwen2: Path, tmp_path: Path, what: str) -> None:
    made(qwen2, tmp_path).train(Budget(steps=1))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(CheckpointError, match="another model, other examples or other settings"):
        if what == "examples":
            made(qwen2, tmp_path, examples=random_examples(39))
        elif what == "settings":
            made(qwen2, tmp_path, dataclasses.replace(CONFIG, beta=0.2))
        else:
            made(write_tiny(tmp_path / "other.gguf", seed=5), tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize("size", [0, 10, 5000])
def test_a_damaged_checkpoint_is_refused(qwen2: Path, tmp_path: Path, size: int) -> None:
    made(qwen2, tmp_path).train(Budget(steps=1))
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="delete it to start again"):
        made(qwen2, tmp_path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": "a"})
    before = path.read_bytes()

    def full(_state: object, file: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match="make room"):
        save_checkpoint(path, {"identity": "b"})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_checkpoint(qwen2: Path, tmp_path: Path) -> None:
    run = made(qwen2, tmp_path, checkpoint_s=0)
    run.train(Budget(steps=2))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with torch.no_grad():
        run._parameters[1].fill_(math.nan)
    with pytest.raises(DivergedError, match="step 3"):
        run.train()
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_the_learning_rate_rises_and_falls_to_a_tenth() -> None:
    factors = [learning_rate_factor(step, 20, 0.2) for step in range(20)]
    assert factors[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert factors[-1] == pytest.approx(0.1)
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert learning_rate_factor(0, 1, 0.0) == 1.0


@pytest.mark.parametrize("change", [{"epochs": 0}, {"beta": 0}, {"warmup": 1.0}, {"supervised_weight": -1}])
def test_bad_settings_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(KtoError):
        dataclasses.replace(CONFIG, **change)


def test_recomputed_activations_change_nothing_but_memory(qwen2: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, lora=LoraSettings(rank=4, alpha=8))
    plain = made(qwen2, tmp_path / "plain", config)
    again = made(qwen2, tmp_path / "again", dataclasses.replace(config, checkpoint_activations=True))
    assert again._base.model.is_gradient_checkpointing
    plain.train(Budget(steps=3))
    again.train(Budget(steps=3))
    for one, other in zip(weights(plain), weights(again), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_training_opens_no_connection(qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def refuse(*arguments: object) -> None:
        tried.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    run = made(qwen2, tmp_path)
    run.train(Budget(steps=2))
    run.save(tmp_path / "night.gguf", name="night")
    assert tried == []


def test_cleaning_up_leaves_a_run_that_goes_on(qwen2: Path, tmp_path: Path) -> None:
    run = made(qwen2, tmp_path)
    run.train(Budget(steps=1))
    run.cleanup()
    assert made(qwen2, tmp_path).step == 1


def test_a_gradient_that_is_no_number_ends_the_run(qwen2: Path, tmp_path: Path) -> None:
    """The loss may still be finite then."""
    run = made(qwen2, tmp_path)
    run._parameters[0].register_hook(lambda gradient: gradient * math.inf)
    with pytest.raises(DivergedError, match="gradient"):
        run.train()
