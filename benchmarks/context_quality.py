"""What cross-file context is worth: the same cursors with and without it.

    python benchmarks/context_quality.py [--model FILE] [--cases N] [--packages NAME ...] [--folder DIR] [--tokens N ...]

Random cursors in packages that the bundled model never saw, and as many at which other files can matter: where the rest of the
line uses a name that another file of the package defines and that the prompt does not show. Each is laid out without context,
and with at most N tokens of it; the window of the file gives up what the context may take, as it does when served.

Printed for each sample and budget: mean log-probability of the true line (nats, memory off), exact match of the rest of the line
(with the workspace's memory, the file with the cursor left out), the differences to no context with paired 95 % bootstrap
intervals, and the tokens that the context adds to the prompt.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from in_process import Served
from machine import describe
from projects import HELD_OUT, sources

from burnish_analysis.cursor import cursor_context
from burnish_analysis.graph.extract import extract, read_imports
from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.syntax import SyntaxTree
from burnish_models.engine.base import FimPrompt
from burnish_models.selection import resolve_model
from burnish_server.completion.window import Budget, Window, build_window
from burnish_server.context.block import Shown, compose
from burnish_server.context.select import ReadLines, tokens_of
from burnish_server.context.source import SHARE
from burnish_server.documents import SourceText
from burnish_training.base.corpus import Document
from burnish_training.evaluation.lines import LineCase, sample_lines

_NAME = re.compile(r"[A-Za-z_]\w+")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'|#.*")


@dataclass(frozen=True)
class Project:
    """A package and its code graph."""

    name: str
    documents: dict[str, Document]
    graph: CodeGraph
    defined: dict[str, set[str]]


@dataclass(frozen=True)
class Result:
    """One cursor in one layout: log-probability of the true line (nats), exact (0 or 1), prompt and context tokens."""

    logprob: float
    exact: float
    prompt: int
    context: int


def load(name: str, folder: Path | None) -> Project:
    """Read a package and build its graph."""
    documents = {document.path: document for document in sources(name, folder)}
    graph = CodeGraph()
    defined: dict[str, set[str]] = {}
    for path, document in documents.items():
        found = extract(SyntaxTree(document.text))
        graph.put(path, found)
        for symbol in found.symbols:
            defined.setdefault(symbol.leaf, set()).add(path)
    return Project(name, documents, graph, defined)


def window_of(case: LineCase, text: str, budget: Budget) -> tuple[Window, int]:
    """The window as served, and the cursor's offset. The rest of the line is not in the prompt."""
    source = SourceText(text)
    start, end = source.line_span(case.line - 1)
    offset = start + case.column - 1
    # What the author wrote after the cursor is what is asked for.
    cut = text[:offset] + text[end:]
    return build_window(SourceText(cut), offset, budget, case.path), offset


def can_matter(project: Project, case: LineCase, budget: Budget) -> bool:
    """Whether the rest of the line uses a name that only another file shows."""
    text = project.documents[case.path].text
    window, offset = window_of(case, text, budget)
    context = cursor_context(SyntaxTree(text), offset)
    if context.in_string or context.in_comment:
        return False
    words = set(_NAME.findall(window.prompt.prefix + window.prompt.typed + window.prompt.suffix))
    names = set(_NAME.findall(_STRING.sub("", case.rest))) - set(_NAME.findall(case.typed[-40:]))
    return any(name not in words and project.defined.get(name, set()) - {case.path} for name in names)


def sample(project: Project, count: int, seed: int, budget: Budget, *, matters: bool) -> list[LineCase]:
    """Cursors of a project; with ``matters``, only those at which other files can matter."""
    documents = list(project.documents.values())
    if not matters:
        return sample_lines(documents, count, seed)
    drawn = sample_lines(documents, count * 30, seed + 1000)
    return [case for case in drawn if can_matter(project, case, budget)][:count]


