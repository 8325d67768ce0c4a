"""Batches under a token budget, with mismatched pairs: a pure function of the examples, the settings and the seed.

A row holds a prompt once, then its own completion, then another example's, which does not see the first: what z needs
costs a few tokens instead of a second forward pass over the prompt.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from burnish_training.kto.errors import DataError

__all__ = ["Example", "Kind", "MicroBatch", "Plan", "Row", "examples_sha256", "plan_batches"]


class Kind(StrEnum):
    """What an example is for; a supervised one has no part in the KTO terms."""

    DESIRABLE = "desirable"
    UNDESIRABLE = "undesirable"
    SUPERVISED = "supervised"


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a prompt as the model saw it and of a completion, its end token included where it had one.

    ``weight`` is a factor of the example's loss. The prompt must not be empty: its last token predicts the first of the
    completion.
    """

    prompt: tuple[int, ...]
    completion: tuple[int, ...]
    kind: Kind
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.prompt or not self.completion:
            raise DataError("an example needs at least one token of prompt and one of completion")
        if not 0 <= self.weight < float("inf"):
            raise DataError(f"an example's weight is {self.weight}, not a number from 0 up")


@dataclass(frozen=True, slots=True)
class Row:
    """Indices of an example and of the one whose completion it is mismatched with (``None``: with none)."""

    example: int
    partner: int | None


MicroBatch = tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All batches of a run.

    ``micro_batches`` stay the same in every epoch, so that each pair's reference is computed once; their order does not.
    ``too_long`` are the indices of examples that no batch has room for.
    """

    micro_batches: tuple[MicroBatch, ...]
    per_step: int
    seed: int
    too_long: tuple[int, ...]

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps an epoch."""
        return -(-len(self.micro_batches) // self.per_step)

    def step(self, number: int) -> tuple[MicroBatch, ...]:
        """The micro-batches of the optimiser step ``number``, from 0; a pure function, whatever was asked before."""
        epoch, at = divmod(number, self.steps_per_epoch)
        order = list(self.micro_batches)
        random.Random(f"{self.seed}/{epoch}").shuffle(order)
        return tuple(order[at * self.per_step : (at + 1) * self.per_step])


def plan_batches(
    examples: Sequence[Example], *, token_budget: int, examples_per_step: int, seed: int
) -> Plan:
    """Group the examples into batches of rows of similar length.

    Args:
        examples: what to learn from.
        token_budget: rows times the longest row, mismatched completion and padding included, stay within it.
        examples_per_step: about how many examples an optimiser step sees.
        seed: decides groups, pairs and order.

    Raises:
        DataError: nothing to train on.
    """
    rng = random.Random(seed)
    room = [len(e.prompt) + 2 * len(e.completion) <= token_budget for e in examples]
    kept = [i for i, fits in enumerate(room) if fits]
    if not kept:
        raise DataError(
            f"none of {len(examples)} examples fits into a batch of {token_budget} tokens: collect more, or raise it"
        )
    rng.shuffle(kept)
    kept.sort(key=lambda i: len(examples[i].prompt) + len(examples[i].completion))
    groups = _groups(examples, kept, token_budget)
    micro_batches = tuple(_pair(examples, group, kept, rng) for group in groups)
    per_step = max(1, round(examples_per_step / (len(kept) / len(groups))))
    return Plan(micro_batches, per_step, seed, tuple(i for i, fits in enumerate(room) if not fits))


def _groups(examples: Sequence[Example], ordered: Sequence[int], token_budget: int) -> list[list[int]]:
    """Consecutive runs of ``ordered`` (by length) whose padded size stays within the budget."""
    groups: list[list[int]] = []
    widest = 0
    for i in ordered:
        example = examples[i]
        own = len(example.prompt) + len(example.completion)
        if groups:
            completion = max(widest, len(example.completion))
            if (len(groups[-1]) + 1) * (own + completion) <= token_budget:
                groups[-1].append(i)
                widest = completion
                continue
        groups.append([i])
        widest = len(example.completion)
    return groups


def _pair(
    examples: Sequence[Example], group: list[int], everyone: Sequence[int], rng: random.Random
) -> MicroBatch:
    """Give every KTO example of the group the completion of another: the next one's of the group where they differ."""
    judged = [i for i in group if examples[i].kind is not Kind.SUPERVISED]
    rng.shuffle(judged)
    partners: dict[int, int | None] = dict(pairwise([*judged, *judged[:1]]))
    widest = max(len(examples[i].completion) for i in group)
    for i, partner in partners.items():
        if partner is None or examples[partner].completion == examples[i].completion:
            partners[i] = _other(examples, i, judged, everyone, widest, rng)
    return tuple(Row(i, partners.get(i)) for i in group)


def _other(
    examples: Sequence[Example],
    i: int,
    judged: Sequence[int],
    everyone: Sequence[int],
    widest: int,
    rng: random.Random,
) -> int | None:
    """An example with another completion, of this batch if there is one, else any that is not longer."""
    own = examples[i].completion
    for pool in (judged, everyone):
        able = [
            j
            for j in pool
            if examples[j].kind is not Kind.SUPERVISED
            and examples[j].completion != own
            and len(examples[j].completion) <= widest
        ]
        if able:
            return rng.choice(able)
    return None


def examples_sha256(examples: Sequence[Example]) -> str:
    """One hash of the examples in their order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.prompt, example.completion, str(example.kind), example.weight)).encode())
    return digest.hexdigest()
