"""What becomes of predicted lines, and what the gate learns from it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from burnish_server.completion.adaptation import Adaptation, Corrected
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.outcomes import LineOutcomes, Prediction
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import Believer, ScriptedEngine, Source

URI = "file:///a.py"


class Followed:
    """Line outcomes with their reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, bool]] = []
        self.outcomes = LineOutcomes(self._report)

    def _report(self, prediction: Prediction, exact: bool) -> None:
        self.reports.append((prediction.line, exact))

    def predict(self, text: str, rest: str) -> None:
        source = SourceText(text.replace("|", ""))
        self.outcomes.predicted(URI, source, text.index("|"), rest, 0.5, "m")

    def write(self, *texts: str) -> list[tuple[str, bool]]:
        for text in texts:
            self.outcomes.document_changed(URI, text)
        return self.reports


def test_a_line_typed_as_predicted_is_exact() -> None:
    followed = Followed()
    followed.predict("a\nx = |\nb\n", "foo(1)")
    assert followed.write("a\nx = f\nb\n", "a\nx = foo(1)\nb\n") == []
    assert followed.write("a\nx = foo(1)\n\nb\n") == [("x = foo(1)", True)]


@pytest.mark.parametrize(
    ("texts", "exact"),
    [
        (["x = foo(1)\n", "x = foo(1)\n\n"], True),
        (["x = foo(1)  \n", "x = foo(1)  \n\n"], True),
        (["x = foo(\n", "x = foo(2)\n", "x = foo(2)\ny\n"], False),
        (["x = foo(1)\ny = 2\n"], True),
        (["x = foo(1)\n", "import os\nx = foo(1)\n"], True),
    ],
)
def test_leaving_a_line_decides(texts: list[str], exact: bool) -> None:
    followed = Followed()
    followed.predict("x = |\n", "foo(1)")
    assert followed.write(*texts) == [("x = foo(1)", exact)]


def test_closers_right_of_the_cursor_count_as_part_of_the_line() -> None:
    followed = Followed()
    followed.predict("print(|)\n", "1)")
    assert followed.write("print(1)\n", "print(1)\n\n") == [("print(1)", True)]


def test_windows_line_ends() -> None:
    followed = Followed()
    followed.predict("x = |\r\nb\r\n", "foo(1)")
    assert followed.write("x = foo(1)\r\nb\r\n", "x = foo(1)\r\n\r\nb\r\n") == [("x = foo(1)", True)]


def test_a_line_that_was_wiped_or_closed_says_nothing() -> None:
    followed = Followed()
    followed.predict("x = |\n", "foo(1)")
    assert followed.write("\n", "\ny\n") == []
    followed.predict("x = |\n", "foo(1)")
    followed.outcomes.document_closed(URI)
    assert followed.write("x = foo(1)\n\n") == []


def test_few_predictions_of_a_line_count_and_none_twice() -> None:
    followed = Followed()
    for rest in ("foo(1)", "foo(1)", "bar", "baz", "qux"):
        followed.predict("x = |\n", rest)
    followed.write("x = bar\n\n")
    assert followed.reports == [("x = foo(1)", False), ("x = bar", True), ("x = baz", False)]


def fed(adaptation: Adaptation, confidence: float, right: int, wrong: int, model: str = "m") -> None:
    for number in range(right + wrong):
        adaptation.outcome(model, confidence, exact=number < right)


def test_few_outcomes_leave_the_model_alone() -> None:
    adaptation = Adaptation()
    fed(adaptation, 0.9, 0, 20)
    base = Believer()
    assert adaptation.judge(base, "m") is base


def test_wrong_answers_lower_the_confidence_of_their_like() -> None:
    adaptation = Adaptation()
    fed(adaptation, 0.9, 0, 60)
    judge = adaptation.judge(Believer(), "m")
    assert isinstance(judge, Corrected)
    assert judge.probability([-0.105]) < 0.3
    assert adaptation.judge(Believer(), "another") is not judge


def test_outcomes_are_kept_over_a_restart_and_shared_by_windows(tmp_path: Path) -> None:
    first, second = Adaptation(tmp_path / "confidence"), Adaptation(tmp_path / "confidence")
    fed(first, 0.9, 0, 40, "org/model:1")
    fed(second, 0.8, 0, 35, "org/model:1")
    first.flush()
    second.flush()
    (file,) = (tmp_path / "confidence").iterdir()
    assert len(file.read_text().splitlines()) == 75
    with file.open("a") as handle:
        handle.write("half a li")
    again = Adaptation(tmp_path / "confidence").judge(Believer(), "org/model:1")
    assert isinstance(again, Corrected)


def test_a_long_file_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "m.txt"
    file.write_text("0.5000 1\n" * 5_000)
    assert isinstance(Adaptation(tmp_path).judge(Believer(), "m"), Corrected)
    assert len(file.read_text().splitlines()) == 1_000


def test_a_folder_that_cannot_be_written_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    adaptation = Adaptation(tmp_path / "file")
    fed(adaptation, 0.9, 0, 40)
    assert isinstance(adaptation.judge(Believer(), "m"), Corrected)
    assert "could not be kept" in caplog.text
    assert stat.S_ISREG((tmp_path / "file").stat().st_mode)


async def test_the_pipeline_learns_from_what_is_written() -> None:
    adaptation = Adaptation()
    made = Pipeline(Source(ScriptedEngine("1 + 2")), CompletionSettings(debounce_ms=0), adaptation=adaptation)

    async def once(written: str) -> str | None:
        result = await made.complete(CompletionRequest(URI, SourceText("x = \n"), 4, fresh=True))
        made.document_changed(URI, f"x = {written}\n")
        made.document_changed(URI, f"x = {written}\n\n")
        return result.dropped

    assert await once("1 + 2") is None
    for _ in range(60):
        await once("3")
    # Never quite silent: some of the answers are shown all the same.
    judge = adaptation.judge(Believer(), "scripted")
    assert isinstance(judge, Corrected)
    assert judge.probability([-0.001] * 5) < 0.3
    assert judge.threshold < 0.3
