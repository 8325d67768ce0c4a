"""Every rule: finds what it should, is silent where a precondition is violated, and its fix gives exactly the expected text."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from burnish_analysis.perf.analyse import analyse
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.fixing import apply_fixes
from burnish_analysis.perf.model import Certainty
from burnish_analysis.perf.settings import PerfSettings

from .cases import Case, every_case

CASES = every_case()


def only(rule: str) -> PerfSettings:
    return PerfSettings(select=frozenset({rule}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.kind} {case.words}")
def test_case(case: Case) -> None:
    ast.parse(case.before)
    found = analyse(case.before, settings=only(case.rule))
    if case.kind == "silent":
        assert not found, [finding.message for finding in found]
        return
    assert found, "nothing was found"
    wanted = {"fix": Certainty.EXACT, "possible": Certainty.POSSIBLE}[case.kind]
    assert {finding.certainty for finding in found} == {wanted}, [finding.unknown for finding in found]
    if case.after is not None:
        result = apply_fixes(
            case.before, settings=only(case.rule), choose=lambda finding, _: finding.certainty is wanted
        )
        assert result.source == case.after
        again = apply_fixes(
            result.source, settings=only(case.rule), choose=lambda finding, _: finding.certainty is wanted
        )
        assert again.source == result.source


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.after], ids=lambda case: f"{case.rule}: {case.words}"
)
def test_line_ends_and_byte_order_mark_are_kept(case: Case) -> None:
    assert case.after is not None
    before = "\ufeff" + case.before.replace("\n", "\r\n")
    result = apply_fixes(before, settings=only(case.rule), choose=lambda finding, _: True)
    assert result.source == "\ufeff" + case.after.replace("\n", "\r\n")


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_catalogue_entry(rule) -> None:  # type: ignore[no-untyped-def]
    about = rule.about
    assert about.summary and about.why and not about.summary.endswith(".")
    result = apply_fixes(about.before, settings=only(rule.id), choose=lambda finding, _: True)
    assert result.source == about.after
    kinds = Counter(case.kind for case in CASES if case.rule == rule.id)
    assert kinds["silent"] >= 2, "at least two violated preconditions"
    assert kinds["fix"] + kinds["possible"] >= 2
    assert any(case.after for case in CASES if case.rule == rule.id)
