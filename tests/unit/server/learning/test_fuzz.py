"""Random editing: whatever happens, nothing fails, every event is sound, and no suggestion has two outcomes."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import Future
from pathlib import Path

import pytest

from burnish_models.engine.base import FimPrompt, Finish, GenerateRequest, StopRules, Timings
from burnish_server.completion.confidence import TokenPiece
from burnish_server.completion.generation import Anchor, Answer
from burnish_server.completion.intent import Intent, decide
from burnish_server.completion.model import CompletionRequest, CompletionResult, Origin
from burnish_server.documents import SourceText
from burnish_server.learning.ranges import Edit
from burnish_server.learning.service import Learning
from burnish_server.learning.suggested import Source
from burnish_telemetry.codec import encode_event
from burnish_telemetry.events import Event, Place
from burnish_telemetry.labels import label
from burnish_telemetry.recorder import Receipt, Recorder
from tests.unit.server.learning.player import FakeTime

URI = "file:///project/a.py"
WORDS = ["compute(", "prices", ")", "\n", "    ", "x", "😀", "\r\n", "foo(a, b)", '"', "()", " = "]
OUTCOMES = {"accepted", "dismissed", "diverged", "superseded", "ignored", "typed-through"}
REPORTS = ["shown", "dismissed", "focusLost", "focusGained", "undo", "redo", "formatted"]


class Listening(Recorder):
    """Keeps events in memory instead of handing them to a thread."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.events: list[Event] = []

    @property
    def recording(self) -> bool:
        return True

    def record(self, event: Event) -> Future[Receipt]:
        encode_event(event)
        self.events.append(event)
        done: Future[Receipt] = Future()
        done.set_result(Receipt(True))
        return done


class Here:
    """Everything is one file of one model."""

    client = "fuzz"

    def place(self, uri: str) -> Place:
        return Place("/project", "a.py")

    def source(self, result: CompletionResult) -> Source:
        return Source("model")


def result_of(request: CompletionRequest, text: str, covered: int) -> CompletionResult:
    intent = decide(request, enabled=True, multiline=True)
    context = intent if isinstance(intent, Intent) else None
    answer = Answer(
        anchor=Anchor(request.uri, *request.source.split_at(request.offset)),
        intent=context,  # type: ignore[arg-type]
        request=GenerateRequest(FimPrompt("", "typed", ""), StopRules()),
        pieces=(TokenPiece(text, (-0.1,) * 4),),
        finish=Finish("stop", Timings(), 1, 0, 4),
        model="model",
        adapter=None,
    )
    end = min(len(request.source.text), request.offset + covered)
    return CompletionResult(
        text, request.offset, end, confidence=0.9, origin=Origin(answer, answer.pieces, 0.5)
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_editing(seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chance, time, recorder = random.Random(seed), FakeTime(), Listening(tmp_path)
    learning = Learning(recorder, Here(), clock=time.clock(), later=time.later)
    text, ids, offered = "import os\n\nresult = \n", [""], ""
    offset = len(text) - 1
    for _ in range(150):
        time.go_to(time.now + chance.choice([0.01, 0.1, 0.5, 1, 5, 40]))
        act = chance.random()
        if act < 0.3:
            request = CompletionRequest(URI, SourceText(text), offset)
            offered = "".join(chance.choice(WORDS) for _ in range(chance.randint(1, 5)))
            results = [result_of(request, offered, chance.choice([0, 0, 1]))]
            if chance.random() < 0.1:
                results.append(result_of(request, offered + "!", 0))
            ids = learning.offered(request, results, text)
            continue
        if act < 0.4:
            learning.reported(chance.choice(REPORTS), URI, chance.choice(["", *ids]))
            continue
        if act < 0.45:
            chance.choice([learning.saved, learning.changed_on_disk])(URI)
            continue
        if act < 0.5:
            offset = chance.randint(0, len(text))
            learning.cursor(URI, offset)
            continue
        edits, before = [], text
        for _ in range(chance.choice([1, 1, 1, 2])):
            edit = chosen_edit(chance, text, offset, offered)
            edits.append(edit)
            text = edit.applied(text)
            offset = edit.start + len(edit.text)
        if chance.random() < 0.1:
            edits = [Edit(0, len(before), text)]
        learning.changed(URI, edits, text)
        if chance.random() < 0.2:
            learning.accepted(URI, chance.choice(ids))
    learning.end()
    assert not caplog.records
    check(recorder.events)


def chosen_edit(chance: random.Random, text: str, offset: int, offered: str) -> Edit:
    offset = min(offset, len(text))
    match chance.randint(0, 5):
        case 0:
            return Edit(offset, offset, offered or "x")
        case 1:
            return Edit(offset, offset, (offered or "x")[: chance.randint(1, 4)])
        case 2:
            return Edit(max(0, offset - chance.randint(1, 8)), offset, "")
        case 3:
            start = chance.randint(0, len(text))
            return Edit(start, min(len(text), start + chance.randint(0, 20)), chance.choice(WORDS))
        case _:
            return Edit(offset, offset, chance.choice(["c", "o", "(", "\n", "f", "x", "()"]))


def check(events: list[Event]) -> None:
    by_suggestion: dict[str, list[Event]] = {}
    for event in events:
        by_suggestion.setdefault(event.suggestion, []).append(event)
    for one in by_suggestion.values():
        kinds = Counter(event.kind for event in one)
        assert one[0].kind == "suggested"
        assert kinds["suggested"] == 1
        assert sum(kinds[kind] for kind in OUTCOMES) <= 1, kinds
        assert kinds["accepted-in-part"] <= 1
        assert not (kinds["accepted-in-part"] and sum(kinds[kind] for kind in OUTCOMES - {"accepted"}))
        assert kinds["undone"] <= 1
        if kinds["survived"]:
            assert kinds["accepted"] or kinds["accepted-in-part"]
            times = [event.after_s for event in one if event.kind == "survived"]  # type: ignore[attr-defined]
            assert times == sorted(set(times))
        label(one)
