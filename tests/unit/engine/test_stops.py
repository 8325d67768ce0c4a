import pytest

from burnish_models.engine.base import StopRules
from burnish_models.engine.stops import find_stop, indentation

BLOCK = StopRules(single_line=False, max_lines=3, min_indent=4)


@pytest.mark.parametrize(
    ("text", "rules", "answer"),
    [
        ("return x", StopRules(), None),
        ("return x\ny", StopRules(), "return x"),
        ("\nreturn", StopRules(), ""),
        ("a\n    b\n    c\n    d", BLOCK, "a\n    b\n    c"),
        ("a\n    b\nc", BLOCK, "a\n    b"),
        ("a\n    b\n\n\nc", BLOCK, "a\n    b"),
        ("a\n    b\n  ", BLOCK, None),
        ("a\n\tb", BLOCK, None),
        ("a\n  \tb", BLOCK, None),
        ("a\n\n    b", BLOCK, None),
        ("a # END b", StopRules(strings=("END", "")), "a # "),
        ("x\nEND", StopRules(strings=("END",)), "x"),
        ("a\nb\nc", StopRules(single_line=False, max_lines=9), None),
    ],
)
def test_find_stop(text: str, rules: StopRules, answer: str | None) -> None:
    cut = find_stop(text, rules)
    assert (None if cut is None else text[:cut]) == answer


@pytest.mark.parametrize(
    ("line", "columns"), [("x", 0), ("    x", 4), ("\tx", 4), ("  \tx", 4), ("    \tx", 8), ("", 0)]
)
def test_indentation(line: str, columns: int) -> None:
    assert indentation(line, 4) == columns
