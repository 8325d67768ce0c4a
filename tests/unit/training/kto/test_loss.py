from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from burnish_training.kto.loss import balance_weights, kto_loss, length_weights, supervised_loss


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_the_loss_is_the_papers_formula() -> None:
    policy = torch.tensor([-3.0, -5.0], requires_grad=True)
    reference = torch.tensor([-4.0, -4.5])
    mismatched = torch.tensor([-8.0, -9.0], requires_grad=True)
    terms = kto_loss(
        policy,
        reference,
        torch.tensor([True, False]),
        mismatched,
        torch.tensor([-9.0, -9.5]),
        beta=0.2,
        desirable_weight=1.5,
        undesirable_weight=0.5,
    )
    z = (1.0 + 0.5) / 2
    assert terms.kl.item() == pytest.approx(z)
    assert terms.log_ratios.tolist() == pytest.approx([1.0, -0.5])
    good, bad = sigmoid(0.2 * (1.0 - z)), sigmoid(0.2 * (z + 0.5))
    assert terms.losses.tolist() == pytest.approx([1.5 * (1 - good), 0.5 * (1 - bad)])
    terms.losses.sum().backward()
    assert policy.grad is not None
    assert policy.grad.tolist() == pytest.approx(
        [-1.5 * 0.2 * good * (1 - good), 0.5 * 0.2 * bad * (1 - bad)], rel=1e-5
    )
    assert mismatched.grad is None


def test_z_is_never_negative_and_zero_without_pairs() -> None:
    policy, reference, kinds = torch.tensor([-1.0]), torch.tensor([-2.0]), torch.tensor([True])
    below = kto_loss(policy, reference, kinds, torch.tensor([-9.0]), torch.tensor([-1.0]), beta=0.1)
    without = kto_loss(policy, reference, kinds, torch.empty(0), torch.empty(0), beta=0.1)
    assert below.kl.item() == without.kl.item() == 0.0
    assert below.losses.item() == without.losses.item() == pytest.approx(1 - sigmoid(0.1))


def test_weights_scale_each_example() -> None:
    args = (torch.tensor([-1.0, -1.0]), torch.tensor([-2.0, -2.0]), torch.tensor([True, False]))
    plain = kto_loss(*args, torch.empty(0), torch.empty(0), beta=0.1).losses
    scaled = kto_loss(
        *args, torch.empty(0), torch.empty(0), beta=0.1, weights=torch.tensor([2.0, 0.0])
    ).losses
    assert scaled.tolist() == pytest.approx([2 * plain[0].item(), 0.0])


def test_the_supervised_term_is_weighted_likelihood() -> None:
    logps = torch.tensor([-1.0, -2.0, -4.0])
    loss = supervised_loss(logps, torch.tensor([0, 0, 1]), torch.tensor([0.5, 2.0]))
    assert loss.item() == pytest.approx(0.5 * 3 + 2 * 4)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_balanced_weights_lie_within_the_papers_bounds(desirable: int, undesirable: int) -> None:
    good, bad = balance_weights(desirable, undesirable)
    assert 1.0 <= good * desirable / (bad * undesirable) <= 4 / 3
    assert max(good, bad) == 1.0


def test_one_kind_alone_needs_no_balance() -> None:
    assert balance_weights(5, 0) == balance_weights(0, 5) == (1.0, 1.0)


@given(st.lists(st.tuples(st.integers(1, 500), st.booleans()), min_size=1, max_size=30))
def test_length_weights_have_mean_one_in_each_kind(pairs: list[tuple[int, bool]]) -> None:
    lengths, kinds = [p[0] for p in pairs], [p[1] for p in pairs]
    weights = length_weights(lengths, kinds)
    for kind in set(kinds):
        own = [(n, w) for n, w, k in zip(lengths, weights, kinds, strict=True) if k is kind]
        assert sum(w for _, w in own) / len(own) == pytest.approx(1.0)
        for (n, w), (m, v) in pairwise(own):
            assert w * n**0.5 == pytest.approx(v * m**0.5)
    assert length_weights(lengths, kinds, power=0) == pytest.approx([1.0] * len(pairs))
