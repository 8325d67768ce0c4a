"""A prompt shared by two completions gives what two separate passes give."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from burnish_training.kto.batches import Example, Kind, Row, plan_batches
from burnish_training.kto.lora import FrozenBase, Precision, load_base
from burnish_training.kto.policy import collate, sum_by_owner, token_logps
from tests.unit.training.kto.tiny import random_examples

CPU = torch.device("cpu")


def separately(base: FrozenBase, prompt: tuple[int, ...], completion: tuple[int, ...]) -> float:
    ids = torch.tensor([prompt + completion])
    with torch.no_grad():
        logps = base.model(input_ids=ids).logits.log_softmax(-1)
    picked = logps[0, len(prompt) - 1 : -1].gather(1, ids[0, len(prompt) :, None])
    return float(picked.sum())


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_shared_prompts_change_no_probability(architecture: str, request: pytest.FixtureRequest) -> None:
    base = load_base(request.getfixturevalue(architecture), device=CPU, precision=Precision.FLOAT32)
    examples = random_examples(25)
    plan = plan_batches(examples, token_budget=300, examples_per_step=8, seed=1)
    pairs = 0
    for batch in plan.micro_batches:
        collated = collate(examples, batch, CPU)
        with torch.no_grad():
            own, other = sum_by_owner(token_logps(base.model, collated), collated)
        for number, row in enumerate(batch):
            example = examples[row.example]
            expected = separately(base, example.prompt, example.completion)
            assert own[number].item() == pytest.approx(expected, abs=1e-3)
            if row.partner is not None:
                pairs += 1
                expected = separately(base, example.prompt, examples[row.partner].completion)
                assert other[number].item() == pytest.approx(expected, abs=1e-3)
    assert pairs == 20


def test_one_token_completions_need_no_mask_of_their_own(qwen2: Path) -> None:
    base = load_base(qwen2, device=CPU, precision=Precision.FLOAT32)
    examples = [
        Example((5, 6, 7), (8,), Kind.DESIRABLE),
        Example((9,), (10,), Kind.UNDESIRABLE),
    ]
    collated = collate(examples, (Row(0, 1), Row(1, 0)), CPU)
    assert collated.mask is None
    with torch.no_grad():
        own, other = sum_by_owner(token_logps(base.model, collated), collated)
    assert own[1].item() == pytest.approx(separately(base, (9,), (10,)), abs=1e-4)
    assert other[0].item() == pytest.approx(separately(base, (5, 6, 7), (10,)), abs=1e-4)


def test_mismatched_completions_carry_no_gradient(qwen2: Path) -> None:
    base = load_base(qwen2, device=CPU, precision=Precision.FLOAT32)
    base.model.requires_grad_(True)
    examples = random_examples(2)
    collated = collate(examples, (Row(0, 1), Row(1, 0)), CPU)
    own, other = sum_by_owner(token_logps(base.model, collated), collated)
    weight = base.model.model.layers[0].mlp.up_proj.weight
    (gradient,) = torch.autograd.grad(other.sum(), weight, retain_graph=True)
    assert not gradient.any()
    (gradient,) = torch.autograd.grad(own.sum(), weight)
    assert gradient.any()
