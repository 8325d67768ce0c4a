from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from burnish_models.engine import Chunk, Finish, GenerateRequest, Timings
from burnish_training.base.corpus import Document
from burnish_training.evaluation.lines import MIN_REST, run_lines, sample_lines
from burnish_training.evaluation.statistics import precision_coverage, wilson

TEXT = "def add(first, second):\n    total = first + second\n\n    return total  \n" * 30


def test_wilson_agrees_with_a_textbook_value() -> None:
    """Newcombe 1998, table I: 15 of 148 gives 0.0624 to 0.1605."""
    interval = wilson(15, 148)
    assert (interval.low, interval.high) == (pytest.approx(0.0624, abs=5e-4), pytest.approx(0.1605, abs=5e-4))
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_precision_and_coverage() -> None:
    points = precision_coverage([0.9, 0.8, 0.3, 0.1], [True, False, True, False], [0.0, 0.5, 0.95])
    assert [(p.coverage, p.precision.count, p.precision.total) for p in points] == [
        (1.0, 2, 4),
        (0.5, 1, 2),
        (0.0, 0, 0),
    ]


def test_cases_put_the_file_together_again() -> None:
    for case in sample_lines([Document("a", "a.py", TEXT)], 100, seed=4):
        line = TEXT.split("\n")[case.line - 1]
        assert case.typed + case.rest == line.rstrip()
        assert len(case.typed) == case.column - 1
        assert len(case.rest.replace(" ", "")) >= MIN_REST
        assert TEXT.endswith(case.suffix) or case.suffix in TEXT
        assert case.prefix == "" or case.prefix.endswith("\n")


class Oracle:
    """Answers every request with what the test tells it to."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        yield Chunk(self.text)
        yield Chunk("", Finish("stop", Timings(total_ms=3.0), 10, 0, 2, (-0.5, -0.25)))


async def test_an_answer_is_exact_or_it_is_not() -> None:
    case = next(c for c in sample_lines([Document("a", "a.py", TEXT)], 50, seed=1) if "total" in c.rest)
    right, wrong = await run_lines(Oracle(case.rest + "  "), [case]), await run_lines(Oracle("x"), [case])  # type: ignore[arg-type]
    assert (right[0].exact, right[0].logprob, right[0].latency_ms) == (True, -0.75, 3.0)
    assert not wrong[0].exact
