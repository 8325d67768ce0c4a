"""What workspace memory is worth: the same cursors with and without it.

    python benchmarks/memory_quality.py [--model FILE] [--cases N] [--packages NAME ...] [--folder DIR]

Random cursors in packages that the bundled model never saw. Four runs: memory off; an empty memory, so that only what repeats
within the prompt counts; on, with the package's other files in it (the file with the cursor is left out); and on with an
unrelated package in it, which is compared with the empty memory: it must do no harm beyond it.

Printed: exact match of the rest of the line, the difference to off with a paired 95 %
bootstrap interval, the precision of the most confident 5, 10 and 20 %, and milliseconds a token.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from projects import HELD_OUT, sources

from burnish_models.engine import EngineSettings, GenerateRequest, LlamaCppEngine, StopRules
from burnish_models.selection import resolve_model
from burnish_training.evaluation.lines import LineCase, sample_lines, served_prompt

#: A workspace that nothing is remembered of.
_EMPTY = "(empty)"


@dataclass(frozen=True)
class Answers:
    """One run over the cursors: exact (0 or 1) and log-probability a cursor, milliseconds a token."""

    exact: np.ndarray
    logprob: np.ndarray
    token_ms: float

    def __add__(self, other: Answers) -> Answers:
        return Answers(
            np.concatenate([self.exact, other.exact]),
            np.concatenate([self.logprob, other.logprob]),
            (self.token_ms * len(self.exact) + other.token_ms * len(other.exact))
            / (len(self.exact) + len(other.exact)),
        )


async def run(engine: LlamaCppEngine, cases: list[LineCase], workspace: str) -> Answers:
    """Complete every cursor; an empty ``workspace`` is memory off."""
    exact, logprobs, tokens, spent = [], [], 0, 0.0
    for case in cases:
        text = ""
        request = GenerateRequest(
            served_prompt(case), StopRules(), 48, memory=workspace, document=case.path, speculate=False
        )
        async for chunk in engine.generate(request):
            text += chunk.text
            if chunk.finish is not None:
                logprobs.append(sum(chunk.finish.logprobs))
                tokens += chunk.finish.generated_tokens
                spent += chunk.finish.timings.decode_ms
        exact.append(float(text.rstrip() == case.rest.rstrip()))
    return Answers(np.asarray(exact), np.asarray(logprobs), spent / max(1, tokens))


def report(label: str, answers: Answers, base: Answers) -> None:
    """Print one line."""
    rng = np.random.default_rng(0)
    difference = answers.exact - base.exact
    draws = difference[rng.integers(0, len(difference), (4000, len(difference)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    order = np.argsort(-answers.logprob)
    top = [f"{answers.exact[order[: max(1, len(order) * share // 100)]].mean():.0%}" for share in (5, 10, 20)]
    print(
        f"{label:24} exact {answers.exact.mean():6.1%}  difference {difference.mean():+6.1%} ({low:+.1%} to {high:+.1%})  "
        f"precision at 5/10/20 % {' / '.join(top)}  {answers.token_ms:.2f} ms a token",
        flush=True,
    )


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model")
    parser.add_argument("--cases", type=int, default=200, help="cursors a package")
    parser.add_argument("--packages", nargs="+", default=list(HELD_OUT))
    parser.add_argument(
        "--folder", type=Path, help="where the packages lie unpacked, instead of installed ones"
    )
    options = parser.parse_args()
    model = resolve_model(Path.home(), options.model).path
    engine = LlamaCppEngine(model, EngineSettings(threads=1))
    await engine.load()
    print(f"{describe()}\n{model.name}, {options.cases} cursors a package")
    projects = [(name, sources(name, options.folder)) for name in options.packages]
    for name, documents in projects:
        tokens = await engine.remember(name, {document.path: document.text for document in documents})
        print(f"{name}: {len(documents)} files, {tokens:,} tokens remembered")
    await asyncio.sleep(3)  # the index is built in the background
    whole: dict[str, Answers] = {}
    for number, (name, documents) in enumerate(projects):
        cases = sample_lines(documents, options.cases, seed=number)
        other = projects[(number + 1) % len(projects)][0]
        runs = {"off": "", "prompt only": _EMPTY, "on": name, "unrelated": other}
        found = {label: await run(engine, cases, workspace) for label, workspace in runs.items()}
        for label, answers in found.items():
            whole[label] = whole[label] + answers if label in whole else answers
            report(f"{name}, {label}", answers, found["off"])
    for label, answers in whole.items():
        report(f"all, {label}", answers, whole["off"])
    report("on - prompt only", whole["on"], whole["prompt only"])
    report("unrelated - prompt only", whole["unrelated"], whole["prompt only"])
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
