import math

import numpy as np
import pytest

from burnish_models.engine.sampler import Sampler, SamplerTables
from burnish_models.workspace_memory import Recall, Shares, Weights
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
    sampler = Sampler(SamplerTables(vocabulary()), single_line=True)
    first = sampler.choose(distribution({b":\n": 0.5, b":": 0.3, b"x": 0.2}))
    assert first.token == token(b":")
    assert math.exp(first.logprob) == pytest.approx(0.8, abs=1e-4)
    # 0.5 of the 0.8 already ended; of the other 0.3/0.8 half ends now.
    second = sampler.choose(distribution({b"\n": 0.5, b"x": 0.5}))
    assert second.token is None
    assert math.exp(second.logprob) == pytest.approx(0.625 + 0.375 * 0.5, abs=1e-4)


def test_the_line_goes_on_where_that_is_likelier() -> None:
    sampler = Sampler(SamplerTables(vocabulary()), single_line=True)
    choice = sampler.choose(distribution({b"\n": 0.2, b"\n\n": 0.2, b" x": 0.6}))
    assert choice.token == token(b" x")
    assert math.exp(choice.logprob) == pytest.approx(0.6, abs=1e-4)


def test_multi_line_answers_end_at_end_tokens_only() -> None:
    sampler = Sampler(SamplerTables(vocabulary()), single_line=False)
    assert sampler.choose(distribution({b"\n": 0.9, b"x": 0.1})).token == token(b"\n")
    assert sampler.choose(distribution({b"<end>": 0.9, b"x": 0.1})).token is None


def test_an_end_may_be_ignored() -> None:
    sampler = Sampler(SamplerTables(vocabulary()), single_line=False, ignore_end=True)
    assert sampler.choose(distribution({b"<end>": 0.9, b"x": 0.1})).token == token(b"x")


def test_control_tokens_are_never_generated() -> None:
    logits = np.zeros(len(vocabulary()), dtype=np.float32)
    logits[0] = 50.0
    assert Sampler(SamplerTables(vocabulary()), single_line=False).choose(logits).token != 0


def test_temperature_is_reproducible_and_varies() -> None:
    logits = distribution({b"x": 0.5, b"y": 0.5})

    def draw(seed: int) -> int | None:
        return (
            Sampler(SamplerTables(vocabulary()), single_line=False, temperature=1.0, seed=seed)
            .choose(logits)
            .token
        )

    assert draw(3) == draw(3)
    assert len({draw(seed) for seed in range(20)}) == 2


@pytest.mark.parametrize("end", [1.0 - 1e-7, 1.0])
def test_a_line_that_all_but_ends_can_be_drawn_at_any_temperature(end: float) -> None:
    logits = distribution({b"\n": end, b"x": 1e-7}) if end < 1.0 else distribution({b"\n": end}) * 10
    choice = Sampler(SamplerTables(vocabulary()), single_line=True, temperature=0.02).choose(logits)
    assert choice.token is None


class Remembered(Recall):
    """A memory that gives these tokens these shares."""

    def __init__(self, memory: dict[int, float]) -> None:
        super().__init__([], None, Weights())
        self.known = memory

    def shares(self) -> Shares:
        return Shares(1.0 - sum(self.known.values()), dict(self.known))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("single_line", [False, True])
def test_memory_is_mixed_in_as_the_formula_says(seed: int, single_line: bool) -> None:
    rng = np.random.default_rng(seed)
    made = vocabulary()
    logits = rng.standard_normal(len(made)).astype(np.float32) * 3
    tokens = [token(piece) for piece in (b"x", b":\n", b"\n", b"r")]
    memory = dict(zip(tokens, (rng.dirichlet(np.ones(5))[:4] * 0.9).tolist(), strict=True))

    model = np.exp(logits.astype(np.float64))
    model[made.unusable] = 0.0
    expected = model / model.sum() * (1.0 - sum(memory.values()))
    for known, share in memory.items():
        expected[known] += share
    ends = 0.0
    if single_line:
        ends = expected[made.line_end].sum()
        expected[made.line_end] = 0.0
        expected[token(b":")] += expected[token(b":\n")]
        expected[token(b":\n")] = 0.0

    recall = Remembered(memory)
    choice = Sampler(SamplerTables(made), single_line=single_line, recall=recall).choose(logits)
    best = int(expected.argmax())
    if (single_line and ends >= expected[best]) or (not single_line and best in made.end_tokens):
        assert choice.token is None
    else:
        assert choice.token == best
        assert math.exp(choice.logprob) == pytest.approx(expected[best], rel=1e-4)


def test_a_control_token_that_memory_knows_stays_out() -> None:
    recall = Remembered({0: 0.9})
    choice = Sampler(SamplerTables(vocabulary()), single_line=False, recall=recall).choose(
        distribution({b"x": 0.6, b"y": 0.4})
    )
    assert choice.token == token(b"x")
    assert math.exp(choice.logprob) == pytest.approx(0.6, abs=1e-4)
