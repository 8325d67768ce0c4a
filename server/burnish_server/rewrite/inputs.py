"""Inputs that a model proposes for a function, where those found otherwise cover too little of it."""

from __future__ import annotations

import ast
import logging
import time
from collections.abc import Callable

from burnish_analysis.verify.inside.calls import site_calls
from burnish_analysis.verify.model import Call
from burnish_models.engine.base import Engine
from burnish_models.errors import EngineError
from burnish_server.perf.verdicts import Job, Propose
from burnish_server.rewrite.asking import Asker, BudgetSpentError, endpoint_of
from burnish_server.rewrite.model import Budget, Spent
from burnish_server.rewrite.prompting import INPUT_TOKENS, inputs_question
from burnish_server.rewrite.target import target_named

__all__ = ["calls_in", "proposer"]

log = logging.getLogger("burnish_server")

#: Somebody waits for a verdict meanwhile.
_BUDGET = Budget(seconds=8.0, tokens=6_000, samples=1, repairs=0)
#: Smaller models write hardly a call that can be used, and nobody should wait for that.
_LEAST_PARAMETERS = 300_000_000


def proposer(engine: Callable[[], Engine | None]) -> Propose:
    """What :class:`burnish_server.perf.verdicts.Verdicts` asks.

    Args:
        engine: the model, if one is ready. One that may send code to another machine is not asked, nor one of few parameters.
    """

    async def propose(job: Job) -> tuple[Call, ...]:
        model = engine()
        if model is None or endpoint_of(model):
            return ()
        try:
            return await _asked(model, job)
        except BudgetSpentError:
            return ()
        except EngineError as error:
            log.info("No inputs for %s from the model: %s", job.function, error)
            return ()

    return propose


async def _asked(engine: Engine, job: Job) -> tuple[Call, ...]:
    target = target_named(job.before, job.function)
    info = engine.describe()
    if target is None or info.state != "ready" or info.parameters < _LEAST_PARAMETERS:
        return ()
    question = inputs_question(target, chat=info.chat, context_tokens=info.context_tokens)
    if question is None:
        return ()
    asker = Asker(engine, _BUDGET, time.monotonic() + _BUDGET.seconds, Spent())
    answer = await asker.ask(question, max_tokens=INPUT_TOKENS, temperature=0.0, seed=0)
    return calls_in(answer.text, job.function)


def calls_in(answer: str, function: str) -> tuple[Call, ...]:
    """The calls of a function in what a model wrote, those with all arguments written out; the rest is passed over.

    Args:
        answer: code, perhaps in a block, perhaps cut off. function: dotted.
    """
    found: dict[str, None] = {}
    for line in answer.splitlines():
        try:
            tree = ast.parse(line.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found.update(dict.fromkeys(site_calls(tree, function)))
    return tuple(Call(source, "model") for source in found)
