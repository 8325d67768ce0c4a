import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_models.engine.healing import MAX_HEALED_CHARACTERS, split_for_healing


@pytest.mark.parametrize(
    ("typed", "kept", "rest"),
    [
        ("", "", ""),
        ("    retu", "   ", " retu"),
        ("    return ", "    return", " "),
        ("    ", "", "    "),
        ("foo(", "foo", "("),
        ("foo(ba", "foo", "(ba"),
        ("x = self.", "x = self", "."),
        ("x = 12", "x =", " 12"),
        ("\tx", "", "\tx"),
        ("a" * 60, "a" * 60, ""),
    ],
)
def test_split(typed: str, kept: str, rest: str) -> None:
    assert split_for_healing(typed) == (kept, rest)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=80))
def test_nothing_is_lost(typed: str) -> None:
    kept, rest = split_for_healing(typed)
    assert kept + rest == typed
    assert len(rest) <= MAX_HEALED_CHARACTERS
