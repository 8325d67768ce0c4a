"""Choosing the next token from logits, with the probabilities that confidence is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.vocabulary import Vocabulary
from burnish_models.workspace_memory.recall import Recall

__all__ = ["Choice", "Sampler", "SamplerTables"]

_LEAST = 1e-30


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen token. ``token`` is None when the answer ends here; ``logprob`` is in nats."""

    token: int | None
    logprob: float


class SamplerTables:
    """What samplers of one vocabulary share, made once: masks, the folding of line ends, room to calculate in.

    One sampler may choose at a time.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.room = np.zeros(len(vocabulary), dtype=np.float32)
        #: Added to logits: minus infinity for tokens that must not be chosen.
        self.mask = np.zeros(len(vocabulary), dtype=np.float32)
        self.mask[vocabulary.unusable] = -np.inf
        self.endless_mask = self.mask.copy()
        self.endless_mask[sorted(vocabulary.end_tokens)] = -np.inf
        #: ``folded``: ids that fold onto another, in groups by it; ``onto``: each group's id; ``begins``: where groups begin.
        order = np.argsort(vocabulary.folded_onto, kind="stable")
        self.folded = vocabulary.folded[order]
        self.onto, self.begins = np.unique(vocabulary.folded_onto[order], return_index=True)
        self.group = {token: group for group, token in enumerate(self.onto.tolist())}


class Sampler:
    """Greedy or temperature sampling over one answer.

    In single-line mode a token that carries a newline (``:\\n``) counts as its visible part (``:``) followed by the
    end of the line, so that the probability of a line does not depend on how its end happens to be tokenised:
    p'(v) = p(v) + Σ p(v\\n…), and the share e = Σ p(v\\n…) / p'(v) counts as the line's end in the next step.

    Probabilities are kept as weights (the exponentials of the logits) with their sum: what memory knows changes a few of
    them, and nothing is divided but what is asked for.
    """

    def __init__(
        self,
        tables: SamplerTables,
        *,
        single_line: bool,
        temperature: float = 0.0,
        seed: int = 0,
        ignore_end: bool = False,
        recall: Recall | None = None,
    ) -> None:
        self._tables = tables
        self._mask = tables.endless_mask if ignore_end else tables.mask
        self._recall = recall
        self._single_line = single_line
        self._temperature = temperature
        self._rng = np.random.default_rng(seed) if temperature > 0.0 else None
        self._ended_share = 0.0

    def choose(self, logits: NDArray[np.float32], allowed: NDArray[np.int64] | None = None) -> Choice:
        """The next token given ``logits`` (float32, one per token); ``allowed`` restricts and renormalises."""
        weights = self._tables.room
        np.add(logits, self._mask, out=weights)
        np.subtract(weights, weights.max(), out=weights)
        np.exp(weights, out=weights)
        total = float(weights.sum())
        if self._recall is not None:
            total = self._remember(self._recall, weights, total)
        if allowed is not None:
            return self._constrained(weights, total, allowed)
        if self._single_line:
            return self._on_one_line(weights, total)
        token = self._pick(weights)
        ends = token in self._tables.vocabulary.end_tokens
        return Choice(None if ends else token, _log(float(weights[token]) / total))

    def _remember(self, recall: Recall, weights: NDArray[np.float32], total: float) -> float:
        """Mix in what memory knows, in place; returns the new sum. With p = model·p_model + memory, all divided by ``model``,
        only the tokens that memory names change.
        """
        shares = recall.shares()
        each = total / shares.model
        for token, share in shares.memory.items():
            if not self._mask[token]:
                weights[token] += share * each
                total += share * each
        return total

    def _on_one_line(self, weights: NDArray[np.float32], total: float) -> Choice:
        tables = self._tables
        end = float(weights[tables.vocabulary.line_end].sum()) / total
        weights[tables.vocabulary.line_end] = 0.0
        groups = None
        if len(tables.folded):
            groups = np.add.reduceat(weights[tables.folded], tables.begins)
            weights[tables.folded] = 0.0
            weights[tables.onto] += groups
        end = self._ended_share + (1.0 - self._ended_share) * end
        token = self._pick(weights)
        weight = float(weights[token])
        chance = weight / total * (1.0 - self._ended_share)
        if self._ends(end, chance):
            return Choice(None, _log(end))
        group = tables.group.get(token)
        ended = float(groups[group]) if groups is not None and group is not None else 0.0
        self._ended_share = ended / max(weight, _LEAST)
        return Choice(token, _log(chance))

    def _ends(self, end: float, chance: float) -> bool:
        if self._rng is None:
            return end >= chance
        return bool(self._rng.random() < end)

    def _pick(self, weights: NDArray[np.float32]) -> int:
        likeliest = int(weights.argmax())
        top = float(weights[likeliest])
        if self._rng is None or top <= 0.0:
            return likeliest
        # So that at any temperature something is left of the likeliest.
        powers = (weights.astype(np.float64) / top) ** (1.0 / self._temperature)
        return int(self._rng.choice(len(powers), p=powers / powers.sum()))

    def _constrained(self, weights: NDArray[np.float32], total: float, allowed: NDArray[np.int64]) -> Choice:
        self._ended_share = 0.0
        picked = np.maximum(weights[allowed] / np.float32(total), np.float32(_LEAST))
        picked /= picked.sum()
        index = self._pick(picked)
        return Choice(int(allowed[index]), _log(float(picked[index])))


def _log(probability: float) -> float:
    return math.log(max(probability, _LEAST))
