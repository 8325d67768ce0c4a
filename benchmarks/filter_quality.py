"""What the pipeline makes of the model's raw answers: the same cursors before and after each filter.

    python benchmarks/filter_quality.py [--model FILE] [--cases N] [--packages NAME ...] [--folder DIR] [--memory]

Random cursors in packages that the bundled model never saw; the rest of the line is taken away. One row for each filter,
in the pipeline's order: what is still shown after it, how much of that is exactly what the author wrote, how many files
stay free of syntax errors with it (``ast.parse``), and how many suggestions use an undefined name (ruff's F821, so that
no filter is judged by itself; names that the suggestion brings an import for are defined). ``dropped right`` is what a
filter took away although it was exact.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from projects import HELD_OUT, sources

from burnish_server.completion.confidence import Judge
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.engine_host import EngineHost
from burnish_server.settings import CompletionSettings, EngineOptions
from burnish_training.base.corpus import Document
from burnish_training.evaluation.lines import LineCase, sample_lines
from burnish_training.evaluation.statistics import wilson

#: The filters in the pipeline's order, and what each drops.
FILTERS = {
    "finished lines only": {"unfinished", "deadline"},
    "something to show": {"empty", "too-short", "repetition"},
    "no repetition of neighbours": {"repeats-below", "repeats-above", "duplicate-suffix"},
    "no new syntax error": {"syntax"},
    "names exist": {"unknown-name"},
    "attributes exist": {"unknown-attribute"},
}


@dataclass(frozen=True)
class Outcome:
    """One cursor: the rule that dropped the answer (``""``: none), and what is true of the text."""

    rule: str
    confidence: float
    exact: bool
    parses: bool
    undefined: bool


def cut(document: Document, case: LineCase) -> tuple[str, int]:
    """The file without the rest of the cursor's line, and the cursor's offset."""
    lines = document.text.split("\n")
    before = "\n".join([*lines[: case.line - 1], case.typed])
    return "\n".join([before, *lines[case.line :]]), len(before)


def parses(text: str) -> bool:
    """Whether Python accepts the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def undefined(text: str, line: int, column: int) -> bool:
    """Whether an undefined name, by ruff, ends behind this place (from 1) on its line."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "F821",
        "--output-format",
        "json",
        "-",
    ]
    found = subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout
    ends = [item["end_location"] for item in json.loads(found or "[]") if item["code"] == "F821"]
    return any(end["row"] == line and end["column"] > column for end in ends)


def outcome(document: Document, case: LineCase, result: CompletionResult) -> Outcome:
    """Judge one answer by what the author wrote and by tools that the pipeline does not use."""
    text, offset = cut(document, case)
    said = result.text or result.candidate
    end = result.end if result.text else offset
    changed = text[:offset] + said + text[end:]
    parsed = parses(changed)
    return Outcome(
        rule=result.dropped or "",
        confidence=result.confidence or 0.0,
        exact=said.rstrip() == case.rest.rstrip(),
        parses=parsed,
        undefined=parsed and not result.imports and undefined(changed, case.line, case.column),
    )


def row(label: str, shown: list[Outcome], of: int, lost: int) -> None:
    """Print one line of the table."""
    exact = sum(item.exact for item in shown)
    share = wilson(exact, len(shown))
    valid = sum(item.parses for item in shown) / max(1, len(shown))
    named = sum(item.undefined for item in shown) / max(1, sum(item.parses for item in shown))
    print(
        f"{label:30} shown {len(shown) / of:6.1%}  exact {exact / max(1, len(shown)):6.1%} ({share.low:.1%} to {share.high:.1%})  "
        f"parses {valid:6.1%}  undefined name {named:6.1%}  dropped right {lost}"
    )


def table(outcomes: list[Outcome], judge: Judge) -> None:
    """Print what remains after every filter."""
    shown = outcomes
    row("the model's raw answer", shown, len(outcomes), 0)
    for label, rules in [*FILTERS.items(), (f"sure enough ({judge.threshold:.2f})", set())]:
        kept = [
            item
            for item in shown
            if (item.rule not in rules if rules else item.confidence >= judge.threshold)
        ]
        row(
            f"+ {label}",
            kept,
            len(outcomes),
            sum(item.exact for item in shown) - sum(item.exact for item in kept),
        )
        shown = kept


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="")
    parser.add_argument("--cases", type=int, default=200, help="cursors a package")
    parser.add_argument("--packages", nargs="+", default=list(HELD_OUT))
    parser.add_argument(
        "--folder", type=Path, help="where the packages lie unpacked, instead of installed ones"
    )
    parser.add_argument(
        "--memory", action="store_true", help="with the package's other files in workspace memory"
    )
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="burnish-"))
    (home / "logs").mkdir()
    host = EngineHost(home)
    host.reload(choice=options.model, options=EngineOptions(threads=1))
    status = await host.ready()
    engine = host.engine
    if engine is None:
        raise SystemExit(f"The model could not be loaded: {status.detail}")
    settings = CompletionSettings(multiline=False, min_confidence=0.0, max_latency_ms=60_000, debounce_ms=0)
    pipeline = Pipeline(host, settings)
    print(
        f"{describe()}\n{status.model}, {options.cases} cursors a package, memory {'on' if options.memory else 'off'}"
    )
    outcomes: list[Outcome] = []
    for number, name in enumerate(options.packages):
        documents = sources(name, options.folder)
        by_path = {document.path: document for document in documents}
        if options.memory:
            await engine.remember(name, {document.path: document.text for document in documents})
            await asyncio.sleep(3)  # the index is built in the background
        for case in sample_lines(documents, options.cases, seed=number):
            text, offset = cut(by_path[case.path], case)
            request = CompletionRequest(
                f"file:///{case.path}", SourceText(text), offset, case.path, invoked=True, fresh=True,
                memory=name if options.memory else "",
            )  # fmt: skip
            outcomes.append(outcome(by_path[case.path], case, await pipeline.complete(request)))
    table(outcomes, host.judge)
    await host.close()
    shutil.rmtree(home)


if __name__ == "__main__":
    asyncio.run(main())
