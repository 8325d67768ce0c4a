"""A suggestion that the user may see: where it stands, how far they have come along it, and how long it was visible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from burnish_server.learning.distance import distance
from burnish_server.learning.ranges import Span
from burnish_telemetry.events import ActionOffered, Place, Suggested

__all__ = ["Hidden", "Offer", "Phase", "progress", "similarity"]

#: ``waiting``: an alternative or one not reported as shown yet. ``open``: may be decided about. ``leaving``: decided, or as
#: good as, and followed until the user leaves the line. ``taken``: accepted; how, the next moment may tell. ``done``: nothing
#: more is to come.
Phase = Literal["waiting", "open", "leaving", "taken", "done"]
#: Why a suggestion is not on screen any more, though it may come back.
Hidden = Literal["focus-lost", "cursor-moved", "changed-elsewhere"]

_OPENERS = "([{\"'"
_CLOSERS = ")]}\"'"
_MOST_CLOSERS = 3


def progress(content: str, target: str, right: str) -> int | None:
    """How many characters of ``target`` stand in ``content``; ``None`` where it says something else.

    Args:
        content: what stands where the suggestion would.
        target: the suggestion.
        right: what stood right of the cursor before and would be replaced. An editor may also have closed brackets by itself.
    """
    if content.startswith(target):
        return len(target)
    if not content.endswith(right):
        return None
    body = content[: len(content) - len(right)]
    for closers in range(_MOST_CLOSERS + 1):
        kept = body[: len(body) - closers]
        if target.startswith(kept) and closers <= sum(character in _OPENERS for character in kept):
            return len(kept)
        if not kept or kept[-1] not in _CLOSERS:
            return None
    return None


def similarity(text: str, now: str) -> float:
    """1 − edit distance / length of ``text``, not below 0."""
    if not text:
        return float(not now)
    return max(0.0, 1.0 - distance(text, now) / len(text))


@dataclass(slots=True, eq=False)
class Offer:
    """A suggestion and what has become of it so far. Times are readings of one monotonic clock, in seconds.

    Texts have plain line ends. ``target`` replaces ``span``, where ``before`` stands, the last of it (``right``) right of the
    cursor. The first ``lead`` characters of ``target`` are an item of the editor's own list, not the model's.
    ``begin`` makes the first event, once. ``group`` is common to the answers to one request.
    """

    id: str
    begin: Callable[[], Suggested | ActionOffered] | None
    place: Place
    target: str
    span: Span
    before: str
    right: str
    at: float
    lead: int = 0
    group: str = ""
    action: bool = False
    held_back: bool = False
    problems: Callable[[], int] | None = None
    phase: Phase = "open"
    #: How much of the target stands there: now, when it was shown, and when it was visible last; and how much was taken at once.
    matched: int = 0
    base: int = 0
    matched_seen: int = 0
    taken: int = 0
    #: Length of the text that is displayed: a beginning of the target.
    displayed: int = 0
    #: What stood at its place before the last change.
    stood: str = ""
    #: What an undo left at its place: the beginning that was typed, for one. ``None`` where nothing was taken back.
    left: str | None = None
    #: How far the item goes that is selected in the editor's own list: who takes that has not taken the suggestion.
    listed: int = -1
    recorded: bool = False
    #: The accept command was run.
    confirmed: bool = False
    #: Something left of it was changed, so that what stands there does not follow the prompt any more.
    torn: bool = False
    #: What to say when the line is left: kept back, as it may turn out to have been typed after all.
    verdict: Literal["", "diverged", "superseded"] = ""
    by: str = ""
    #: What was written at its place was typed, not pasted or taken from another suggestion.
    typed_only: bool = True
    hidden: Hidden | None = None
    hidden_at: float = 0.0
    unseen: float = 0.0
    ended_at: float = 0.0
    #: When anything happened to it last.
    touched_at: float = 0.0
    problems_before: int = field(default=0)

    def __post_init__(self) -> None:
        self.displayed = len(self.target)
        self.stood = self.before
        self.matched = self.base = self.matched_seen = self.reached(self.before) or 0
        self.touched_at = self.at

    @property
    def typed_share(self) -> float:
        """The share of the model's own text that was typed while it was visible."""
        own = len(self.target) - self.lead
        return self.own_characters(self.matched_seen) / own if self.matched_seen > self.base and own else 0.0

    @property
    def lines(self) -> int:
        """How many lines it would write."""
        return self.target.count("\n") + 1

    def reached(self, content: str) -> int | None:
        """How far ``content`` is along the target; what stood there before is the beginning of every suggestion."""
        found = progress(content, self.target, self.right)
        return 0 if found is None and content == self.before else found

    def show(self, now: float) -> None:
        """It is on screen."""
        self.touched_at = now
        if self.phase == "waiting":
            self.phase, self.at = "open", now
        if self.hidden is not None:
            self.unseen += now - self.hidden_at
            self.hidden = None

    def come_back(self, matched: int, now: float) -> None:
        """The user, who had typed something else, has put it right and sees it again."""
        self.unseen += now - self.ended_at
        self.phase, self.verdict, self.matched, self.matched_seen = "open", "", matched, matched

    def hide(self, why: Hidden, now: float) -> None:
        """It is not on screen any more."""
        if self.hidden is None:
            self.hidden, self.hidden_at = why, now

    def visible_ms(self, now: float) -> float:
        """For how long it has been on screen, in milliseconds."""
        until = self.hidden_at if self.hidden is not None else now
        return round(max(0.0, until - self.at - self.unseen) * 1000, 1)

    def own_characters(self, reached: int) -> int:
        """How many characters of the model's own text are within the first ``reached`` of the target."""
        return max(0, reached - self.lead)

    def written(self, text: str) -> str:
        """What the user wrote at its place in ``text``: at most as many lines as it has, without what was there before."""
        content = self.span.of(text)
        if not content.startswith(self.target[: self.lead]):
            return ""
        if self.right and content.endswith(self.right):
            content = content[: len(content) - len(self.right)]
        return "\n".join(content[self.lead :].split("\n")[: self.lines]).rstrip()

    def verbatim(self, text: str) -> float:
        """The share of the model's own text that the user typed in ``text`` as suggested."""
        own = self.target[self.lead :]
        return similarity(own, self.written(text)[: len(own)])
