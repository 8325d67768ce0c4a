"""Tokens per second of the decode loop against llama.cpp's own server: same file, threads and prompts, one run.

    python benchmarks/decode.py [--model FILE | --shape 0.5B] [--threads N] [--repeats N]

Both stream greedily from a cached prompt; what is timed is the whole request as a client sees it. All take turns; a figure
is the median of the ratios within a turn with its 95 % bootstrap interval. The prompt is repetitive code. Burnish runs three
times: bare, with workspace memory mixed in, and as it serves (memory and speculation).

The bundled model goes on with the prompt's code (the next function, with the next number). A shape's weights are random: it is
made so that its answers repeat a token or a few for tens of tokens, then others. Nearly all guesses are right then, so
its figure with speculation says what repetition gives on that shape at best. Without speculation the text does not matter.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from peer import LlamaServer, llama_server
from served_model import add_model_options, served_model

from burnish_models.engine import EngineSettings, FimPrompt, GenerateRequest, LlamaCppEngine, StopRules
from burnish_models.gguf_file import inspect

PREFIX = '"""Numbers."""\n\n\n' + "".join(
    f"def name_{i}(value):\n    return value + {i}\n\n\n" for i in range(30)
)
CONTEXT = 4096


#: Burnish's variants: whether memory is mixed in and whether it guesses ahead.
VARIANTS = {"bare": (False, False), "with memory": (True, False), "as served": (True, True)}
WORKSPACE = "benchmark"


async def ours(engine: LlamaCppEngine, tokens: int, *, memory: bool, speculate: bool) -> tuple[float, int]:
    """Seconds and tokens of one request."""
    request = GenerateRequest(
        FimPrompt(PREFIX, "", "\n"),
        StopRules(single_line=False, max_lines=10_000),
        tokens,
        ignore_end=True,
        speculate=speculate,
        memory=WORKSPACE if memory else "",
    )
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


async def measure(model: Path, threads: int, tokens: int, repeats: int) -> dict[str, list[float]]:
    """Tokens per second of every side, turn by turn."""
    fim = inspect(model).fim
    assert fim is not None
    prompt = "".join(segment.text for segment in fim.render(FimPrompt(PREFIX, "", "\n")))
    engine = LlamaCppEngine(model, EngineSettings(threads=threads, context_tokens=CONTEXT))
    await engine.load()
    await engine.remember(
        WORKSPACE, {"numbers.py": PREFIX, "this.py": Path(__file__).read_text(encoding="utf-8")}
    )
    rates: dict[str, list[float]] = {"llama.cpp": [], **{label: [] for label in VARIANTS}}
    with llama_server(model, threads, CONTEXT) as server:
        for turn in range(-2, repeats):  # two to warm up
            order = list(rates)
            for label in order if turn % 2 else reversed(order):
                if label == "llama.cpp":
                    seconds, generated = theirs(server, prompt, tokens)
                else:
                    memory, speculate = VARIANTS[label]
                    seconds, generated = await ours(engine, tokens, memory=memory, speculate=speculate)
                if generated != tokens:
                    sys.exit(
                        f"{label} gave {generated} tokens where {tokens} were asked for: nothing to compare"
                    )
                if turn >= 0:
                    rates[label].append(generated / seconds)
    await engine.close()
    return rates


async def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_model_options(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    model = served_model(options, circling=True)
    rates = await measure(model, options.threads, options.tokens, options.repeats)
    print(
        f"{describe()}\n{model.name}, {options.threads} thread(s), {options.tokens} tokens a request, {options.repeats} turns"
    )
    theirs_rate = np.asarray(rates["llama.cpp"])
    print(f"{'llama.cpp':12} {np.median(theirs_rate):8.0f} tokens/s (its own server, streaming)")
    for label in VARIANTS:
        ratios = np.asarray(rates[label]) / theirs_rate
        draws = np.median(np.random.default_rng(0).choice(ratios, (4000, len(ratios))), axis=1)
        low, high = np.percentile(draws, [2.5, 97.5])
        print(
            f"{label:12} {np.median(rates[label]):8.0f} tokens/s, "
            f"{np.median(ratios):.2f} times (95 % CI {low:.2f} to {high:.2f})"
        )


if __name__ == "__main__":
    asyncio.run(main())
