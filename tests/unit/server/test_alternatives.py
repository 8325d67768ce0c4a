"""Other answers on request."""

from __future__ import annotations

import asyncio

from burnish_models.engine.base import FimPrompt, GenerateRequest
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import ScriptedEngine, Source

DRAWN = ["1 + 2", "1 + 2", "1 2", "33", "44", "55", "66", "77"]


class Drawing(ScriptedEngine):
    """Writes ``1 + 2``, and by chance something else."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(self._text, delay=delay, logprob=-0.2)
        self.seed = 0

    def _text(self, _: FimPrompt) -> str:
        return DRAWN[self.seed]

    def generate(self, request: GenerateRequest):  # type: ignore[no-untyped-def]
        self.seed = request.seed if request.temperature else 0
        return super().generate(request)


def request(text: str = "x = |\n") -> CompletionRequest:
    return CompletionRequest(
        "file:///a.py", SourceText(text.replace("|", "")), text.index("|"), invoked=True, gate=False
    )


def pipeline(engine: ScriptedEngine) -> Pipeline:
    return Pipeline(Source(engine), CompletionSettings(debounce_ms=0))


async def test_other_answers_that_pass_the_filters_each_once() -> None:
    made = pipeline(Drawing())
    first = await made.complete(request())
    assert first.text == "1 + 2"
    others = await made.alternatives(request(), first)
    assert [other.text for other in others] == ["33", "44"] or [other.text for other in others] == [
        "44",
        "33",
    ]


async def test_draws_are_not_reused_for_what_is_typed_next() -> None:
    engine = Drawing()
    made = pipeline(engine)
    first = await made.complete(request())
    await made.alternatives(request(), first)
    assert (await made.complete(request())).text == "1 + 2"


async def test_another_request_ends_the_drawing() -> None:
    engine = Drawing(delay=0.02)
    made = pipeline(engine)
    first = await made.complete(request())
    drawing = asyncio.create_task(made.alternatives(request(), first))
    await asyncio.sleep(0.03)
    assert (await made.complete(request("y = |\n"))).text == "1 + 2"
    assert len(await drawing) <= 1
    assert engine.most_active == 1


async def test_typing_ends_it_too() -> None:
    engine = Drawing(delay=0.05)
    made = pipeline(engine)
    first = await made.complete(request())
    drawing = asyncio.create_task(made.alternatives(request(), first))
    await asyncio.sleep(0.06)
    made.document_changed("file:///a.py", "x = 9\n")
    await asyncio.sleep(0.01)
    drawing.cancel()
    assert engine.active == 0


async def test_who_asks_sees_what_the_model_is_not_sure_of() -> None:
    engine = ScriptedEngine("1 + 2", logprob=-2.0)
    assert (await pipeline(engine).complete(request())).text == "1 + 2"
