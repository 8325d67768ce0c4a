from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from burnish_models.engine.base import EngineInfo, FimPrompt, Finish, GenerateRequest, StopRules
from burnish_models.errors import EngineError, EngineStartError, ModelMissingError
from burnish_models.remote.engine import RemoteEngine
from burnish_models.remote.fallback import FallbackEngine
from burnish_models.remote.settings import RemoteSettings
from tests.unit.remote.endpoint import Exchange, Handler, fails, in_turn, openai_event, running, says
from tests.unit.server.scripted import ScriptedEngine

PROMPT = FimPrompt("def f(a):\n", "    return", "\n")


def ask(**options: object) -> GenerateRequest:
    return GenerateRequest(PROMPT, **options)  # type: ignore[arg-type]


class Team:
    """A fallback engine over a scripted endpoint and a scripted local engine."""

    def __init__(self, url: str, *, patience_s: float = 0.3, first_pause_s: float = 0.1) -> None:
        self.local = ScriptedEngine(" local")
        self.states: list[EngineInfo] = []
        settings = RemoteSettings(url, retries=0, connect_timeout_s=0.5)
        self.engine = FallbackEngine(
            lambda notify: RemoteEngine(settings, key=lambda: "k", on_state=notify),
            lambda notify: self.local,
            on_state=self.states.append,
            patience_s=patience_s,
            first_pause_s=first_pause_s,
        )

    async def read(self, **options: object) -> tuple[str, Finish]:
        text, finish = "", None
        async for chunk in self.engine.generate(ask(**options)):
            text += chunk.text
            finish = chunk.finish or finish
        assert finish is not None
        return text, finish


@contextlib.asynccontextmanager
async def team(handler: Handler, **options: float) -> AsyncIterator[tuple[Team, object]]:
    async with running(completions=handler) as endpoint:
        made = Team(endpoint.url, **options)
        await made.engine.load()
        yield made, endpoint
        await made.engine.close()


async def until(condition: object, seconds: float = 3.0) -> None:
    assert callable(condition)
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.005)


async def test_the_endpoint_serves_while_it_can() -> None:
    async with team(says(" remote", "\n")) as (made, _):
        assert (await made.read())[0] == " remote"
        info = made.engine.describe()
        assert (info.state, info.model, info.extra["serving"]) == ("ready", "qwen2.5-coder", "remote")
        assert "127.0.0.1" in info.backend
        assert info.extra["pid"] == "4711"
        assert made.local.requests == []


async def test_nobody_there_means_the_local_model_and_says_why() -> None:
    made = Team("http://127.0.0.1:9")
    await made.engine.load()
    assert (await made.read())[0] == " local"
    info = made.engine.describe()
    assert (info.state, info.model) == ("ready", "scripted")
    assert info.backend == "script, in place of 127.0.0.1:9"
    assert "127.0.0.1:9 cannot be reached" in info.detail
    await made.engine.close()
    assert made.local.closed


async def test_a_refused_request_goes_to_the_local_model_at_once() -> None:
    async with team(fails(401, "{}")) as (made, _):
        began = time.monotonic()
        assert (await made.read())[0] == " local"
        assert time.monotonic() - began < 0.5
        assert "refuses the key" in made.engine.describe().detail
        assert made.states[-1].extra["serving"] == "local"


async def test_broken_off_before_any_text() -> None:
    async def dies(exchange: Exchange) -> None:
        await exchange.start_stream()

    async with team(dies) as (made, _):
        text, finish = await made.read(deadline_ms=1500)
        assert text == " local"
        assert finish.logprobs
        assert 1000 < (made.local.requests[0].deadline_ms or 0) < 1500


