"""How much workspace memory's evidence should count: the weights that make real lines most likely.

    python benchmarks/memory_fit.py [--model FILE] [--cases N] [--packages NAME ...] [--folder DIR]

Random line remainders of several packages that the model was not trained on. For every token of them: what the model expects,
and what memory says with the package's other files in it. The weights are fitted by expectation maximisation
(``burnish_models.workspace_memory.mixing.fit``), workspace evidence first, then what repeats within the prompt. Printed: the
table for ``default_weights.py``, and what it is worth in nats a token: for each package with weights fitted on the others, and
whether fitting further on the package itself would pay (its first half fitted, its second half measured).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_process import Served
from machine import describe
from projects import sources

from burnish_models.selection import resolve_model
from burnish_models.workspace_memory import Observation, Recall, Weights, WorkspaceMemory, fit
from burnish_models.workspace_memory.mixing import Bucket
from burnish_training.base.corpus import Document
from burnish_training.evaluation.lines import sample_lines, served_prompt

#: Packages outside of the bundled model's corpus and of what its card is measured on.
PACKAGES = ("pelican", "mkdocs", "httpie", "locust")


@dataclass(frozen=True)
class Token:
    """One token of a real line: the model's probability, and the evidence there was with its own probability."""

    model: float
    evidence: tuple[tuple[Bucket, float], ...]


def observe(served: Served, documents: Sequence[Document], cases: int, seed: int) -> list[Token]:
    """Every token of random line remainders, each file's own text left out of memory."""
    memory = WorkspaceMemory()
    for document in documents:
        memory.put(document.path, served.tokens(document.text))
    memory.build()
    seen: list[Token] = []
    for case in sample_lines(documents, cases, seed):
        prompt, answer, rows = served.expected(served_prompt(case), case.rest)
        recall = Recall(prompt, memory, Weights(), case.path)
        for token, row in zip(answer, rows, strict=True):
            found = tuple((item.bucket, item.probability(token)) for item in recall.evidence())
            seen.append(Token(float(row[token]), found))
            recall.add(token)
    return seen


def fitted(tokens: Sequence[Token], prior: Mapping[Bucket, float]) -> dict[Bucket, float]:
    """Weights: of the workspace's evidence against the model, then of the prompt's against both."""
    weights: dict[Bucket, float] = {}
    for source in ("workspace", "file"):
        known = {bucket: weight for bucket, weight in prior.items() if bucket[0] == source}
        observations = [
            Observation(bucket, mixed(token, weights), memory)
            for token in tokens
            for bucket, memory in token.evidence
            if bucket[0] == source
        ]
        weights |= fit(observations, known)
    return weights


def mixed(token: Token, weights: Mapping[Bucket, float]) -> float:
    """The probability of a token with its evidence mixed in."""
    probability = token.model
    for bucket, memory in token.evidence:
        weight = weights.get(bucket, 0.0)
        probability = (1.0 - weight) * probability + weight * memory
    return probability


def nats(tokens: Sequence[Token], weights: Mapping[Bucket, float]) -> float:
    """Mean negative log-likelihood."""
    return -sum(math.log(max(mixed(token, weights), 1e-12)) for token in tokens) / max(1, len(tokens))


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model")
    parser.add_argument("--cases", type=int, default=150, help="line remainders a package")
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES))
    parser.add_argument(
        "--folder", type=Path, help="where the packages lie unpacked, instead of installed ones"
    )
    options = parser.parse_args()
    model = resolve_model(Path.home(), options.model).path
    served = Served(model, {})
    print(f"{describe()}\n{model.name}, {options.cases} line remainders a package\n")
    tokens = {
        name: observe(served, sources(name, options.folder), options.cases, number)
        for number, name in enumerate(options.packages)
    }
    whole = [token for seen in tokens.values() for token in seen]
    counts: dict[Bucket, int] = {}
    for token in whole:
        for bucket, _ in token.evidence:
            counts[bucket] = counts.get(bucket, 0) + 1
    for bucket, weight in sorted(fitted(whole, {}).items()):
        print(f"{bucket!s:32} {weight:5.2f}  ({counts[bucket]} tokens)")
    print("\nnats a token        model  others' weights | second half: others', own as well")
    for name, seen in tokens.items():
        others = fitted([token for other, rest in tokens.items() if other != name for token in rest], {})
        first, second = seen[: len(seen) // 2], seen[len(seen) // 2 :]
        own = fitted(first, others)
        print(
            f"{name:18} {nats(seen, {}):6.3f}  {nats(seen, others):15.3f} | "
            f"{nats(second, others):20.3f}  {nats(second, own):12.3f}"
        )


if __name__ == "__main__":
    main()
