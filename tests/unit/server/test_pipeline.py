from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from burnish_models.engine.base import FimPrompt
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import ScriptedEngine, Source

URI = "file:///a.py"
QUICK = CompletionSettings(debounce_ms=0)
EAGER = CompletionSettings(debounce_ms=0, work_ahead="always")


@pytest.fixture(autouse=True)
def every_name_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts here speak of foo and bar; names have tests of their own."""
    monkeypatch.setattr("burnish_analysis.names._ALWAYS", _Anything())


class _Anything:
    def __contains__(self, name: object) -> bool:
        return True


def request(text: str, **changes: object) -> CompletionRequest:
    source = SourceText(text.replace("|", ""))
    return CompletionRequest(URI, source, text.index("|"), **changes)  # type: ignore[arg-type]


def pipeline(engine: ScriptedEngine | None, settings: CompletionSettings = QUICK) -> Pipeline:
    return Pipeline(Source(engine), settings)


async def test_an_offer_with_the_contracts_fields() -> None:
    made = pipeline(ScriptedEngine("foo(1)"))
    result = await made.complete(request("import a\nx = |\n"))
    assert (result.text, result.dropped) == ("foo(1)", None)
    contract = result.as_contract()
    fields = {"text", "confidence", "model", "adapter", "timings", "tokens", "dropped"}
    assert set(contract) == fields
    assert set(contract["timings"]) == {"queue_ms", "prefill_ms", "decode_ms", "total_ms"}
    assert set(contract["tokens"]) == {"prompt", "cached", "generated"}
    assert contract["model"] == "scripted"
    assert contract["confidence"] > 0.9


async def test_what_stands_above_the_cursor_begins_the_middle() -> None:
    engine = ScriptedEngine("foo(1)")
    await pipeline(engine).complete(request("import a\r\nx = |\r\ny\r\n"))
    assert engine.requests[0].prompt == FimPrompt("", "import a\nx = ", "\ny\n")
    assert engine.requests[0].stop.single_line


async def test_an_offer_keeps_the_files_line_ends() -> None:
    result = await pipeline(ScriptedEngine("a = 1\n    return a")).complete(request("def f():\r\n    |\r\n"))
    assert result.text == "a = 1\r\n    return a"


@pytest.mark.parametrize(
    ("engine", "text", "rule"),
    [
        (ScriptedEngine(""), "x = |\n", "empty"),
        (ScriptedEngine("foo(1)", logprob=-2.0), "x = |\n", "low-confidence"),
        (ScriptedEngine("foo..1"), "x = |\n", "syntax"),
        (None, "x = |\n", "engine-loading"),
        (ScriptedEngine("y"), "# |\n", "in-comment"),
        (ScriptedEngine("a " * 200), "x = |\n", "unfinished"),
    ],
)
async def test_silence_is_named_and_remembered(engine: ScriptedEngine | None, text: str, rule: str) -> None:
    made = pipeline(engine)
    result = await made.complete(request(text))
    assert (result.text, result.dropped) == ("", rule)
    assert [entry.rule for entry in made.reasons.entries()] == [rule]
    assert made.reasons.entries()[0].sentence


async def test_the_threshold_can_be_set() -> None:
    engine = ScriptedEngine("foo(1)", logprob=-1.0)
    assert (await pipeline(engine).complete(request("x = |\n"))).dropped == "low-confidence"
    lenient = pipeline(engine, replace(QUICK, min_confidence=0.0))
    assert (await lenient.complete(request("x = |\n"))).text == "foo(1)"


async def test_a_crash_is_a_reason_and_the_next_request_works() -> None:
    engine = ScriptedEngine("foo(1)")
    made = pipeline(engine)
    engine.crash = True
    assert (await made.complete(request("x = |\n"))).dropped == "engine-error"
    engine.crash = False
    assert (await made.complete(request("x = |\n"))).text == "foo(1)"


async def test_a_deadline() -> None:
    engine = ScriptedEngine("foo(1)", delay=5)
    made = pipeline(engine, replace(QUICK, max_latency_ms=50))
    result = await asyncio.wait_for(made.complete(request("x = |\n")), 3)
    assert result.dropped == "deadline"
    await asyncio.sleep(0.01)
    assert engine.active == 0
    assert engine.requests[0].deadline_ms is not None
    assert engine.requests[0].deadline_ms <= 50


async def test_typing_through_a_finished_answer_asks_nothing() -> None:
    engine = ScriptedEngine("foo(1, 2)")
    made = pipeline(engine)
    assert (await made.complete(request("x = |\n"))).text == "foo(1, 2)"
    second = await made.complete(request("x = fo|\n"))
    assert (second.text, second.reused, second.tokens.generated) == ("o(1, 2)", True, 0)
    assert (await made.complete(request("x = |\n"))).text == "foo(1, 2)"
    assert len(engine.requests) == 1


async def test_an_auto_closed_bracket_does_not_end_the_reuse() -> None:
    engine = ScriptedEngine("foo(1, 2)")
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    result = await made.complete(request("x = foo(|)\n"))
    assert result.text == "1, 2)"
    assert result.end - result.start == 1
    assert len(engine.requests) == 1


async def test_typing_something_else_asks_again() -> None:
    engine = ScriptedEngine("foo(1, 2)")
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    await made.complete(request("x = b|\n"))
    assert len(engine.requests) == 2


async def test_fresh_asks_again() -> None:
    engine = ScriptedEngine("foo(1, 2)")
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    await made.complete(request("x = |\n", fresh=True))
    assert len(engine.requests) == 2


async def test_typing_along_a_running_answer_follows_it() -> None:
    engine = ScriptedEngine("foo(1, 2)", delay=0.02)
    made = pipeline(engine)
    first = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.03)
    second = asyncio.create_task(made.complete(request("x = f|\n")))
    assert (await second).text == "oo(1, 2)"
    assert (await first).text == "foo(1, 2)"
    assert len(engine.requests) == 1


async def test_the_latest_wins() -> None:
    engine = ScriptedEngine("foo(1, 2)", delay=0.02)
    made = pipeline(engine)
    first = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.03)
    second = asyncio.create_task(made.complete(request("x = 1\ny = |\n")))
    assert (await first).dropped == "superseded"
    assert (await second).text == "foo(1, 2)"
    assert engine.cancelled == 1
    assert engine.most_active == 1


async def test_a_cancelled_request_stops_the_engine() -> None:
    engine = ScriptedEngine("foo(1, 2)", delay=0.05)
    made = pipeline(engine)
    task = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.02)
    assert engine.active == 1
    task.cancel()
    await asyncio.sleep(0.01)
    assert task.cancelled()
    assert engine.active == 0


async def test_a_cancelled_request_goes_on_while_its_answer_is_typed() -> None:
    engine = ScriptedEngine("foo(1, 2)", delay=0.03)
    made = pipeline(engine)
    task = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.05)
    made.document_changed(URI, "x = f\n")
    task.cancel()
    await asyncio.sleep(0.01)
    assert engine.active == 1
    assert (await made.complete(request("x = f|\n"))).text == "oo(1, 2)"
    assert len(engine.requests) == 1


async def test_a_cancelled_request_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_server.completion.scheduler.TYPING_GRACE", 0.05)
    engine = ScriptedEngine("foo(1, 2)" * 20, delay=0.05)
    made = pipeline(engine)
    task = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.02)
    made.document_changed(URI, "x = f\n")
    task.cancel()
    await asyncio.sleep(0.01)
    assert engine.active == 1
    await asyncio.sleep(0.15)
    assert engine.active == 0


async def test_a_contradicting_change_stops_the_engine_at_once() -> None:
    engine = ScriptedEngine("foo(1, 2)", delay=0.02)
    made = pipeline(engine)
    task = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.03)
    made.document_changed(URI, "x = b\n")
    assert (await task).dropped == "superseded"
    assert engine.active == 0


async def test_debounce_asks_only_for_the_last() -> None:
    engine = ScriptedEngine("foo(1, 2)")
    made = pipeline(engine, CompletionSettings(debounce_ms=300))
    texts = ["x = |\n", "x = b|\n", "x = ba|\n"]
    tasks = []
    for text in texts:
        tasks.append(asyncio.create_task(made.complete(request(text))))
        await asyncio.sleep(0.01)
    results: list[CompletionResult] = await asyncio.gather(*tasks)
    assert [result.dropped for result in results] == ["superseded", "superseded", None]
    assert len(engine.requests) == 1


async def test_warming_is_stopped_by_a_request() -> None:
    engine = ScriptedEngine("foo(1)", delay=0.05)
    made = pipeline(engine, EAGER)
    made.warm(request("x = |\n"))
    await asyncio.sleep(0.01)
    assert [asked.generate for asked in engine.requests] == [False]
    assert (await made.complete(request("x = |\n"))).text == "foo(1)"
    assert engine.cancelled == 1
    assert [asked.generate for asked in engine.requests] == [False, True]


async def test_what_was_evaluated_last_is_not_warmed_again() -> None:
    engine = ScriptedEngine("foo(1)", delay=0.001)
    made = pipeline(engine, EAGER)
    await made.complete(request("x = |\n"))
    made.warm(request("x = |\n"))
    made.warm(request("x = f|\n"))
    await asyncio.sleep(0.01)
    assert [asked.generate for asked in engine.requests] == [True]
    made.warm(request("y = 1\nx = f|\n\nz\n"))
    await asyncio.sleep(0.01)
    assert [asked.generate for asked in engine.requests] == [True, False]


async def test_what_was_interrupted_is_warmed_again() -> None:
    engine = ScriptedEngine("foo(1)", delay=0.05)
    made = pipeline(engine, EAGER)
    made.warm(request("x = |\n"))
    await asyncio.sleep(0.01)
    made.document_changed(URI, "x = 1\n")
    await asyncio.sleep(0.01)
    made.warm(request("x = |\n"))
    await asyncio.sleep(0.01)
    assert [asked.generate for asked in engine.requests] == [False, False]


async def test_nothing_is_warmed_while_the_engine_works() -> None:
    engine = ScriptedEngine("foo(1)", delay=0.02)
    made = pipeline(engine, EAGER)
    task = asyncio.create_task(made.complete(request("x = |\n")))
    await asyncio.sleep(0.01)
    made.warm(request("y = |\n"))
    await task
    assert all(asked.generate for asked in engine.requests)


async def test_reset_forgets_answers() -> None:
    engine = ScriptedEngine("foo(1)")
    made = pipeline(engine)
    await made.complete(request("x = |\n"))
    made.reset()
    await made.complete(request("x = |\n"))
    assert len(engine.requests) == 2


async def test_a_selected_item_is_part_of_the_offer() -> None:
    from burnish_server.completion.model import SelectedItem

    engine = ScriptedEngine("(1)")
    made = pipeline(engine)
    result = await made.complete(request("x = pr|\n", selected=SelectedItem(4, 6, "print")))
    assert (result.text, result.start, result.end) == ("print(1)", 4, 6)
    assert engine.requests[0].prompt.typed == "x = print"


@pytest.mark.parametrize(
    "text",
    [
        "x = '😀' + |\r\n",
        "\ufeffimport os\r\n\tx = |\r\n",
        "".join(f"x{i} = {i}\n" for i in range(10_000)) + "y = |\n",
        "".join(f"def ({i} = = )\n" for i in range(300)) + "y = |\n",
        "\x0c\ny = |\n",
        "x = '\ud83d' + |\n",
    ],
)
async def test_odd_files(text: str) -> None:
    asked = request(text)
    result = await pipeline(ScriptedEngine("foo(1)")).complete(asked)
    assert result.text == "foo(1)"
    assert result.start == result.end == asked.offset


BLOCK = "a = 1\n    b = 2\n    c = 3\n    return a"


async def test_a_block_whose_first_line_is_too_unlikely_is_not_written_to_its_end() -> None:
    engine = ScriptedEngine(BLOCK, logprob=-2.0)
    made = pipeline(engine)
    assert (await made.complete(request("def f():\n    |\n"))).dropped == "low-confidence"
    assert engine.written < 12
    lenient = ScriptedEngine(BLOCK, logprob=-2.0)
    result = await pipeline(lenient, replace(QUICK, min_confidence=0.0)).complete(
        request("def f():\n    |\n")
    )
    assert result.text == BLOCK


async def test_the_middle_stays_where_it_began_until_nobody_waits() -> None:
    lines = [f"value_{number} = {number}\n" for number in range(60)]
    engine = ScriptedEngine("foo(1)")
    made = pipeline(engine, EAGER)
    starts = []
    for line in range(20, 60):
        text = "".join(lines[:line])
        await made.complete(request(f"{text}x = |\nend = 1\n", fresh=True))
        prompt = engine.requests[-1].prompt
        assert prompt.prefix + prompt.typed == text + "x = "
        starts.append(prompt.prefix.count("\n"))
    assert starts == sorted(starts)
    assert max(line - start for line, start in zip(range(20, 60), starts, strict=True)) <= 36
    typed = request("".join(lines) + "x = |\nend = 1\n")
    made.scheduler.asked = replace(engine.requests[-1].prompt, prefix="".join(lines[:40]))
    made.warm(typed)
    await asyncio.sleep(0.01)
    assert engine.requests[-1].prompt.prefix.count("\n") == 48
