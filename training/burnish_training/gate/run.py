"""Asks base, incumbent and candidate the same cases in turn, and decides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from burnish_training.gate.cases import GateCase
from burnish_training.gate.decide import BLOCK, Comparison, Decision, decide
from burnish_training.gate.general import general_code, general_scores, scoring_engine
from burnish_training.gate.journal import AnswerJournal
from burnish_training.gate.measures import figures_of
from burnish_training.gate.stack import ServedStack
from burnish_training.nightly.errors import StoppedError

__all__ = ["GateInput", "run_gate"]


@dataclass(frozen=True, slots=True)
class GateInput:
    """What is compared on what. ``threshold``: confidence from which on suggestions are shown."""

    model: Path
    variants: dict[str, Path | None]
    cases: Sequence[GateCase]
    threshold: float
    general_characters: int
    resamples: int
    threads: int
    most_latency_ms: int
    memory: bool = True

    def identity(self) -> str:
        """One hash of what is asked of whom."""
        digest = hashlib.sha256(f"memory {self.memory}\n".encode())
        for variant, path in sorted(self.variants.items()):
            digest.update(f"{variant} {path.name if path else ''}\n".encode())
        for case in self.cases:
            digest.update(repr(astuple(case)).encode())
        return digest.hexdigest()


async def run_gate(
    given: GateInput,
    folder: Path,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    wait: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Decision:
    """Ask what the journal in ``folder`` lacks, and decide.

    Args:
        given: what is compared.
        folder: the run's folder.
        should_stop: asked before every case.
        wait: called before every case; it may take its time.
        progress: told answers given and answers wanted.

    Raises:
        StoppedError: ``should_stop`` said so; answers so far are kept.
        GateError: the stack could not be asked. EngineError: the engine failed.
    """
    journal = AnswerJournal(folder / "answers.jsonl", given.identity())
    texts = general_code(given.general_characters)
    total = len(given.variants) * len(given.cases)

    def step() -> None:
        if should_stop():
            raise StoppedError(
                "The run was asked to stop; the answers so far are kept, and the next run goes on from them."
            )
        wait()
        progress(len(journal.answers), total)

    await _general(given, journal, texts, step)
    await _ask(given, journal, folder, step)
    figures = {
        variant: [
            figures_of(case, journal.answers[variant, number], given.threshold)
            for number, case in enumerate(given.cases)
        ]
        for variant in given.variants
    }
    return decide(
        Comparison(
            figures=figures,
            clusters=[case.cluster for case in given.cases],
            general_nats=journal.nats,
            general_bytes=[len(text.encode()) for text in texts],
            resamples=given.resamples,
        )
    )


async def _general(
    given: GateInput, journal: AnswerJournal, texts: list[str], step: Callable[[], None]
) -> None:
    missing = [variant for variant in given.variants if len(journal.nats.get(variant, ())) != len(texts)]
    if not missing:
        return
    engine = scoring_engine(given.model, given.threads)
    try:
        await engine.load()
        for variant in missing:
            step()
            journal.add_general(variant, await general_scores(engine, given.variants[variant], texts))
    finally:
        await engine.close()


def _in_turns(variants: list[str], cases: int) -> Iterator[tuple[str, int]]:
    """Variants and cases, a few cases at a time, in turning order: what slows the machine slows all variants alike."""
    for turn, begin in enumerate(range(0, cases, BLOCK)):
        for variant in variants if turn % 2 == 0 else variants[::-1]:
            for number in range(begin, min(begin + BLOCK, cases)):
                yield variant, number


async def _ask(given: GateInput, journal: AnswerJournal, folder: Path, step: Callable[[], None]) -> None:
    wanted = [
        pair for pair in _in_turns(list(given.variants), len(given.cases)) if pair not in journal.answers
    ]
    if not wanted:
        return
    folders = tuple(dict.fromkeys(case.folder for case in given.cases if Path(case.folder).is_absolute()))
    stack = ServedStack(
        folder / "serving",
        given.model,
        folders,
        threads=given.threads,
        most_latency_ms=given.most_latency_ms,
        memory=given.memory,
    )
    try:
        await stack.start()
        serving = ""
        for variant, number in wanted:
            step()
            if variant != serving:
                await stack.use(given.variants[variant])
                serving = variant
            journal.add(variant, number, await stack.ask(given.cases[number]))
    finally:
        await stack.close()
