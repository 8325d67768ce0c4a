"""The catalogue of refactorings as JSON and as a Markdown document."""

from __future__ import annotations

import inspect
from typing import Any

from burnish_analysis.perf.report.catalogue import described, topics_of
from burnish_analysis.refactor.catalogue import all_refactorings
from burnish_analysis.refactor.crossing.model import NOT_RUN
from burnish_analysis.refactor.model import Refactoring

__all__ = ["as_markdown", "entry", "section"]

_HEAD = """\
<!-- Written by `burnish rules --kind refactor --markdown`; changes made here are lost. -->

# Refactorings within a file

What Burnish offers at the cursor, and what the code becomes. A refactoring is **exact** at a place where every precondition
has been shown from the code; where one cannot be shown it is **possible**, and both versions are run in a sandbox before it is
applied ([how to use them](refactorings.md)). Those marked *suggested* are also told of unasked, where radon's figures say that they
make a complex function simpler. Refactorings across scopes and files (extract, inline, rename, move, change signature and
others) are offered as well; they are listed [at the end](#across-scopes-and-files).
"""

_CROSSING = """\
## Across scopes and files

None of these is run when you choose it. Those marked *refuses* have conditions of their own that are looked up in your code: they
are refused, with a sentence, where one does not hold, and every changed file is parsed and its names are looked up before
anything is changed. The others are written by [rope](https://github.com/python-rope/rope), and beyond what they refuse nothing
shows that behaviour is kept; their titles say **(not run)**, and so do the preview and what is said afterwards:

> {not_run}

| refactoring | what becomes of the code | kind | checked |
| --- | --- | --- | --- |
"""


def entry(refactoring: Refactoring) -> dict[str, Any]:
    """One refactoring of ``burnish rules --json``."""
    about = refactoring.about
    return {
        "id": refactoring.id,
        "kind": "refactor",
        "summary": about.summary,
        "before": about.before,
        "after": about.after,
        "preconditions": list(about.preconditions),
        "why": about.why,
        "references": list(about.references),
        "gain": None,
        "default": refactoring.suggest,
        "action": refactoring.kind,
    }


def section(refactoring: Refactoring) -> str:
    """A refactoring's description in Markdown, without a heading."""
    said = "Suggested unasked." if refactoring.suggest else "Offered at the cursor only."
    return "\n\n".join([*described(refactoring.about), f"{said} Kind: `{refactoring.kind}`."]) + "\n"


def as_markdown() -> str:
    """The whole catalogue: ``docs/refactoring-catalogue.md``."""
    rows = [
        f"| [{one.id}](#{one.id}) | {one.about.summary} | `{one.kind}` | {'yes' if one.suggest else ''} |"
        for one in all_refactorings().values()
    ]
    table = "| refactoring | finds | kind | suggested |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    parts = [_HEAD, table]
    for topic, found in topics_of(all_refactorings().values()).items():
        parts.append(f"## {topic}\n")
        parts += [f"### {one.id}\n\n{section(one)}" for one in found]
    return "\n".join([*parts, _crossing()])


def _crossing() -> str:
    # rope takes its time to import, and most of what imports this module does not need it.
    from burnish_analysis.refactor.crossing.api import CROSSING

    rows = [
        f"| `{one.id}` | {inspect.getdoc(type(one))} | `{one.kind}` | {'**not run**' if one.unproved else 'refuses'} |\n"
        for one in CROSSING.values()
    ]
    return _CROSSING.format(not_run=NOT_RUN) + "".join(rows)
