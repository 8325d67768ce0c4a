"""A killed gate does not ask again."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_training.gate.general import general_code
from burnish_training.gate.journal import AnswerJournal
from burnish_training.gate.run import _in_turns
from burnish_training.gate.stack import Answer


def test_answers_come_back_and_half_a_line_does_not(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    journal = AnswerJournal(path, "one")
    answer = Answer("sum(prices)", 0.5, 12.25, "")
    journal.add("base", 3, answer)
    journal.add_general("base", [1.5, 2.5])
    with path.open("a") as file:
        file.write('{"variant": "base", "case": 4, "answ')
    again = AnswerJournal(path, "one")
    assert again.answers == {("base", 3): answer}
    assert again.nats == {"base": [1.5, 2.5]}
    again.add("base", 4, answer)
    assert len(AnswerJournal(path, "one").answers) == 2


def test_another_comparison_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    AnswerJournal(path, "one").add("base", 0, Answer("x", None, 1.0))
    assert AnswerJournal(path, "two").answers == {}
    assert AnswerJournal(path, "one").answers == {}


def test_the_general_sample_is_fixed_and_its_parts_are_disjoint() -> None:
    judged, other = general_code(60_000), general_code(60_000, part=1)
    assert judged == general_code(60_000)
    assert not set(judged) & set(other)
    assert 60_000 <= sum(map(len, judged)) < 80_000


def test_variants_take_turns_and_every_case_comes_once() -> None:
    order = list(_in_turns(["base", "candidate"], 12))
    assert sorted(order) == sorted((v, n) for v in ("base", "candidate") for n in range(12))
    assert [variant for variant, _ in order[:20:5]] == ["base", "candidate", "candidate", "base"]


@pytest.mark.parametrize(
    "line", ["\0\0\0", "[]", '{"variant": "base"}', '{"variant": "base", "case": 1, "answer": {}}']
)
def test_a_damaged_journal_begins_anew(line: str, tmp_path: Path) -> None:
    """A power cut may leave zeros in the middle; whoever stops at them stops every night."""
    path = tmp_path / "answers.jsonl"
    AnswerJournal(path, "one").add("base", 0, Answer("x", None, 1.0))
    with path.open("a") as file:
        file.write(line + "\n")
    again = AnswerJournal(path, "one")
    assert again.answers == {}
    again.add("base", 1, Answer("y", None, 1.0))
    assert list(AnswerJournal(path, "one").answers) == [("base", 1)]
