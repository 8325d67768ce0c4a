"""How fast the engine gets out of the way and comes back: cancels, crashes, keystrokes.

    python benchmarks/responsiveness.py [--model FILE] [--cancels N] [--kills N]

Cancel: from the cancel, sent 150 ms into a prefill of about 4,000 tokens, to the end of the request's stream. Kill: from
``SIGKILL`` of the worker in mid-completion to the end of the next completion. Keystroke: one more typed character
with the rest of the prompt cached, whole request. Medians, with minimum and maximum.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe

from burnish_models.engine import EngineSettings, FimPrompt, Finish, GenerateRequest, LlamaCppEngine
from burnish_models.errors import EngineCrashedError
from burnish_models.selection import resolve_model

LONG = "".join(f"def function_{i}(value):\n    return value * {i} + len(str(value))\n\n" for i in range(400))


async def ask(engine: LlamaCppEngine, prefix: str, typed: str, tokens: int = 16) -> Finish:
    """One request to its end."""
    finish = None
    async for chunk in engine.generate(GenerateRequest(FimPrompt(prefix, typed, "\n"), max_tokens=tokens)):
        finish = chunk.finish or finish
    assert finish is not None
    return finish


async def cancels(engine: LlamaCppEngine, count: int) -> tuple[list[float], int]:
    """Milliseconds of each cancel, and the tokens of the prompt."""
    waits, prompt_tokens = [], 0
    for i in range(count):
        running = asyncio.create_task(ask(engine, f"# {i}\n" + LONG, "    "))
        await asyncio.sleep(0.15)
        began = time.perf_counter()
        await engine.cancel()
        finish = await running
        if finish.reason != "cancelled":
            sys.exit(f"the prefill ended before the cancel ({finish.reason}): nothing was measured")
        waits.append((time.perf_counter() - began) * 1000)
        prompt_tokens = finish.prompt_tokens
    return waits, prompt_tokens


async def kills(engine: LlamaCppEngine, count: int) -> list[float]:
    """Milliseconds from each kill to the end of the next completion."""
    waits = []
    for i in range(count):
        running = asyncio.create_task(ask(engine, f"# {i}\n" + LONG, "    "))
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        os.kill(int(engine.describe().extra["pid"]), signal.SIGKILL)
        with contextlib.suppress(EngineCrashedError):
            await running
        await ask(engine, "import os\n", "pri")
        waits.append((time.perf_counter() - began) * 1000)
    return waits


async def keystrokes(engine: LlamaCppEngine) -> tuple[list[float], list[int]]:
    """Milliseconds of each keystroke's request, and the tokens it evaluated."""
    line = "    result = function_1(value) + function_2(value)"
    await ask(engine, LONG[:4000], "")
    waits, evaluated = [], []
    for end in range(5, len(line) + 1):
        finish = await ask(engine, LONG[:4000], line[:end])
        waits.append(finish.timings.total_ms)
        evaluated.append(finish.prompt_tokens - finish.cached_tokens)
    return waits, evaluated


def row(name: str, values: list[float]) -> str:
    """One line of the table."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{name:<42} median {middle:8.1f} ms   (min {low:.1f}, max {high:.1f}, n = {len(values)})"


async def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--cancels", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    model = options.model or resolve_model(Path.home(), None).path
    engine = LlamaCppEngine(model, EngineSettings(context_tokens=4096))
    await engine.load()
    print(f"{describe()}\n{model.name}, {engine.describe().threads} thread(s)")
    typed, evaluated = await keystrokes(engine)
    print(row("one more character", typed) + f", {statistics.median(evaluated):.0f} new tokens")
    cancelled, tokens = await cancels(engine, options.cancels)
    print(row(f"cancel in a prefill of {tokens:,} tokens", cancelled))
    print(row("kill -9 to the end of the next completion", await kills(engine, options.kills)))
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
