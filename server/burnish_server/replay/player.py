"""Playing a trace: events at their recorded times, a completion asked for after every edit, what came of it noted."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from burnish_server.documents import SourceText
from burnish_server.replay.trace import Event, Trace, apply_edit

__all__ = ["Offer", "Outcome", "Player", "Subject"]

#: A request that the user's leaving has left behind is given so long before it is cancelled, in seconds.
_LAST_ANSWER = 3.0
#: Events that come late are made up for, but not by more than this, in seconds.
_LATE = 0.25
#: A suggestion is taken when it saves at least so many keys; keys ahead are looked at no further than this.
_WORTH_KEYS, _MOST_KEYS = 3, 400
_FIRST_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+)")


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion: ``text`` would replace ``[start, end)``. Empty when there is none. ``at`` is when it came, by
    ``time.perf_counter``.

    ``reused`` is whether it needed no model, where the subject knows.
    """

    text: str = ""
    start: int = 0
    end: int = 0
    at: float = 0.0
    reused: bool | None = None


class Subject(Protocol):
    """Whoever completes: told of everything that happens, and asked. Texts are those after the event."""

    def opened(self, event: Event, text: str) -> None:
        """A file is opened and shown."""

    def moved(self, event: Event, text: str) -> None:
        """The caret is elsewhere, in this file or another open one."""

    def edited(self, event: Event, text: str) -> None:
        """A key changed the text."""

    def saved(self, event: Event, text: str) -> None:
        """A file was saved."""

    def copied(self, event: Event, text: str) -> None:
        """Lines were copied."""

    async def ask(self, event: Event, text: str) -> Offer:
        """The suggestion at the event's caret. Cancelling the task withdraws the request."""


@dataclass(slots=True)
class Outcome:
    """What came of one edit. Times are seconds by ``time.perf_counter``.

    ``answered`` is ``None`` where the next key (or the user's leaving) came before the answer. ``line`` is the caret's line
    as it would read with the suggestion, cut at its first line end; ``wanted`` as the author wrote it, ``None`` where
    that says nothing (an empty rest, a mistake standing). ``accepted`` counts the characters that the user took.
    """

    index: int
    event: Event
    pressed: float
    answered: float | None = None
    text: str = ""
    start: int = 0
    end: int = 0
    line: str = ""
    wanted: str | None = None
    exact: bool = False
    accepted: int = 0
    reused: bool | None = None
    failed: str = ""

    @property
    def shown(self) -> bool:
        """Whether there was something to show."""
        return bool(self.text)

    @property
    def milliseconds(self) -> float | None:
        """From the key to the answer."""
        return None if self.answered is None else (self.answered - self.pressed) * 1000


