"""What a step minimises: the mean KTO loss over its judged examples plus the weighted supervised term."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from burnish_training.kto.batches import Example, Kind, MicroBatch
from burnish_training.kto.config import KtoConfig
from burnish_training.kto.loss import kto_loss, supervised_loss
from burnish_training.kto.policy import Collated, collate, sum_by_owner, token_logps
from burnish_training.kto.reference import ReferenceCache, pair_key

__all__ = ["Objective", "StepFigures"]


@dataclass(slots=True)
class StepFigures:
    """One step's figures: ``loss`` as minimised; ``kl`` is z and the ratios are mean log-ratios of desirable and of
    undesirable completions (nats a completion); ``nats`` a token of the supervised term. ``nan`` where it had none."""

    loss: float = 0.0
    kl: float = math.nan
    desirable_ratio: float = math.nan
    undesirable_ratio: float = math.nan
    nats: float = math.nan


@dataclass(frozen=True, slots=True)
class _Share:
    """What the terms of a step are divided by: judged examples by kind, pairs, weighted supervised tokens."""

    desirable: int
    undesirable: int
    pairs: int
    supervised: float


class Objective:
    """Computes gradients.

    Args:
        model: PEFT's model; with its adapter switched off it is the reference.
        examples: what the rows of batches point to.
        config: weights of the terms.
        cache: where reference log-probabilities are kept.
        device: where the model is.
    """

    def __init__(
        self,
        model: Any,
        examples: Sequence[Example],
        config: KtoConfig,
        cache: ReferenceCache,
        device: torch.device,
    ) -> None:
        self._model, self._examples, self._config = model, examples, config
        self._cache, self._device = cache, device

    def backward(self, batches: Sequence[MicroBatch]) -> StepFigures:
        """Add the gradient of one step over all its micro-batches to the adapter's weights.

        z is estimated in each micro-batch by itself; the means are over the whole step.
        """
        rows = [row for batch in batches for row in batch]
        kinds = [self._examples[row.example].kind for row in rows]
        share = _Share(
            desirable=kinds.count(Kind.DESIRABLE),
            undesirable=kinds.count(Kind.UNDESIRABLE),
            pairs=sum(row.partner is not None for row in rows),
            supervised=sum(self._supervised_weight(e) * len(e.completion) for e in self._of(rows)),
        )
        figures = StepFigures()
        for batch in batches:
            loss = self._loss(batch, share, figures)
            figures.loss += float(loss.detach())
            loss.backward()  # type: ignore[no-untyped-call]
        return figures

    def prepare(self, batch: MicroBatch) -> None:
        """Make the reference's log-probabilities of a micro-batch known."""
        if any(example.kind is not Kind.SUPERVISED for example in self._of(batch)):
            self._reference(batch, lambda: collate(self._examples, batch, self._device))

    def _of(self, rows: Sequence[Any]) -> list[Example]:
        return [self._examples[row.example] for row in rows]

    def _supervised_weight(self, example: Example) -> float:
        if not self._config.supervised_weight:
            return 0.0
        if example.kind is Kind.SUPERVISED:
            return example.weight
        return self._config.supervised_desirable if example.kind is Kind.DESIRABLE else 0.0

    def _loss(self, batch: MicroBatch, share: _Share, figures: StepFigures) -> Tensor:
        collated = collate(self._examples, batch, self._device)
        judged = any(example.kind is not Kind.SUPERVISED for example in self._of(batch))
        reference = self._reference(batch, lambda: collated) if judged else None
        logps = token_logps(self._model.get_base_model(), collated)
        # Nothing but zeros where a micro-batch has neither term: every weight still gets its gradient.
        loss = logps.sum() * 0.0
        if reference is not None:
            loss = loss + self._kto(batch, collated, logps, reference, share, figures)
        if share.supervised:
            weights = torch.tensor([self._supervised_weight(e) for e in self._of(batch)], device=self._device)
            nats = supervised_loss(logps[: collated.own], collated.owners[: collated.own], weights)
            loss = loss + self._config.supervised_weight * nats / share.supervised
            figures.nats = _add(figures.nats, float(nats.detach()) / share.supervised)
        return loss

    def _kto(
        self,
        batch: MicroBatch,
        collated: Collated,
        logps: Tensor,
        reference: tuple[Tensor, Tensor],
        share: _Share,
        figures: StepFigures,
    ) -> Tensor:
        config, examples, device = self._config, self._of(batch), self._device
        judged = torch.tensor([e.kind is not Kind.SUPERVISED for e in examples], device=device)
        paired = torch.tensor([row.partner is not None for row in batch], device=device)
        desirable = torch.tensor([e.kind is Kind.DESIRABLE for e in examples], device=device)[judged]
        own, other = sum_by_owner(logps, collated)
        terms = kto_loss(
            own[judged],
            reference[0][judged],
            desirable,
            other[paired],
            reference[1][paired],
            beta=config.beta,
            desirable_weight=config.desirable_weight,
            undesirable_weight=config.undesirable_weight,
            weights=torch.tensor([e.weight for e in examples], device=device)[judged],
        )
        if share.pairs:
            figures.kl = _add(figures.kl, float(terms.kl) * int(paired.sum()) / share.pairs)
        if share.desirable:
            gained = float(terms.log_ratios[desirable].sum()) / share.desirable
            figures.desirable_ratio = _add(figures.desirable_ratio, gained)
        if share.undesirable:
            gained = float(terms.log_ratios[~desirable].sum()) / share.undesirable
            figures.undesirable_ratio = _add(figures.undesirable_ratio, gained)
        return terms.losses.sum() / (share.desirable + share.undesirable)

    def _reference(self, batch: MicroBatch, lay_out: Callable[[], Collated]) -> tuple[Tensor, Tensor]:
        """Summed log-probabilities of the base for own and for mismatched completions: (n,) and (n,), 0 where a row
        has none; computed where the cache does not know them."""
        own = [
            pair_key(self._examples[r.example].prompt, self._examples[r.example].completion) for r in batch
        ]
        other = [
            None
            if row.partner is None
            else pair_key(self._examples[row.example].prompt, self._examples[row.partner].completion)
            for row in batch
        ]
        keys = [*own, *other]
        wanted = [key for key in keys if key is not None]
        known = self._cache.get(wanted)
        if any(key not in known for key in wanted):
            collated = lay_out()
            with torch.no_grad(), self._model.disable_adapter():
                sums = sum_by_owner(token_logps(self._model.get_base_model(), collated), collated)
            found = zip(keys, torch.cat(sums).tolist(), strict=True)
            self._cache.put({key: value for key, value in found if key is not None})
            known = self._cache.get(wanted)
        values = torch.tensor([0.0 if key is None else known[key] for key in keys], device=self._device)
        return values[: len(batch)], values[len(batch) :]


def _add(total: float, value: float) -> float:
    return value if math.isnan(total) else total + value
