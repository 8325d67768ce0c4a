from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.model import Isolation, Level
from burnish_training.errors import EvaluationError
from burnish_training.evaluation import run
from burnish_training.evaluation.generation import Completion
from burnish_training.evaluation.harness import evaluate
from burnish_training.evaluation.journal import Journal
from burnish_training.evaluation.problems import Problem, read_problems
from burnish_training.evaluation.run import Options, run_evaluation
from tests.unit.evaluation.data import HUMANEVAL, write


@pytest.fixture
def options(tmp_path: Path) -> Options:
    data = write(tmp_path / "data", HUMANEVAL)
    return Options("humaneval", data, tmp_path / "home", canonical=True, least=Level.PROCESS)


async def test_a_machine_that_isolates_too_little_runs_nothing(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The level is replaced: this machine cannot be made weaker for a test."""
    weak = Isolation(Level.LIMITS, (), ("landlock: not there",))
    monkeypatch.setattr(run, "available", lambda: weak)
    with pytest.raises(SandboxError, match=r"landlock: not there.*--least-isolation limits"):
        await run_evaluation(replace(options, least=Level.LANDLOCK))
    assert not (options.home / "runs").exists()


async def test_progress_counts_to_the_end_and_the_report_says_where(options: Options) -> None:
    seen: list[tuple[int, int]] = []
    report = await run_evaluation(options, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert (Path(report["run"]) / "report.json").exists()
    assert report["isolation"]["mechanisms"] is not None


async def test_finished_is_measured_anew_unless_the_folder_is_named(options: Options, tmp_path: Path) -> None:
    first, second = await run_evaluation(options), await run_evaluation(options)
    assert first["run"] != second["run"]
    named = replace(options, run_folder=tmp_path / "run")
    assert [(await run_evaluation(named))["resumed"] for _ in range(2)] == [0, 2]


async def test_the_limit_takes_the_first(options: Options) -> None:
    assert (await run_evaluation(replace(options, limit=1)))["tasks"] == 1


async def test_more_draws_than_samples(options: Options) -> None:
    with pytest.raises(EvaluationError, match="pass@3 needs 3"):
        await run_evaluation(replace(options, ks=(1, 3)))


def problems(tmp_path: Path) -> tuple[Problem, ...]:
    return read_problems("humaneval", write(tmp_path / "data", HUMANEVAL)).problems


async def test_workers_bound_how_many_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from burnish_training.evaluation import harness

    running, most = 0, 0
    real = harness.execute

    async def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await real(*arguments, **options)
        finally:
            running -= 1

    monkeypatch.setattr(harness, "execute", counted)

    async def source(problem: Problem, _sample: int) -> Completion:
        return Completion("    import time; time.sleep(0.2); return 1")

    with Journal(tmp_path / "run", {}) as journal:
        await evaluate(problems(tmp_path), 4, source, journal, seconds=30.0, least=Level.PROCESS, workers=2)
        assert len(journal.results) == 8
    assert most == 2


async def test_a_source_that_fails_ends_the_run_and_keeps_what_there_is(tmp_path: Path) -> None:
    asked = 0

    async def source(problem: Problem, _sample: int) -> Completion:
        nonlocal asked
        asked += 1
        if asked == 2:
            await asyncio.sleep(3)
            raise EvaluationError("gone")
        return Completion(problem.canonical)

    with Journal(tmp_path / "run", {}) as journal:
        with pytest.raises(EvaluationError, match="gone"):
            await evaluate(
                problems(tmp_path), 1, source, journal, seconds=30.0, least=Level.PROCESS, workers=1
            )
        assert set(journal.results) == {("Own/0", 0)}