class Player:
    """Plays one trace against one subject, in one go or in stretches.

    Args:
        trace: what to play.
        subject: whom to ask.
        speed: pauses are divided by it.
        patient: pauses begin when the last key has its answer.
        accept: take what is shown where it is what comes next, all of it or its first word.
        reading_ms: how long the user looks at a suggestion before taking it, at the speed of the recording.
    """

    def __init__(
        self,
        trace: Trace,
        subject: Subject,
        *,
        speed: float = 1.0,
        patient: bool = False,
        accept: bool = False,
        reading_ms: float = 400.0,
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.texts = dict(trace.files)
        self._trace = trace
        self._subject = subject
        self._speed = speed
        self._patient = patient
        self._accept = accept
        self._reading = reading_ms / 1000 / speed
        self._pending: asyncio.Task[None] | None = None

    async def play(
        self, first: int = 0, last: int | None = None, progress: Callable[[int], None] = lambda _done: None
    ) -> None:
        """Play the events ``[first, last)``; the last request gets a moment for its answer.

        ``progress`` is called with the index of the next event.
        """
        events = self._trace.events
        last = len(events) if last is None else last
        index = first
        due = time.perf_counter()
        while index < last:
            event = events[index]
            due = max(due, time.perf_counter() - _LATE)
            due += event.pause_ms / 1000 / self._speed
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._happens(index, event)
            index += 1
            if self._patient and self._pending is not None:
                await self._pending
                due = time.perf_counter()
            if self._accept and event.is_edit:
                index, took = await self._maybe_accept(index, last, due)
                due = time.perf_counter() if took else due
            progress(index)
        await self._settle()

    def _happens(self, index: int, event: Event) -> None:
        subject, path = self._subject, event.path
        if event.is_edit:
            self.texts[path] = apply_edit(self.texts[path], event)
            self._press(index, event)
            return
        text = self.texts[path]
        if event.kind == "save":
            subject.saved(event, text)
        elif event.kind == "copy":
            subject.copied(event, text)
        else:
            self._withdraw()
            if event.kind == "open":
                subject.opened(event, text)
            else:
                subject.moved(event, text)

    def _press(self, index: int, event: Event) -> Outcome:
        """Change the text, withdraw the request before, and ask."""
        text = self.texts[event.path]
        outcome = Outcome(index, event, time.perf_counter(), wanted=_wanted(event, text))
        self._subject.edited(event, text)
        self._withdraw()
        self.outcomes.append(outcome)
        self._pending = asyncio.create_task(self._ask(outcome, text), name="replay-ask")
        return outcome

    def _withdraw(self) -> None:
        if self._pending is not None and not self._pending.done():
            self._pending.cancel()
        self._pending = None

    async def _ask(self, outcome: Outcome, text: str) -> None:
        try:
            offer = await self._subject.ask(outcome.event, text)
        except asyncio.CancelledError:
            return
        except TimeoutError:
            outcome.failed = "stuck"
            return
        except Exception as error:  # noqa: BLE001 - whatever went wrong there is this request's outcome
            outcome.failed = repr(error)
            return
        outcome.answered, outcome.reused = offer.at or time.perf_counter(), offer.reused
        judge(outcome, offer, text)

    async def _maybe_accept(self, index: int, last: int, due: float) -> tuple[int, bool]:
        """Look at what is shown before the next key; take it where it is right. The next event, and whether."""
        events = self._trace.events
        pause = events[index].pause_ms / 1000 / self._speed if index < last else 0.0
        if pause < self._reading:
            return index, False
        await asyncio.sleep(max(0.0, due + self._reading - time.perf_counter()))
        shown = self.outcomes[-1]
        if not shown.text or shown.answered is None:
            return index, False
        taken = _agreement(self._trace.events, index, last, self.texts[shown.event.path], shown)
        if taken is None:
            return index, False
        event, following = taken
        shown.accepted = len(event.text)
        self.texts[event.path] = apply_edit(self.texts[event.path], event)
        self._press(shown.index, event)
        return following, True

    async def _settle(self) -> None:
        pending = self._pending
        if pending is not None and not pending.done():
            await asyncio.wait({pending}, timeout=_LAST_ANSWER)
        self._withdraw()


def _wanted(event: Event, text: str) -> str | None:
    """The caret's line as the author wrote it; ``None`` where nothing of it is to come, or a mistake stands."""
    if not event.rest or not event.rest.strip():
        return None
    source = SourceText(text)
    begin, _ = source.line_span(event.caret[0])
    return (text[begin : source.offset_at(*event.caret)] + event.rest).rstrip()


def judge(outcome: Outcome, offer: Offer, text: str) -> None:
    """Note what an offer would make of the caret's line, and whether that is what the author wrote.

    A bracket that the editor closed by itself may be left behind or replaced: neither makes an answer wrong.
    """
    if not offer.text.strip():
        return
    source = SourceText(text)
    begin, end = source.line_span(outcome.event.caret[0])
    outcome.text, outcome.start, outcome.end = offer.text, offer.start, offer.end
    first, newline, _ = offer.text.replace("\r\n", "\n").partition("\n")
    short = (text[begin : offer.start] + first).rstrip()
    full = short if newline else (text[begin : offer.start] + first + text[offer.end : end]).rstrip()
    outcome.line = full
    outcome.exact = outcome.wanted is not None and outcome.wanted in {short, full}


def _agreement(
    events: Sequence[Event], index: int, last: int, text: str, shown: Outcome
) -> tuple[Event, int] | None:
    """The edit that takes a suggestion, or its first word, where the coming keys lead to the very same text.

    Returns:
        The edit, and the index of the event after the keys it saves.
    """
    source = SourceText(text)
    caret = source.offset_at(*shown.event.caret)
    candidates = [(shown.text, shown.start, shown.end)] if shown.exact else []
    word = _FIRST_WORD.match(shown.text[caret - shown.start :])
    if word is not None and (shown.event.rest or "").startswith(word.group()):
        candidates.append((word.group(), caret, caret))
    for inserted, start, end in candidates:
        goal = (text[:start] + inserted, text[end:])
        following = _reached(events, index, last, text, goal)
        if following is not None and following - index >= _WORTH_KEYS:
            begin, stop = source.position_at(start), source.position_at(end)
            arrived = events[following - 1]
            taken = replace(
                arrived, key="accept", start=begin, end=stop, text=inserted, landing="", seen=False
            )
            return taken, following
    return None


def _reached(events: Sequence[Event], index: int, last: int, text: str, goal: tuple[str, str]) -> int | None:
    """The index after the keys that lead from ``text`` to ``goal`` (what stands left and right of the caret)."""
    path = events[index].path if index < last else ""
    for position in range(index, min(last, index + _MOST_KEYS)):
        event = events[position]
        if not event.is_edit or event.path != path:
            return None
        text = apply_edit(text, event)
        caret = SourceText(text).offset_at(*event.caret)
        if caret > len(goal[0]) + 1:
            return None
        if caret == len(goal[0]) and text == goal[0] + goal[1]:
            return position + 1
    return None
