from __future__ import annotations

import time

import numpy as np
import pytest

from burnish_models.engine.base import FimPrompt, Finish, GenerateRequest, StopRules
from burnish_models.engine.decode import Decoder
from burnish_models.engine.drafts import Lookup
from burnish_models.engine.memory_service import MemoryService
from burnish_models.engine.prompt import PromptTokenizer
from burnish_models.engine.speculation import LONGEST_DRAFT, DraftPolicy
from burnish_models.fim import FAMILIES
from burnish_models.workspace_memory import Recall, Weights, WorkspaceMemory
from tests.unit.engine.scripted import Flag, ScriptedBackend, token, vocabulary
from tests.unit.engine.test_decode import SPECIAL, tokenize


def draft(lookup: Lookup, at_most: int) -> tuple[list[int], tuple[str, int]]:
    """The only guess."""
    (found,) = lookup.drafts(at_most)
    return list(found.tokens), found.source


def test_the_longest_and_latest_repetition_is_continued() -> None:
    lookup = Lookup([1, 2, 3, 4, 9, 2, 3, 7, 8, 2])
    lookup.add(3)
    assert draft(lookup, 2) == ([7, 8], ("match", 2))
    longer = Lookup([5, 1, 2, 3, 4, 9, 2, 3, 7, 1, 2, 3])
    assert draft(longer, 4) == ([4, 9, 2, 3], ("match", 3))


def test_nothing_is_guessed_without_repetition() -> None:
    for tokens in ([1, 2, 3, 4], [], [7], [7, 1, 7]):
        assert Lookup(tokens).drafts(4) == []


def test_what_runs_in_a_circle_goes_on_in_it() -> None:
    assert draft(Lookup([4, 4, 4, 4]), 6) == ([4] * 6, ("match", 3))
    assert draft(Lookup([9, 1, 2, 3, 1, 2, 3]), 7) == ([1, 2, 3, 1, 2, 3, 1], ("match", 3))


def test_after_a_wrong_guess_the_place_is_followed_with_what_was_replaced() -> None:
    lookup = Lookup([1, 2, 3, 30, 4, 5, 6, 30, 7, 8, 1, 2])
    lookup.add(3)
    first = lookup.drafts(5)[0]
    assert list(first.tokens) == [30, 4, 5, 6, 30]
    lookup.follow(first)
    lookup.add(40)
    followed = lookup.drafts(5)[0]
    assert (list(followed.tokens), followed.source) == ([4, 5, 6, 40, 7], ("followed", 0))
    lookup.follow(followed)
    lookup.add(4)
    assert lookup.drafts(2)[0].source == ("followed", 1)
    for wrong in (50, 51):
        lookup.add(wrong)
    assert lookup.drafts(2) == []


def test_the_workspace_is_asked_where_it_knows_more() -> None:
    memory = WorkspaceMemory()
    memory.put("a", [5, 6, 7, 8, 9])
    memory.build()
    recall = Recall([1, 6, 7, 2, 5, 6], memory, Weights())
    lookup = Lookup([1, 6, 7, 2, 5, 6], recall)
    recall.add(7)
    lookup.add(7)
    assert draft(lookup, 4) == ([8, 9], ("match", 3))


def test_an_untried_size_is_tried_and_dropped_where_it_is_slow() -> None:
    policy = DraftPolicy()
    policy.note_cost(1, 10.0)
    tried = 0
    while (size := policy.length(("match", 8), LONGEST_DRAFT)) and tried < 100:
        policy.note_cost(size + 1, 10.0 * (size + 1) * 1.2)
        tried += 1
    assert 0 < tried <= 10


def test_one_evaluation_that_was_held_up_does_not_end_guessing() -> None:
    policy = DraftPolicy()
    policy.note_cost(1, 10.0)
    size = policy.length(("match", 8), LONGEST_DRAFT)
    policy.note_cost(size + 1, 1000.0)
    assert policy.length(("match", 8), LONGEST_DRAFT) > 0


def test_drafts_grow_step_by_step() -> None:
    policy = DraftPolicy()
    policy.note_cost(1, 10.0)
    for _ in range(60):
        policy.note_outcome(("match", 64), 7, 7)
    tried: list[int] = []
    while not tried or tried[-1] < LONGEST_DRAFT:
        tried.append(policy.length(("match", 64), LONGEST_DRAFT))
        policy.note_cost(tried[-1] + 1, 10.0 + tried[-1])
        assert tried == sorted(set(tried))
    assert tried[0] <= 3
    assert len(tried) >= 3


