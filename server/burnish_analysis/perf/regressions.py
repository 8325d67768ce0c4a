"""Functions that became slower since a git revision: both versions are run in the sandbox, and the claim is their verdict."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish_analysis.errors import FileError, SourceError
from burnish_analysis.perf.changed import content_at
from burnish_analysis.perf.files import Problem, decoded, read_source
from burnish_analysis.perf.judging import Verifier
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.report.items import Item
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import Severity
from burnish_analysis.verify.model import Verdict

__all__ = ["SLOWER", "Compared", "changed_functions", "compare_file", "regression"]

#: A function is called slower when the interval of its speedup lies below this: it takes at least a tenth more time.
SLOWER = 1 / 1.1
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Compared:
    """One function of a file at a revision and now."""

    path: Path
    function: str
    item: Item | None
    verdict: Verdict


def compare_file(
    path: Path, since: str, verifier: Verifier, telling: Callable[[str], None] = lambda _: None
) -> tuple[list[Compared], list[Problem]]:
    """Compare every function of a file that is written differently at a revision.

    Raises:
        FileError: the file is in no git repository, or the revision is unknown.
    """
    old = content_at(path, since)
    if old is None:
        return [], []
    try:
        before, after = decoded(path, old).text, read_source(path).text
        now = Module(after, str(path))
        names = changed_functions(Module(before, f"{path} at {since}").tree, now.tree)
    except (FileError, SourceError) as error:
        return [], [Problem(str(path), str(error))]
    compared = []
    for name, node in names.items():
        telling(f"{path}: {name}")
        verdict = verifier(path, before, after, name)
        item = regression(now, name, node, verdict, since)
        compared.append(Compared(path, name, item, verdict))
    return compared, []


def changed_functions(before: ast.Module, after: ast.Module) -> dict[str, ast.AST]:
    """Functions and methods, by dotted name, that both trees have and that differ in more than comments and formatting."""
    old = dict(_functions(before.body))
    return {
        name: node
        for name, node in _functions(after.body)
        if name in old and ast.dump(old[name]) != ast.dump(node)
    }


def _functions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")


def regression(module: Module, name: str, node: ast.AST, verdict: Verdict, since: str) -> Item | None:
    """What is told of a function that behaves as before and is slower; None of any other."""
    speedup = verdict.speedup
    if verdict.verdict != "equivalent" or speedup is None or speedup.ci_high >= SLOWER:
        return None
    start = module.start(node)
    end = module.line_end(start)
    places = Places(module)
    end = start + len(module.source[start:end].rstrip())
    return Item(
        rule="regression",
        kind="perf",
        path=module.path,
        range=places.range(start, end),
        message=f"{name} is {1 / speedup.median:.3g}× slower than at {since} (95 % CI {1 / speedup.ci_high:.3g}–"
        f"{1 / speedup.ci_low:.3g}) and behaves alike on {verdict.inputs} inputs.",
        fixable=False,
        severity=Severity.WARNING,
        column=places.column(start),
        certainty="verified",
        function=name,
        fingerprint=f"regression\0{name}",
    )
