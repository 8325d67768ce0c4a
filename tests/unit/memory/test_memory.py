from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from burnish_models.workspace_memory import (
    Evidence,
    Observation,
    Recall,
    Weights,
    WorkspaceMemory,
    fit,
    shares,
)
from burnish_models.workspace_memory.suffixes import DEPTH, SEPARATOR, PromptMatches, SuffixIndex, spelled


def ints(*values: int) -> NDArray[np.int32]:
    return np.asarray(values, dtype=np.int32)


def longest(tokens: list[int], context: list[int], hidden: tuple[int, int]) -> tuple[int, list[int]]:
    """The definition, position by position."""
    best, where = 0, []
    for at, token in enumerate(tokens):
        if token == SEPARATOR or hidden[0] <= at < hidden[1]:
            continue
        size = 0
        while size < min(DEPTH, len(context), at) and tokens[at - 1 - size] == context[-1 - size]:
            size += 1
        if size > best:
            best, where = size, [at]
        elif size == best and size:
            where.append(at)
    return best, where


@given(
    st.lists(st.integers(-1, 3), max_size=60),
    st.lists(st.integers(0, 3), min_size=1, max_size=20),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_the_longest_match_is_found(tokens: list[int], context: list[int], hidden: tuple[int, int]) -> None:
    match = SuffixIndex(ints(*tokens)).match(spelled(context), 100, [hidden])
    assert (match.length, sorted(match.positions)) == longest(tokens, context, hidden)


def memory(**documents: list[int]) -> WorkspaceMemory:
    made = WorkspaceMemory()
    for name, tokens in documents.items():
        made.put(name, tokens)
    made.build()
    return made


def known(made: WorkspaceMemory, context: list[int], leave_out: str = "") -> tuple[int, list[int]]:
    """The length of the longest match, and what followed it."""
    found = made.view(leave_out).find(spelled(context))
    return found.length, sorted(found.continuations())


def test_what_followed_the_same_tokens_is_remembered_across_documents() -> None:
    made = memory(a=[1, 2, 3, 4], b=[9, 2, 3, 5])
    assert known(made, [7, 2, 3]) == (2, [4, 5])
    assert known(made, [1, 2, 3]) == (3, [4])


def test_nothing_follows_over_the_end_of_a_document() -> None:
    made = memory(a=[1, 2], b=[3, 4])
    assert known(made, [1, 2]) == (0, [])
    assert known(made, [3]) == (1, [4])


def test_the_document_being_edited_does_not_count() -> None:
    made = memory(a=[1, 2, 3], b=[2, 8])
    assert known(made, [1, 2], leave_out="a") == (1, [8])


def test_a_replaced_document_is_remembered_as_it_is_now() -> None:
    made = memory(a=[1, 2, 3], b=list(range(100, 100 + 70_000)))
    made.put("a", [1, 2, 4])
    assert known(made, [1, 2]) == (0, [])
    made.build()
    assert known(made, [1, 2]) == (2, [4])
    made.drop("a")
    assert known(made, [1, 2]) == (0, [])
    assert made.documents == ["b"]


def test_the_oldest_goes_when_the_budget_is_full() -> None:
    made = WorkspaceMemory(budget_tokens=10)
    made.put("a", [1] * 6)
    made.put("b", [2] * 6)
    made.build()
    assert made.documents == ["b"]
    assert known(made, [1]) == (0, [])
    assert made.tokens == 6


def test_a_mixture_leaves_the_model_its_share_and_favours_what_was_seen() -> None:
    seen = Evidence("workspace", 3, (2, 2, 1))
    left, memory = shares([seen], Weights({seen.bucket: 0.6}))
    assert left == pytest.approx(0.4)
    assert memory == pytest.approx({2: 0.4, 1: 0.2})
    assert shares([seen], Weights()) == (1.0, {})


def test_evidence_is_mixed_in_one_after_the_other() -> None:
    far, near = Evidence("workspace", 3, (2, 2)), Evidence("file", 2, (2, 5))
    left, memory = shares([far, near], Weights({far.bucket: 0.5, near.bucket: 0.2}))
    assert left == pytest.approx(0.5 * 0.8)
    assert memory == pytest.approx({2: 0.5 * 0.8 + 0.1, 5: 0.1})


def test_the_model_always_keeps_a_share() -> None:
    seen = Evidence("workspace", 3, (2,))
    assert shares([seen], Weights({seen.bucket: 1.0})).model > 0


def test_the_kind_of_evidence_is_its_source_its_length_and_its_agreement() -> None:
    assert Evidence("file", 5, (3,)).bucket == ("file", 4, "once")
    assert Evidence("workspace", 30, (3, 3)).bucket == ("workspace", 12, "agreed")
    assert Evidence("workspace", 1, (3, 4)).bucket == ("workspace", 1, "mixed")


def test_fitted_weights_follow_who_was_right() -> None:
    good, bad = ("workspace", 8, "agreed"), ("workspace", 1, "mixed")
    weights = fit(
        [Observation(good, 0.1, 1.0)] * 90
        + [Observation(good, 0.1, 0.0)] * 10
        + [Observation(bad, 0.5, 0.01)] * 100
    )
    assert weights[good] > 0.7
    assert weights[bad] < 0.05


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_fitting_stays_within_bounds(pairs: list[tuple[float, float]]) -> None:
    bucket = ("file", 2, "once")
    weight = fit([Observation(bucket, *pair) for pair in pairs])[bucket]
    assert 0.0 <= weight < 1.0


@given(
    st.lists(st.integers(0, 3), max_size=40),
    st.lists(st.integers(0, 3), max_size=300),
)
def test_what_repeats_in_a_growing_text_is_found(prompt: list[int], answer: list[int]) -> None:
    matches, index = PromptMatches(prompt), SuffixIndex(ints(*prompt))
    text = list(prompt)
    for token in [None, *answer[:30], *answer[-2:]]:
        if token is not None:
            matches.add(token)
            text.append(token)
        expected = index.match(spelled(text), 1000)
        match = matches.match(1000)
        assert (match.length, match.positions) == (expected.length, sorted(expected.positions))
    assert matches.tokens.tolist() == text
    agree = [next((n for n in range(at) if text[at - 1 - n] != text[-1 - n]), at) for at in range(len(text))]
    at, length = matches.latest()
    assert min(length, DEPTH) == min(max(agree, default=0), DEPTH)
    assert not length or min(agree[at], DEPTH) == min(length, DEPTH)


def test_a_text_may_outgrow_its_room() -> None:
    matches = PromptMatches([1, 2, 3])
    for _ in range(300):
        for token in (1, 2, 3):
            matches.add(token)
    assert matches.latest() == (len(matches.tokens) - 3, len(matches.tokens) - 3)
    assert matches.match(5).length == DEPTH or matches.match(5).positions == []


def test_recall_follows_the_answer_and_counts_what_repeats_in_the_prompt() -> None:
    recall = Recall([5, 6, 7, 5, 6], memory(a=[6, 9]), Weights({("file", 2, "once"): 1.0}))
    sources = {e.source: (e.length, list(e.tokens)) for e in recall.evidence()}
    assert sources == {"workspace": (1, [9]), "file": (2, [7])}
    assert recall.shares().memory == pytest.approx({7: 0.98})
    recall.add(9)
    assert [e.source for e in recall.evidence()] == []