def measured(policy: DraftPolicy, tokens: int, milliseconds: float) -> None:
    """Note a cost until it is known."""
    for _ in range(30):
        policy.note_cost(tokens, milliseconds)


def test_costs_are_known_between_measured_sizes_and_fade() -> None:
    policy = DraftPolicy()
    for size, cost in ((1, 10.0), (4, 20.0), (8, 40.0)):
        measured(policy, size, cost)
    assert policy.cost(1) == 1.0
    assert policy.cost(6) == pytest.approx(3.0, rel=0.01)
    for _ in range(500):
        policy.note_cost(1, 10.0)
    assert policy.cost(8) < 3.5


def test_costs_are_measured_against_a_single_token_at_that_time() -> None:
    policy = DraftPolicy()
    for load in (1.0, 5.0):
        for _ in range(30):
            policy.note_cost(1, 10.0 * load)
            policy.note_cost(4, 20.0 * load)
        assert policy.cost(4) == pytest.approx(2.0, rel=0.1)


def test_wrong_guesses_end_guessing_and_right_ones_lengthen_it() -> None:
    policy = DraftPolicy()
    for size in range(1, LONGEST_DRAFT + 2):
        measured(policy, size, 10.0 + 3.0 * (size - 1))
    for _ in range(60):
        policy.note_outcome(("match", 3), 4, 0)
        policy.note_outcome(("match", 8), 7, 7)
    assert policy.length(("match", 3), 31) == 0
    assert policy.length(("followed", 3), 31) > 0
    assert policy.length(("match", 8), 31) == LONGEST_DRAFT
    for _ in range(400):
        policy.length(("match", 3), 31)
    assert policy.length(("match", 3), 31) > 0


def run(backend: ScriptedBackend, *, speculate: bool, memory: bool = False) -> tuple[str, Finish]:
    pieces: list[str] = []
    request = GenerateRequest(
        FimPrompt("x(x y\n" * 6, "", "\n"),
        StopRules(single_line=False),
        max_tokens=len(backend.script),
        speculate=speculate,
        memory="shop" if memory else "",
    )
    memories = MemoryService(tokenize)
    if memory:
        memories.remember("shop", {"a": "y(y x\n" * 3, "b": "x(x y(\n" * 5})
        while memories.recall([token(b"y")], "shop", "").in_workspace().length == 0:
            time.sleep(0.005)
    prompts = PromptTokenizer(FAMILIES["qwen2.5-coder"], dict.fromkeys(SPECIAL, 0), tokenize)
    decode = Decoder(backend, vocabulary(), prompts, Flag(), 0, memories)
    finish = decode.run(request, pieces.append)
    return "".join(pieces), finish


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_guessing_never_changes_the_answer(seed: int, memory: bool) -> None:
    rng = np.random.default_rng(seed)
    pieces = [b"x", b"(", b" ", b"y", b"\n"]
    script: list[dict[bytes, float]] = []
    at = 0
    for _ in range(30):
        at = at + 1 if rng.random() < 0.8 else int(rng.integers(5))
        script.append({b"x(x y\n"[at % 6 : at % 6 + 1]: 0.8, pieces[int(rng.integers(5))]: 0.15})
    plain = run(ScriptedBackend(list(script)), speculate=False, memory=memory)
    guessed = run(ScriptedBackend(list(script)), speculate=True, memory=memory)
    assert guessed[0] == plain[0]
    assert guessed[1].logprobs == pytest.approx(plain[1].logprobs)
    assert plain[1].drafted_tokens == 0
    assert guessed[1].accepted_tokens <= guessed[1].drafted_tokens


def test_right_guesses_spare_evaluations() -> None:
    script = [{bytes([c]): 1.0} for c in b"x(x y\nx(x y\nx(x y\n"]
    plain, guessed = ScriptedBackend(list(script)), ScriptedBackend(list(script))
    run(plain, speculate=False)
    _, finish = run(guessed, speculate=True)
    assert finish.accepted_tokens > 0
    assert len(guessed.evaluated) < len(plain.evaluated)
