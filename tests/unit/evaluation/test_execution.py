"""Planted failures land in their class; the data's own solutions pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_analysis.sandbox.model import Isolation, Kind, Level, Outcome
from burnish_training.evaluation.execution import Verdict, classify, execute, program_text
from burnish_training.evaluation.problems import Problem, read_problems
from tests.unit.evaluation.data import BY_BENCHMARK, HUMANEVAL, write

ANY = Level.PROCESS


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return read_problems("humaneval", write(tmp_path / "a", HUMANEVAL)).problems[0]


PLANTED = [
    ("    return n * 2", Verdict.PASSED, ""),
    ("    return n *", Verdict.SYNTAX, "SyntaxError"),
    ("  return n\n      x", Verdict.SYNTAX, "IndentationError"),
    ("    return n + 2", Verdict.WRONG_ANSWER, "AssertionError"),
    ("    pass", Verdict.WRONG_ANSWER, "AssertionError"),
    ("\r    return n + 1\r", Verdict.WRONG_ANSWER, "AssertionError"),
    ("    return m", Verdict.RUNTIME_ERROR, "NameError"),
    ("    return n + '2'", Verdict.RUNTIME_ERROR, "TypeError"),
    ("    return double(n)", Verdict.RUNTIME_ERROR, "RecursionError"),
    ("    assert n == 5", Verdict.RUNTIME_ERROR, "AssertionError"),
    ("    raise SystemExit(0)", Verdict.RUNTIME_ERROR, "SystemExit"),
    ("    import os; os._exit(0)", Verdict.RUNTIME_ERROR, ""),
    ("    import os; os.kill(os.getpid(), 9)", Verdict.RUNTIME_ERROR, ""),
    ("    while True: pass", Verdict.TIMEOUT, ""),
    ("    import time; time.sleep(60)", Verdict.TIMEOUT, ""),
    ("    return len(bytearray(3 << 30))", Verdict.OUT_OF_MEMORY, "MemoryError"),
]


@pytest.mark.parametrize(("completion", "verdict", "exception"), PLANTED)
async def test_planted(problem: Problem, completion: str, verdict: Verdict, exception: str) -> None:
    seconds = 1.0 if verdict is Verdict.TIMEOUT else 30.0
    found = await execute(problem, completion, seconds=seconds, least=ANY)
    assert (found.verdict, found.exception) == (verdict, exception), found


async def test_a_null_character_is_no_python(problem: Problem) -> None:
    """An exception of another name in older Pythons."""
    found = await execute(problem, "    return 'x\x00'", seconds=30.0, least=ANY)
    assert found.verdict is Verdict.SYNTAX, found


@pytest.mark.parametrize("benchmark", sorted(BY_BENCHMARK))
async def test_canonical_solutions_pass(benchmark: str, tmp_path: Path) -> None:
    for problem in read_problems(benchmark, write(tmp_path / "a", BY_BENCHMARK[benchmark])).problems:
        found = await execute(problem, problem.canonical, seconds=30.0, least=ANY)
        assert found.verdict is Verdict.PASSED, found
        broken = await execute(problem, problem.canonical + "\n  (", seconds=30.0, least=ANY)
        assert broken.verdict is Verdict.SYNTAX, broken


def test_the_tests_begin_where_it_says(problem: Problem) -> None:
    source, line = program_text(problem, "    return n\n    # \r\n")
    assert source.splitlines()[line - 1] == "def check(candidate):"


def test_what_was_not_run_is_no_failure_of_the_program() -> None:
    refused = Outcome(Kind.REFUSED, Isolation(Level.LIMITS))
    assert classify(refused, 1) is Verdict.REFUSED
