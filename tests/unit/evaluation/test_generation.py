from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from burnish_models.engine import Chunk, Finish, GenerateRequest, Timings
from burnish_models.engine.stops import find_stop
from burnish_models.errors import EngineCrashedError
from burnish_training.evaluation.generation import Sampling, model_source, request_for, split_prompt
from burnish_training.evaluation.problems import Problem, read_problems
from tests.unit.evaluation.data import BY_BENCHMARK, write


def request(benchmark: str, tmp_path: Path, sampling: Sampling | None = None) -> GenerateRequest:
    problem = read_problems(benchmark, write(tmp_path / "a", BY_BENCHMARK[benchmark])).problems[0]
    return request_for(benchmark, problem, sampling or Sampling(), 0)


def test_the_prompt_is_all_there() -> None:
    prompt = split_prompt("a\nb\nc = d", "\nend")
    assert (prompt.prefix, prompt.typed, prompt.suffix) == ("a\nb\n", "c = d", "\nend")
    assert split_prompt("", "").prefix == ""


@pytest.mark.parametrize(
    ("benchmark", "answer", "kept"),
    [
        ("humaneval", "    return 1\n\nx = 2\n\ndef other():\n", "    return 1\n\nx = 2\n"),
        ("humaneval", "    return 1\nprint(2)\n", "    return 1"),
        ("humaneval", "    if x:\n        return 1\n# note\n", "    if x:\n        return 1"),
        ("humaneval", "    def inner():\n        pass\nclass A:", "    def inner():\n        pass"),
        (
            "mbpp",
            "import re\ndef twice(n):\n    return 2\n\ndef b(): pass\nassert twice",
            "import re\ndef twice(n):\n    return 2\n\ndef b(): pass",
        ),
        ("infilling", " * 2\n\n    return result\n\nx", " *"),
        ("infilling", " *\ndef f():\n    x = [\n]", None),
    ],
)
def test_where_an_answer_ends(benchmark: str, answer: str, kept: str | None, tmp_path: Path) -> None:
    at = find_stop(answer, request(benchmark, tmp_path).stop)
    assert (None if at is None else answer[:at]) == kept


def test_a_short_suffix_is_no_stop(tmp_path: Path) -> None:
    problem = Problem("a", "x", "x", "\n    return 1\n\n", "", "")
    assert request_for("infilling", problem, Sampling(), 0).stop.strings == ()


def test_every_sample_has_a_seed_of_its_own(tmp_path: Path) -> None:
    problem = Problem("a", "x", "x", "", "", "")
    requests = [request_for("humaneval", problem, Sampling(9, 0.8, 5), n) for n in range(3)]
    assert [r.seed for r in requests] == [5, 6, 7]
    assert {(r.max_tokens, r.temperature, r.memory) for r in requests} == {(9, 0.8, "")}


class Engine:
    """Crashes as often as told, then answers."""

    def __init__(self, crashes: int) -> None:
        self.crashes = crashes

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        if self.crashes:
            self.crashes -= 1
            raise EngineCrashedError("gone")
        yield Chunk("a")
        yield Chunk("b", Finish("eos", Timings(total_ms=2.0), 3, 0, 4))


async def test_a_crash_costs_nothing_two_in_a_row_end_the_run() -> None:
    problem = Problem("a", "x", "x", "", "", "")
    found = await model_source(Engine(1), "humaneval", Sampling())(problem, 0)  # type: ignore[arg-type]
    assert (found.text, found.finish, found.tokens, found.milliseconds) == ("ab", "eos", 4, 2.0)
    with pytest.raises(EngineCrashedError):
        await model_source(Engine(2), "humaneval", Sampling())(problem, 0)  # type: ignore[arg-type]
