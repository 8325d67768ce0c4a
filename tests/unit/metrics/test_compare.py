"""How figures change, and what drives them."""

from __future__ import annotations

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.compare import Change, change, complexity_of
from burnish_analysis.metrics.drivers import drivers, told
from burnish_analysis.metrics.measure import measure

from .sources import SOURCES

BEFORE = """\
def f(a, b):
    if a is not None:
        if b is not None:
            if a > b:
                return a
            else:
                return b
        else:
            return a
    return None
"""
SPLIT = """\
def f(a, b):
    if a is None:
        return None
    return _larger(a, b)


def _larger(a, b):
    if b is None:
        return a
    return max(a, b)
"""


def test_a_change_tells_both_sides() -> None:
    found = change(BEFORE, SPLIT, "f")
    assert (found.complexity_before, found.complexity_after) == (4, 2)
    assert (found.nesting_before, found.nesting_after) == (3, 1)
    assert found.mi_before == measure(BEFORE).mi and found.mi_after == measure(SPLIT).mi
    assert found.words.startswith("complexity 4 → 2, nesting 3 → 1, maintainability ")


def test_a_new_function_counts_where_it_is_worse() -> None:
    moved = "def f(a, b):\n    return g(a, b)\n\n" + BEFORE.replace("def f", "def g")
    found = change(BEFORE, moved, "f")
    assert found.complexity_after == 4 and found.nesting_after == 3 and not found.improves


def test_the_most_complex_of_a_name_counts() -> None:
    assert complexity_of(SOURCES["classes"], "A.p").complexity == 2
    assert complexity_of(SOURCES["nested"], "outer.inner").complexity == 8
    assert complexity_of(BEFORE, "f").lines == 10


@pytest.mark.parametrize(
    ("figures", "improves"),
    [
        ((14, 6, 31.2, 44.0, 4, 2, 50, 40), True),
        ((14, 6, 31.2, 31.2, 4, 2, 50, 55), True),
        ((14, 6, 31.2, 31.2, 4, 2, 50, 40), False),
        ((14, 6, 31.2, 31.1, 4, 2, 50, 50), False),
        ((14, 14, 31.2, 44.0, 4, 2, 50, 40), False),
        ((14, 6, 0.0, 0.0, 4, 2, 50, 40), True),
        ((14, 6, 100.0, 100.0, 4, 2, 50, 40), True),
    ],
)
def test_what_improves(figures: tuple[float, ...], improves: bool) -> None:
    assert Change(*figures).improves is improves  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["g", "f.g", ""])
def test_an_unknown_function_is_an_error(function: str) -> None:
    with pytest.raises(SourceError, match="no function"):
        change(BEFORE, SPLIT, function)
    with pytest.raises(SourceError, match="no function"):
        drivers(BEFORE, function)


@pytest.mark.parametrize("name", SOURCES)
def test_the_points_of_all_drivers_and_one_are_the_complexity(name: str) -> None:
    metrics = measure(SOURCES[name])
    for block in metrics.functions:
        most = max(one.complexity for one in metrics.named(block.name))
        assert 1 + sum(driver.points for driver in drivers(SOURCES[name], block.name)) == most


def test_drivers_are_named_and_placed() -> None:
    found = drivers(
        "def f(a):\n    if a:\n        pass\n    elif a and b and c:\n        while x: pass\n", "f"
    )
    assert [(one.what, one.points, one.nesting, one.line, one.column) for one in found] == [
        ("and of 3", 2, 0, 4, 9),
        ("while", 1, 1, 5, 8),
        ("if", 1, 0, 2, 4),
        ("elif", 1, 0, 4, 4),
    ]
    assert told(found) == "and/or (2), if (2), while (1)"
