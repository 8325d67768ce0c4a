"""What the engine is asked for each benchmark, and where its answer ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from burnish_models.engine import Engine, FimPrompt, GenerateRequest, StopRules
from burnish_models.errors import EngineCrashedError
from burnish_training.evaluation.problems import Problem

__all__ = ["Completion", "Sampling", "Source", "model_source", "request_for", "split_prompt"]

#: HumanEval's stop sequences (Chen et al. 2021, section 2.2): what begins at column 0 is no part of the function.
HUMANEVAL_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
#: MBPP asks for whole functions, so that a definition is no end; a test or a new docstring is.
MBPP_STOPS = ("\nassert", '\n"""', "\nprint", "\nif __name__", "\n```")
#: More than any solution; generation ends by its tokens first.
_MOST_LINES = 1000
#: How much of the suffix an answer must reproduce before it counts as having reached it.
_SUFFIX_LINES = 2


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model answers: at most ``max_tokens`` each; ``temperature`` 0 is greedy."""

    max_tokens: int = 384
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer; ``tokens`` and ``milliseconds`` are 0 where no model wrote it. ``finish`` says why it ended."""

    text: str
    finish: str = ""
    tokens: int = 0
    milliseconds: float = 0.0


#: Gives the completion number ``sample`` (from 0) of a problem.
Source = Callable[[Problem, int], Awaitable[Completion]]


def split_prompt(text: str, suffix: str) -> FimPrompt:
    """``text`` up to the cursor and ``suffix`` after it, as fill-in-the-middle benchmarks lay them out.

    Published figures are for the prefix whole before the suffix, so the middle begins with the cursor's own line, not
    some lines above it as in the editor.
    """
    start = text.rfind("\n") + 1
    return FimPrompt(text[:start], text[start:], suffix)


def request_for(benchmark: str, problem: Problem, sampling: Sampling, sample: int) -> GenerateRequest:
    """The request for one completion: of the model alone, without the memory that serving mixes in."""
    stops = {"humaneval": HUMANEVAL_STOPS, "mbpp": MBPP_STOPS}.get(benchmark) or _suffix_stop(problem.after)
    return GenerateRequest(
        split_prompt(problem.prompt, problem.after),
        StopRules(single_line=False, max_lines=_MOST_LINES, strings=stops),
        sampling.max_tokens,
        sampling.temperature,
        sampling.seed + sample,
    )


def _suffix_stop(suffix: str) -> tuple[str, ...]:
    """Stop where the answer begins to repeat the suffix: its first two lines that are not blank, word for word."""
    kept, seen = [], 0
    for line in suffix.splitlines(keepends=True):
        kept.append(line)
        seen += bool(line.strip())
        if seen == _SUFFIX_LINES:
            return ("".join(kept),)
    # A shorter suffix could well be repeated by a right answer.
    return ()


def model_source(engine: Engine, benchmark: str, sampling: Sampling) -> Source:
    """Completions by a loaded engine. A worker that crashed is asked once more: it restarts by itself."""

    async def ask(problem: Problem, sample: int) -> Completion:
        request = request_for(benchmark, problem, sampling, sample)
        try:
            return await _generate(engine, request)
        except EngineCrashedError:
            return await _generate(engine, request)

    return ask


async def _generate(engine: Engine, request: GenerateRequest) -> Completion:
    text, finish = "", None
    async for chunk in engine.generate(request):
        text += chunk.text
        finish = chunk.finish or finish
    if finish is None:
        return Completion(text)
    return Completion(text, finish.reason, finish.generated_tokens, finish.timings.total_ms)
