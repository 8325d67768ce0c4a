"""Completions while adapters alternate: how long a swap takes, and whether any answer mixes two adapters.

    python benchmarks/adapter_swap.py [--model FILE | --shape 0.5B] [--answers N] [--rank N] [--threads N] [--json]

First every prompt is answered by the model alone and by each of two adapters, in an engine that never serves anything else.
Then one engine answers the same prompts for several users at once while another task swaps at random moments. Each answer
names who gave it and must have the log-probabilities of that one's own answer; how far the nearest other one is away says
how sure that is. A swap is timed inside the worker (what a request would wait longer for) and from outside (with the
answers that were asked for before it).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from served_model import add_model_options, served_model

from burnish_models.adapters.adapter_file import Adapter, BaseShape, write_adapter
from burnish_models.engine import EngineSettings, FimPrompt, GenerateRequest, LlamaCppEngine
from burnish_models.gguf_file import file_sha256, inspect
from burnish_models.gguf_header import read_header

__all__ = ["Answer", "Outcome", "alternate", "ask", "prompts", "random_adapter", "references", "told_apart"]

#: llama.cpp's names of the matrices that an adapter changes, and transformers'.
_MATRICES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TOKENS = 8
_SETTLE_S = 0.15


def random_adapter(model: Path, path: Path, *, seed: int, rank: int = 16, strength: float = 0.3) -> Path:
    """Write an adapter of all seven matrices with random weights: as large as a trained one, and as slow to load."""
    info, rng = inspect(model), np.random.default_rng(seed)
    tensors = {}
    for tensor in read_header(model).tensors:
        block, _, rest = tensor.name.removeprefix("blk.").partition(".")
        name = _MATRICES.get(rest.removesuffix(".weight"))
        if not tensor.name.startswith("blk.") or not rest.endswith(".weight") or name is None:
            continue
        width, height = tensor.shape
        key = f"base_model.model.model.layers.{block}.{name}"
        down = rng.standard_normal((rank, width)) / np.sqrt(width)
        up = rng.standard_normal((height, rank)) * strength
        tensors[f"{key}.lora_A.weight"] = down.astype(np.float32)
        tensors[f"{key}.lora_B.weight"] = up.astype(np.float32)
    shape = BaseShape(info.architecture, info.block_count, info.head_count, info.head_count_kv)
    write_adapter(path, Adapter(shape, float(rank), rank, path.stem, file_sha256(model), tensors))
    return path


def prompts() -> list[GenerateRequest]:
    """Short requests at different places, with beginnings that they partly share."""
    names = ("price", "total", "path", "reader", "index", "result", "first", "value")
    heads = [f"def {name}_of(items):\n    {name} = items[0]\n" for name in names]
    typed = ("    return ", "    for item in ", "    if ", "    ")
    return [
        GenerateRequest(FimPrompt(heads[number % 2] + head, start, "\n\nprint(1)\n"), max_tokens=_TOKENS)
        for number, head in enumerate(heads)
        for start in typed
    ]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for a prompt: the text, its log-probabilities, and the adapter that the engine named."""

    prompt: int
    adapter: str | None
    text: str
    logprobs: tuple[float, ...]

    def distance(self, other: Answer) -> float:
        """The largest difference of a log-probability, infinite where the texts differ."""
        shared = [abs(a - b) for a, b in zip(self.logprobs, other.logprobs, strict=False)]
        if self.text == other.text and len(self.logprobs) == len(other.logprobs):
            return max(shared, default=0.0)
        return float("inf")


@dataclass(slots=True)
class Outcome:
    """All answers, the crashes, and milliseconds of every swap: in the worker, its processor time, which other programs do
    not change, and with the answers that were asked for before it."""

    answers: list[Answer] = field(default_factory=list)
    crashes: int = 0
    swap_ms: list[float] = field(default_factory=list)
    swap_cpu_ms: list[float] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def ask(engine: LlamaCppEngine, number: int, request: GenerateRequest) -> Answer:
    """One answer."""
    text, adapter, logprobs = "", None, tuple[float, ...]()
    async for chunk in engine.generate(request):
        text += chunk.text
        if chunk.finish is not None:
            adapter, logprobs = chunk.finish.adapter, chunk.finish.logprobs
    return Answer(number, adapter, text, logprobs)


async def references(
    model: Path, adapters: Sequence[Path | None], settings: EngineSettings
) -> dict[str | None, list[Answer]]:
    """The answers of each adapter (by its file's stem), given by an engine that serves nothing else."""
    found: dict[str | None, list[Answer]] = {}
    for path in adapters:
        engine = LlamaCppEngine(model, settings)
        await engine.load()
        try:
            if path is not None:
                await engine.set_adapter(str(path))
            answers = [await ask(engine, number, request) for number, request in enumerate(prompts())]
        finally:
            await engine.close()
        found[None if path is None else path.stem] = answers
    return found


