"""Runs: what is asked, what is shown, budgets, repairs, cancelling, and who comes first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.verify.model import Counterexample, Speedup, Verdict, VerifyOptions
from burnish_models.engine.base import ChatPrompt, Chunk, EngineInfo, Finish, GenerateRequest, Timings
from burnish_models.errors import EngineError
from burnish_server.perf.verdicts import Verdicts
from burnish_server.rewrite.knowledge import known_of
from burnish_server.rewrite.model import Budget, Outcome, Wants
from burnish_server.rewrite.prompting import first_question, repair_question, tokens_wanted
from burnish_server.rewrite.renewing import renewed
from burnish_server.rewrite.service import Run
from burnish_server.rewrite.target import Target, target_named
from burnish_server.rewrite.words import run_words
from tests.unit.server.scripted import ScriptedEngine

TEXT = """def f(xs: list[int]) -> int:
    total = 0
    for x in xs:
        if x > 0:
            total += x
    return total


print(f([1, 2]), f(list("a")))
"""
SPEED = Speedup(3.0, 2.5, 3.5, 40, 1.5)
SAME = Verdict(
    "equivalent", "tested", inputs=50, speedup=SPEED, faster=True, evidence="equivalent on 50 inputs"
)
SLOWER = replace(SAME, speedup=Speedup(0.5, 0.4, 0.6, 40, 0.4), faster=False)
EVEN = replace(SAME, speedup=Speedup(1.0, 0.9, 1.05, 40, 0.97), faster=False)
WRONG = Verdict(
    "different", reason="no", counterexample=Counterexample("f([0])", "returned 0", "returned 1", "x")
)


class Model(ScriptedEngine):
    """One answer after the other, as an instruct model or one that only completes."""

    def __init__(self, *answers: str, chat: bool = True, delay: float = 0.0) -> None:
        super().__init__(lambda _: self.answers[(len(self.requests) - 1) % len(self.answers)], delay=delay)
        self.answers, self.chat = answers, chat
        self.evaluated = 100

    def describe(self) -> EngineInfo:
        return replace(super().describe(), chat=self.chat, context_tokens=4096)

    async def remember(self, workspace: str, files: Any) -> int:
        del workspace, files
        return 0


def f(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f"```python\ndef f(xs: list[int]) -> int:\n{lines}\n```"


def by_text(*known: tuple[str, Verdict]) -> Callable[..., Verdict]:
    """A verifier that says what is known of texts with some words in them."""

    def verify(before: str, after: str, function: str, options: Any, **_: Any) -> Verdict:
        del before, function, options
        return next((verdict for words, verdict in known if words in after), SAME)

    return verify


def target() -> Target:
    found = target_named(TEXT, "f")
    assert found is not None
    return found


async def ran(
    tmp_path: Path, engine: Any, verify: Any = None, wants: Wants = "either", **bounds: Any
) -> tuple[Run, Outcome]:
    verdicts = Verdicts(tmp_path, verify or by_text())
    run = Run(engine, verdicts, target(), wants, VerifyOptions(), Budget(**({"samples": 4} | bounds)))
    try:
        return run, await asyncio.wait_for(run.done(), 20)
    finally:
        verdicts.end()


async def test_only_what_is_proved_and_better_is_shown(tmp_path: Path) -> None:
    answers = [
        f("return sum(x for x in xs if x > 0)"),
        f("return sum([max(x, 0) for x in xs])"),
        f("return sum(x  for x in xs   if x > 0)  # again"),
        f("total = 0\nfor x in xs:\n    if x > 0:\n        total += x\nreturn total"),
        f("return sum(map(abs, xs))"),
        f("t = 0\nfor x in xs:\n    if x > 0:\n        t = t + x\nreturn t"),
        f("return sum(x for x in sorted(xs) if x > 0)"),
        f("return sum(x for x in xs[:] if x > 0)"),
        "no code",
    ]
    verify = by_text(
        ("max(x, 0)", SAME),
        ("abs", WRONG),
        ("t + x", EVEN),
        ("sorted", SLOWER),
        ("xs[:]", replace(SAME, strength="weak", reason="few inputs")),
    )
    _, outcome = await ran(tmp_path, Model(*answers), verify, samples=9, repairs=0)
    # As fast as the other one, and simpler for radon, which does not count the condition in a call.
    assert [kept.sample for kept in outcome.kept] == [1, 0]
    assert outcome.dropped == {
        "duplicate": 1,
        "same as before": 1,
        "behaves differently": 1,
        "no gain": 2,
        "weakly tested": 1,
        "not Python": 1,
    }
    first = outcome.kept[1]
    assert first.after == TEXT.replace(
        TEXT[TEXT.index("    total = 0") : TEXT.index("\n\n\nprint")],
        "    return sum(x for x in xs if x > 0)",
    )
    assert (first.gain, first.title[:24]) == ("3.0×", "Rewrite `f`: 3.0× faster")
    assert first.diff.split("\n")[0] == "--- f"
    assert outcome.tried == 9
    assert run_words(outcome).startswith("2 of 9 versions proved better in ")


async def test_simpler_is_shown_where_it_is_not_slower(tmp_path: Path) -> None:
    answer = f("return sum(map(positive, xs))").replace(
        "```python\n", "```python\ndef positive(x):\n    return x * (x > 0)\n\n\n"
    )
    for verdict, wants, shown in (
        (EVEN, "simpler", 1),
        (SLOWER, "simpler", 0),
        (EVEN, "faster", 0),
        (EVEN, "either", 1),
    ):
        _, outcome = await ran(
            tmp_path / f"{verdict.faster}{wants}{shown}",
            Model(answer),
            by_text(("positive", verdict)),
            wants,
            samples=1,
        )  # type: ignore[arg-type]
        assert len(outcome.kept) == shown, (verdict, wants)
        if shown:
            assert outcome.kept[0].change is not None
            assert outcome.kept[0].gain == ""
            assert "complexity 3 → 1" in outcome.kept[0].title


async def test_the_prompts_carry_what_is_known() -> None:
    one = target()
    known = known_of(one, ["Adding in a loop is slow."])
    assert known[0] == "Adding in a loop is slow."
    assert "Line 4: if (complexity +1)." in known
    assert "It is called with (list)." in known
    chat = first_question(one, known, "faster", chat=True, context_tokens=4096)
    assert chat is not None and chat.chat is not None
    system, user = chat.chat.messages
    assert (system.role, user.role) == ("system", "user")
    assert "faster." in user.text and "Adding in a loop" in user.text and one.source in user.text
    comment = first_question(one, known, "simpler", chat=False, context_tokens=4096)
    assert comment is not None and comment.chat is None
    assert comment.prompt.prefix.endswith("# It is called with (list).\n")
    assert comment.prompt.typed == comment.lead == "def f(xs: list[int]) -> int:\n"
    assert comment.stop.min_indent == 4
    assert first_question(one, known, "faster", chat=True, context_tokens=300) is None
    tight = first_question(one, ["x" * 150] * 20, "faster", chat=True, context_tokens=1024)
    assert tight is not None and tight.size < 1024 * 2.2
    repair = repair_question(chat, one, "wrong", WRONG.counterexample)  # type: ignore[arg-type]
    assert repair.chat is not None
    assert [message.role for message in repair.chat.messages] == ["system", "user", "assistant", "user"]
    assert (
        "For f([0]), the original returned 0, but your version returned 1." in repair.chat.messages[-1].text
    )
    again = repair_question(comment, one, "    return 1\n", WRONG.counterexample)  # type: ignore[arg-type]
    assert again.prompt.prefix.endswith(
        "    return 1\n\n\n# Wrong: For f([0]), the original returned 0, but your version returned 1.\n# Corrected:\n"
    )


async def test_a_model_that_only_completes(tmp_path: Path) -> None:
    model = Model("    return sum(x for x in xs if x > 0)", chat=False)
    _, outcome = await ran(tmp_path, model, samples=2)
    assert len(outcome.kept) == 1
    assert [request.chat for request in model.requests] == [None, None]
    assert [(request.temperature, request.seed, request.background) for request in model.requests] == [
        (0.0, 0, True),
        (0.8, 1, True),
    ]


async def test_a_counterexample_goes_back_once(tmp_path: Path) -> None:
    model = Model(f("return sum(map(abs, xs))"), f("return sum(x for x in xs if x > 0)"))
    _, outcome = await ran(tmp_path, model, by_text(("abs", WRONG)), samples=1)
    assert [(kept.sample, kept.repaired) for kept in outcome.kept] == [(0, True)]
    assert (outcome.tried, len(model.requests), outcome.dropped) == (2, 2, {"behaves differently": 1})
    assert isinstance(model.requests[1].chat, ChatPrompt)
    # What is wrong again is not asked about again.
    model = Model(f("return sum(map(abs, xs))"), f("return sum(map(abs, xs[:]))"))
    _, outcome = await ran(tmp_path, model, by_text(("abs", WRONG)), samples=1)
    assert (outcome.kept, len(model.requests), outcome.dropped) == ([], 2, {"behaves differently": 2})


async def test_the_budget_of_tokens_is_kept(tmp_path: Path) -> None:
    one = target()
    question = first_question(one, known_of(one), "either", chat=True, context_tokens=4096)
    assert question is not None
    answers = [f(f"return sum(x for x in xs if x > 0) + {n} - {n}") for n in range(20)]
    bound = question.size + 3 * tokens_wanted(one)
    _, outcome = await ran(tmp_path, Model(*answers), samples=20, tokens=bound)
    assert 0 < outcome.tried < 20
    assert outcome.ended == "the tokens are used up"
    assert outcome.spent.tokens <= bound
    # No token for a question that does not fit.
    model = Model(*answers)
    _, outcome = await ran(tmp_path, model, tokens=100)
    assert (outcome.tried, model.requests, outcome.ended) == (0, [], "the tokens are used up")


async def test_the_budget_of_time_is_kept(tmp_path: Path) -> None:
    model = Model(f("return sum(x for x in xs if x > 0)"), delay=0.3)
    _, outcome = await ran(tmp_path, model, seconds=1.0)
    assert outcome.seconds < 3
    assert outcome.ended == "the time is used up"
    assert model.active == 0

    def slow(*_: Any, stop: threading.Event, **__: Any) -> Verdict:
        stop.wait(10)
        return SAME

    _, outcome = await ran(
        tmp_path, Model(f("return sum(x for x in xs if x > 0)")), slow, samples=1, seconds=3.0
    )
    assert outcome.seconds < 6
    assert (outcome.kept, outcome.dropped) == ([], {"out of time": 1})


async def test_cancelling_stops_model_and_verification(tmp_path: Path) -> None:
    model = Model(f("return sum(x for x in xs if x > 0)"), delay=0.05)
    verdicts = Verdicts(tmp_path, by_text())
    run = Run(model, verdicts, target(), "either", VerifyOptions())
    waiting = asyncio.create_task(run.done())
    while not model.active:
        await asyncio.sleep(0.01)
    run.stop()
    outcome = await asyncio.wait_for(waiting, 5)
    assert (outcome.cancelled, outcome.kept, model.active, model.cancelled) == (True, [], 0, 1)

    began, stopped = threading.Event(), threading.Event()

    def slow(*_: Any, stop: threading.Event, **__: Any) -> Verdict:
        began.set()
        if stop.wait(10):
            stopped.set()
        return SAME

    verdicts = Verdicts(tmp_path, slow)
    for by_request in (False, True):
        began.clear()
        stopped.clear()
        run = Run(
            Model(f("return sum(x for x in xs if x > 0)")), verdicts, target(), "either", VerifyOptions()
        )
        waiting = asyncio.create_task(run.done())
        assert await asyncio.to_thread(began.wait, 5)
        if by_request:
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(waiting, 5)
        else:
            run.stop()
            assert (await asyncio.wait_for(waiting, 5)).cancelled
        assert await asyncio.to_thread(stopped.wait, 5)
    verdicts.end()


async def test_an_answer_goes_on_where_somebody_else_came_first(tmp_path: Path) -> None:
    whole = f("return sum(x for x in xs if x > 0)")

    class Interrupted(Model):
        async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
            self.requests.append(request)
            assert request.chat is not None
            rest = whole[len(request.chat.begun) :]
            part = rest if len(self.requests) == 3 else rest[:20]
            yield Chunk(part)
            yield Chunk("", Finish("eos" if part == rest else "cancelled", Timings(), 100, 90, 5))

    model = Interrupted("")
    _, outcome = await ran(tmp_path, model, samples=1)
    assert len(outcome.kept) == 1
    assert [request.chat.begun for request in model.requests if request.chat] == ["", whole[:20], whole[:40]]
    assert outcome.spent.tokens == 3 * 15


async def test_failures_of_the_engine(tmp_path: Path) -> None:
    model = Model("x")
    model.crash = True
    with pytest.raises(EngineError):
        await ran(tmp_path, model)

    class NoChat(Model):
        async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
            if request.chat is not None:
                self.chat = False
                raise EngineError("no chat template")
            async for chunk in super().generate(request):
                yield chunk

    _, outcome = await ran(tmp_path, NoChat("    return sum(x for x in xs if x > 0)"), samples=1)
    assert len(outcome.kept) == 1


async def test_a_proposal_for_a_text_that_was_edited_since(tmp_path: Path) -> None:
    answer = f("return sum(map(_p, xs))").replace(
        "```python\n", "```python\nimport math\n\n\ndef _p(x):\n    return math.fabs(x)\n\n\n"
    )
    _, outcome = await ran(tmp_path, Model(answer), samples=1)
    (kept,) = outcome.kept
    edited = "# head\n" + TEXT.replace("print(f", "print(1, f")
    again = renewed(kept, edited)
    assert (
        again
        == kept.after.replace("import math\n", "# head\n\nimport math\n", 1).replace("print(f", "print(1, f")
        or again is not None
    )
    assert again is not None and "return sum(map(_p, xs))" in again and again.count("import math") == 1
    assert renewed(kept, TEXT.replace("x > 0", "x > 1")) is None
    assert renewed(kept, "x = 1\n") is None


async def test_no_token_for_what_cannot_be_proved(tmp_path: Path) -> None:
    text = "def g(path):\n    return open(path).read()\n"
    found = target_named(text, "g")
    assert found is not None
    model = Model("x")
    outcome = await Run(model, Verdicts(tmp_path), found, "either", VerifyOptions()).done()
    assert (outcome.tried, model.requests) == (0, [])
    assert "could be verified" in outcome.ended and "file" in run_words(outcome)