async def test_broken_off_in_the_middle_the_local_model_goes_on_from_there() -> None:
    async def dies(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(openai_event(" (a +\n        b"))
        await exchange.event(openai_event(" +"))

    async with team(dies) as (made, _):
        stop = StopRules(single_line=False, max_lines=5)
        text, finish = await made.read(stop=stop)
        assert text == " (a +\n        b + local"
        asked = made.local.requests[0]
        assert asked.prompt.typed == "    return (a +\n        b +"
        assert asked.stop.max_lines == 4
        assert len(finish.logprobs) == 2 + 2
        assert finish.generated_tokens == 4


async def test_killed_in_mid_request_the_local_model_answers_within_a_second() -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(openai_event(" a"))
        await exchange.closed()

    async with running(completions=endless) as endpoint:
        made = Team(endpoint.url, patience_s=30)
        await made.engine.load()
        reading = asyncio.create_task(made.read())
        await until(lambda: endpoint.asked("/v1/completions"))
        began = time.monotonic()
        await endpoint.kill()
        text, _ = await asyncio.wait_for(reading, 1)
        assert time.monotonic() - began < 1
        assert text.endswith(" local")
        await made.engine.close()


async def test_a_silent_endpoint_leaves_half_of_the_time() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.closed()

    async with team(silent, patience_s=10) as (made, _):
        began = time.monotonic()
        assert (await made.read(deadline_ms=400))[0] == " local"
        assert 0.15 < time.monotonic() - began < 0.35


async def test_slowness_is_forgiven_twice_and_then_not_asked_for() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.closed()

    async with running(completions=silent) as endpoint:
        made = Team(endpoint.url, patience_s=0.05, first_pause_s=30)
        await made.engine.load()
        for _ in range(5):
            assert (await made.read())[0] == " local"
        assert len(endpoint.asked("/v1/completions")) == 3
        await made.engine.close()


async def test_it_comes_back_and_one_request_tries_it() -> None:
    async with running(completions=in_turn(fails(500, "{}"), says(" remote", "\n"))) as endpoint:
        port = endpoint.port
        made = Team(endpoint.url)
        await made.engine.load()
        await endpoint.kill()
        assert (await made.read())[0] == " local"
        asked = len(endpoint.seen)
        assert (await made.read())[0] == " local"
        assert len(endpoint.seen) == asked
        await endpoint.start(port)
        await until(lambda: endpoint.asked("/v1/models")[1:])
        await asyncio.sleep(0.05)
        assert (await made.read())[0] == " local"  # the half-open try failed: closed again, and later open
        await asyncio.sleep(0.6)
        assert (await made.read())[0] == " remote"
        assert made.engine.describe().extra["serving"] == "remote"
        assert made.engine.describe().detail == ""
        await made.engine.close()


async def test_a_new_key_is_tried_at_once() -> None:
    async with running(completions=says(" remote", "\n")) as endpoint:
        models = endpoint.handlers["/v1/models"]
        endpoint.handlers["/v1/models"] = fails(401, "{}")
        made = Team(endpoint.url, first_pause_s=60)
        await made.engine.load()
        assert made.engine.describe().extra["serving"] == "local"
        endpoint.handlers["/v1/models"] = models
        made.engine.retry_now()
        await until(lambda: endpoint.asked("/v1/models")[1:])
        await asyncio.sleep(0.05)
        assert (await made.read())[0] == " remote"
        await made.engine.close()


async def test_a_withdrawn_request_tells_nothing_about_the_endpoint() -> None:
    async with team(says(" a", *["x"] * 50, pause=0.02)) as (made, endpoint):
        stream = made.engine.generate(ask())
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: endpoint.active == 0)  # type: ignore[attr-defined]
        assert made.engine.describe().extra["serving"] == "remote"
        assert made.local.requests == []


async def test_the_endpoint_serves_while_the_local_model_loads_or_cannot() -> None:
    async with running(completions=says(" remote", "\n")) as endpoint:
        made = Team(endpoint.url)
        made.local.gate = asyncio.Event()
        made.local.fail_load = ModelMissingError("No such file.")
        await asyncio.wait_for(made.engine.load(), 1)
        assert (await made.read())[0] == " remote"
        made.local.gate.set()
        made.local.crash = True
        await endpoint.kill()
        with pytest.raises(EngineError, match=r"cannot be reached.*The local model cannot answer either"):
            await made.read()
        await made.engine.close()


async def test_neither_can_start() -> None:
    made = Team("http://127.0.0.1:9")
    made.local.fail_load = ModelMissingError("No such file.")
    with pytest.raises(EngineStartError, match=r"cannot be reached.*No such file"):
        await made.engine.load()
    await made.engine.close()


async def test_only_the_local_model_is_warmed_and_only_while_it_serves() -> None:
    async with team(says(" remote", "\n")) as (made, endpoint):
        await made.read(generate=False)
        assert made.local.requests == []
        await endpoint.kill()  # type: ignore[attr-defined]
        await made.read()
        await made.read(generate=False)
        assert [request.generate for request in made.local.requests] == [True, False]


async def test_a_workspace_is_remembered_here_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async with team(says(" remote", "\n")) as (made, endpoint):
        kept: dict[str, str | None] = {}

        async def remember(workspace: str, files: dict[str, str | None]) -> int:
            kept.update(files)
            return len(kept)

        monkeypatch.setattr(made.local, "remember", remember, raising=False)
        asked = len(endpoint.seen)  # type: ignore[attr-defined]
        assert await made.engine.remember("w", {"a.py": "x = 1"}) == 1
        assert await made.engine.remote.remember("w", {"a.py": "x = 1"}) == 0
        assert kept == {"a.py": "x = 1"}
        assert len(endpoint.seen) == asked  # type: ignore[attr-defined]
