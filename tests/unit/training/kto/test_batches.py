from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_training.kto.batches import Example, Kind, Plan, examples_sha256, plan_batches
from burnish_training.kto.errors import DataError
from tests.unit.training.kto.tiny import random_examples

tokens = st.lists(st.integers(0, 3), min_size=1, max_size=12).map(tuple)
examples_of_any_kind = st.lists(
    st.builds(Example, tokens, tokens, st.sampled_from(list(Kind))), min_size=1, max_size=25
)


def plan(examples: list[Example], seed: int = 3, budget: int = 120) -> Plan:
    return plan_batches(examples, token_budget=budget, examples_per_step=6, seed=seed)


@given(examples_of_any_kind, st.integers(0, 5))
def test_every_example_once_within_the_budget_and_never_paired_with_itself(
    examples: list[Example], seed: int
) -> None:
    made = plan(examples, seed)
    counts = Counter(row.example for batch in made.micro_batches for row in batch)
    assert counts == Counter(i for i in range(len(examples)) if i not in made.too_long)
    judged = {i for i in counts if examples[i].kind is not Kind.SUPERVISED}
    for batch in made.micro_batches:
        widest = 0
        for row in batch:
            example = examples[row.example]
            other = 0
            if row.partner is not None:
                partner = examples[row.partner]
                other = len(partner.completion)
                assert row.partner != row.example
                assert partner.completion != example.completion
                assert {row.example, row.partner} <= judged
            widest = max(widest, len(example.prompt) + len(example.completion) + other)
        assert widest * len(batch) <= 120


@given(examples_of_any_kind)
def test_all_batches_of_an_epoch_come_once_in_another_order_in_the_next(examples: list[Example]) -> None:
    made = plan(examples)
    per_epoch = made.steps_per_epoch
    first = [batch for step in range(per_epoch) for batch in made.step(step)]
    second = [batch for step in range(per_epoch, 2 * per_epoch) for batch in made.step(step)]
    assert sorted(map(repr, first)) == sorted(map(repr, second)) == sorted(map(repr, made.micro_batches))


def test_a_step_does_not_depend_on_what_was_asked_before() -> None:
    examples = random_examples(60)
    one, other = plan(examples), plan(examples)
    assert [one.step(i) for i in range(12)] == [other.step(i) for i in reversed(range(12))][::-1]
    assert plan(examples, seed=4).micro_batches != one.micro_batches


def test_within_a_batch_the_mismatched_completions_are_the_matched_ones() -> None:
    examples = [e for e in random_examples(40) if e.kind is not Kind.SUPERVISED]
    for batch in plan(examples).micro_batches:
        if len({examples[row.example].completion for row in batch}) == len(batch) > 1:
            assert {row.partner for row in batch} == {row.example for row in batch}


def test_rows_of_a_batch_have_similar_lengths() -> None:
    examples = random_examples(300, longest=60)
    made = plan(examples, budget=400)
    used = sum(len(e.prompt) + len(e.completion) for e in examples)
    padded = sum(
        len(batch) * max(len(examples[r.example].prompt) + len(examples[r.example].completion) for r in batch)
        for batch in made.micro_batches
    )
    assert padded < 1.15 * used


def test_one_judged_example_alone_has_no_partner() -> None:
    judged = Example((1, 2), (3,), Kind.DESIRABLE)
    made = plan([judged, Example((1,), (4,), Kind.SUPERVISED)])
    assert {row.partner for batch in made.micro_batches for row in batch} == {None}


def test_the_same_completion_everywhere_is_never_mismatched() -> None:
    same = [Example((i,), (7, 7), Kind.UNDESIRABLE) for i in range(5)]
    assert {row.partner for batch in plan(same).micro_batches for row in batch} == {None}


def test_an_example_without_room_is_named() -> None:
    long = Example(tuple(range(200)), (1,), Kind.DESIRABLE)
    assert plan([*random_examples(4), long]).too_long == (4,)
    with pytest.raises(DataError, match="none of 1 examples fits"):
        plan([long])


@pytest.mark.parametrize(("prompt", "completion", "weight"), [((), (1,), 1), ((1,), (), 1), ((1,), (1,), -1)])
def test_an_example_without_tokens_or_with_a_bad_weight_is_refused(
    prompt: tuple[int, ...], completion: tuple[int, ...], weight: float
) -> None:
    with pytest.raises(DataError):
        Example(prompt, completion, Kind.DESIRABLE, weight)


def test_the_hash_sees_every_part_of_an_example() -> None:
    base = Example((1, 2), (3,), Kind.DESIRABLE)
    others = [
        Example((1,), (2, 3), Kind.DESIRABLE),
        Example((1, 2), (3,), Kind.UNDESIRABLE),
        Example((1, 2), (3,), Kind.DESIRABLE, 2.0),
    ]
    assert len({examples_sha256([e]) for e in [base, *others]}) == 4
