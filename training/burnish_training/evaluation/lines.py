"""Line completion: given a file up to a random point inside a line, is the rest of the line predicted exactly?"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burnish_models.engine import Engine, FimPrompt, GenerateRequest, StopRules
from burnish_models.prompt_layout import middle_start
from burnish_training.base.corpus import Document

__all__ = ["LineCase", "LineResult", "run_lines", "sample_lines", "served_prompt"]

PREFIX_CHARACTERS = 2400
SUFFIX_CHARACTERS = 800
#: The shortest rest of a line that counts: completing one closing bracket proves nothing.
MIN_REST = 2


@dataclass(frozen=True, slots=True)
class LineCase:
    """A cursor inside a line, 1-based. ``prefix`` ends where the line begins, ``typed`` is the line left of the cursor and
    ``rest`` what the author wrote after it, up to the line's end.
    """

    package: str
    path: str
    line: int
    column: int
    prefix: str
    typed: str
    rest: str
    suffix: str


@dataclass(frozen=True, slots=True)
class LineResult:
    """What the engine answered; ``logprob`` is the summed log-probability (nats) of the answer and its end."""

    case: LineCase
    text: str
    logprob: float
    latency_ms: float

    @property
    def exact(self) -> bool:
        """Whether it is exactly what the author wrote, trailing white space aside."""
        return self.text.rstrip() == self.case.rest.rstrip()


def sample_lines(documents: Sequence[Document], count: int, seed: int) -> list[LineCase]:
    """``count`` random cursors: a file drawn by size, a non-blank line, a point after its indentation.

    At least :data:`MIN_REST` characters other than white space stand right of the cursor.
    """
    rng = random.Random(seed)
    weights = [len(d.text) for d in documents]
    cases: list[LineCase] = []
    while len(cases) < count:
        document = rng.choices(documents, weights)[0]
        lines = document.text.split("\n")
        number = rng.randrange(len(lines))
        line = lines[number].rstrip()
        indent = len(line) - len(line.lstrip())
        if len(line) - indent <= MIN_REST:
            continue
        column = rng.randint(indent, len(line) - MIN_REST)
        if len(line[column:].replace(" ", "")) < MIN_REST:
            continue
        before = "\n".join(lines[:number]) + ("\n" if number else "")
        after = "\n" + "\n".join(lines[number + 1 :])
        cases.append(
            LineCase(
                document.package,
                document.path,
                number + 1,
                column + 1,
                _last_lines(before),
                line[:column],
                line[column:],
                after[:SUFFIX_CHARACTERS],
            )
        )
    return cases


def _last_lines(text: str) -> str:
    if len(text) <= PREFIX_CHARACTERS:
        return text
    return text[text.find("\n", len(text) - PREFIX_CHARACTERS) + 1 :]


def served_prompt(case: LineCase, lines_above: int | None = None) -> FimPrompt:
    """The case as the completion pipeline lays it out: the middle begins ``lines_above`` lines above the cursor's.

    ``None`` takes what is served (``burnish_models.prompt_layout``).
    """
    if lines_above is None:
        lines_above = case.line - 1 - middle_start(case.line - 1)
    lines = case.prefix.splitlines(keepends=True)
    at = max(0, len(lines) - lines_above)
    prefix, above = "".join(lines[:at]), "".join(lines[at:])
    return FimPrompt(prefix, above + case.typed, case.suffix, case.path)


async def run_lines(
    engine: Engine,
    cases: Sequence[LineCase],
    *,
    max_tokens: int = 48,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[LineResult]:
    """Complete every case greedily on ``engine``, in order."""
    results = []
    for done, case in enumerate(cases, 1):
        # Nothing is remembered under this name: only what repeats within the prompt counts, as in a file on its own.
        request = GenerateRequest(served_prompt(case), StopRules(), max_tokens, memory=case.path)
        text, logprob, latency = "", 0.0, 0.0
        async for chunk in engine.generate(request):
            text += chunk.text
            if chunk.finish is not None:
                logprob, latency = sum(chunk.finish.logprobs), chunk.finish.timings.total_ms
        results.append(LineResult(case, text, logprob, latency))
        progress(done)
    return results
