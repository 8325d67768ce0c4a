"""Tokens per second of the decode loop against llama.cpp's own server: same file, threads and prompts, one run.

    python benchmarks/decode.py [--model FILE] [--threads N] [--repeats N] [--speculate]

Both stream greedily from a cached prompt; what is timed is the whole request as a client sees it. The two take turns
(A B, B A, …); the figure is the median of the pairwise ratios with its 95 % bootstrap interval. The prompt is repetitive code;
``--speculate`` lets Burnish guess ahead, which it does by default when it serves.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from peer import LlamaServer, llama_server

from burnish_models.engine import EngineSettings, FimPrompt, GenerateRequest, LlamaCppEngine, StopRules
from burnish_models.gguf_file import inspect
from burnish_models.selection import resolve_model

PREFIX = '"""Numbers."""\n\n\n' + "".join(
    f"def name_{i}(value):\n    return value + {i}\n\n\n" for i in range(30)
)
CONTEXT = 4096


async def ours(engine: LlamaCppEngine, tokens: int, speculate: bool) -> tuple[float, int]:
    """Seconds and tokens of one request."""
    stop = StopRules(single_line=False, max_lines=10_000)
    request = GenerateRequest(FimPrompt(PREFIX, "", "\n"), stop, tokens, ignore_end=True, speculate=speculate)
    began, generated = time.perf_counter(), 0
    async for chunk in engine.generate(request):
        if chunk.finish is not None:
            generated = chunk.finish.generated_tokens
    return time.perf_counter() - began, generated


def theirs(server: LlamaServer, prompt: str, tokens: int) -> tuple[float, int]:
    """Seconds and tokens of one request to llama.cpp's server."""
    body = {
        "prompt": prompt,
        "n_predict": tokens,
        "temperature": 0.0,
        "cache_prompt": True,
        "ignore_eos": True,
    }
    began, generated = time.perf_counter(), 0
    for event in server.stream("/completion", body):
        generated = event.get("tokens_predicted", 0) or generated
    return time.perf_counter() - began, generated


async def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--speculate", action="store_true")
    options = parser.parse_args()
    model = options.model or resolve_model(Path.home(), None).path
    fim = inspect(model).fim
    assert fim is not None
    prompt = "".join(segment.text for segment in fim.render(FimPrompt(PREFIX, "", "\n")))
    engine = LlamaCppEngine(model, EngineSettings(threads=options.threads, context_tokens=CONTEXT))
    await engine.load()
    rates: list[tuple[float, float]] = []
    with llama_server(model, options.threads, CONTEXT) as server:
        for repeat in range(options.repeats + 2):
            if repeat % 2:
                other = theirs(server, prompt, options.tokens)
                own = await ours(engine, options.tokens, options.speculate)
            else:
                own = await ours(engine, options.tokens, options.speculate)
                other = theirs(server, prompt, options.tokens)
            if repeat >= 2:
                rates.append((own[1] / own[0], other[1] / other[0]))
    await engine.close()
    if own[1] != other[1]:
        sys.exit(f"the answers differ in length ({own[1]} and {other[1]} tokens): nothing to compare")
    ratios = np.asarray([a / b for a, b in rates])
    draws = np.median(np.random.default_rng(0).choice(ratios, (4000, len(ratios))), axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    print(
        f"{describe()}\n{model.name}, {options.threads} thread(s), {own[1]} tokens a request, {len(rates)} pairs"
    )
    print(f"burnish        {statistics.median(a for a, _ in rates):8.0f} tokens/s")
    print(
        f"llama.cpp      {statistics.median(b for _, b in rates):8.0f} tokens/s (its own server, streaming)"
    )
    print(f"ratio          {np.median(ratios):8.2f} (95 % CI {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    asyncio.run(main())
