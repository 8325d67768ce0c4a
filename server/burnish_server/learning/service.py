"""Follows the suggestions of one client's documents and hands what became of them to the recorder.

Nothing is followed, and no event made, while nothing is recorded. Whatever goes wrong here is logged and costs the record of
one document's present suggestions; editing never notices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.learning.clock import Clock, HourlyBudget
from burnish_server.learning.offers import Offer
from burnish_server.learning.ranges import Edit, Span
from burnish_server.learning.suggested import OfferMaker, Surroundings
from burnish_server.learning.telling import Teller
from burnish_server.learning.tracker import DocumentTracker, Made
from burnish_telemetry.events import ActionOffered, Event, Place, new_id
from burnish_telemetry.recorder import Recorder

__all__ = ["Learning"]

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Suggestions an hour that were not shown, or gone before they could be read, and are recorded all the same.
HELD_BACK_AN_HOUR, FLEETING_AN_HOUR = 30, 200
#: An undo is told this close to the change that it makes, before or after it, in seconds.
_UNDO = 1.0

Later = Callable[[float, Callable[[], None]], "asyncio.TimerHandle | None"]


def _item_of(request: CompletionRequest) -> Edit | None:
    """The edit that taking the selected item of the editor's own list would make."""
    item = request.selected
    return None if item is None else Edit(item.start, item.end, item.text)


def _in_loop(delay: float, work: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay, work)


