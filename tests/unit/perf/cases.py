"""Reads the cases of a rule: a text file of sections.

``=== fix: words``, Python, ``--- to``, Python: there is an exact finding, and applying every exact fix of the rule gives the second text.
``=== possible: words``, Python[, ``--- to``, Python]: every finding needs verification (and applying them gives the second text).
``=== silent: words``, Python: no finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    rule: str
    kind: str
    words: str
    before: str
    after: str | None


def read_cases(file: Path) -> list[Case]:
    found = []
    for section in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, _, body = section.partition("\n")
        kind, _, words = head.partition(": ")
        before, arrow, after = body.partition("--- to\n")
        found.append(
            Case(
                file.stem,
                kind,
                words,
                before.rstrip("\n") + "\n",
                after.rstrip("\n") + "\n" if arrow else None,
            )
        )
    return found


def every_case(folder: Path = CASES) -> list[Case]:
    return [case for file in sorted(folder.glob("*.txt")) for case in read_cases(file)]
