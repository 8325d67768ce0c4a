"""The model of a typing trace: what an editor is told, event by event, and its form on disk (JSON lines).

A trace is complete in itself: it holds the texts its files begin with, and every edit with the range it replaces.
Playing it needs no knowledge of how it was made. Positions are those of the protocol: line and UTF-16 code units.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cattrs import Converter
from cattrs.errors import BaseValidationError

from burnish_server.documents import SourceText
from burnish_server.replay.errors import TraceError

__all__ = ["Event", "Position", "Trace", "apply_edit", "load_trace", "save_trace", "states"]

FORMAT = 1
#: What may happen: ``open`` a file, ``switch`` to an open one, ``jump`` to another place of it, ``edit``, ``save``,
#: ``copy`` lines.
KINDS = frozenset({"open", "switch", "jump", "edit", "save", "copy"})

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``pause_ms`` passes before it, at the speed of the recording.

    ``edit`` replaces ``[start, end)`` by ``text`` and leaves the caret at ``caret``; the editor then asks for a completion.
    ``jump``, ``open`` and ``switch`` put the caret at ``caret``; ``copy`` takes the lines ``start`` to ``end``.

    ``rest`` is what the author wrote from the caret to the end of its line: the text to come. ``None`` where a typing
    mistake stands to be undone. ``landing`` says how the caret came to this place, on the first edit after it did
    (``open``, ``switch``, ``jump``), and ``seen`` whether the user had worked there before.
    """

    kind: str
    path: str
    pause_ms: float
    caret: Position
    key: str = ""
    start: Position = (0, 0)
    end: Position = (0, 0)
    text: str = ""
    rest: str | None = None
    landing: str = ""
    seen: bool = False

    @property
    def is_edit(self) -> bool:
        """Whether it changes the text."""
        return self.kind == "edit"


@dataclass(frozen=True, slots=True)
class Trace:
    """A recording over the project named ``project``: texts that files begin with, by path, and what happened then."""

    project: str
    seed: int
    files: dict[str, str]
    events: tuple[Event, ...] = field(default=())

    @property
    def minutes(self) -> float:
        """How long it lasts at the speed of the recording."""
        return sum(event.pause_ms for event in self.events) / 60_000

    @property
    def keystrokes(self) -> int:
        """Number of edits."""
        return sum(event.is_edit for event in self.events)


def apply_edit(text: str, event: Event) -> str:
    """The text after an edit."""
    source = SourceText(text)
    start, end = source.offset_at(*event.start), source.offset_at(*event.end)
    return text[:start] + event.text + text[end:]


def states(trace: Trace) -> Iterator[tuple[Event, str]]:
    """Every event with the text of its file after it."""
    texts = dict(trace.files)
    for event in trace.events:
        if event.is_edit:
            texts[event.path] = apply_edit(texts[event.path], event)
        yield event, texts[event.path]


def save_trace(trace: Trace, path: Path) -> None:
    """Write a trace, one JSON object a line: the header, the files, the events. Replaces ``path`` at once or not at all.

    Raises:
        TraceError: it cannot be written.
    """
    records: list[dict[str, Any]] = [{"format": FORMAT, "project": trace.project, "seed": trace.seed}]
    records += [{"file": name, "text": text} for name, text in trace.files.items()]
    records += [_slim(asdict(event)) for event in trace.events]
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(json.dumps(record) + "\n" for record in records)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise TraceError(f"The trace cannot be kept in {path}: {error.strerror or error}.") from error


def load_trace(path: Path) -> Trace:
    """Read a trace.

    Raises:
        TraceError: the file is missing, or it is no trace; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"Cannot read the trace {path}: {error}. Record one with --save.") from error
    files: dict[str, str] = {}
    events: list[Event] = []
    header: dict[str, Any] = {}
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if number == 1:
                header = _header(record)
            elif "file" in record:
                files[str(record["file"])] = str(record["text"])
            else:
                events.append(_event(record, files))
        except (ValueError, TypeError, KeyError, BaseValidationError) as error:
            raise TraceError(f"{path}, line {number}, is not part of a typing trace: {error}") from error
    if not header:
        raise TraceError(f"{path} is empty. Record a trace with --save.")
    return Trace(str(header["project"]), int(header["seed"]), files, tuple(events))


_CONVERTER = Converter(forbid_extra_keys=True)


def _header(record: dict[str, Any]) -> dict[str, Any]:
    if record.get("format") != FORMAT:
        raise ValueError(f"it has format {record.get('format')!r}, and {FORMAT} is understood")
    return record


def _event(record: dict[str, Any], files: dict[str, str]) -> Event:
    event = _CONVERTER.structure(record, Event)
    if event.kind not in KINDS:
        raise ValueError(f"unknown kind {event.kind!r}")
    if event.path not in files:
        raise ValueError(f"the text of {event.path!r} was not given before")
    return event


def _slim(record: dict[str, Any]) -> dict[str, Any]:
    """Without what is as by default."""
    defaults = {"key": "", "text": "", "rest": None, "landing": "", "seen": False}
    kept = {key: value for key, value in record.items() if key not in defaults or value != defaults[key]}
    if record["kind"] not in {"edit", "copy"}:
        kept.pop("start")
        kept.pop("end")
    return kept
