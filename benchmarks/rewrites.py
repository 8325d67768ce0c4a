"""What becomes of versions of functions that a model proposes.

``--scripted``: a hundred proposals of known truth for ten functions (``rewrite_cases``): 40 correct and faster, 20 correct and
slower, 20 subtly wrong, 10 hostile, 10 that are no version of the function. Exactly the 40 must be shown, and nothing outside
the sandbox may change. ``--model bundled`` (or a GGUF file): what that model proposes for the functions of ``examples``; the run
must stay within its budget, and what is shown is listed with its evidence.

Usage: python benchmarks/rewrites.py --scripted [--cases missing,unique] [--json FILE]
       python benchmarks/rewrites.py --model bundled [--functions 8] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_analysis.verify.model import VerifyOptions
from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_models.engine.base import Chunk, Engine, EngineInfo, Finish, GenerateRequest, Timings
from burnish_models.selection import resolve_model
from burnish_server.perf.roots import import_root, needed_roots
from burnish_server.perf.verdicts import Verdicts
from burnish_server.rewrite.model import Budget, Outcome
from burnish_server.rewrite.service import Run
from burnish_server.rewrite.target import Target, functions_of, parsed, target_named
from burnish_server.rewrite.words import run_words

CASES = Path(__file__).parent / "rewrite_cases"
EXAMPLES = Path(__file__).parents[1] / "examples"
KINDS = ("faster", "slower", "wrong", "hostile", "broken")


@dataclass(frozen=True, slots=True)
class Case:
    """A function, and answers with their truth."""

    name: str
    original: str
    proposals: tuple[tuple[str, str], ...]


def cases(canary: Path, only: set[str] | None = None) -> Iterator[Case]:
    """The cases in the folder; ``canary`` is the folder that hostile ones try to harm."""
    for file in sorted(CASES.glob("*.txt")):
        if only and file.stem not in only:
            continue
        original, proposals = "", []
        for part in file.read_text(encoding="utf-8").split("=== ")[1:]:
            kind, _, text = part.partition("\n")
            if kind == "original":
                original = text.strip("\n") + "\n"
            else:
                proposals.append((kind, text.strip("\n").replace("@CANARY@", str(canary))))
        # The order in which they come must not matter; the same every time.
        random.Random(file.stem).shuffle(proposals)
        yield Case(file.stem, original, tuple(proposals))


class ScriptedEngine:
    """Answers with the given texts, one after the other, then again from the first: as an instruct model."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.requests: list[GenerateRequest] = []

    async def load(self) -> None:
        """Nothing to load."""

    def describe(self) -> EngineInfo:
        """A model with a large context that follows instructions."""
        return EngineInfo("scripted", None, "script", 1, 32768, 1, 0, "", "script", "ready", chat=True)

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        """The next answer."""
        text = self.answers[len(self.requests) % len(self.answers)]
        self.requests.append(request)
        tokens = max(1, len(text) // 3)
        await asyncio.sleep(0)
        yield Chunk(text)
        yield Chunk("", Finish("eos", Timings(), 400, 0, tokens))

    async def cancel(self) -> None:
        """Answers come at once."""

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """No adapters."""

    async def remember(self, workspace: str, files: Any) -> int:
        """No memory."""
        del workspace, files
        return 0

    async def close(self) -> None:
        """Nothing to close."""


async def scripted(home: Path, only: set[str] | None = None) -> dict[str, Any]:
    """Run all cases; returns what became of each kind, and every proposal that was judged against its truth."""
    canary = home / "canary"
    canary.mkdir()
    (canary / "kept.txt").write_text("kept", encoding="utf-8")
    verdicts = Verdicts(home / "burnish")
    table = {kind: Counter[str]() for kind in KINDS}
    amiss: list[str] = []
    seconds = 0.0
    try:
        for case in cases(canary, only):
            target = target_named(case.original, case.name)
            assert target is not None, case.name
            engine = ScriptedEngine([answer for _, answer in case.proposals])
            budget = Budget(
                seconds=1800, tokens=10**7, samples=len(case.proposals), repairs=0, verify_seconds=15
            )
            run = Run(engine, verdicts, target, "either", VerifyOptions(), budget)
            outcome = await run.done()
            seconds += outcome.seconds
            shown = {kept.sample: kept for kept in outcome.kept}
            for sample, (kind, answer) in enumerate(case.proposals):
                word = "shown" if sample in shown else run.fates.get(sample, "lost")
                table[kind][word] += 1
                if (word == "shown") != (kind == "faster"):
                    amiss.append(f"{case.name}, {kind}: {word}\n{answer}\n{run.details.get(sample, '')}")
            print(f"{case.name:>16}  {run_words(outcome)}", flush=True)
    finally:
        verdicts.end()
    intact = [file.name for file in canary.iterdir()] == ["kept.txt"]
    return {
        "table": {kind: dict(counts) for kind, counts in table.items()},
        "shown": sum(counts["shown"] for counts in table.values()),
        "amiss": amiss,
        "canary": intact,
        "seconds": round(seconds, 1),
    }


def print_scripted(found: dict[str, Any]) -> None:
    """The table."""
    for kind in KINDS:
        counts = found["table"][kind]
        words = ", ".join(
            f"{number} {word}" for word, number in sorted(counts.items(), key=lambda one: -one[1])
        )
        print(f"{kind:>10} {sum(counts.values()):>4}  {words}")
    print(
        f"shown: {found['shown']}; the canary is {'intact' if found['canary'] else 'HARMED'}; {found['seconds']} s"
    )
    for words in found["amiss"]:
        print(f"\nNOT AS IT SHOULD BE: {words}")


def example_targets() -> Iterator[tuple[Path, Target]]:
    """Every function of the examples that can be called by a name."""
    for file in sorted((EXAMPLES / "stockroom").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        tree = parsed(text)
        assert tree is not None, file
        for name, _, _ in functions_of(tree):
            target = target_named(text, name)
            if target is not None:
                yield file, target


async def with_model(model: str, home: Path, most: int) -> dict[str, Any]:
    """Ask a model for versions of the examples' functions; nothing is shown that is not proved."""
    path = resolve_model(home, None if model == "bundled" else model).path
    engine: Engine = LlamaCppEngine(path, EngineSettings())
    await engine.load()
    verdicts = Verdicts(home / "burnish")
    budget = Budget(seconds=60, tokens=12_000, samples=4)
    rows: list[dict[str, Any]] = []
    try:
        for file, target in list(example_targets())[: most or None]:
            roots, module = import_root(file, [EXAMPLES])
            options = VerifyOptions(path=needed_roots(target.text.text, roots), module=module)
            outcome = await Run(engine, verdicts, target, "either", options, budget).done()
            rows.append(_row(f"{file.stem}.{target.name}", outcome, budget))
            print(
                f"{rows[-1]['function']:>32}  {run_words(outcome)}; {outcome.spent.tokens} tokens", flush=True
            )
            for kept in outcome.kept:
                print(f"{'':>34}{kept.title}: {kept.verdict.evidence}\n{kept.diff}", flush=True)
    finally:
        verdicts.end()
        await engine.close()
    return {"model": path.name, "budget": {"seconds": budget.seconds, "tokens": budget.tokens}, "rows": rows}


def _row(name: str, outcome: Outcome, budget: Budget) -> dict[str, Any]:
    return {
        "function": name,
        "shown": [
            {"title": kept.title, "evidence": kept.verdict.evidence, "diff": kept.diff}
            for kept in outcome.kept
        ],
        **outcome.figures(),
        "within": outcome.seconds <= budget.seconds + 2 and outcome.spent.tokens <= budget.tokens,
    }


def print_model(found: dict[str, Any]) -> None:
    """The sums."""
    rows = found["rows"]
    dropped: Counter[str] = Counter()
    for row in rows:
        dropped.update(row["dropped"])
    tokens = [row["tokens"]["evaluated"] + row["tokens"]["generated"] for row in rows]
    print(
        f"\n{found['model']}: {len(rows)} functions, {sum(row['tried'] for row in rows)} proposals, "
        f"{sum(len(row['shown']) for row in rows)} shown; dropped: {dict(dropped.most_common())}"
    )
    print(
        f"most seconds {max(row['seconds'] for row in rows):.1f} of {found['budget']['seconds']:g}, most tokens "
        f"{max(tokens)} of {found['budget']['tokens']}; within the budget: {all(row['within'] for row in rows)}"
    )


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scripted", action="store_true")
    parser.add_argument("--cases", default="", help="only these, by name")
    parser.add_argument("--model", default="", help="bundled, a name or a file")
    parser.add_argument("--functions", type=int, default=0, help="only the first so many of the examples")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    good, found = True, dict[str, Any]()
    with tempfile.TemporaryDirectory(prefix="burnish-rewrites-") as folder:
        if options.scripted:
            found["scripted"] = asyncio.run(
                scripted(Path(folder), set(filter(None, options.cases.split(","))))
            )
            print_scripted(found["scripted"])
            good = not found["scripted"]["amiss"] and found["scripted"]["canary"]
        if options.model:
            found["model"] = asyncio.run(with_model(options.model, Path(folder), options.functions))
            print_model(found["model"])
            good = good and all(row["within"] for row in found["model"]["rows"])
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
