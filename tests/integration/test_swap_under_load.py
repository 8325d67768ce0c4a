"""Completions while adapters alternate: nothing crashes, and every answer is one adapter's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.adapter_swap import alternate, ask, prompts, random_adapter, references, told_apart

from burnish_models.adapters.records import Lineage
from burnish_models.adapters.registry import Registry
from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_models.errors import ModelFileError
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.engine_host import EngineHost
from burnish_server.settings import CompletionSettings, EngineOptions

pytestmark = pytest.mark.integration
SETTINGS = EngineSettings(threads=1, context_tokens=1024)
RECORD = Callable[[str, object], None]


@pytest.mark.timeout(900)
async def test_a_thousand_answers_while_adapters_alternate(
    bundled_model: Path, tmp_path: Path, record_property: RECORD
) -> None:
    made = [random_adapter(bundled_model, tmp_path / f"night-{seed}.gguf", seed=seed) for seed in range(2)]
    adapters = [None, *made]
    known = await references(bundled_model, adapters, SETTINGS)
    outcome = await alternate(bundled_model, adapters, SETTINGS, answers=1000)
    own, other = told_apart(outcome, known)
    record_property("swaps", len(outcome.swap_ms))
    record_property("largest_distance_to_own", max(own))
    assert len(outcome.answers) >= 1000
    assert len(outcome.swap_ms) > 50
    assert outcome.crashes == 0
    assert {answer.adapter for answer in outcome.answers} == {None, "night-0", "night-1"}
    # What was evaluated before moves log-probabilities by up to 0.02 (see test_engine), also without any adapter.
    assert max(own) < 0.05, "log-probabilities of the adapter that the answer names"
    assert min(other) > 0.3, "and of no other"


# -- the pipeline with its caches ----------------------------------------------------------------------------

NAMES = ("price", "total", "path", "reader", "index", "result")


def request(number: int) -> CompletionRequest:
    """A place in a document of its own; asked again, the pipeline's own memory may answer."""
    text = f"import os\n\n\ndef {NAMES[number]}_of(items):\n    {NAMES[number]} = items[0]\n    return "
    source = SourceText(text + "\n\n\nprint(1)\n")
    return CompletionRequest(f"file:///p/{number}.py", source, len(text), path=f"{number}.py", gate=False)


def said(result: CompletionResult) -> tuple[str, float]:
    return result.candidate, round(result.confidence or 0.0, 6)


async def test_the_pipelines_memory_never_answers_for_another_adapter(
    bundled_model: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    registry = Registry(home)
    ids = [
        registry.add(
            random_adapter(bundled_model, tmp_path / "new.gguf", seed=seed),
            bundled_model,
            Lineage("1", f"r{seed}"),
        ).id
        for seed in range(2)
    ]
    (home / "logs").mkdir()
    host = EngineHost(home)
    pipeline = Pipeline(
        host, CompletionSettings(debounce_ms=0, max_latency_ms=20_000), spare=lambda setting: True
    )
    host.adapters.on_swap(pipeline.swapped)
    host.reload(choice=str(bundled_model), options=EngineOptions(threads=1, context_tokens=1024))
    await host.ready()
    try:
        known: dict[tuple[str | None, int], tuple[str, float]] = {}
        for setting in ("none", *(str(home / "adapters" / f"{identity}.gguf") for identity in ids)):
            host.use_adapter(setting)
            await host.adapters.look_now()
            for number in range(len(NAMES)):
                result = await pipeline.complete(request(number))
                known[result.adapter, number] = said(result)
        assert len(set(known.values())) > len(NAMES), "the adapters must matter"
        host.use_adapter("")
        seen: list[CompletionResult] = []

        stop = asyncio.Event()

        async def ask() -> None:
            turn = 0
            while not stop.is_set():
                turn += 1
                result = await pipeline.complete(request(turn * 7 % len(NAMES)))
                if result.dropped not in ("superseded", "cancelled"):
                    assert said(result) == known[result.adapter, turn * 7 % len(NAMES)]
                    assert host.adapters.served(result.adapter).id == result.adapter
                    seen.append(result)
                await asyncio.sleep(0.001)  # a remembered answer gives nobody else a turn

        asking = asyncio.create_task(ask())

        async def swapped() -> None:
            """The swap is taken, and more places than there are have been answered after it."""
            await host.adapters.look_now()
            enough = len(seen) + 3 * len(NAMES)
            while len(seen) < enough and not asking.done():
                await asyncio.sleep(0.005)

        for _ in range(3):
            for identity in ids:
                await asyncio.to_thread(registry.promote, identity, "a swap", ungated=True)
                await swapped()
            for _ in ids:
                await asyncio.to_thread(registry.rollback, host.adapters.base_sha256, "a swap")
            await swapped()
        stop.set()
        await asking
        assert {result.adapter for result in seen} == {None, *ids}
        assert len(seen) > 130
        assert any(result.reused for result in seen), "the memory did answer"
    finally:
        await host.close()


# -- files that no server may touch --------------------------------------------------------------------------


async def test_a_file_the_engine_refuses_changes_nothing(
    engine: LlamaCppEngine, bundled_model: Path, tmp_path: Path
) -> None:
    good = random_adapter(bundled_model, tmp_path / "night-0.gguf", seed=0)
    bad = tmp_path / "bad.gguf"
    await engine.set_adapter(str(good))
    request = prompts()[0]
    before = await ask(engine, 0, request)
    assert before.adapter == "night-0"
    for damage in (good.read_bytes()[:-100], good.read_bytes()[:100], b"", b"noise" * 1000):
        bad.write_bytes(damage)
        with pytest.raises(ModelFileError, match=r"truncated|ends|empty|not a model"):
            await engine.set_adapter(str(bad))
        with pytest.raises(ModelFileError):
            await engine.set_adapter(str(tmp_path / "missing.gguf"))
        after = await ask(engine, 0, request)
        assert after.adapter == "night-0"
        assert after.distance(before) < 0.05
    assert engine.describe().adapter == "night-0"
