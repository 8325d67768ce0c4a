"""Choosing the next token from logits, with the probabilities that confidence is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.vocabulary import Vocabulary
from burnish_models.workspace_memory.recall import Recall

__all__ = ["Choice", "Sampler"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen token. ``token`` is None when the answer ends here; ``logprob`` is in nats."""

    token: int | None
    logprob: float


class Sampler:
    """Greedy or temperature sampling over one answer.

    In single-line mode a token that carries a newline (``:\\n``) counts as its visible part (``:``) followed by the
    end of the line, so that the probability of a line does not depend on how its end happens to be tokenised:
    p'(v) = p(v) + Σ p(v\\n…), and the share e = Σ p(v\\n…) / p'(v) counts as the line's end in the next step.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        single_line: bool,
        temperature: float = 0.0,
        seed: int = 0,
        ignore_end: bool = False,
        recall: Recall | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._recall = recall
        self._single_line = single_line
        self._temperature = temperature
        self._rng = np.random.default_rng(seed)
        self._ended_share = 0.0
        ends = sorted(vocabulary.end_tokens) if ignore_end else []
        self._barred = np.concatenate([vocabulary.unusable, np.asarray(ends, dtype=np.int64)])

    def choose(self, logits: NDArray[np.float32], allowed: NDArray[np.int64] | None = None) -> Choice:
        """The next token given ``logits`` (float32, one per token); ``allowed`` restricts and renormalises."""
        probabilities = self._softmax(logits)
        if self._recall is not None:
            probabilities = self._recall.mixed(probabilities)
            probabilities[self._barred] = 0.0
            probabilities /= probabilities.sum()
        if allowed is not None:
            return self._constrained(probabilities, allowed)
        vocabulary = self._vocabulary
        if not self._single_line:
            token = self._pick(probabilities)
            logprob = math.log(max(float(probabilities[token]), 1e-30))
            return Choice(None if token in vocabulary.end_tokens else token, logprob)
        end = float(probabilities[vocabulary.line_end].sum())
        probabilities[vocabulary.line_end] = 0.0
        folded = probabilities[vocabulary.folded]
        probabilities[vocabulary.folded] = 0.0
        np.add.at(probabilities, vocabulary.folded_onto, folded)
        end = self._ended_share + (1.0 - self._ended_share) * end
        token = self._pick(probabilities)
        chance = float(probabilities[token]) * (1.0 - self._ended_share)
        if self._ends(end, chance):
            return Choice(None, math.log(max(end, 1e-30)))
        ended = float(folded[vocabulary.folded_onto == token].sum())
        self._ended_share = ended / max(float(probabilities[token]), 1e-30)
        return Choice(token, math.log(max(chance, 1e-30)))

    def _ends(self, end: float, chance: float) -> bool:
        if self._temperature <= 0.0:
            return end >= chance
        return bool(self._rng.random() < end)

    def _softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = np.exp(logits - logits.max())
        probabilities[self._barred] = 0.0
        probabilities /= probabilities.sum()
        return probabilities

    def _pick(self, probabilities: NDArray[np.float32]) -> int:
        if self._temperature <= 0.0:
            return int(probabilities.argmax())
        weights = probabilities.astype(np.float64) ** (1.0 / self._temperature)
        return int(self._rng.choice(len(weights), p=weights / weights.sum()))

    def _constrained(self, probabilities: NDArray[np.float32], allowed: NDArray[np.int64]) -> Choice:
        self._ended_share = 0.0
        picked = np.maximum(probabilities[allowed], 1e-30)
        picked /= picked.sum()
        index = self._pick(picked)
        return Choice(int(allowed[index]), math.log(max(float(picked[index]), 1e-30)))