def prompt_of(project: Project, case: LineCase, prompt_tokens: int, tokens: int) -> tuple[FimPrompt, int]:
    """The prompt as served with at most ``tokens`` tokens of context, and the context's characters."""
    text = project.documents[case.path].text
    window, offset = window_of(case, text, Budget.of_context(prompt_tokens))
    if not tokens:
        return window.prompt, 0
    cut = text[:offset] + text[offset + len(case.rest) :]
    shown = Shown(case.path, cut, window.start, window.end)
    files = compose(project.graph, shown, offset, read_imports(SyntaxTree(cut)), tokens, reader(project))
    if not files:
        return window.prompt, 0
    window, _ = window_of(case, text, Budget.of_context(prompt_tokens - tokens_of(files)))
    prompt = replace(window.prompt, path=case.path, repository=project.name, context=files)
    return prompt, sum(len(file.text) for file in files)


def reader(project: Project) -> ReadLines:
    """Source lines of the project's files."""

    def read(path: str, start: int, end: int) -> str:
        document = project.documents.get(path)
        return "\n".join(document.text.split("\n")[start : end + 1]) if document else ""

    return read


def evaluate(
    served: Served, project: Project, cases: list[LineCase], tokens: int, *, exact: bool
) -> list[Result]:
    """All cursors with one budget of context."""
    results = []
    for case in cases:
        prompt, characters = prompt_of(project, case, served.context_tokens, tokens)
        logprob, size = served.score(prompt, case.rest)
        right = served.complete(prompt, project.name, case.path) == case.rest.rstrip() if exact else False
        results.append(Result(logprob, float(right), size, round(characters / 3.3)))
    return results


def report(label: str, found: list[Result], base: list[Result]) -> None:
    """Print one line."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(found), (4000, len(found)))

    def difference(first: list[float], second: list[float]) -> str:
        delta = np.asarray(first) - np.asarray(second)
        low, high = np.percentile(delta[picks].mean(axis=1), [2.5, 97.5])
        return f"{np.mean(first):.4f} ({delta.mean():+.4f}, {low:+.4f} to {high:+.4f})"

    print(
        f"{label:34} n {len(found):4}  log-probability {difference([r.logprob for r in found], [r.logprob for r in base])}"
        f"  exact {difference([r.exact for r in found], [r.exact for r in base])}"
        f"  prompt {np.mean([r.prompt for r in found]):.0f} tokens, context {np.mean([r.context for r in found]):.0f}"
        f" in {np.mean([r.context > 0 for r in found]):.0%}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model")
    parser.add_argument("--cases", type=int, default=200, help="cursors a package and sample")
    parser.add_argument("--packages", nargs="+", default=list(HELD_OUT))
    parser.add_argument(
        "--folder", type=Path, help="where the packages lie unpacked, instead of installed ones"
    )
    parser.add_argument(
        "--tokens", type=int, nargs="+", help="tokens of context at most, instead of as many as are served"
    )
    parser.add_argument("--no-exact", action="store_true", help="only log-probabilities, which is quicker")
    options = parser.parse_args()
    model = resolve_model(Path.home(), options.model).path
    projects = [load(name, options.folder) for name in options.packages]
    served = Served(model, {p.name: {k: d.text for k, d in p.documents.items()} for p in projects})
    print(f"{describe()}\n{model.name}, {served.context_tokens} tokens of context", flush=True)
    full = Budget.of_context(served.context_tokens)
    budgets = (0, *(options.tokens or [int(served.context_tokens * SHARE)]))
    for kind in ("uniform", "other files can matter"):
        found: dict[int, list[Result]] = {}
        for number, project in enumerate(projects):
            cases = sample(project, options.cases, number, full, matters=kind != "uniform")
            for tokens in budgets:
                began = time.perf_counter()
                results = evaluate(served, project, cases, tokens, exact=not options.no_exact)
                found.setdefault(tokens, []).extend(results)
                print(
                    f"  {project.name}, {kind}, {tokens}: {time.perf_counter() - began:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
        for tokens, results in found.items():
            report(f"{kind}, {tokens} tokens", results, found[0])


if __name__ == "__main__":
    main()
