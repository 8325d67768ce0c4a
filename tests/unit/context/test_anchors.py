"""Anchors and scopes at cursors in half-written code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_server.context.anchors import anchors_at
from burnish_server.context.scope import read_scope


def weights(text: str) -> dict[str, float]:
    """Anchors of the cursor at the ``|``."""
    offset = text.index("|")
    place = anchors_at(text.replace("|", "", 1), offset)
    return {anchor.name: anchor.weight for anchor in reversed(place.anchors)}


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("client.|", "client"),
        ("x = client.session.ge|", "client.session"),
        ("x = client.get(a, b[1]).js|", "client.get"),
        ("x = (await client.get(a)).js|", ""),
        ("send(request, |", "send"),
        ("send(\n    request,\n    other(1),\n    |", "send"),
        ("x = [first(a), client.|\n", "client"),
        ("def f(c: Client):\n    c.|", "Client"),
        ("def f():\n    c = make()\n    c.|", "make"),
        ("def f():\n    with make(1) as c:\n        c.|", "make"),
        ("class A(Base):\n    def f(self):\n        self.box.|", "self.box"),
    ],
)
def test_what_the_cursor_stands_behind_or_calls_comes_first(text: str, best: str) -> None:
    found = weights(text)
    assert not best or max(found, key=lambda name: found[name]) == best


def test_parameters_bases_and_results_count_and_words_of_the_language_do_not() -> None:
    found = weights(
        "class A(Base):\n    def f(self, c: Client | None) -> Result:\n        '''In words.'''\n        return print(|"
    )
    assert {"Client", "Base", "Result"} <= found.keys()
    assert not {"return", "print", "words", "In", "self", "None"} & found.keys()


def test_near_lines_count_more_than_far_ones() -> None:
    found = weights("far()\n" + "\n" * 8 + "near()\n|")
    assert found["near"] > found["far"]


def test_the_scope_of_half_written_code() -> None:
    text = "class A:\n    def f(\n        self,\n        c: Client,\n    ):\n        if c:\n            c.x(\n            "
    scope = read_scope(text.split("\n"), 7)
    assert scope.name == "A.f"
    assert scope.bound["c"] == "Client"
    assert read_scope(["def f(a", "def g(b", ""], 2).name == ""


SCRAPS = [*"ab.([{}])\n \t:='\"#,\r\u00e9\U0001f600\ud800", "def f", "class A", "    "]


@given(st.lists(st.sampled_from(SCRAPS)).map("".join))
def test_any_text_and_any_cursor(text: str) -> None:
    for offset in {0, len(text) // 2, len(text)}:
        place = anchors_at(text, offset)
        assert all(anchor.name and anchor.weight > 0 for anchor in place.anchors)
