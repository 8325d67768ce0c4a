from __future__ import annotations

import numpy as np
import pytest

from burnish_models.engine.base import FimPrompt, Finish, GenerateRequest, StopRules
from burnish_models.engine.speculation import LONGEST_DRAFT, DraftPolicy, Lookup
from tests.unit.engine.scripted import ScriptedBackend
from tests.unit.engine.test_decode import decoder


def test_the_longest_and_latest_repetition_is_continued() -> None:
    lookup = Lookup([1, 2, 3, 4, 9, 2, 3, 7, 8, 2])
    lookup.add(3)
    assert lookup.draft(2) == ([7, 8], 2)
    longer = Lookup([5, 1, 2, 3, 4, 9, 2, 3, 7, 1, 2, 3])
    assert longer.draft(4) == ([4, 9, 2, 3], 3)


def test_nothing_is_guessed_without_repetition() -> None:
    assert Lookup([1, 2, 3, 4]).draft(4) == ([], 0)
    assert Lookup([]).draft(4) == ([], 0)
    assert Lookup([7]).draft(4) == ([], 0)


def test_matches_begin_at_tokens_not_between_their_bytes() -> None:
    # The bytes of 256 and 1 also occur shifted by one byte in these tokens.
    shifted = int.from_bytes(bytes([9, 0, 1, 0]), "little")
    after = int.from_bytes(bytes([0, 1, 0, 0]), "little")
    lookup = Lookup([shifted, after, 500, 256, 1])
    assert lookup.draft(3) == ([], 0)


def test_a_run_of_one_token_is_continued_from_within_itself() -> None:
    tokens, _ = Lookup([4, 4, 4, 4]).draft(3)
    assert tokens
    assert set(tokens) == {4}


def test_an_untried_size_is_tried_once_and_dropped_where_it_is_slow() -> None:
    policy = DraftPolicy()
    policy.note_cost(1, 10.0)
    assert policy.length(8, 7) > 0
    for size in range(2, LONGEST_DRAFT + 2):
        policy.note_cost(size, 10.0 * size * 1.2)
    assert policy.length(8, 7) == 0


def test_wrong_guesses_end_guessing_and_right_ones_lengthen_it() -> None:
    policy = DraftPolicy()
    for size in range(1, LONGEST_DRAFT + 2):
        policy.note_cost(size, 10.0 + 3.0 * (size - 1))
    for _ in range(60):
        policy.note_outcome(3, 4, 0)
        policy.note_outcome(8, 7, 7)
    assert policy.length(3, 7) == 0
    assert policy.length(8, 7) == LONGEST_DRAFT
    for _ in range(400):
        policy.length(3, 7)
    assert policy.length(3, 7) > 0


def run(backend: ScriptedBackend, *, speculate: bool) -> tuple[str, Finish]:
    pieces: list[str] = []
    request = GenerateRequest(
        FimPrompt("x(x y\n" * 6, "", "\n"),
        StopRules(single_line=False),
        max_tokens=len(backend.script),
        speculate=speculate,
    )
    return "".join(pieces), decoder(backend).run(request, pieces.append)


@pytest.mark.parametrize("seed", range(20))
def test_guessing_never_changes_the_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = [b"x", b"(", b" ", b"y", b"\n"]
    script: list[dict[bytes, float]] = []
    at = 0
    for _ in range(30):
        at = at + 1 if rng.random() < 0.8 else int(rng.integers(5))
        script.append({b"x(x y\n"[at % 6 : at % 6 + 1]: 0.8, pieces[int(rng.integers(5))]: 0.15})
    plain = run(ScriptedBackend(list(script)), speculate=False)
    guessed_backend = ScriptedBackend(list(script))
    guessed = run(guessed_backend, speculate=True)
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
