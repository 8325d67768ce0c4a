"""What is said of a refactoring, by what is known of it."""

from __future__ import annotations

import pytest

from burnish_analysis.refactor.catalogue import all_refactorings
from burnish_analysis.verify.model import Counterexample, Verdict
from burnish_server.perf.model import RuleText
from burnish_server.refactor.standing import Standing
from burnish_server.refactor.words import (
    about_page,
    badge,
    confirmation,
    crossing_title,
    evidence,
    refusal,
    title_of,
)

TESTED = Standing(Verdict("equivalent", "tested", evidence="equivalent on 9 inputs (90 % branches)"))
WEAK = Standing(Verdict("equivalent", "weak", evidence="equivalent on 9 inputs (50 % branches)"))
DIFFERENT = Standing(
    Verdict("different", counterexample=Counterexample("f(1)", "returned 1", "returned 2", "print(1)"))
)
NOT_RUN = Verdict("unverifiable", reason="it opens a file")
SAME, UNSEEN = Standing(NOT_RUN, same=True), Standing(NOT_RUN, reason="The parameters differ.")


@pytest.mark.parametrize(
    ("exact", "standing", "expected"),
    [
        (True, Standing(), "exact"),
        (False, Standing(), "possible"),
        (True, TESTED, "tested"),
        (True, WEAK, "exact"),
        (False, WEAK, "weak"),
        (True, DIFFERENT, "different"),
        (True, UNSEEN, "exact"),
        (False, SAME, "not run"),
    ],
)
def test_badges(exact: bool, standing: Standing, expected: str) -> None:
    assert badge(exact, standing) == expected


def test_only_what_is_shown_or_verified_is_applied() -> None:
    assert refusal(True, "f", Standing()) is None
    assert refusal(True, "f", UNSEEN) is None
    assert refusal(False, "f", TESTED) is None
    assert refusal(False, "f", Standing()) == "It has not been verified."
    assert "not inside a function" in (refusal(False, "", Standing()) or "")
    # A counterexample speaks against what was taken for exact, too.
    assert "f(1) returned 1" in (refusal(True, "f", DIFFERENT) or "")


def test_what_was_not_run_says_why_and_is_looked_at_first() -> None:
    assert refusal(False, "f", SAME) is None
    label, words = confirmation(False, SAME)
    assert label == "Burnish: not run"
    assert words.startswith("Not run: it opens a file. But the same names are bound and the same calls made")
    assert title_of("Use `get`", False, SAME) == "Use `get` (not run, same structure)"
    assert (refusal(False, "f", UNSEEN) or "").endswith("from the code either: The parameters differ.")
    assert title_of("Use `get`", False, UNSEEN) == "Use `get` (not run)"


def test_weak_evidence_is_looked_at_first_and_tested_is_not() -> None:
    assert confirmation(False, WEAK) == ("Burnish: weakly tested", "equivalent on 9 inputs (50 % branches)")
    assert confirmation(False, TESTED) == confirmation(True, WEAK) == ("", "")
    assert evidence(False, "f", TESTED) == "Equivalent on 9 inputs (90 % branches)."
    assert evidence(True, "f", UNSEEN) == "It behaves the same: that is shown from the code."


def test_what_is_not_proved_says_so_in_its_title_once() -> None:
    assert crossing_title("Extract function…", "") == "Extract function"
    assert crossing_title("Encapsulate `x`…", "Not run.") == "Encapsulate `x` (not run)"
    assert crossing_title("Encapsulate `x` (not run)…", "Not run.") == "Encapsulate `x` (not run)"


def test_every_refactoring_has_a_page_that_says_where_it_is_silenced() -> None:
    for rule in all_refactorings().values():
        about = rule.about
        text = RuleText(about.summary, about.before, about.after, about.why, about.preconditions)
        page = about_page(rule.id, text)
        assert page.startswith(f"# {rule.id}\n")
        assert f"# burnish: ignore[{rule.id}]" in page
        assert "[tool.burnish.refactor]" in page
