"""How many lines above the cursor belong to the middle of the prompt: exact match of line completions by layout.

    python benchmarks/layout_quality.py [--model FILE] [--cases N] [--packages NAME ...]

The same random cursors in installed packages that the bundled model never saw are completed greedily with the middle
beginning 0, 1, 3, 8 and 16 lines above the cursor, and as served. Printed: exact match, its difference to the first layout
with a paired 95 % bootstrap interval, and how many of the most confident fifth are exact.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from projects import HELD_OUT, sources

from burnish_models.engine import EngineSettings, GenerateRequest, LlamaCppEngine, StopRules
from burnish_models.selection import resolve_model
from burnish_training.evaluation.lines import LineCase, sample_lines, served_prompt

LAYOUTS: tuple[int | None, ...] = (0, 1, 3, 8, 16, None)


async def complete(engine: LlamaCppEngine, case: LineCase, lines: int | None) -> tuple[bool, float]:
    """Whether the line is exact, and the log-probability of the answer."""
    text, logprob = "", 0.0
    async for chunk in engine.generate(GenerateRequest(served_prompt(case, lines), StopRules(), 48)):
        text += chunk.text
        if chunk.finish is not None:
            logprob = sum(chunk.finish.logprobs)
    return text.rstrip() == case.rest.rstrip(), logprob


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--packages", nargs="+", default=list(HELD_OUT))
    options = parser.parse_args()
    model = resolve_model(Path.home(), options.model).path
    documents = [document for package in options.packages for document in sources(package)]
    cases = sample_lines(documents, options.cases, seed=7)
    engine = LlamaCppEngine(model, EngineSettings(threads=1))
    await engine.load()
    print(
        f"{describe()}\n{model.name}, {len(cases)} cursors in {', '.join(sorted({d.package for d in documents}))}"
    )
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(cases), (2000, len(cases)))
    first: np.ndarray | None = None
    for lines in LAYOUTS:
        answers = [await complete(engine, case, lines) for case in cases]
        exact = np.asarray([right for right, _ in answers], dtype=float)
        surest = np.argsort([-logprob for _, logprob in answers])[: len(cases) // 5]
        first = exact if first is None else first
        low, high = np.percentile((exact - first)[picks].mean(axis=1), [2.5, 97.5])
        print(
            f"{'as served' if lines is None else f'{lines} lines above'}: exact {exact.mean():.1%}, "
            f"difference {(exact - first).mean():+.1%} (95 % CI {low:+.1%} to {high:+.1%}), "
            f"most confident fifth {exact[surest].mean():.1%} exact"
        )
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
