from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from burnish_models.workspace_memory import Evidence, Observation, Recall, Weights, WorkspaceMemory, fit, mix
from burnish_models.workspace_memory.suffixes import DEPTH, SEPARATOR, SuffixIndex


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
    match = SuffixIndex(ints(*tokens)).match(context, 100, [hidden])
    assert (match.length, sorted(match.positions.tolist())) == longest(tokens, context, hidden)


def memory(**documents: list[int]) -> WorkspaceMemory:
    made = WorkspaceMemory()
    for name, tokens in documents.items():
        made.put(name, tokens)
    made.build()
    return made


def test_what_followed_the_same_tokens_is_remembered_across_documents() -> None:
    made = memory(a=[1, 2, 3, 4], b=[9, 2, 3, 5])
    length, tokens = made.match([7, 2, 3])
    assert (length, sorted(tokens.tolist())) == (2, [4, 5])
    length, tokens = made.match([1, 2, 3])
    assert (length, tokens.tolist()) == (3, [4])


def test_nothing_follows_over_the_end_of_a_document() -> None:
    made = memory(a=[1, 2], b=[3, 4])
    assert made.match([1, 2])[0] == 0
    assert made.draft([3], 8) == ([4], 1)


def test_the_document_being_edited_does_not_count() -> None:
    made = memory(a=[1, 2, 3], b=[2, 8])
    assert made.match([1, 2], leave_out="a")[1].tolist() == [8]


def test_a_replaced_document_is_remembered_as_it_is_now() -> None:
    made = memory(a=[1, 2, 3], b=list(range(100, 100 + 70_000)))
    made.put("a", [1, 2, 4])
    assert made.match([1, 2])[1].tolist() == []
    made.build()
    assert made.match([1, 2])[1].tolist() == [4]
    made.drop("a")
    assert made.match([1, 2])[0] == 0
    assert made.documents == ["b"]


def test_the_oldest_goes_when_the_budget_is_full() -> None:
    made = WorkspaceMemory(budget_tokens=10)
    made.put("a", [1] * 6)
    made.put("b", [2] * 6)
    made.build()
    assert made.documents == ["b"]
    assert made.match([1])[0] == 0
    assert made.tokens == 6


def test_a_mixture_is_a_distribution_and_favours_what_was_seen() -> None:
    model = np.asarray([0.7, 0.2, 0.1], dtype=np.float32)
    seen = Evidence("workspace", 3, ints(2, 2, 1))
    mixed = mix(model.copy(), [seen], Weights({seen.bucket: 0.6}))
    assert mixed.sum() == pytest.approx(1.0)
    assert mixed.tolist() == pytest.approx([0.28, 0.28, 0.44])
    assert mix(model.copy(), [seen], Weights()).tolist() == pytest.approx(model.tolist())


def test_the_kind_of_evidence_is_its_source_its_length_and_its_agreement() -> None:
    assert Evidence("file", 5, ints(3)).bucket == ("file", 4, "once")
    assert Evidence("workspace", 30, ints(3, 3)).bucket == ("workspace", 12, "agreed")
    assert Evidence("workspace", 1, ints(3, 4)).bucket == ("workspace", 1, "mixed")


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


def test_recall_follows_the_answer_and_counts_what_repeats_in_the_prompt() -> None:
    recall = Recall([5, 6, 7, 5, 6], memory(a=[6, 9]), Weights({("file", 2, "once"): 1.0}))
    sources = {e.source: (e.length, e.tokens.tolist()) for e in recall.evidence()}
    assert sources == {"workspace": (1, [9]), "file": (2, [7])}
    assert int(recall.mixed(np.full(10, 0.1, dtype=np.float32)).argmax()) == 7
    assert recall.draft(3) == ([9], 1)
    recall.add(9)
    assert [e.source for e in recall.evidence()] == []
