from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_server.completion.window import Budget, build_window
from burnish_server.documents import SourceText

BUDGET = Budget(prefix=400, suffix=200)


def at(text: str) -> tuple[SourceText, int]:
    """The text without its ``|``, and where that stood."""
    return SourceText(text.replace("|", "")), text.index("|")


@pytest.mark.parametrize(
    ("text", "prefix", "typed", "suffix"),
    [
        ("a = 1\nb = |2\nc\n", "", "a = 1\nb = ", "2\nc\n"),
        ("a = 1\r\nb = |\r\nc\r\n", "", "a = 1\nb = ", "\nc\n"),
        ("a\rb|\r", "", "a\nb", "\n"),
        ("\ufeffimport |os\n", "", "import ", "os\n"),
        ("\ufeffa\n\tb|\n", "", "a\n\tb", "\n"),
        ("x = '😀|' + y\n", "", "x = '😀", "' + y\n"),
        ("f(x|)\n", "", "f(x", "\n"),
        ("f(x|), y\n", "", "f(x", "), y\n"),
        ("f([{(x|)}])\n", "", "f([{(x", ")}])\n"),
        ("x = '\ud83d|'\n", "", "x = '\ufffd", "\n"),
        ("|", "", "", ""),
        ("a\x0cb\n|", "", "a\x0cb\n", ""),
        ("a\n" * 19 + "b|\n", "", "a\n" * 19 + "b", "\n"),
        ("a\n" * 20 + "b|\n", "a\n" * 16, "a\n" * 4 + "b", "\n"),
        (
            "a\n" * 16 + "b" * 250 + "\n" + "a\n" * 7 + "b|\n",
            "a\n" * 16 + "b" * 250 + "\n" + "a\n" * 3,
            "a\n" * 4 + "b",
            "\n",
        ),
    ],
)
def test_prompt(text: str, prefix: str, typed: str, suffix: str) -> None:
    prompt = build_window(*at(text), BUDGET).prompt
    assert (prompt.prefix, prompt.typed, prompt.suffix) == (prefix, typed, suffix)


def test_budget_leaves_room_for_the_answer() -> None:
    budget = Budget.of_context(2048)
    assert 2 * budget.suffix == pytest.approx(budget.prefix, abs=2)
    assert (budget.prefix + budget.suffix) / 3.3 < 2048 - 200
    assert Budget.of_context(128).prefix > 0


LINES = st.lists(st.text(alphabet="abc ()=", max_size=50), min_size=1, max_size=80)


@given(LINES, st.data())
def test_whole_lines_within_the_budget(lines: list[str], data: st.DataObject) -> None:
    source = SourceText("\n".join(lines))
    offset = data.draw(st.integers(0, len(source.text)))
    window = build_window(source, offset, BUDGET)
    shown = window.prompt.prefix + window.prompt.typed
    assert source.text[window.start : offset] == shown
    left_out = source.text[offset : window.end].removesuffix(window.prompt.suffix)
    assert set(left_out) <= set(")")
    assert len(left_out) <= 3
    assert source.text[offset : window.end] == left_out + window.prompt.suffix
    assert window.start in source.line_starts
    assert len(window.prompt.suffix) <= BUDGET.suffix
    assert len(window.prompt.prefix) <= BUDGET.prefix + BUDGET.suffix
    assert len(window.prompt.typed.rpartition("\n")[0]) <= max(BUDGET.prefix // 2, 1)
    if window.end < len(source.text) and len(source.line_text(source.line_of(offset))) < BUDGET.suffix:
        below = window.end in source.line_starts or source.text[window.end] == "\n"
        assert below


@given(LINES, st.text(alphabet="xyz_", min_size=1, max_size=8), st.data())
def test_typing_within_a_line_moves_nothing_but_the_typed_part(
    lines: list[str], typed: str, data: st.DataObject
) -> None:
    text = "\n".join(lines)
    offset = data.draw(st.integers(0, len(text)))
    before = build_window(SourceText(text), offset, BUDGET)
    after = build_window(SourceText(text[:offset] + typed + text[offset:]), offset + len(typed), BUDGET)
    assert after.prompt.prefix == before.prompt.prefix
    assert after.prompt.suffix == before.prompt.suffix
    assert after.prompt.typed == before.prompt.typed + typed


def test_writing_new_lines_only_appends_between_the_steps() -> None:
    below = "def after():\n    pass\n"
    text = "x = 1\n" * 3
    moves, last = 0, build_window(SourceText(text + below), len(text), BUDGET).prompt
    for _ in range(48):
        text += "y = 2\n"
        prompt = build_window(SourceText(text + below), len(text), BUDGET).prompt
        appended = (prompt.prefix, prompt.suffix) == (last.prefix, last.suffix)
        assert not appended or prompt.typed.startswith(last.typed)
        moves += not appended
        last = prompt
    assert moves <= 48 // 16


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_the_start_moves_in_coarse_steps_down_the_file(seed: int) -> None:
    chosen = random.Random(seed)
    source = SourceText("\n".join("x" * chosen.randrange(60) for _ in range(600)))
    windows = [build_window(source, offset, BUDGET) for offset in source.line_starts]
    starts = [window.start for window in windows]
    moves = sum(first != second for first, second in itertools.pairwise(starts))
    assert moves <= len(source.text) / (BUDGET.prefix / 4) + 2
    above_the_end = [window.start for window in windows if window.end < len(source.text)]
    assert above_the_end == sorted(above_the_end)


def test_a_line_longer_than_the_budget_is_cut() -> None:
    source = SourceText("a\n" + "x" * 10_000 + "\nb\n")
    window = build_window(source, 2, BUDGET)
    assert window.prompt.suffix == "x" * BUDGET.suffix
    assert window.prompt.typed == "a\n"
    last = build_window(source, len(source.text), BUDGET)
    assert last.prompt.prefix == "b\n"
