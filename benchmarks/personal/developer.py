"""The simulated developer: types a day's files at a desk, and the outcome tracker sees what an editor would report."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from burnish_analysis.syntax import SyntaxTree
from burnish_server.completion.model import CompletionResult
from burnish_server.learning.clock import Clock
from burnish_server.learning.ranges import Edit
from burnish_server.learning.service import Learning
from burnish_server.learning.suggested import Source
from burnish_telemetry.events import Place
from burnish_telemetry.recorder import Recorder
from personal.desk import Desk, request_at
from personal.plan import FilePlan

__all__ = ["Ask", "SimulatedTime", "work_a_day"]

_KEY_S, _LINE_S = 0.12, 0.8
_EVERYTHING_SURVIVED_S = 700.0
_UNREAD, _ESCAPE, _MISTAKE = 0.2, 0.25, 0.02
_SHORTEST_BEGINNING = 4
_STRETCH_LINES = 40


@dataclass(frozen=True, slots=True)
class Ask:
    """A place where the model is asked: the document, the cursor, and what the author wrote up to the line's end."""

    path: str
    text: str
    offset: int
    rest: str

    @property
    def stretch(self) -> str:
        """What places are drawn together by: the file and forty lines of it, as in the gate."""
        return f"{self.path}:{self.text.count(chr(10), 0, self.offset) // _STRETCH_LINES}"


class SimulatedTime:
    """Time that passes when told to; what was to be done meanwhile is done in order."""

    def __init__(self, start: datetime) -> None:
        self.now = 0.0
        self._start = start
        self._due: list[tuple[float, int, _Timer]] = []
        self._numbers = count()

    def clock(self) -> Clock:
        """For the tracker."""
        return Clock(lambda: self.now, lambda: self._start + timedelta(seconds=self.now))

    def later(self, delay: float, work: Callable[[], None]) -> Any:
        """Do something in ``delay`` seconds."""
        timer = _Timer(work)
        heapq.heappush(self._due, (self.now + delay, next(self._numbers), timer))
        return timer

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            due, _, timer = heapq.heappop(self._due)
            self.now = max(self.now, due)
            timer.run()
        self.now = end


class _Timer:
    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work

    def cancel(self) -> None:
        """Do it no more."""
        self._work = None

    def run(self) -> None:
        """Do it, unless cancelled."""
        if self._work is not None:
            self._work()


class _Around:
    """What the tracker asks about the place and the maker of a suggestion."""

    client = "simulated developer"

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk, self._folder = desk, folder

    def place(self, uri: str) -> Place:
        """The file."""
        return Place(str(self._folder), uri.removeprefix("file:///"))

    def source(self, _result: CompletionResult) -> Source:
        """The model and its adapter."""
        adapter = self._desk.adapter
        return Source(self._desk.sha256, adapter.id if adapter else None)


class _Document:
    """An open document: every edit goes to the tracker."""

    def __init__(self, path: str, learning: Learning, time: SimulatedTime) -> None:
        self.path, self.uri = path, f"file:///{path}"
        self.text, self.caret = "", 0
        self._tree: SyntaxTree | None = None
        self._learning, self._time = learning, time

    def tree(self) -> SyntaxTree:
        """The syntax tree of the present text."""
        self._tree = SyntaxTree(self.text) if self._tree is None else self._tree.update(self.text)
        return self._tree

    def insert(self, text: str) -> None:
        """One edit at the caret."""
        edit = Edit(self.caret, self.caret, text)
        self.text = edit.applied(self.text)
        self.caret += len(text)
        self._learning.changed(self.uri, [edit], self.text)

    def take_back(self, length: int) -> None:
        """Undo: the last ``length`` characters before the caret go in one edit."""
        self._learning.reported("undo", self.uri, "")
        edit = Edit(self.caret - length, self.caret, "")
        self.text = edit.applied(self.text)
        self.caret -= length
        self._learning.changed(self.uri, [edit], self.text)

    def type(self, text: str) -> None:
        """Character by character."""
        for character in text:
            self._time.pass_by(_KEY_S)
            self.insert(character)


