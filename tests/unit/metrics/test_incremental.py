"""After any edits the figures are the same as those of a text that is measured anew."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radon.metrics import h_visit, mi_visit
from radon.raw import analyze

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics import incremental
from burnish_analysis.metrics.incremental import Measurer
from burnish_analysis.metrics.measure import measure

from .sources import SOURCES

LINES = (
    "x = 1", "    y = x + 1", "def f(a):", "    if a and b:", "        return -a", "class A(B):", "    def m(self):",
    "        return self", "", "# c", '"""', "    '''d'''", "    else:", "x = (", ")", "    @d", "y = 2; z = 3", "        for i in a:",
    "            assert i", "x += f'{a}'", "\\", "    pass",
)  # fmt: skip
edits = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 3), st.lists(st.sampled_from(LINES), max_size=3)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=120, deadline=None)
@given(start=st.sampled_from(sorted(SOURCES)), changes=edits)
def test_any_edits_give_the_figures_of_a_fresh_measurement(
    start: str, changes: list[tuple[int, int, list[str]]]
) -> None:
    lines = SOURCES[start].split("\n")
    measurer = Measurer()
    for place, gone, new in changes:
        at = place % (len(lines) + 1)
        lines[at : at + gone] = new
        source = "\n".join(lines)
        try:
            fresh = measure(source)
        except SourceError:
            with pytest.raises(SourceError):
                measurer.measure(source)
            continue
        assert measurer.measure(source) == fresh
        assert dataclasses.asdict(fresh.raw) == analyze(source)._asdict()
        assert fresh.mi == mi_visit(source, True)
        assert fresh.halstead.effort == h_visit(source).total.effort


def test_only_what_changed_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SOURCES["classes"]
    measurer = Measurer()
    measurer.measure(source)
    seen: list[str] = []
    real = incremental.piece_of

    def watched(node, base):  # type: ignore[no-untyped-def]
        seen.append(getattr(node, "name", type(node).__name__))
        return real(node, base)

    monkeypatch.setattr(incremental, "piece_of", watched)
    edited = "# above\n" + source.replace("return 1 == 1.0", "return 2 == 1.0")
    assert edited != "# above\n" + source
    found = measurer.measure(edited)
    assert seen == ["only"]
    assert found == measure(edited)


def test_a_broken_text_between_does_not_lose_what_is_known() -> None:
    measurer = Measurer("a.py")
    good = SOURCES["nested"]
    first = measurer.measure(good)
    with pytest.raises(SourceError, match=r"a\.py"):
        measurer.measure(good + "def (")
    assert measurer.measure(good) == first
