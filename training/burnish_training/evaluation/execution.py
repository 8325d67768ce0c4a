"""Does a completion pass its problem's tests? It is run in the sandbox and its failure put into a class."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from burnish_analysis.sandbox.model import Isolation, Kind, Level, Limits, Outcome, Program
from burnish_analysis.sandbox.run import run_async
from burnish_training.evaluation.problems import Problem

__all__ = ["MEMORY_BYTES", "Judgement", "Verdict", "classify", "execute", "program_text"]

MEMORY_BYTES = 1 << 30
#: Enough for threads, too few for harm.
_PROCESSES = 16
_MESSAGE = 300
#: Where Python's tokenizer ends a line.
_LINE_END = re.compile(r"\r\n|\r|\n")


class Verdict(enum.StrEnum):
    """Whether a completion passed, or in which class it failed."""

    PASSED = "passed"
    #: The program does not compile.
    SYNTAX = "syntax"
    #: An exception, a crash, or an exit before the tests were through.
    RUNTIME_ERROR = "runtime_error"
    #: One of the tests' assertions does not hold.
    WRONG_ANSWER = "wrong_answer"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    #: The sandbox could not be set up; nothing was run.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the exception's name where there was one, and a message for the reader."""

    verdict: Verdict
    exception: str
    message: str
    seconds: float
    isolation: Isolation


def program_text(problem: Problem, completion: str) -> tuple[str, int]:
    """The program that decides ``completion``, and the line (1-based) that the tests begin at."""
    solution = f"{problem.before}{completion}{problem.after}\n"
    return solution + problem.test, len(_LINE_END.findall(solution)) + 1


def classify(outcome: Outcome, test_line: int) -> Verdict:
    """The class of an outcome. An assertion counts as a wrong answer only if it is the tests' own."""
    match outcome.kind:
        case Kind.OK:
            return Verdict.PASSED
        case Kind.EXCEPTION if not outcome.compiled:
            return Verdict.SYNTAX
        case Kind.EXCEPTION if outcome.exception == "AssertionError" and outcome.line >= test_line:
            return Verdict.WRONG_ANSWER
        case Kind.TIMEOUT:
            return Verdict.TIMEOUT
        case Kind.MEMORY:
            return Verdict.OUT_OF_MEMORY
        case Kind.REFUSED:
            return Verdict.REFUSED
        case _:
            return Verdict.RUNTIME_ERROR


async def execute(problem: Problem, completion: str, *, seconds: float, least: Level) -> Judgement:
    """Run one completion with its problem's tests, for ``seconds`` at most."""
    source, test_line = program_text(problem, completion)
    limits = Limits(
        seconds=seconds,
        cpu_seconds=seconds,
        memory_bytes=MEMORY_BYTES,
        processes=_PROCESSES,
        output_bytes=4096,
    )
    outcome = await run_async(Program(source), limits, least=least)
    return Judgement(
        classify(outcome, test_line),
        outcome.exception,
        outcome.message[:_MESSAGE],
        outcome.seconds,
        outcome.isolation,
    )
