"""Why a version that a model proposed is better, in words."""

from __future__ import annotations

from dataclasses import replace

from burnish_analysis.metrics.compare import Change
from burnish_analysis.verify.model import Speedup, Verdict
from burnish_server.rewrite.model import Kept
from burnish_server.rewrite.words import explanation

VERDICT = Verdict(
    "equivalent",
    "tested",
    inputs=214,
    speedup=Speedup(12.3, 11.1, 13.6, 40, 9.0),
    faster=True,
    evidence="equivalent on 214 inputs (96 % branches), 12.3× faster (95 % CI 11.1–13.6)",
    sandbox="namespaces",
)
FASTER = Kept(
    "k", "A.f", "Rewrite `f`: 12.3× faster", "12.3×", "a", "b", "--- A.f\n-a\n+b", VERDICT, None, 1.0, 0
)


def test_a_faster_one_says_by_how_much_and_how_that_is_known() -> None:
    page = explanation(FASTER)
    assert page.startswith("# Rewrite `f`: 12.3× faster\n")
    assert "- Faster: 12.3× in the median at the largest input size (95 % CI 11.10–13.60, 40 pairs" in page
    assert "at its slowest size 9.00×" in page
    assert "- Equivalent on 214 inputs (96 % branches)" in page and "- Ran isolated: namespaces." in page
    assert "```diff\n--- A.f\n-a\n+b\n```" in page
    for word in ("Simpler", "second attempt", "has changed since"):
        assert word not in page


def test_a_simpler_one_says_that_it_was_measured_too() -> None:
    change = Change(4, 2, 50.0, 60.0, 2, 1)
    page = explanation(replace(FASTER, gain="", change=change, repaired=True), changed=True)
    assert f"- Simpler: {change.words}." in page and "It was measured, and is not slower." in page
    assert "Faster:" not in page
    assert "second attempt" in page and "The file has changed since." in page


def test_a_diff_with_fences_stays_whole() -> None:
    page = explanation(replace(FASTER, diff='-"""```"""'))
    assert '````diff\n-"""```"""\n````' in page