class Learning:
    """One client's. Lives in one asyncio event loop.

    Args:
        recorder: takes the events.
        surroundings: where and by whom suggestions are made.
        clock: the time.
        later: calls something after some seconds.
    """

    def __init__(
        self,
        recorder: Recorder,
        surroundings: Surroundings,
        *,
        clock: Clock | None = None,
        later: Later = _in_loop,
    ) -> None:
        self.recorder = recorder
        self._around = surroundings
        self._clock = clock or Clock()
        self._maker = OfferMaker(surroundings, self._clock)
        self._later = later
        self._trackers: dict[str, DocumentTracker] = {}
        self._teller = Teller(
            self._record,
            self._clock,
            fleeting=HourlyBudget(FLEETING_AN_HOUR, self._clock),
            held_back=HourlyBudget(HELD_BACK_AN_HOUR, self._clock),
            client=lambda: self._around.client,
        )
        self._exact = False
        self._away: set[str] = set()
        self._undo_at: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._planned = float("inf")
        self._ended = False

    @property
    def editor_telemetry(self) -> bool:
        """The editor's own switch; while it is off nothing is recorded."""
        return self.recorder.editor_telemetry

    @editor_telemetry.setter
    def editor_telemetry(self, on: bool) -> None:
        self.recorder.editor_telemetry = on

    @property
    def recording(self) -> bool:
        """Whether events are recorded now; what is followed is forgotten when they are not."""
        if not self._ended and self.recorder.recording:
            return True
        self._trackers.clear()
        return False

    # -- what the server offers ------------------------------------------------------------------------------

    def offered(
        self, request: CompletionRequest, results: Sequence[CompletionResult], present: str | None
    ) -> list[str]:
        """Ids for the results of one request, which are about to be shown, the first of them on screen.

        ``present`` is the document's text now; where it has changed since the request, nobody will see them.
        An id is empty where nothing is recorded.
        """
        none = [""] * len(results)
        if not results or present is None or not self.recording:
            return none
        if present is not request.source.text and present != request.source.text:
            return none
        return self._guarded(request.uri, none, lambda: self._offered(request, results))

    def held_back(self, request: CompletionRequest, result: CompletionResult, present: str | None) -> None:
        """A text was made but not shown. What the user writes there is recorded with it, a few times an hour."""
        if result.dropped is None or not result.candidate.strip() or result.origin is None:
            return
        if request.selected is None and present == request.source.text and self.recording:
            self._guarded(request.uri, None, lambda: self._hold_back(request, result))

    def offered_action(
        self,
        uri: str,
        text: str,
        span: tuple[int, int],
        event: Callable[[str, Place], ActionOffered],
        problems: Callable[[], int] | None = None,
    ) -> str:
        """A code action is offered; returns the suggestion's id, empty where nothing is recorded.

        Args:
            uri: the document.
            text: its text.
            span: the offsets between which the action replaces the code.
            event: makes the event from the id and the place; asked for at most once, when there is something to tell.
            problems: counts the diagnostics in the document, so that new ones are noticed.
        """
        if not self.recording:
            return ""

        def follow() -> str:
            place = self._around.place(uri)
            if place is None:
                return ""
            offer = self._maker.of_action(text, Span(*span), event, problems, place)
            known = self._followed(uri, text).offered_action(offer)
            self._plan()
            return known.id

        return self._guarded(uri, "", follow)

    # -- what the editor does --------------------------------------------------------------------------------

    def changed(self, uri: str, edits: Sequence[Edit], text: str) -> None:
        """A document was edited."""
        tracker = self._tracker(uri)
        if tracker is not None:
            undo = self._clock.now() - self._undo_at.get(uri, float("-inf")) <= _UNDO
            made = Made(alone=uri in self._away, undo=undo)
            self._told(uri, lambda: tracker.changed(edits, text, made))

    def follows(self, uri: str) -> bool:
        """Whether anything is followed in a document."""
        return uri in self._trackers

    def cursor(self, uri: str, offset: int) -> None:
        """The cursor is at ``offset``, or something is asked for there."""
        self._call(uri, lambda tracker: tracker.moved(offset))

    def accepted(self, uri: str, identity: str) -> None:
        """The editor ran the command of an accepted suggestion."""
        self._call(uri, lambda tracker: tracker.accepted(identity))

    def reported(self, event: str, uri: str, identity: str) -> bool:
        """The editor tells what only it can see (``burnish/outcome``); false for an event that is not known."""
        match event:
            case "shown":
                self._exact = True
                self._call(uri, lambda tracker: tracker.shown(identity))
            case "dismissed":
                self._call(uri, lambda tracker: tracker.dismissed(identity))
            case "focusLost":
                self._away.add(uri)
                self._call(uri, lambda tracker: tracker.hide("focus-lost"))
            case "focusGained":
                self._away.discard(uri)
            case "undo":
                now = self._undo_at[uri] = self._clock.now()
                self._call(uri, lambda tracker: tracker.was_undo(now - _UNDO))
            case "redo":
                self._undo_at.pop(uri, None)
            case "formatted":
                self._call(uri, lambda tracker: tracker.formatted())
            case _:
                return False
        return True

    def saved(self, uri: str) -> None:
        """A document was saved."""
        self._call(uri, lambda tracker: tracker.saved())

    def changed_on_disk(self, uri: str) -> None:
        """The file of a document changed on disk."""
        self._call(uri, lambda tracker: tracker.changed_on_disk())

    def closed(self, uri: str) -> None:
        """A document was closed."""
        self._call(uri, lambda tracker: tracker.close())
        self._trackers.pop(uri, None)
        self._away.discard(uri)
        self._undo_at.pop(uri, None)

    def advance(self) -> None:
        """Do what time has made due."""
        self._timer, self._planned = None, float("inf")
        if self.recording:
            for uri, tracker in list(self._trackers.items()):
                self._told(uri, tracker.advance)
        self._plan()

    async def forget(self) -> None:
        """Follow nothing of what has been shown so far any longer, and wait until what was told is written: the user erases it."""
        self._trackers.clear()
        for _ in range(2):
            # The recorder writes in batches: what follows one is written after it.
            await asyncio.wrap_future(self.recorder.maintain())

    def end(self) -> None:
        """The client goes away: tell what is known. May be called twice."""
        for uri in list(self._trackers):
            self.closed(uri)
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Wait for all events to be written; blocks, so not for an event loop."""
        if not self.recorder.close():
            log.warning("Not all of what became of suggestions could be written in time.")

    # -- inside ----------------------------------------------------------------------------------------------

    def _offered(self, request: CompletionRequest, results: Sequence[CompletionResult]) -> list[str]:
        place = self._around.place(request.uri)
        if place is None:
            return [""] * len(results)
        tracker = self._followed(request.uri, request.source.text)
        tracker.moved(request.offset)
        ids: list[str] = []
        new: list[Offer] = []
        group = new_id() if len(results) > 1 else ""
        for result in results:
            known = tracker.again(result.start, result.end, result.text)
            if known is None:
                offer = self._maker.of_result(request, result, place)
                offer.group = group
                # An editor that reports what it shows will report this one as well.
                offer.phase = "waiting" if self._exact or ids else "open"
                new.append(offer)
            else:
                tracker.served_again(known, group, first=not ids and not self._exact, item=_item_of(request))
            ids.append(known.id if known is not None else new[-1].id)
        if new and new[0].id == ids[0]:
            tracker.offered(new)
        else:
            tracker.beside(new)
        self._plan()
        return ids

    def _hold_back(self, request: CompletionRequest, result: CompletionResult) -> None:
        place = self._around.place(request.uri)
        if place is None:
            return
        tracker = self._followed(request.uri, request.source.text)
        tracker.held_back(lambda: self._maker.of_result(request, result, place), request.offset)
        self._plan()

    def _followed(self, uri: str, text: str) -> DocumentTracker:
        tracker = self._trackers.get(uri)
        if tracker is None or (tracker.text is not text and tracker.text != text):
            tracker = DocumentTracker(text, self._teller, self._clock.now, lambda: self._exact)
            self._trackers[uri] = tracker
        return tracker

    def _tracker(self, uri: str) -> DocumentTracker | None:
        """What is followed in a document, if anything is."""
        return self._trackers.get(uri) if self._trackers and self.recording else None

    def _call(self, uri: str, work: Callable[[DocumentTracker], object]) -> None:
        tracker = self._tracker(uri)
        if tracker is not None:
            self._told(uri, lambda: work(tracker))

    def _told(self, uri: str, work: Callable[[], object]) -> None:
        self._guarded(uri, None, work)
        tracker = self._trackers.get(uri)
        if tracker is not None and tracker.idle:
            del self._trackers[uri]
        self._plan()

    def _guarded(self, uri: str, default: T, work: Callable[[], T]) -> T:
        """Do something; if it fails, forget the document instead of disturbing whoever edits it."""
        try:
            return work()
        except Exception:
            log.exception("What becomes of the present suggestions in one document is not recorded.")
            self._trackers.pop(uri, None)
            return default

    def _plan(self) -> None:
        """Come back when the next thing is due."""
        due = min((tracker.due() for tracker in self._trackers.values()), default=float("inf"))
        if due >= self._planned or due == float("inf"):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._planned = due
        self._timer = self._later(max(0.0, due - self._clock.now()) + 0.001, self.advance)

    def _record(self, event: Event) -> None:
        self.recorder.record(event)
