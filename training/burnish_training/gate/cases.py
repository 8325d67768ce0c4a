"""What the gate asks: cursors with the text that stands there, in files and at times that no candidate was trained on.

What is right is never taken from a label, nor from any other event: the night that is judged may be a wrong one. It is the
text that stands in the user's file today. And a recorded place counts whatever became of the suggestion there, once for each
line: accepted texts alone would favour the model that made them, rejected ones any other.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from burnish_telemetry.events import Prompt
from burnish_training.nightly.recorded import Recorded
from burnish_training.nightly.workspace import SourceFile

__all__ = ["GateCase", "Source", "event_cases", "line_cases", "truth_in_file"]

Source = Literal["event", "line"]

#: The shortest text that counts: completing one bracket proves nothing.
LEAST_CHARACTERS = 2
_TYPED_SHARE = 0.5
#: Lines around the cursor by which a recorded place is found again in its file, the most telling first.
_ANCHOR_LINES = (6, 4, 3, 2)
_STRETCH_LINES = 40


@dataclass(frozen=True, slots=True)
class GateCase:
    """A cursor in ``text``, 0-based, and ``truth``, the rest of its line.

    ``source``: a place of a recorded ``event``, or a random cursor in a held-out file (``line``). ``cluster`` names what
    cases are drawn together by; ``rejected`` is what the user sent away here.
    """

    folder: str
    path: str
    text: str
    line: int
    character: int
    truth: str
    source: Source
    cluster: str
    rejected: str = ""


def line_cases(files: Sequence[SourceFile], count: int, rng: random.Random) -> list[GateCase]:
    """Up to ``count`` random cursors in files; each line at most once, half of them at a line's first character."""
    places: list[tuple[SourceFile, int]] = [
        (file, number)
        for file in files
        for number, line in enumerate(file.text.split("\n"))
        if len(line.strip().replace(" ", "")) > LEAST_CHARACTERS
    ]
    rng.shuffle(places)
    lines = {file.location: file.text.split("\n") for file in files}
    cases = []
    for file, number in places[:count]:
        line = lines[file.location][number].rstrip()
        indent = len(line) - len(line.lstrip())
        column = indent
        if rng.random() < _TYPED_SHARE:
            column = rng.randint(indent, len(line) - LEAST_CHARACTERS)
        rest = lines[file.location]
        text = "\n".join([*rest[:number], line[:column], *rest[number + 1 :]])
        cluster = f"{file.location}:{number // _STRETCH_LINES}"
        cases.append(GateCase(file.folder, file.path, text, number, column, line[column:], "line", cluster))
    return cases


def event_cases(recorded: Iterable[Recorded], files: Mapping[str, SourceFile]) -> list[GateCase]:
    """Recorded places with what stands there now; places that are not found again are left out.

    Args:
        recorded: suggestions that no candidate was trained on, shown or held back, the oldest first.
        files: the user's files as they are now, by location.
    """
    cases: list[GateCase] = []
    seen: set[tuple[str, str]] = set()
    for entry in recorded:
        offer, file = entry.offer, files.get(entry.location)
        if offer is None or file is None:
            continue
        truth = truth_in_file(offer.prompt, file.text).rstrip()
        before = offer.prompt.prefix + offer.prompt.typed
        column = len(before) - before.rfind("\n") - 1
        # More is recorded on a line where suggestions were wrong: the first place on it stands for all.
        key = entry.location, before[len(before) - column :] + truth
        if len(truth.strip()) < LEAST_CHARACTERS or key in seen:
            continue
        seen.add(key)
        line = before.count("\n")
        cases.append(
            GateCase(
                folder=offer.place.folder,
                path=offer.place.path,
                text=before + offer.prompt.suffix,
                line=line,
                character=column,
                truth=truth,
                source="event",
                cluster=f"{entry.location}:{line // _STRETCH_LINES}",
                rejected=entry.label.completion if entry.label.verdict == "undesirable" else "",
            )
        )
    return cases


def truth_in_file(prompt: Prompt, text: str) -> str:
    """The rest of the line at a prompt's cursor as it stands in ``text``; empty where the place is not found for sure."""
    lines = (prompt.prefix + prompt.typed).split("\n")
    # A line break in front of everything, so that the first line is found like any other.
    text = "\n" + text
    for count in _ANCHOR_LINES:
        anchor = "\n" + "\n".join(lines[-count:])
        at = text.find(anchor)
        if at < 0 or not anchor.strip():
            continue
        if text.find(anchor, at + 1) >= 0:
            return ""  # a longer anchor would have told them apart
        end = at + len(anchor)
        return text[end : None if (stop := text.find("\n", end)) < 0 else stop]
    return ""
