"""Log-probabilities of completions: one forward pass for a batch of rows, logits only where a completion is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from burnish_training.kto.batches import Example, MicroBatch

__all__ = ["Collated", "collate", "sum_by_owner", "token_logps"]

_PROMPT, _OWN, _OTHER, _PADDING = range(4)


@dataclass(frozen=True, slots=True)
class Collated:
    """A micro-batch of n rows as tensors.

    ``tokens`` and ``positions`` are int64 (n, length). ``mask`` is bool (n, 1, length, length), true where a token sees
    another; ``None`` where plain causal order is enough. The t predicted tokens are flat: ``at`` (t,) indexes
    the (n · length) hidden states, ``targets`` (t,) are token ids, ``owners`` (t,) are the row for its own completion and n +
    row for the mismatched one. All own ones come first; there are ``own`` of them.
    """

    tokens: Tensor
    positions: Tensor
    mask: Tensor | None
    at: Tensor
    targets: Tensor
    owners: Tensor
    own: int

    @property
    def rows(self) -> int:
        """n."""
        return len(self.tokens)


def collate(examples: Sequence[Example], batch: MicroBatch, device: torch.device) -> Collated:
    """Lay out prompt, own completion and mismatched completion in one row each; the last token of a completion
    predicts nothing and is left out."""
    rows: list[tuple[list[int], list[int], list[int]]] = []
    own: list[tuple[int, int, int]] = []
    other: list[tuple[int, int, int]] = []
    for number, row in enumerate(batch):
        example = examples[row.example]
        prompt, completion = list(example.prompt), list(example.completion)
        tokens = prompt + completion[:-1]
        positions = list(range(len(tokens)))
        segments = [_PROMPT] * len(prompt) + [_OWN] * (len(completion) - 1)
        own += [(number, len(prompt) - 1 + k, token) for k, token in enumerate(completion)]
        if row.partner is not None:
            mismatched = list(examples[row.partner].completion)
            places = [len(prompt) - 1, *range(len(tokens), len(tokens) + len(mismatched) - 1)]
            other += [(number, place, token) for place, token in zip(places, mismatched, strict=True)]
            tokens += mismatched[:-1]
            positions += range(len(prompt), len(prompt) + len(mismatched) - 1)
            segments += [_OTHER] * (len(mismatched) - 1)
        rows.append((tokens, positions, segments))
    return _tensors(rows, own, other, device)


def _tensors(
    rows: list[tuple[list[int], list[int], list[int]]],
    own: list[tuple[int, int, int]],
    other: list[tuple[int, int, int]],
    device: torch.device,
) -> Collated:
    length = max(len(tokens) for tokens, _, _ in rows)
    paddings = (0, 0, _PADDING)
    padded = [
        torch.tensor([row[part] + [padding] * (length - len(row[part])) for row in rows])
        for part, padding in enumerate(paddings)
    ]
    tokens, positions, segments = padded
    flat = torch.tensor([(row * length + place, token, row) for row, place, token in own])
    if other:
        shifted = torch.tensor(
            [(row * length + place, token, row + len(rows)) for row, place, token in other]
        )
        flat = torch.cat([flat, shifted])
    at, targets, owners = flat.to(device).unbind(1)
    mask = _mask(segments).to(device) if bool((segments == _OTHER).any()) else None
    return Collated(tokens.to(device), positions.to(device), mask, at, targets, owners, len(own))


def _mask(segments: Tensor) -> Tensor:
    """Causal, and a completion sees the prompt and itself only. Padding comes last, so that nobody sees it."""
    length = segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    seen, seeing = segments[:, None, :], segments[:, :, None]
    return (causal & ((seen == _PROMPT) | (seen == seeing)))[:, None]


def token_logps(model: Any, batch: Collated) -> Tensor:
    """Natural log-probabilities of the predicted tokens, float32 (t,); those of mismatched completions carry no gradient.

    ``model`` is a transformers causal language model with an adapter in it (``get_base_model()`` of a PEFT model).
    """
    # Without a mask of ours, positions that start again would be taken for packed sequences.
    positions = None if batch.mask is None else batch.positions
    hidden = model.model(
        input_ids=batch.tokens, position_ids=positions, attention_mask=batch.mask, use_cache=False
    ).last_hidden_state
    hidden = hidden.flatten(0, 1)
    own = _logps(model, hidden[batch.at[: batch.own]], batch.targets[: batch.own])
    if batch.own == len(batch.at):
        return own
    with torch.no_grad():
        other = _logps(model, hidden.detach()[batch.at[batch.own :]], batch.targets[batch.own :])
    return torch.cat([own, other])


def _logps(model: Any, hidden: Tensor, targets: Tensor) -> Tensor:
    logits = model.lm_head(hidden).float()
    return -F.cross_entropy(logits, targets, reduction="none")


def sum_by_owner(values: Tensor, batch: Collated) -> tuple[Tensor, Tensor]:
    """Sums over each row's own completion and over its mismatched one: (n,) and (n,), 0 where there is none."""
    sums = values.new_zeros(2 * batch.rows).index_add(0, batch.owners, values)
    own, other = sums.split(batch.rows)  # type: ignore[no-untyped-call]
    return own, other
