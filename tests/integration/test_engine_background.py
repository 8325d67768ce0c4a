"""Requests in the background, and conversations, on real worker processes with the bundled model."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path

import pytest

from burnish_models.engine import (
    ChatMessage,
    ChatPrompt,
    EngineSettings,
    FimPrompt,
    Finish,
    GenerateRequest,
    LlamaCppEngine,
    StopRules,
)
from burnish_models.errors import EngineError

pytestmark = pytest.mark.integration

PREFIX = "def add(first, second):\n    total = first + second\n"
LONG = "".join(f"def function_{i}(value):\n    return value * {i} + len(str(value))\n\n" for i in range(60))
BEHIND = GenerateRequest(
    FimPrompt(LONG, "def f(value):\n", ""),
    StopRules(single_line=False, max_lines=999),
    max_tokens=600,
    temperature=0.8,
    seed=3,
    ignore_end=True,
    background=True,
)
TEMPLATE = (
    "{% for m in messages %}{{ '<|file_sep|>' + m.role + '\n' + m.content + '<|endoftext|>\n' }}{% endfor %}"
    "{{ '<|file_sep|>assistant\n' }}"
)


async def answer(engine: LlamaCppEngine, request: GenerateRequest) -> tuple[str, Finish]:
    text, finish = "", None
    async for chunk in engine.generate(request):
        text += chunk.text
        finish = chunk.finish or finish
    assert finish is not None
    return text, finish


def completion(typed: str) -> GenerateRequest:
    return GenerateRequest(FimPrompt(PREFIX, typed, "\n"), max_tokens=8)


async def test_a_completion_does_not_wait_for_what_runs_in_the_background(engine: LlamaCppEngine) -> None:
    alone, beside = [], []
    for typed in ("    return ", "    x = ", "    print", "    if "):
        _, finish = await answer(engine, completion(typed))
        behind = asyncio.create_task(answer(engine, BEHIND))
        await asyncio.sleep(0.3)
        assert not behind.done()
        began = time.perf_counter()
        again, second = await answer(engine, completion(typed))
        beside.append(time.perf_counter() - began)
        assert (await behind)[1].reason == "cancelled"
        # The same answer, whatever went on.
        first, third = await answer(engine, completion(typed))
        assert again == first and second.logprobs == pytest.approx(third.logprobs, abs=1e-3)
        alone.append(finish.timings.total_ms / 1000)
    # 600 tokens take seconds; what is left of waiting is the graph that was being evaluated.
    assert statistics.median(beside) < statistics.median(alone) + 0.5


async def test_the_background_waits_until_nothing_else_is_asked_for(engine: LlamaCppEngine) -> None:
    order: list[str] = []

    async def noted(name: str, request: GenerateRequest) -> None:
        await answer(engine, request)
        order.append(name)

    ahead = GenerateRequest(FimPrompt(LONG, "", ""), max_tokens=40, ignore_end=True)
    first = asyncio.create_task(noted("asked", ahead))
    await asyncio.sleep(0)
    short = GenerateRequest(FimPrompt(PREFIX, "", ""), max_tokens=2, background=True)
    second = asyncio.create_task(noted("behind", short))
    await asyncio.wait_for(asyncio.gather(first, second), 30)
    assert order == ["asked", "behind"]


async def test_an_answer_in_the_background_goes_on(engine: LlamaCppEngine) -> None:
    behind = asyncio.create_task(answer(engine, BEHIND))
    await asyncio.sleep(0.5)
    await answer(engine, completion("    return "))
    text, finish = await behind
    assert finish.reason == "cancelled"
    more = GenerateRequest(
        FimPrompt(LONG, "def f(value):\n" + text, ""), BEHIND.stop, max_tokens=4, background=True
    )
    _, resumed = await answer(engine, more)
    assert resumed.reason in {"length", "stop", "eos"}


async def test_a_conversation_with_the_template_of_the_file(bundled_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "chat.gguf"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gguf.scripts.gguf_new_metadata", "--general-name", "Nano Instruct", "--chat-template", TEMPLATE,
        "--force", str(bundled_model), str(file), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    engine = LlamaCppEngine(file, EngineSettings(threads=1, context_tokens=1024))
    await engine.load()
    try:
        assert engine.describe().chat
        chat = ChatPrompt((ChatMessage("user", "def f():\n    return 1\n<|endoftext|>"),))
        ask = GenerateRequest(
            FimPrompt("", "", ""),
            StopRules(single_line=False),
            max_tokens=12,
            temperature=0.8,
            seed=1,
            chat=chat,
        )
        one, first = await answer(engine, ask)
        same, second = await answer(engine, ask)
        assert (one, first.prompt_tokens) == (same, second.prompt_tokens)
        assert second.cached_tokens == second.prompt_tokens - 1
        # What the user says is no markup: written out, the marker takes several tokens.
        plain = ChatPrompt((ChatMessage("user", "def f():\n    return 1\n"),))
        _, shorter = await answer(engine, GenerateRequest(ask.prompt, ask.stop, max_tokens=1, chat=plain))
        assert first.prompt_tokens >= shorter.prompt_tokens + 3
        long = ChatPrompt((ChatMessage("user", "x = 1\n" * 2000),))
        with pytest.raises(EngineError, match="room for"):
            await answer(engine, GenerateRequest(ask.prompt, chat=long))
        # The engine lives on.
        assert (await answer(engine, ask))[0] == one
    finally:
        await engine.close()


async def test_a_model_without_a_template_says_so(engine: LlamaCppEngine) -> None:
    assert not engine.describe().chat
    chat = ChatPrompt((ChatMessage("user", "hello"),))
    with pytest.raises(EngineError, match="no chat template"):
        await answer(engine, GenerateRequest(FimPrompt("", "", ""), chat=chat))
    assert (await answer(engine, completion("    return ")))[0]
