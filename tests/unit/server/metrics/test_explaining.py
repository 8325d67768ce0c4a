"""What is said of figures beyond their thresholds, by what is told and what is suggested."""

from __future__ import annotations

from burnish_server.metrics.explaining import Helps, Place, file_page, function_page, metric_rule_page
from burnish_server.metrics.model import Decision, FileFigures, Function, Measured, Told

URI = "file:///a.py"
#: One line for ten characters.
PLACE = Place(URI, lambda at: at // 10)
DECISIONS = (Decision(20, "or of 4", 3, 1), Decision(50, "if", 1, 3), Decision(10, "for", 1, 0))
FUNCTION = Function("A.f", 4, 5, 0, 90, 12, "C", 4, 9, 80.0, (("complexity", 11), ("nesting", 4)), DECISIONS)
COMPLEX = Told("complex-function", 4, 5, "`A.f` has a cyclomatic complexity of 12.", "")
NESTED = Told("deep-nesting", 4, 5, "`A.f` nests blocks 4 deep.", "")
LOW = Told("low-maintainability", 0, 9, "The maintainability index of this file is 12.0.", "")
PLAINER = Helps(30, "Use `get`", "complexity 12 → 11, maintainability 12.0 → 13.0")
FLATTER = Helps(
    40, "Turn the condition round", "complexity 12 → 11, nesting 4 → 3, maintainability 12.0 → 13.0"
)
DEEPER = Helps(40, "Split it", "complexity 12 → 11, nesting 4 → 5, maintainability 12.0 → 13.0")


def test_a_function_has_one_page_for_all_that_is_told_of_it() -> None:
    page = function_page(FUNCTION, [COMPLEX, NESTED], PLACE, [PLAINER])
    assert page.startswith(f"# `A.f`: complexity 12 · C\n\n{COMPLEX.message}\n\n{NESTED.message}\n")
    assert f"- +3 `or of 4` in [line 3]({URI}#L3), 1 deep" in page
    # The most points first in one list, the deepest first in the other.
    assert f"Nested deepest:\n\n- `if` in [line 6]({URI}#L6), 3 deep\n- `or of 4`" in page
    assert f"- Use `get`, [line 4]({URI}#L4): complexity 12 → 11" in page
    assert page.count("becomes") == 1  # both rules give the same advice
    assert "### complex-function" in page and "### deep-nesting" in page


def test_every_driver_is_named_and_not_only_those_of_the_hover() -> None:
    many = tuple(Decision(10 * at, "if", 1, 0) for at in range(12))
    function = Function("f", 4, 5, 0, 200, 13, "C", 1, 20, 1.0, (), many)
    page = function_page(function, [COMPLEX], PLACE, [])
    assert page.count("- +1 `if`") == 12 and "more place" not in page
    assert "Nested deepest" not in page


def test_only_what_lowers_nesting_helps_with_nesting_alone() -> None:
    page = function_page(FUNCTION, [NESTED], PLACE, [PLAINER, FLATTER, DEEPER])
    assert FLATTER.title in page and PLAINER.title not in page and DEEPER.title not in page
    none = function_page(FUNCTION, [NESTED], PLACE, [PLAINER])
    assert "No single refactoring that Burnish suggests lowers it." in none
    assert "Simplify This Function Step by Step" in none


def test_what_was_not_looked_for_is_not_said_to_be_missing() -> None:
    page = function_page(FUNCTION, [COMPLEX], PLACE, None)
    assert "Suggestions are turned off (`burnish.refactor.suggest`)" in page
    assert "No single refactoring" not in page


def test_a_file_names_its_functions_the_most_complex_first() -> None:
    small = Function("g", 14, 15, 10, 19, 2, "A", 1, 2, 3.0, (), ())
    measured = Measured((small, FUNCTION), (LOW,), FileFigures(12.0, "B", 14, 40))
    page = file_page("a.py", measured, [LOW], PLACE, [FLATTER])
    assert page.startswith(f"# `a.py`: maintainability 12.0 · B\n\n{LOW.message}\n")
    assert page.index(f"- `A.f` in [line 1]({URI}#L1): complexity 12 · C · 9 lines") < page.index("- `g` in")
    assert FLATTER.improvement in page and "ignore-file[low-maintainability]" in page
    empty = file_page("a.py", Measured((), (LOW,), FileFigures(12.0, "B", 0, 40)), [LOW], PLACE, [])
    assert "There is no function in it" in empty and "suggests raises it." in empty


def test_a_rule_has_a_page() -> None:
    assert metric_rule_page("deep-nesting").startswith("# deep-nesting\n\nA function with blocks nested")
