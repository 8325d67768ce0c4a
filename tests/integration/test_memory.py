"""Workspace memory in a real worker with the bundled model."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from burnish_models.engine import FimPrompt, GenerateRequest, LlamaCppEngine

pytestmark = pytest.mark.integration

FILES = {
    f"file:///shop/m{i}.py": f"def handler_{i}(basket):\n    frobnicate_basket(basket, quuxly={i})\n    return basket\n"
    for i in range(6)
}
ASK = GenerateRequest(
    FimPrompt("", "def other(basket):\n    frobnicate_basket(", "\n    return basket\n"),
    memory="file:///shop",
    document="file:///shop/new.py",
)


async def text(engine: LlamaCppEngine, request: GenerateRequest) -> str:
    return "".join([chunk.text async for chunk in engine.generate(request)])


async def until_remembered(engine: LlamaCppEngine) -> str:
    """The index is built in the background: the answer once it has changed, or after five seconds."""
    answer = ""
    for _ in range(50):
        answer = await text(engine, ASK)
        if answer.startswith("basket, quuxly="):
            break
        await asyncio.sleep(0.1)
    return answer


async def test_what_other_files_say_is_known_at_once_and_only_in_their_workspace(
    engine: LlamaCppEngine,
) -> None:
    assert not (await text(engine, ASK)).startswith("basket, quuxly=")
    assert await engine.remember("file:///shop", FILES) > 100
    assert (await until_remembered(engine)).startswith("basket, quuxly=")
    for elsewhere in (replace(ASK, memory="file:///bank"), replace(ASK, memory="")):
        assert "quux" not in await text(engine, elsewhere)
    await engine.remember("file:///shop", dict.fromkeys(FILES))
    assert "quux" not in await text(engine, ASK)


async def test_the_file_being_edited_does_not_answer_for_itself(engine: LlamaCppEngine) -> None:
    name, content = next(iter(FILES.items()))
    await engine.remember("file:///shop", {name: content})
    await asyncio.sleep(0.5)
    assert "quux" not in await text(engine, replace(ASK, document=name))


async def test_memory_is_gone_with_the_worker_and_can_be_fed_again(engine: LlamaCppEngine) -> None:
    await engine.remember("file:///shop", FILES)
    pid = engine.describe().extra["pid"]
    os.kill(int(pid), signal.SIGKILL)
    while engine.describe().extra.get("pid", pid) == pid:
        await asyncio.sleep(0.05)
    assert "quux" not in await text(engine, ASK)
    await engine.remember("file:///shop", FILES)
    assert (await until_remembered(engine)).startswith("basket, quuxly=")