async def alternate(
    model: Path,
    adapters: Sequence[Path | None],
    settings: EngineSettings,
    *,
    answers: int,
    users: int = 3,
    seed: int = 0,
) -> Outcome:
    """Answer so many prompts for several users at once while adapters are swapped at random moments."""
    rng, outcome, requests = random.Random(seed), Outcome(), prompts()
    engine = LlamaCppEngine(model, settings)
    await engine.load()
    pid = engine.describe().extra["pid"]
    began = time.perf_counter()

    async def user() -> None:
        while len(outcome.answers) < answers:
            number = rng.randrange(len(requests))
            outcome.answers.append(await ask(engine, number, requests[number]))
            await asyncio.sleep(rng.random() * 0.01)

    async def swapper() -> None:
        present: Path | None = None
        while True:
            await asyncio.sleep(rng.random() * _SETTLE_S)
            present = rng.choice([path for path in adapters if path != present])
            asked = time.perf_counter()
            await engine.set_adapter(None if present is None else str(present))
            outcome.waited_ms.append((time.perf_counter() - asked) * 1000)
            extra = engine.describe().extra
            outcome.swap_ms.append(float(extra["swap_ms"]))
            outcome.swap_cpu_ms.append(float(extra["swap_cpu_ms"]))

    swapping = asyncio.create_task(swapper())
    try:
        await asyncio.gather(*(user() for _ in range(users)))
    finally:
        swapping.cancel()
        await asyncio.wait({swapping})
        outcome.crashes = int(engine.describe().extra.get("pid") != pid)
        outcome.seconds = time.perf_counter() - began
        await engine.close()
    if not swapping.cancelled() and (error := swapping.exception()) is not None:
        raise error
    return outcome


def told_apart(outcome: Outcome, known: dict[str | None, list[Answer]]) -> tuple[list[float], list[float]]:
    """For each answer its distance to the own answer of the adapter that it names, and to the nearest other one's."""
    own, other = [], []
    for answer in outcome.answers:
        distances = {name: answer.distance(answers[answer.prompt]) for name, answers in known.items()}
        own.append(distances.pop(answer.adapter))
        other.append(min(distances.values()))
    return own, other


def summary(outcome: Outcome, known: dict[str | None, list[Answer]], tolerance: float) -> dict[str, Any]:
    """The figures."""
    own, other = told_apart(outcome, known)
    return {
        "answers": len(outcome.answers),
        "swaps": len(outcome.swap_ms),
        "crashes": outcome.crashes,
        "mixed_answers": sum(distance > tolerance for distance in own),
        "largest_distance_to_own": max(own),
        "smallest_distance_to_other": min(other),
        "swap_ms": _percentiles(outcome.swap_ms),
        "swap_cpu_ms": _percentiles(outcome.swap_cpu_ms),
        "swap_and_wait_ms": _percentiles(outcome.waited_ms),
        "seconds": round(outcome.seconds, 1),
    }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    found = zip(("median", "p95", "most"), np.percentile(values, (50, 95, 100)), strict=True)
    return {name: round(float(value), 2) for name, value in found}


async def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_model_options(parser)
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.05, help="nats that an answer may differ by")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    model = served_model(options)
    settings = EngineSettings(threads=options.threads, context_tokens=1024)
    with tempfile.TemporaryDirectory() as folder:
        made = [
            random_adapter(model, Path(folder) / f"night-{seed}.gguf", seed=seed, rank=options.rank)
            for seed in range(2)
        ]
        adapters: list[Path | None] = [None, *made]
        size = made[0].stat().st_size
        known = await references(model, adapters, settings)
        outcome = await alternate(model, adapters, settings, answers=options.answers)
    figures = summary(outcome, known, options.tolerance)
    if options.json:
        print(json.dumps({"machine": describe(), "model": model.name, "adapter_bytes": size, **figures}))
        return
    print(f"{describe()}\n{model.name}, adapters of rank {options.rank}, {size / 1e6:.1f} MB each")
    print(
        f"{figures['answers']} answers, {figures['swaps']} swaps, {figures['crashes']} crashes in {figures['seconds']} s; "
        f"{figures['mixed_answers']} answers that are not one adapter's own (largest distance {figures['largest_distance_to_own']:.1e} "
        f"nats, the nearest other adapter at least {figures['smallest_distance_to_other']:.1e} away)"
    )
    titles = {
        "swap_ms": "a swap",
        "swap_cpu_ms": "its processor time",
        "swap_and_wait_ms": "with what was asked before",
    }
    for key, title in titles.items():
        found = figures[key]
        print(
            f"{title}: median {found['median']} ms, 95 % below {found['p95']} ms, at most {found['most']} ms"
        )


if __name__ == "__main__":
    asyncio.run(main())
