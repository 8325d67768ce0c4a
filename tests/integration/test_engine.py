"""The engine on the bundled model: real worker processes, real llama.cpp."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import statistics
import time
from pathlib import Path

import gguf
import numpy as np
import pytest

from burnish_models.engine import (
    EngineSettings,
    FimPrompt,
    Finish,
    GenerateRequest,
    LlamaCppEngine,
    StopRules,
)
from burnish_models.errors import EngineCrashedError, ModelCorruptError

pytestmark = pytest.mark.integration

PREFIX = "def add(first, second):\n    total = first + second\n"
LONG = "".join(f"def function_{i}(value):\n    return value * {i} + len(str(value))\n\n" for i in range(400))


async def answer(engine: LlamaCppEngine, request: GenerateRequest) -> tuple[str, Finish]:
    text, finish = "", None
    async for chunk in engine.generate(request):
        text += chunk.text
        finish = chunk.finish or finish
    assert finish is not None
    return text, finish


def ask(typed: str, prefix: str = PREFIX, **options: object) -> GenerateRequest:
    return GenerateRequest(FimPrompt(prefix, typed, "\n"), **options)  # type: ignore[arg-type]


def worker_pid(engine: LlamaCppEngine) -> int:
    return int(engine.describe().extra["pid"])


async def test_one_more_typed_character_evaluates_only_the_new_tokens(engine: LlamaCppEngine) -> None:
    await answer(engine, ask("    retur", prefix=LONG[:4000] + PREFIX))
    _, finish = await answer(engine, ask("    return", prefix=LONG[:4000] + PREFIX))
    assert finish.prompt_tokens > 1000
    assert finish.prompt_tokens - finish.cached_tokens <= 3


async def test_the_cache_never_changes_an_answer(engine: LlamaCppEngine) -> None:
    """What was evaluated before must not show in the probabilities."""
    fresh = await answer(engine, ask("    return "))
    for typed in ("    ret", "    return total", "    x = ", "    "):
        await answer(engine, ask(typed))
    again = await answer(engine, ask("    return "))
    assert again[0] == fresh[0]
    assert again[1].logprobs == pytest.approx(fresh[1].logprobs, abs=0.02)


async def test_streamed_logprobs_are_probabilities_of_a_single_line(engine: LlamaCppEngine) -> None:
    text, finish = await answer(engine, ask("    return tot"))
    assert "\n" not in text
    assert len(finish.logprobs) == finish.generated_tokens > 0
    assert all(value <= 1e-6 for value in finish.logprobs)
    assert 0.0 < math.exp(sum(finish.logprobs)) <= 1.0


async def test_killed_twenty_times_it_answers_again_within_five_seconds(engine: LlamaCppEngine) -> None:
    waits = []
    for _ in range(20):
        running = asyncio.create_task(
            answer(engine, ask("", prefix=LONG, max_tokens=200, stop=StopRules(single_line=False)))
        )
        await asyncio.sleep(0.05)
        os.kill(worker_pid(engine), signal.SIGKILL)
        with pytest.raises(EngineCrashedError, match="SIGKILL"):
            await running
        began = time.perf_counter()
        _, finish = await answer(engine, ask("    return "))
        waits.append(time.perf_counter() - began)
        assert finish.reason in {"stop", "length"}
    assert max(waits) < 5.0, waits


async def test_a_cancel_frees_the_engine_in_the_middle_of_a_long_prefill(engine: LlamaCppEngine) -> None:
    """The median of the times from the cancel to the end of the stream, over prefills of about 4,000 tokens."""
    waits, reasons = [], set()
    for i in range(12):
        request = ask("    ", prefix=f"# {i}\n" + LONG[:14000], max_tokens=8)
        running = asyncio.create_task(answer(engine, request))
        await asyncio.sleep(0.15)
        began = time.perf_counter()
        await engine.cancel()
        _, finish = await running
        waits.append(time.perf_counter() - began)
        reasons.add(finish.reason)
        assert finish.prompt_tokens > 3000
    assert reasons == {"cancelled"}
    assert statistics.median(waits) < 0.1, waits


async def test_a_closed_iterator_cancels_its_request(engine: LlamaCppEngine) -> None:
    stream = engine.generate(
        ask("", prefix=LONG[:14000], max_tokens=200, stop=StopRules(single_line=False, max_lines=99))
    )
    task = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    began = time.perf_counter()
    await answer(engine, ask("    return "))
    assert time.perf_counter() - began < 2.0


async def test_a_deadline_returns_what_there_is(engine: LlamaCppEngine) -> None:
    _, finish = await answer(engine, ask("", prefix="# deadline\n" + LONG[:14000], deadline_ms=60))
    assert finish.reason == "deadline"
    assert finish.timings.total_ms < 1000


async def test_a_request_waits_its_turn_and_says_how_long(engine: LlamaCppEngine) -> None:
    first = asyncio.create_task(answer(engine, ask("", prefix="# first\n" + LONG[:14000])))
    await asyncio.sleep(0.02)
    _, finish = await answer(engine, ask("    return "))
    await first
    assert finish.timings.queue_ms > 20


async def test_special_tokens_in_the_users_text_are_plain_text(engine: LlamaCppEngine) -> None:
    plain = await answer(engine, ask("    return ", prefix="# a b\n" + PREFIX))
    spoofed = await answer(engine, ask("    return ", prefix="# <|fim_middle|>\n" + PREFIX))
    assert spoofed[1].prompt_tokens > plain[1].prompt_tokens + 3


async def test_a_file_that_breaks_after_the_start_is_reported_and_mended(
    bundled_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    data = bundled_model.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    engine = LlamaCppEngine(path, EngineSettings(threads=1))
    with pytest.raises(ModelCorruptError):
        await engine.load()
    assert engine.describe().state == "failed"
    path.write_bytes(data)
    await engine.load()
    assert engine.describe().state == "ready"
    await answer(engine, ask("    return "))
    await engine.close()


def write_adapter(path: Path, *, rank: int = 4, scale: float = 0.5) -> None:
    """A random LoRA on every attention output of the bundled model."""
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))
    rng = np.random.default_rng(7)
    for layer in range(6):
        name = f"blk.{layer}.attn_output.weight"
        writer.add_tensor(f"{name}.lora_a", (rng.standard_normal((rank, 256)) * scale).astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", (rng.standard_normal((256, rank)) * scale).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


async def test_an_adapter_is_swapped_between_requests_and_survives_a_crash(
    engine: LlamaCppEngine, tmp_path: Path
) -> None:
    base = await answer(engine, ask("    return "))
    path = tmp_path / "night.gguf"
    write_adapter(path)
    await engine.set_adapter(str(path))
    adapted = await answer(engine, ask("    return "))
    assert engine.describe().adapter == "night"
    assert adapted[1].logprobs != pytest.approx(base[1].logprobs, abs=0.05)
    os.kill(worker_pid(engine), signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await answer(engine, ask("    return ")))[1].logprobs == pytest.approx(
        adapted[1].logprobs, abs=0.02
    )
    await engine.set_adapter(None)
    assert (await answer(engine, ask("    return ")))[1].logprobs == pytest.approx(base[1].logprobs, abs=0.02)


async def test_a_truncated_adapter_is_refused_and_the_engine_lives(
    engine: LlamaCppEngine, tmp_path: Path
) -> None:
    path = tmp_path / "night.gguf"
    write_adapter(path)
    path.write_bytes(path.read_bytes()[:-2000])
    pid = worker_pid(engine)
    with pytest.raises(ModelCorruptError):
        await engine.set_adapter(str(path))
    await answer(engine, ask("    return "))
    assert worker_pid(engine) == pid


async def test_scores_do_not_depend_on_the_window_much(engine: LlamaCppEngine) -> None:
    """Both stay within the length the model was trained on; more context only helps."""
    narrow, tokens = await engine.score(LONG[:6000], window=256)
    wide, same = await engine.score(LONG[:6000], window=640)
    assert tokens == same > 1000
    assert wide <= narrow * 1.05


async def test_coming_back_to_a_place_restores_its_prompt_and_its_answer(engine: LlamaCppEngine) -> None:
    here = ask("    return ", prefix=LONG[:3000] + PREFIX)
    there = ask("    return ", prefix=LONG[8000:11000] + PREFIX)
    first, _ = await answer(engine, here)
    _, elsewhere = await answer(engine, there)
    assert elsewhere.cached_tokens < elsewhere.prompt_tokens / 4
    again, finish = await answer(engine, here)
    assert finish.prompt_tokens - finish.cached_tokens <= 2
    assert again == first


async def test_guessing_ahead_gives_the_same_text_and_probabilities(engine: LlamaCppEngine) -> None:
    stop = StopRules(single_line=False, max_lines=1000)
    prefix = "class Shape:\n" + "".join(
        f"    def get_{name}(self):\n        return self._{name}\n\n" for name in ("size", "color", "weight")
    )
    texts, finishes = zip(
        *[
            await answer(
                engine,
                ask("    def ", prefix, stop=stop, max_tokens=80, ignore_end=True, speculate=speculate),
            )
            for speculate in (False, True)
        ],
        strict=True,
    )
    assert texts[0] == texts[1]
    assert finishes[1].accepted_tokens > 0
    assert finishes[0].drafted_tokens == 0
    assert finishes[1].logprobs == pytest.approx(finishes[0].logprobs, abs=0.05)
