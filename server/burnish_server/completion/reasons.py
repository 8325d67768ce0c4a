"""Why nothing was shown: a ring buffer of silences, each with its rule and one human sentence."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["SENTENCES", "Reasons", "Suppressed", "sentence_for"]

#: Every rule that can silence a suggestion, and what it means to the user.
SENTENCES: dict[str, str] = {
    "disabled": "Completions are switched off (burnish.completion.enabled).",
    "not-python": "This file is not Python; Burnish completes Python only.",
    "excluded": "You excluded this file from suggestions (burnish.completion.exclude).",
    "file-too-large": "The file is too large to complete in (more than 4 million characters).",
    "line-too-long": "The line left of the cursor is too long to complete.",
    "nothing-yet": "The file is empty, so there is nothing to go on.",
    "in-comment": "The cursor is inside a comment; ask by a gesture to complete there.",
    "word-right": "The cursor stands in front of a word, so an insertion would run into it.",
    "selected-item": "The item selected in the completion list cannot be extended.",
    "engine-stopped": "The model is not running.",
    "engine-loading": "The model is still loading.",
    "engine-restarting": "The engine is restarting after a crash.",
    "engine-failed": "The model could not be loaded; see the status for what to do.",
    "engine-error": "The engine failed while it worked on this request; it restarts by itself.",
    "superseded": "You went on typing something else before the answer was ready.",
    "cancelled": "The editor withdrew the request.",
    "deadline": "The model was not done within the time allowed (burnish.completion.maxLatencyMs).",
    "unfinished": "The model's line was longer than a suggestion may be.",
    "empty": "The model proposed nothing here.",
    "too-short": "The suggestion would have been a single character that does not finish the line.",
    "repetition": "The suggestion only repeated itself.",
    "repeats-below": "The suggestion repeated what already stands below the cursor.",
    "repeats-above": "The suggestion repeated the line above the cursor.",
    "duplicate-suffix": "The suggestion repeated what already stands right of the cursor.",
    "syntax": "The suggestion would have added a syntax error.",
    "unknown-name": "The suggestion would have used a name that does not exist.",
    "unknown-attribute": "The suggestion would have used an attribute that does not exist.",
    "low-confidence": "The model was not sure enough.",
}


def sentence_for(rule: str, detail: str = "") -> str:
    """The sentence of a rule, with a detail appended where there is one."""
    sentence = SENTENCES.get(rule, rule)
    return f"{sentence} {detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One silence. ``line`` and ``character`` are 0-based, in the client's position encoding."""

    time: datetime
    uri: str
    line: int
    character: int
    rule: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """The wire form; ``time`` is ISO 8601 with its offset."""
        return {
            "time": self.time.isoformat(timespec="milliseconds"),
            "uri": self.uri,
            "line": self.line,
            "character": self.character,
            "rule": self.rule,
            "sentence": self.sentence,
        }


class Reasons:
    """The last ``capacity`` silences, newest first."""

    def __init__(self, capacity: int = 100) -> None:
        self._entries: deque[Suppressed] = deque(maxlen=capacity)

    def add(self, uri: str, line: int, character: int, rule: str, sentence: str) -> None:
        """Record that a request at this place stayed without an answer."""
        now = datetime.now().astimezone()
        self._entries.appendleft(Suppressed(now, uri, line, character, rule, sentence))

    def entries(self) -> list[Suppressed]:
        """What is remembered, newest first."""
        return list(self._entries)
