import math

import numpy as np
import pytest

from burnish_models.engine.sampler import Sampler
from tests.unit.engine.scripted import distribution, token, vocabulary


def test_compatible_tokens_agree_with_the_rest_in_either_direction() -> None:
    ids = set(vocabulary().compatible(b" retu").tolist())
    assert ids == {token(b" return"), token(b" "), token(b" ret")}


def test_of_shorter_tokens_only_the_tokenizers_own_first_one_is_spelled() -> None:
    made = vocabulary()
    ids = set(made.compatible(b" retu", token(b" ret")).tolist())
    assert ids == {token(b" return"), token(b" ret")}
    # A tokenizer that puts something before the text does not tell which token is meant.
    assert set(made.compatible(b" retu", token(b"x")).tolist()) == {
        token(b" return"),
        token(b" "),
        token(b" ret"),
    }


def test_a_line_end_inside_a_token_counts_as_line_end() -> None:
    sampler = Sampler(vocabulary(), single_line=True)
    first = sampler.choose(distribution({b":\n": 0.5, b":": 0.3, b"x": 0.2}))
    assert first.token == token(b":")
    assert math.exp(first.logprob) == pytest.approx(0.8, abs=1e-4)
    # 0.5 of the 0.8 already ended; of the other 0.3/0.8 half ends now.
    second = sampler.choose(distribution({b"\n": 0.5, b"x": 0.5}))
    assert second.token is None
    assert math.exp(second.logprob) == pytest.approx(0.625 + 0.375 * 0.5, abs=1e-4)


def test_the_line_goes_on_where_that_is_likelier() -> None:
    sampler = Sampler(vocabulary(), single_line=True)
    choice = sampler.choose(distribution({b"\n": 0.2, b"\n\n": 0.2, b" x": 0.6}))
    assert choice.token == token(b" x")
    assert math.exp(choice.logprob) == pytest.approx(0.6, abs=1e-4)


def test_multi_line_answers_end_at_end_tokens_only() -> None:
    sampler = Sampler(vocabulary(), single_line=False)
    assert sampler.choose(distribution({b"\n": 0.9, b"x": 0.1})).token == token(b"\n")
    assert sampler.choose(distribution({b"<end>": 0.9, b"x": 0.1})).token is None


def test_an_end_may_be_ignored() -> None:
    sampler = Sampler(vocabulary(), single_line=False, ignore_end=True)
    assert sampler.choose(distribution({b"<end>": 0.9, b"x": 0.1})).token == token(b"x")


def test_control_tokens_are_never_generated() -> None:
    logits = np.zeros(len(vocabulary()), dtype=np.float32)
    logits[0] = 50.0
    assert Sampler(vocabulary(), single_line=False).choose(logits).token != 0


def test_temperature_is_reproducible_and_varies() -> None:
    logits = distribution({b"x": 0.5, b"y": 0.5})

    def draw(seed: int) -> int | None:
        return Sampler(vocabulary(), single_line=False, temperature=1.0, seed=seed).choose(logits).token

    assert draw(3) == draw(3)
    assert len({draw(seed) for seed in range(20)}) == 2
