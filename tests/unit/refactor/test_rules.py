"""Every refactoring: offered where it should be, not where a precondition is violated, and its change gives exactly the expected text.

The cases are those of the performance rules (``=== fix:``, ``=== possible:``, ``=== silent:``). A refactoring that is its own way back says
``=== fix once:`` or ``=== possible once:``; then only the first finding is applied, and only once.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish_analysis.perf.fixing import apply_fix, apply_found
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.analyse import refactorings_in
from burnish_analysis.refactor.catalogue import all_refactorings

from ..manners import WIDE, WRITTEN, widened
from ..perf.cases import Case, every_case

CASES = every_case(Path(__file__).parent / "cases")
CHANGES = [case for case in CASES if case.after is not None]
#: Those that offer the way back once they are applied.
ONCE = {case.rule for case in CASES if case.kind.endswith(" once")}
WANTED = {"fix": Certainty.EXACT, "possible": Certainty.POSSIBLE}


def found_in(source: str, rule: str) -> list[Finding]:
    return refactorings_in(Module(source), frozenset({rule}))


def changed(source: str, rule: str, choose: Callable[[Finding], bool] = lambda _: True) -> str:
    """The text with a refactoring applied wherever it can be; at the first place only, where it would offer the way back."""
    if rule in ONCE:
        module = Module(source)
        chosen = [one for one in refactorings_in(module, frozenset({rule})) if one.fix and choose(one)]
        return apply_fix(module, chosen[0]) if chosen else source
    names = frozenset({rule})
    return apply_found(
        source, "", lambda module: refactorings_in(module, names), lambda one, _: choose(one)
    ).source


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.kind} {case.words}")
def test_case(case: Case) -> None:
    compile(case.before, "before", "exec", dont_inherit=True)
    found = found_in(case.before, case.rule)
    if case.kind == "silent":
        assert not found, [finding.message for finding in found]
        return
    assert found, "nothing was found"
    wanted = WANTED[case.kind.removesuffix(" once")]
    assert {finding.certainty for finding in found} == {wanted}, [finding.unknown for finding in found]
    if case.after is not None:
        result = changed(case.before, case.rule, lambda finding: finding.certainty is wanted)
        assert result == case.after
        compile(result, "after", "exec", dont_inherit=True)
        if case.rule not in ONCE:
            assert changed(result, case.rule, lambda finding: finding.certainty is wanted) == result


@pytest.mark.parametrize("manner", WRITTEN)
@pytest.mark.parametrize("case", CHANGES, ids=lambda case: f"{case.rule}: {case.words}")
def test_a_change_keeps_how_a_file_is_written(case: Case, manner: str) -> None:
    """The changed text in another manner is the other manner's text, changed."""
    write = WRITTEN[manner]
    result = changed(write(case.before), case.rule)
    if manner == WIDE:  # an import is added in another place
        assert len(found_in(write(case.before), case.rule)) == len(found_in(case.before, case.rule))
        compile(result, "odd", "exec", dont_inherit=True)
    else:
        assert result == write(changed(case.before, case.rule))


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: f"{case.rule}: {case.words}")
def test_the_last_line_needs_no_end(case: Case) -> None:
    result = changed(case.before.rstrip("\n"), case.rule)
    assert result.rstrip("\n") == changed(case.before, case.rule).rstrip("\n")


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: f"{case.rule}: {case.words}")
def test_wide_names_shift_nothing(case: Case) -> None:
    compile(changed(widened(case.before), case.rule), "odd", "exec", dont_inherit=True)


@pytest.mark.parametrize("rule", all_refactorings().values(), ids=lambda rule: rule.id)
def test_catalogue_entry(rule) -> None:  # type: ignore[no-untyped-def]
    about = rule.about
    assert about.summary and about.why and not about.summary.endswith(".")
    assert changed(about.before, rule.id) == about.after
    ast.parse(about.after)
    for finding in found_in(about.before, rule.id):
        assert finding.fix is not None and finding.fix.title and not finding.fix.title.endswith(".")
        assert finding.message.endswith(".")
    kinds = Counter(case.kind.removesuffix(" once") for case in CASES if case.rule == rule.id)
    assert kinds["silent"] >= 3, "at least three violated preconditions"
    assert kinds["fix"] + kinds["possible"] >= 3
    assert any(case.after for case in CASES if case.rule == rule.id)


@pytest.mark.parametrize("text", sorted({case.before for case in CASES}), ids=lambda text: "")
def test_every_refactoring_leaves_python(text: str) -> None:
    """Also where several are offered at a place, each alone keeps a file that compiles."""
    module = Module(text)
    for finding in refactorings_in(module):
        if finding.fix is not None:
            compile(apply_fix(module, finding), finding.rule, "exec", dont_inherit=True)
