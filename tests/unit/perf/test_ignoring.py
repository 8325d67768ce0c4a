"""Comments that silence a rule are written where they work, or not at all."""

from __future__ import annotations

import pytest

from burnish_analysis.perf.analyse import analyse
from burnish_analysis.perf.ignoring import ignoring_edit
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.perf.text import SourceText

RULE = "index-loop"
ONLY = PerfSettings(select=frozenset({RULE}))
BODY = "    for i in range(len(xs)):{}\n        print(xs[i])\n"
HEAD = "def f(xs: list[int]) -> None:\n"


def ignored(source: str) -> str | None:
    found = analyse(source, settings=ONLY)
    edit = ignoring_edit(source, found[0].start, RULE)
    return None if edit is None else SourceText(source).edited([edit])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "  # burnish: ignore[index-loop]"),
        ("  # why", "  # why  # burnish: ignore[index-loop]"),
        ("   ", "  # burnish: ignore[index-loop]"),
        ("  # burnish: ignore[other]", "  # burnish: ignore[other, index-loop]"),
        (
            "  # burnish: ignore-file[other]",
            "  # burnish: ignore-file[other]  # burnish: ignore[index-loop]",
        ),
        (
            "  # burnish: ignore-file[other]  # burnish: ignore[other]",
            "  # burnish: ignore-file[other]  # burnish: ignore[other, index-loop]",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_rule_is_silent_afterwards(before: str, after: str, newline: str) -> None:
    source = "\ufeff" + (HEAD + BODY.format(before)).replace("\n", newline)
    changed = ignored(source)
    assert changed == "\ufeff" + (HEAD + BODY.format(after)).replace("\n", newline)
    assert analyse(changed, settings=ONLY) == []


@pytest.mark.parametrize(
    "body",
    [
        "    for i in range(len(xs)) \\\n        :\n        print(xs[i])\n",
        '    for i in range(len(xs)): print(xs[i], """\n""")\n',
    ],
)
def test_a_line_that_cannot_carry_a_comment(body: str) -> None:
    assert ignored(HEAD + body) is None


def test_other_words_silence_nothing() -> None:
    text = "def f(xs):\n    return sorted(xs)[0]  # burnish: ignored so far\n"
    assert [finding.rule for finding in analyse(text)] == ["sorted-first"]
