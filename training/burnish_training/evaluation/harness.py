"""One evaluation: completions from a source, judged in the sandbox by several workers, every result kept at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from burnish_analysis.sandbox.model import Level
from burnish_training.evaluation.execution import Judgement, execute
from burnish_training.evaluation.generation import Completion, Source
from burnish_training.evaluation.journal import Journal
from burnish_training.evaluation.problems import Problem

__all__ = ["evaluate"]


async def evaluate(
    problems: Sequence[Problem],
    samples: int,
    source: Source,
    journal: Journal,
    *,
    seconds: float,
    least: Level,
    workers: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Complete and judge what ``journal`` lacks; the results are in the journal.

    The source is asked for one completion at a time while up to ``workers`` programs run.

    Raises:
        EvaluationError: a result cannot be kept. EngineError: the model fails for good.
    """
    room = asyncio.Semaphore(workers)
    running: set[asyncio.Task[None]] = set()

    async def judge(problem: Problem, sample: int, completion: Completion) -> None:
        try:
            judgement = await execute(problem, completion.text, seconds=seconds, least=least)
        finally:
            room.release()
        journal.add(_record(problem, sample, completion, judgement))
        progress(len(journal.results))

    try:
        for problem in problems:
            for sample in range(samples):
                if (problem.task_id, sample) in journal.results:
                    continue
                completion = await source(problem, sample)
                await room.acquire()
                _raise_first(running)
                running.add(asyncio.create_task(judge(problem, sample, completion)))
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _raise_first(running: set[asyncio.Task[None]]) -> None:
    """Forget finished tasks; the first failure among them ends the evaluation."""
    for task in [task for task in running if task.done()]:
        running.discard(task)
        task.result()


def _record(problem: Problem, sample: int, completion: Completion, judgement: Judgement) -> dict[str, Any]:
    return {
        "task_id": problem.task_id,
        "sample": sample,
        "verdict": judgement.verdict.value,
        "exception": judgement.exception,
        "message": judgement.message,
        "seconds": round(judgement.seconds, 4),
        "level": judgement.isolation.level.label,
        "completion": completion.text,
        "finish": completion.finish,
        "tokens": completion.tokens,
        "milliseconds": round(completion.milliseconds, 2),
    }
