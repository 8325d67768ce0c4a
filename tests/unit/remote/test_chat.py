"""Conversations with an endpoint, and requests in the background: neither stands in the way of completions."""

from __future__ import annotations

import asyncio

import pytest

from burnish_models.engine.base import ChatMessage, ChatPrompt, FimPrompt, GenerateRequest, StopRules
from burnish_models.remote.errors import RemoteError
from tests.unit.remote.endpoint import Exchange, openai_event, running
from tests.unit.remote.test_engine import ask, engine_for, read, until
from tests.unit.remote.test_fallback import Team

CHAT = GenerateRequest(
    FimPrompt("", "", ""),
    StopRules(single_line=False, max_lines=99),
    max_tokens=100,
    temperature=0.8,
    seed=7,
    chat=ChatPrompt((ChatMessage("system", "s"), ChatMessage("user", "u <|fim_middle|>"))),
    background=True,
)


def delta(text: str | None, reason: str | None = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}


async def talks(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]})
    for text in ("def f():\n", "    return 1\n"):
        await exchange.event(delta(text))
    await exchange.event(delta("", "stop"))
    await exchange.event({"choices": [], "usage": {"prompt_tokens": 21, "completion_tokens": 2}})
    await exchange.send("data: [DONE]\n\n")


async def test_a_conversation() -> None:
    async with running() as endpoint:
        endpoint.handlers["/v1/chat/completions"] = talks
        engine = engine_for(endpoint.url)
        await engine.load()
        assert engine.describe().chat
        text, finish, _ = await read(engine, CHAT)
        assert text == "def f():\n    return 1\n"
        assert (finish.reason, finish.logprobs) == ("eos", ())
        body = endpoint.asked("/v1/chat/completions")[0].body
        assert body["messages"] == [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u <|fim_middle|>"},
        ]
        assert (body["temperature"], body["seed"], body["max_tokens"], body["stream"]) == (0.8, 7, 100, True)
        await engine.close()


async def test_a_model_without_a_chat_template() -> None:
    async def refuses(exchange: Exchange) -> None:
        await exchange.json({"error": {"message": "default chat template is no longer allowed"}}, 400)

    async with running() as endpoint:
        endpoint.handlers["/v1/chat/completions"] = refuses
        engine = engine_for(endpoint.url)
        await engine.load()
        with pytest.raises(RemoteError, match="chat template"):
            await read(engine, CHAT)
        info = engine.describe()
        # Completions are as they were.
        assert (info.chat, info.state) == (False, "ready")
        await engine.close()


async def test_what_runs_in_the_background_gives_way() -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(delta("x"))
        await exchange.closed()

    async def line(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(openai_event(" a\n"))

    async with running(completions=line) as endpoint:
        endpoint.handlers["/v1/chat/completions"] = endless
        engine = engine_for(endpoint.url, max_concurrent=1)
        await engine.load()
        behind = asyncio.create_task(read(engine, CHAT))
        await until(lambda: endpoint.asked("/v1/chat/completions"))
        text, _, _ = await asyncio.wait_for(read(engine, ask()), 5)
        assert text == " a"
        assert (await asyncio.wait_for(behind, 5))[1].reason == "cancelled"
        await engine.close()


async def test_a_failure_in_the_background_says_nothing_of_completions() -> None:
    async with running() as endpoint:
        team = Team(endpoint.url)
        await team.engine.load()
        for _ in range(5):
            with pytest.raises(RemoteError):
                async for _chunk in team.engine.generate(CHAT):
                    pass
        assert team.engine.remote_serves
        assert team.local.requests == []
        await team.engine.close()
