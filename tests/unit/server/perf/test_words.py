"""What users read of findings, and which fixes may be applied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burnish_analysis.verify.model import Counterexample, Speedup, Verdict
from burnish_server.perf.words import UNTRUSTED, badge, refusal, title_of, unasked
from tests.unit.server.perf.made import TESTED, found


@pytest.mark.parametrize(
    ("exact", "verdict", "expected", "applies"),
    [
        (True, None, "exact", True),
        (False, None, "possible", False),
        (False, TESTED, "tested", True),
        (True, TESTED, "tested", True),
        (False, replace(TESTED, strength="weak"), "weak", True),
        (False, replace(TESTED, faster=False), "tested", False),
        (True, replace(TESTED, faster=False), "tested", True),
        (False, Verdict("unverifiable", reason="it opens a file"), "unverifiable", False),
        (True, Verdict("unverifiable", reason="it opens a file"), "exact", True),
        (True, Verdict("different", reason="not the same"), "different", False),
        (False, Verdict("different", counterexample=Counterexample("f()", "a", "b", "")), "different", False),
        (False, Verdict("unverifiable", reason=UNTRUSTED), "unverifiable", False),
    ],
)
def test_only_what_is_shown_or_verified_applies(
    exact: bool, verdict: Verdict | None, expected: str, applies: bool
) -> None:
    one = found(exact=exact, unknown=() if exact else ("`x` is hashable",))
    assert badge(one, verdict) == expected
    reason = refusal(one, verdict)
    assert (reason is None) == applies
    assert reason != ""
    if verdict is not None and verdict.verdict == "equivalent" and verdict.faster:
        faster = replace(verdict, speedup=Speedup(12.34, 11, 13, 40, 9))
        assert title_of(one, faster) == f"Make it fast ({expected}, 12.3× faster)"


def test_what_is_no_faster_is_applied_only_when_asked_for() -> None:
    slow = replace(TESTED, speedup=Speedup(0.99, 0.9, 1.1, 40, 0.9), faster=False)
    assert refusal(found(), slow) is None
    assert not unasked(found(), slow)
    assert unasked(found(), None)
    assert unasked(found(), TESTED)
    assert not unasked(found(), replace(TESTED, strength="weak"))


def test_what_is_outside_of_functions_cannot_be_verified() -> None:
    assert "not inside a function" in str(refusal(found(exact=False, function=""), None))
