"""Work ahead: what follows an accepted suggestion is there before it is asked for."""

from __future__ import annotations

import asyncio

import pytest

from burnish_models.engine.base import FimPrompt
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import ScriptedEngine, Source

URI = "file:///a.py"
WHOLE = "x = foo(1)\ny = bar(2)\nz = 3\n"


@pytest.fixture(autouse=True)
def every_name_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts here speak of foo and bar; names have tests of their own."""
    monkeypatch.setattr("burnish_analysis.names._ALWAYS", _Anything())


class _Anything:
    def __contains__(self, name: object) -> bool:
        return True


def goes_on(prompt: FimPrompt) -> str:
    written = prompt.prefix + prompt.typed
    return WHOLE[len(written) :] if WHOLE.startswith(written) else ""


def request(text: str) -> CompletionRequest:
    return CompletionRequest(URI, SourceText(text.replace("|", "")), text.index("|"))


def pipeline(engine: ScriptedEngine, work_ahead: str = "always") -> Pipeline:
    return Pipeline(Source(engine), CompletionSettings(debounce_ms=0, work_ahead=work_ahead))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_server.completion.ahead.DELAY", 0.001)


async def test_the_line_after_an_accepted_suggestion_needs_no_model() -> None:
    engine = ScriptedEngine(goes_on)
    made = pipeline(engine)
    assert (await made.complete(request("x = |\n"))).text == "foo(1)"
    await asyncio.sleep(0.05)
    assert len(engine.requests) == 2
    accepted = "x = foo(1)"
    made.document_changed(URI, accepted + "\n")
    assert (await made.complete(request(accepted + "|\n"))).dropped == "empty"
    made.document_changed(URI, accepted + "\n\n")
    following = await made.complete(request(accepted + "\n|\n"))
    assert (following.text, following.reused) == ("y = bar(2)", True)
    counters = made.scheduler.counters
    assert (counters.asked, counters.from_cache) == (1, 2)


async def test_a_complete_line_makes_the_next_one_ready() -> None:
    engine = ScriptedEngine(goes_on)
    made = pipeline(engine)
    assert (await made.complete(request("x = foo(1)|\n"))).dropped == "empty"
    await asyncio.sleep(0.05)
    assert (await made.complete(request("x = foo(1)\n|\n"))).text == "y = bar(2)"
    assert made.scheduler.counters.asked == 1


async def test_a_request_in_between_takes_over_what_is_being_written() -> None:
    engine = ScriptedEngine(goes_on, delay=0.01)
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    await asyncio.sleep(0.03)
    assert engine.active == 1
    made.document_changed(URI, "x = foo(1)\n\n")
    assert (await made.complete(request("x = foo(1)\n|\n"))).text == "y = bar(2)"
    assert made.scheduler.counters.followed == 1
    assert engine.cancelled == 0


async def test_typing_the_suggestion_lets_it_go_on_and_typing_something_else_stops_it() -> None:
    engine = ScriptedEngine(goes_on, delay=0.01)
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    await asyncio.sleep(0.03)
    made.document_changed(URI, "x = fo\n")
    await asyncio.sleep(0)
    assert engine.active == 1
    made.document_changed(URI, "x = g\n")
    await asyncio.sleep(0.01)
    assert engine.active == 0


async def test_typing_on_drops_the_plan() -> None:
    engine = ScriptedEngine(goes_on)
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    made.document_changed(URI, "x = g\n")
    await asyncio.sleep(0.02)
    assert len(engine.requests) == 1


async def test_nothing_is_done_ahead_where_that_is_switched_off() -> None:
    engine = ScriptedEngine(goes_on)
    made = pipeline(engine, "never")
    await made.complete(request("x = |\n"))
    made.warm(request("x = |\n"))
    await asyncio.sleep(0.02)
    assert len(engine.requests) == 1


async def test_the_engine_works_on_one_thing_at_a_time() -> None:
    engine = ScriptedEngine(goes_on, delay=0.005)
    made = pipeline(engine)
    for text in ("x = |\n", "x = foo(1)\n|\n", "x = |\n", "q = |\n", "x = foo(1)|\n"):
        await made.complete(request(text))
        await asyncio.sleep(0.012)
    assert engine.most_active == 1
