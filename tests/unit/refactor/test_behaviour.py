"""On functions made at random, every exact refactoring gives Python that does the same, and can be undone."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import HealthCheck, given, settings

from burnish_analysis.perf.fixing import apply_fix, fix_edits
from burnish_analysis.perf.model import Certainty, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.analyse import refactorings_in

from ..manners import WRITTEN
from .generated import behaviour, functions

#: The parser warns of ``'x' is 1``.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")
CALM = [HealthCheck.too_slow]


def replaced(text: str, edits: list[Edit]) -> str:
    """The text with exactly what edits say."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join([*parts, text[at:]])


def reverse(source: str, edits: list[Edit]) -> list[Edit]:
    """The edits that take edits back, as places in the changed text."""
    made = []
    moved = 0
    for edit in edits:
        start = edit.start + moved
        made.append(Edit(start, start + len(edit.text), source[edit.start : edit.end]))
        moved += len(edit.text) - (edit.end - edit.start)
    return made


def offered(source: str) -> tuple[Module, list[Finding]]:
    """What is offered with a change; the parser's warnings are not heard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        module = Module(source)
        return module, [finding for finding in refactorings_in(module) if finding.fix is not None]


@settings(max_examples=150, deadline=None, suppress_health_check=CALM)
@given(functions())
def test_an_exact_refactoring_keeps_behaviour(source: str) -> None:
    module, found = offered(source)
    expected = behaviour(source)
    for finding in found:
        result = apply_fix(module, finding)
        ast.parse(result)
        if finding.certainty is Certainty.EXACT:
            assert behaviour(result) == expected, f"{finding.rule}\n{source}\nbecame\n{result}"


@pytest.mark.parametrize("manner", WRITTEN)
@settings(max_examples=25, deadline=None, suppress_health_check=CALM)
@given(source=functions())
def test_a_refactoring_can_be_undone(source: str, manner: str) -> None:
    written = WRITTEN[manner](source)
    module, found = offered(written)
    for finding in found:
        edits = fix_edits(module, finding)
        result = apply_fix(module, finding)
        assert result == replaced(written, edits)
        assert replaced(result, reverse(written, edits)) == written
