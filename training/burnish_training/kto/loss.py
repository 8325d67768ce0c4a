"""The KTO loss as a pure function (Ethayarajh et al. 2024, arXiv 2402.01306, equations 7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["KtoTerms", "balance_weights", "kto_loss", "length_weights", "supervised_loss"]

#: λ_D·n_D : λ_U·n_U should lie within [1, 4/3] (equation 8); the middle of that.
_BALANCE = 7 / 6


@dataclass(frozen=True, slots=True)
class KtoTerms:
    """What :func:`kto_loss` gives.

    ``losses`` is (n,), each example's own, weights applied; ``log_ratios`` is (n,) and ``kl`` a scalar, both detached,
    in nats.
    """

    losses: Tensor
    log_ratios: Tensor
    kl: Tensor


def kto_loss(
    policy: Tensor,
    reference: Tensor,
    desirable: Tensor,
    mismatched_policy: Tensor,
    mismatched_reference: Tensor,
    *,
    beta: float,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
    weights: Tensor | None = None,
) -> KtoTerms:
    """Each example's loss: λ_D·(1 − σ(β·(r − z))) where desirable, λ_U·(1 − σ(β·(z − r))) where not.

    r = log π(y|x) − log π_ref(y|x), summed over the tokens of y; z = max(0, mean of the same over mismatched pairs),
    without gradient. Without mismatched pairs z is 0.

    Args:
        policy, reference: (n,) log-probabilities of completions given their prompts, summed over tokens, in nats.
        desirable: (n,) bool.
        mismatched_policy, mismatched_reference: (m,) the same for pairs of a prompt and another example's completion.
        beta: how far the policy may move from the reference; larger is less.
        desirable_weight, undesirable_weight: λ_D and λ_U.
        weights: (n,) a further factor for each example, such as :func:`length_weights`.
    """
    ratios = policy - reference
    kl = policy.new_zeros(())
    if mismatched_policy.numel():
        kl = (mismatched_policy - mismatched_reference).mean().clamp(min=0).detach()
    gain = torch.where(desirable, ratios - kl, kl - ratios)
    losses = 1 - torch.sigmoid(beta * gain)
    losses = losses * torch.where(desirable, desirable_weight, undesirable_weight)
    if weights is not None:
        losses = losses * weights
    return KtoTerms(losses, ratios.detach(), kl)


def supervised_loss(token_logps: Tensor, owners: Tensor, weights: Tensor) -> Tensor:
    """Negative log-likelihood summed over tokens, each times its example's weight: a scalar.

    Args:
        token_logps: (t,) log-probabilities of single tokens, in nats.
        owners: (t,) int64, the example each token belongs to.
        weights: (n,) factor of each example; 0 leaves it out.
    """
    return -(token_logps * weights[owners]).sum()


def balance_weights(desirable: int, undesirable: int) -> tuple[float, float]:
    """(λ_D, λ_U) that make up for unequal numbers of examples; the larger one is 1.

    λ_D·desirable : λ_U·undesirable is 7/6, within the [1, 4/3] of equation 8. Without one kind both are 1.
    """
    if not desirable or not undesirable:
        return 1.0, 1.0
    ratio = _BALANCE * undesirable / desirable
    return (1.0, 1.0 / ratio) if ratio > 1 else (ratio, 1.0)


def length_weights(lengths: Sequence[int], desirable: Sequence[bool], *, power: float = 0.5) -> list[float]:
    """Factors ∝ length^−power, of mean 1 among the desirable and among the undesirable examples.

    The log-ratio is a sum over tokens, so that without this long completions dominate the gradient. ``power`` 0 changes
    nothing, 1 makes a token of a long completion count as little as the completion is long.
    """
    raw = [max(1, length) ** -power for length in lengths]
    means = {}
    for kind in (True, False):
        own = [value for value, is_desirable in zip(raw, desirable, strict=True) if is_desirable is kind]
        means[kind] = sum(own) / len(own) if own else 1.0
    return [value / means[kind] for value, kind in zip(raw, desirable, strict=True)]