async def work_a_day(
    desk: Desk,
    day: Sequence[FilePlan],
    home: Path,
    folder: Path,
    start: datetime,
    rng: random.Random,
    *,
    memory: bool,
    tell: Callable[[str], None],
) -> list[Ask]:
    """Type a day's files with ``desk``'s suggestions; record what became of them below ``home``, write the files below
    ``folder``, and return every place asked for, in order."""
    time = SimulatedTime(start)
    learning = Learning(Recorder(home), _Around(desk, folder), clock=time.clock(), later=time.later)
    asks: list[Ask] = []
    for number, plan in enumerate(day, 1):
        document = _Document(plan.path, learning, time)
        for stretch in plan.stretches:
            document.caret = stretch.offset
            learning.cursor(document.uri, document.caret)
            lines = stretch.text.splitlines(keepends=True)
            # A line is opened first; nothing is ever typed directly left of other code.
            document.insert("\n")
            document.caret -= 1
            for line_number, line in enumerate(lines):
                columns = stretch.asks.get(line_number, ())
                await _line(desk, document, line.rstrip("\n"), columns, asks, learning, time, rng, memory)
                if line_number + 1 < len(lines):
                    document.insert("\n")
                else:
                    document.caret += 1
                time.pass_by(_LINE_S)
        assert document.text == plan.text
        path = folder / plan.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, encoding="utf-8")
        learning.saved(document.uri)
        tell(f"{number} of {len(day)} files, {len(asks)} places")
    time.pass_by(_EVERYTHING_SURVIVED_S)
    learning.end()
    learning.close()
    return asks


async def _line(
    desk: Desk,
    document: _Document,
    body: str,
    columns: Sequence[int],
    asks: list[Ask],
    learning: Learning,
    time: SimulatedTime,
    rng: random.Random,
    memory: bool,
) -> None:
    """Write one line without its end, asking at ``columns``."""
    indent = len(body) - len(body.lstrip())
    start = document.caret
    document.insert(body[:indent])
    for column in columns:
        done = document.caret - start
        if done > column:
            # Already taken; the other arms are asked here all the same.
            before, after = document.text[: start + column], document.text[document.caret :]
            asks.append(Ask(document.path, before + after, start + column, body[column:].rstrip()))
            continue
        document.type(body[done:column])
        rest = body[column:].rstrip()
        asks.append(Ask(document.path, document.text, document.caret, rest))
        request = request_at(
            document.path, document.text, document.caret, document.tree(), memory=memory, gate=True
        )
        result = await desk.complete(request)
        if result.dropped is not None or not result.text:
            learning.held_back(request, result, document.text)
            continue
        (identity,) = learning.offered(request, [result], document.text)
        learning.reported("shown", document.uri, identity)
        _decide(document, result.text, rest, identity, learning, time, rng)
    document.type(body[document.caret - start :])


def _decide(
    document: _Document,
    text: str,
    rest: str,
    identity: str,
    learning: Learning,
    time: SimulatedTime,
    rng: random.Random,
) -> None:
    """Take a suggestion, send it away, or type on."""
    right = text.rstrip() == rest or (len(text.strip()) >= _SHORTEST_BEGINNING and rest.startswith(text))
    if right:
        time.pass_by(rng.uniform(0.5, 1.2))
        document.insert(text.rstrip() if text.rstrip() == rest else text)
        learning.accepted(document.uri, identity)
    elif rng.random() < _MISTAKE:
        time.pass_by(rng.uniform(0.4, 0.8))
        document.insert(text)
        learning.accepted(document.uri, identity)
        time.pass_by(rng.uniform(1.0, 4.0))
        document.take_back(len(text))
    elif rng.random() < _UNREAD:
        time.pass_by(rng.uniform(0.1, 0.4))
    else:
        time.pass_by(rng.uniform(0.8, 1.6))
        if rng.random() < _ESCAPE:
            learning.reported("dismissed", document.uri, identity)
