"""What is recorded: one frozen dataclass for each kind of event.

An event is a fact that is never rewritten. The first event of a suggestion is ``Suggested`` (a completion) or
``ActionOffered`` (a code action); what became of it follows in events that carry the same ``suggestion`` id. Whether it was
good is not recorded: :mod:`burnish_telemetry.labels` derives that.

Times are UTC. Durations end in ``_ms`` or ``_s``. Shares lie between 0 and 1. Texts have lines that end in ``\\n``;
characters are counted as code points.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Literal
from uuid import uuid4

__all__ = [
    "ENDPOINT",
    "KINDS",
    "OFFERS",
    "SCHEMA_VERSION",
    "Accepted",
    "AcceptedInPart",
    "ActionOffered",
    "ContextFile",
    "Dismissed",
    "Display",
    "Diverged",
    "Event",
    "Ignored",
    "Offer",
    "Place",
    "Prompt",
    "Sampling",
    "Suggested",
    "Superseded",
    "Survived",
    "TypedThrough",
    "Undone",
    "WroteInstead",
    "new_id",
]

#: Version of the form of events; raised whenever a field changes its meaning.
SCHEMA_VERSION = 1
#: Before the name of a model that is not this machine's.
ENDPOINT = "endpoint:"


def new_id() -> str:
    """A fresh random identifier."""
    return str(uuid4())


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the workspace folder (absolute; empty for none), the file's path below it (or absolute), its language."""

    folder: str
    path: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class ContextFile:
    """Another file, or a part of one, that the model saw."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model saw.

    ``prefix`` ends at a line end on or above the cursor's line, ``typed`` is what stands between there and the cursor
    (the start of the middle, part of the answer for the model), ``suffix`` everything right of the cursor.
    """

    prefix: str
    typed: str
    suffix: str
    path: str = ""
    repository: str = ""
    context: tuple[ContextFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens were chosen. ``temperature`` 0 is greedy. ``memory``: the workspace's memory was mixed in."""

    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 0
    memory: bool = False


@dataclass(frozen=True, slots=True)
class Display:
    """Whether the suggestion went to the editor, and why not: the rule that held it back.

    ``confidence`` and ``threshold`` are calibrated probabilities. ``invoked``: the user asked by a gesture.
    ``comparison``: served by the base model on purpose while an adapter was active, so that both stay comparable.
    """

    shown: bool
    rule: str = ""
    confidence: float | None = None
    threshold: float | None = None
    invoked: bool = False
    comparison: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event carries. ``client`` names the editor and its version."""

    kind: ClassVar[str] = ""

    suggestion: str
    place: Place
    client: str = ""
    id: str = field(default_factory=new_id)
    time: datetime = field(default_factory=_now)
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested(Event):
    """A completion was made, and shown or held back.

    ``tokens`` counts generated tokens, ``mean_logprob`` is the mean natural-log probability of them,
    ``latency_ms`` runs from the request to the answer. ``model`` identifies the base model's file, ``adapter`` the adapter
    it was served with. What a team's endpoint wrote, or began, has :data:`ENDPOINT` and the name of the model there.
    """

    kind: ClassVar[str] = "suggested"

    prompt: Prompt
    text: str
    model: str
    adapter: str | None = None
    sampling: Sampling = Sampling()
    tokens: int
    mean_logprob: float | None = None
    latency_ms: float
    display: Display

    @property
    def elsewhere(self) -> bool:
        """Whether another model than this machine's wrote it: nothing to learn from for this machine's."""
        return self.model.startswith(ENDPOINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOffered(Event):
    """A code action was offered: replace ``before`` with ``after``.

    ``rule`` names the rule, ``verdict`` what verification found, ``speedup`` the median measured (1.0 is unchanged).
    ``model`` and ``adapter`` are empty where a rule alone wrote the new code; ``prompt`` is what a model saw.
    """

    kind: ClassVar[str] = "action-offered"

    rule: str
    title: str
    before: str
    after: str
    verdict: str = ""
    speedup: float | None = None
    model: str = ""
    adapter: str | None = None
    prompt: Prompt | None = None
    sampling: Sampling | None = None
    tokens: int | None = None
    mean_logprob: float | None = None
    latency_ms: float
    display: Display


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed(Event):
    """The user sent it away, having seen it for ``visible_ms``."""

    kind: ClassVar[str] = "dismissed"

    visible_ms: float
    by: Literal["escape", "command"] = "escape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Event):
    """The whole text was taken."""

    kind: ClassVar[str] = "accepted"

    visible_ms: float
    by: Literal["command", "inferred"] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedInPart(Event):
    """A beginning of the text was taken, word by word or line by line: so far its first ``characters`` characters."""

    kind: ClassVar[str] = "accepted-in-part"

    visible_ms: float
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedThrough(Event):
    """The user typed the text; ``verbatim`` is the share of its characters that were typed as suggested."""

    kind: ClassVar[str] = "typed-through"

    visible_ms: float
    verbatim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged(Event):
    """The user typed something else; the first ``matched`` characters of the text had been typed as suggested."""

    kind: ClassVar[str] = "diverged"

    visible_ms: float
    matched: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(Event):
    """Another suggestion took its place; ``by`` is that one's id, empty where it is not known."""

    kind: ClassVar[str] = "superseded"

    visible_ms: float
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Event):
    """It went away without a decision of the user's about it."""

    kind: ClassVar[str] = "ignored"

    visible_ms: float
    reason: Literal["focus-lost", "file-closed", "cursor-moved", "timeout", "changed-elsewhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Event):
    """The user took an accepted text back, ``after_s`` seconds later."""

    kind: ClassVar[str] = "undone"

    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived(Event):
    """What is left of an accepted text ``after_s`` seconds later.

    ``retained`` is 1 − edit distance / length, not below 0, over what was accepted; ``text`` is what stands there now.
    ``changed_by`` says who changed it where that was not the user. ``new_diagnostics`` (code actions) counts problems that
    were not there before.
    """

    kind: ClassVar[str] = "survived"

    after_s: Literal[30, 120, 600]
    retained: float
    text: str = ""
    changed_by: Literal["", "formatter", "outside"] = ""
    new_diagnostics: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WroteInstead(Event):
    """What the user wrote at the place of a rejected suggestion, once they had left the line: it follows ``prompt.typed``."""

    kind: ClassVar[str] = "wrote-instead"

    text: str
    after_s: float = 0.0


Offer = Suggested | ActionOffered
#: Events that begin a suggestion.
OFFERS: tuple[type[Event], ...] = (Suggested, ActionOffered)
#: Every kind of event by its name in the stored form.
KINDS: dict[str, type[Event]] = {
    kind.kind: kind
    for kind in (
        Suggested,
        ActionOffered,
        Dismissed,
        Accepted,
        AcceptedInPart,
        TypedThrough,
        Diverged,
        Superseded,
        Ignored,
        Undone,
        Survived,
        WroteInstead,
    )
}
