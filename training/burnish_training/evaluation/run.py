"""From the command's options to a finished report."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.model import LEAST_STRONG, Level
from burnish_analysis.sandbox.run import available
from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_models.selection import ResolvedModel, resolve_model
from burnish_training.errors import EvaluationError
from burnish_training.evaluation.generation import Completion, Sampling, Source, model_source
from burnish_training.evaluation.harness import evaluate
from burnish_training.evaluation.journal import Journal, open_journal
from burnish_training.evaluation.line_runs import complete_lines, read_sources, sample_cases
from burnish_training.evaluation.problems import Problem, read_problems, read_samples
from burnish_training.evaluation.report import default_ks, lines_report, problems_report

__all__ = ["Options", "run_evaluation"]

#: Changes whenever results of the same completion could differ.
HARNESS = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What ``burnish eval`` was asked for; see the command's help."""

    benchmark: str
    data: Path
    home: Path
    model: str | None = None
    canonical: bool = False
    completions: Path | None = None
    limit: int | None = None
    samples: int = 1
    ks: tuple[int, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    timeout: float = 10.0
    least: Level = LEAST_STRONG
    workers: int = 2
    threads: int = 0
    run_folder: Path | None = None
    fresh: bool = False


Progress = Callable[[int, int], None]


def _source_name(options: Options) -> tuple[dict[str, str], ResolvedModel | None]:
    """Who answers, as the header keeps it."""
    if options.canonical:
        return {"kind": "canonical", "name": "canonical solutions", "sha256": ""}, None
    if options.completions is not None:
        return {"kind": "samples", "name": options.completions.name, "sha256": ""}, None
    resolved = resolve_model(options.home, options.model)
    from burnish_models.gguf_file import inspect

    return {
        "kind": "model",
        "name": resolved.name,
        "sha256": resolved.sha256 or inspect(resolved.path).sha256(),
    }, resolved


def _header(options: Options, data: str, source: Mapping[str, str], samples: int) -> dict[str, Any]:
    """Everything that decides the results. Two runs with the same header measure the same."""
    # The seed draws the cursors of line completion, whoever answers.
    model_matters = source["kind"] == "model" or options.benchmark == "lines"
    # As it will be read again.
    return dict(
        json.loads(
            json.dumps(
                {
                    "harness": HARNESS,
                    "burnish": metadata.version("burnish"),
                    "benchmark": options.benchmark,
                    "data": data,
                    "source": source,
                    "limit": options.limit,
                    "samples": samples,
                    "sampling": asdict(options.sampling) if model_matters else None,
                    "timeout": options.timeout,
                    "isolation": None if options.benchmark == "lines" else available().level.label,
                }
            )
        )
    )


def _open(options: Options, header: Mapping[str, Any]) -> Journal:
    if options.run_folder is not None:
        return Journal(options.run_folder, header)
    name = hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()[:8]
    return open_journal(
        options.home / "runs", f"eval-{options.benchmark}-{name}", header, fresh=options.fresh
    )


@asynccontextmanager
async def _engine(options: Options, resolved: ResolvedModel) -> AsyncIterator[LlamaCppEngine]:
    log = options.home / "logs" / "eval-engine.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    engine = LlamaCppEngine(resolved.path, EngineSettings(threads=options.threads), log_file=log)
    try:
        await engine.load()
        yield engine
    finally:
        await engine.close()


async def run_evaluation(
    options: Options,
    progress: Progress = lambda _done, _total: None,
    note: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Measure, and return the report (the command's JSON document).

    Args:
        options: what to measure. progress: told how many results of how many there are.
        note: told what the user should know meanwhile.

    Raises:
        EvaluationError: data, completions or the run folder cannot be used. SandboxError: no isolation works.
        ModelError, EngineError: the model cannot be used.
    """
    begun = time.monotonic()
    source, resolved = _source_name(options)
    if resolved is not None and resolved.note:
        note(resolved.note)
    run = _run_lines if options.benchmark == "lines" else _run_problems
    report = await run(options, source, resolved, progress, note)
    report["seconds"] = round(time.monotonic() - begun, 2)
    return report


def _common(options: Options, header: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    return {
        "benchmark": options.benchmark,
        "data": str(options.data),
        "data_sha256": header["data"],
        "source": header["source"],
        "run": str(journal.folder),
        "resumed": journal.resumed,
    }


def _tell_resumed(journal: Journal, total: int, note: Callable[[str], None]) -> None:
    if journal.resumed:
        note(f"Going on with {journal.folder}: {journal.resumed} of {total} results are there.")


async def _run_problems(
    options: Options,
    source: dict[str, str],
    resolved: ResolvedModel | None,
    progress: Progress,
    note: Callable[[str], None],
) -> dict[str, Any]:
    found = read_problems(options.benchmark, options.data)
    problems = found.problems[: options.limit]
    samples, given = options.samples, None
    if options.completions is not None:
        given, source["sha256"] = read_samples(options.completions, problems)
        samples = len(given[problems[0].task_id])
    ks = options.ks or default_ks(samples)
    if max(ks) > samples:
        raise EvaluationError(f"pass@{max(ks)} needs {max(ks)} completions each; there are {samples}.")
    isolation = _isolation(options.least)
    header = _header(options, found.sha256, source, samples)
    total = len(problems) * samples
    with _open(options, header) as journal:
        _tell_resumed(journal, total, note)

        async def measure(answers: Source) -> None:
            await evaluate(
                problems,
                samples,
                answers,
                journal,
                seconds=options.timeout,
                least=options.least,
                workers=options.workers,
                progress=lambda done: progress(done, total),
            )

        if len(journal.results) < total:
            await _with_source(options, given, resolved, measure)
        report = _common(options, header, journal) | problems_report(_records(journal), ks)
        report |= {"samples": samples, "isolation": isolation}
        journal.finish(report)
    return report


def _isolation(least: Level) -> dict[str, Any]:
    """What the sandbox gives here, as the report keeps it; refused where it is too little."""
    found = available()
    if found.level < least:
        raise SandboxError(
            f"Only the isolation level {found.level.label} works here ({'; '.join(found.missing)}), and the programs "
            f"are a model's. To run them all the same: --least-isolation {found.level.label}"
        )
    return {
        "level": found.level.label,
        "mechanisms": list(found.mechanisms),
        "missing": list(found.missing),
    }


def _records(journal: Journal) -> list[dict[str, Any]]:
    return list(journal.results.values())


async def _with_source(
    options: Options,
    given: Mapping[str, Sequence[str]] | None,
    resolved: ResolvedModel | None,
    measure: Callable[[Source], Awaitable[None]],
) -> None:
    if resolved is not None:
        async with _engine(options, resolved) as engine:
            await measure(model_source(engine, options.benchmark, options.sampling))
        return

    async def known(problem: Problem, sample: int) -> Completion:
        return Completion(problem.canonical if given is None else given[problem.task_id][sample])

    await measure(known)


async def _run_lines(
    options: Options,
    source: dict[str, str],
    resolved: ResolvedModel | None,
    progress: Progress,
    note: Callable[[str], None],
) -> dict[str, Any]:
    documents, digest = read_sources(options.data)
    count = options.limit or 500
    cases = sample_cases(documents, count, options.sampling.seed)
    header = _header(options, digest, source, 1)
    with _open(options, header) as journal:
        _tell_resumed(journal, count, note)
        arguments = {"max_tokens": options.sampling.max_tokens}
        if len(journal.results) >= count or resolved is None:
            await complete_lines(
                None, cases, journal, **arguments, progress=lambda done: progress(done, count)
            )
        else:
            async with _engine(options, resolved) as engine:
                await complete_lines(
                    engine, cases, journal, **arguments, progress=lambda done: progress(done, count)
                )
        report = _common(options, header, journal) | lines_report(_records(journal))
        journal.finish(report)
    return report
