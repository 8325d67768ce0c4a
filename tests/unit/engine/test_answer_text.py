from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_models.engine.answer_text import AnswerText
from burnish_models.engine.base import StopRules
from burnish_models.engine.stops import find_stop

PIECES = ["x", "y z", " ", "    ", "\n", "\n\n", ":\n", "\n  q", "é", "end", "\r"]
RULES = [
    StopRules(),
    StopRules(single_line=False, max_lines=2),
    StopRules(single_line=False, min_indent=4),
    StopRules(single_line=False, strings=("end", "z\n")),
]


@given(st.lists(st.sampled_from(PIECES), max_size=20), st.sampled_from(RULES))
def test_it_stops_where_the_rules_say_and_sends_everything_before(
    pieces: list[str], rules: StopRules
) -> None:
    sent: list[str] = []
    out, text = AnswerText(b"", rules, sent.append), ""
    for piece in pieces:
        text += piece
        expected = find_stop(text, rules)
        cut = out.add(piece.encode())
        assert cut == expected
        assert text.startswith("".join(sent))
        if cut is not None:
            out.finish(cut)
            assert "".join(sent) == text[:cut]
            return
    out.finish()
    assert "".join(sent) == text


def test_a_line_is_sent_when_it_ends_and_when_the_next_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_models.engine.answer_text._SEND_EVERY_S", 1000.0)
    sent: list[str] = []
    out = AnswerText(b"", StopRules(single_line=False), sent.append)
    for piece in ("a", "b", "c", ":", "\n", "    ", "return", " x", " y"):
        out.add(piece.encode())
    assert sent == ["a", "bc:", "\n    return"]
    out.send()
    assert sent[-1] == " x y"


def test_a_slow_model_sends_every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_models.engine.answer_text._SEND_EVERY_S", 0.0)
    sent: list[str] = []
    out = AnswerText("ré".encode(), StopRules(), sent.append)
    for piece in (b"r", b"\xc3", b"\xa9t", b"urn", b" x"):
        out.add(piece)
    assert sent == ["t", "urn", " x"]
