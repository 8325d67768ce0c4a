"""Lines of source as keys in an editor: brackets and quotes close themselves, lines indent themselves, keys are missed.

The rules are those of VS Code with its Python grammar: a bracket brings its partner where white space or a closer
follows, typing the partner steps over it, and Enter keeps the indentation, deepens it after a colon or an open bracket and
shallows it after ``return`` and its like.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from burnish_server.documents import units_of_index
from burnish_server.replay.rhythm import Rhythm
from burnish_server.replay.trace import Event

__all__ = ["File", "Typist"]

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(")]}\"'")
_QUOTES = frozenset("\"'")
_OUTDENTS = re.compile(r"\s*(return|pass|raise|break|continue)\b")
_STRING_PREFIX = re.compile(r"(?:^|[^\w])(?:[rbfuRBFU]|[rR][bfBF]|[bfBF][rR])$")
_MISTAKES = 0.012
#: The key that is hit instead, on a QWERTY keyboard.
_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "snxfrghjokljnmipatdyicesux", strict=True))


@dataclass(slots=True)
class File:
    """A file being worked on. ``lines`` without their ends, which are all ``newline``."""

    path: str
    lines: list[str]
    newline: str

    @property
    def text(self) -> str:
        """The whole text."""
        return self.newline.join(self.lines)


class Typist:
    """Types into one file at a time and keeps the events."""

    def __init__(self, rng: random.Random) -> None:
        self.events: list[Event] = []
        self.rhythm = Rhythm(rng)
        self._rng = rng
        self._file = File("", [""], "\n")
        self._row = 0
        self._left = ""
        self._right = ""
        self._quote = ""
        self._landing: tuple[str, bool] = ("", False)

    @property
    def row(self) -> int:
        """The caret's line."""
        return self._row

    def go(self, file: File, row: int, kind: str, *, seen: bool) -> None:
        """Put the caret at the end of a line: ``kind`` is ``open``, ``switch`` or ``jump``."""
        self._file, self._row = file, row
        self._left, self._right, self._quote = file.lines[row], "", ""
        pause = self.rhythm.interval("jump" if kind == "jump" else "switch")
        self.events.append(Event(kind, file.path, pause, self._caret()))
        self._landing = (kind, seen)

    def save(self) -> None:
        """Save the file."""
        self.events.append(Event("save", self._file.path, self.rhythm.interval("save"), self._caret()))

    def copy(self, first: int, last: int) -> None:
        """Copy lines of the file without moving the caret."""
        start, end = (first, 0), (last, 0)
        pause = self.rhythm.interval("save")
        self.events.append(Event("copy", self._file.path, pause, self._caret(), start=start, end=end))

    def type_line(self, line: str, *, open_brackets: int) -> None:
        """Press Enter at the end of the present line and type ``line``.

        ``open_brackets`` counts the brackets open before it, which keep an editor from shallowing the indentation.
        """
        content = line.lstrip()
        indent = line[: len(line) - len(content)]
        self._enter(open_brackets, line)
        if content or indent:
            self._indent(indent, content)
        for position, character in enumerate(content):
            self._miss(character, content[position:])
            what = "line" if position == 0 else _what(content[position - 1], character)
            self._character(character, content[position + 1 :], self.rhythm.interval(what))
        if self._right:
            self._edit("Delete", self._left, "", "", "", self.rhythm.interval("mistake"), "")

    def _enter(self, open_brackets: int, line: str) -> None:
        """Enter: white space that the editor put on an otherwise empty line goes."""
        left = self._left
        indent = left[: len(left) - len(left.lstrip())]
        if left.rstrip().endswith((":", "(", "[", "{")):
            indent += "\t" if indent.startswith("\t") else "    "
        elif _OUTDENTS.match(left) and not open_brackets:
            indent = indent[:-1] if indent.endswith("\t") else indent[:-4]
        blank = left if not left.strip() and self._quote == "" else ""
        pause = self.rhythm.interval("arrive" if self._landing[0] else "enter")
        row, start = self._row, len(left) - len(blank)
        self._file.lines[row : row + 1] = [left[:start], indent]
        begin = (row, _units(left, start))
        end = (row, _units(left, len(left)))
        self._row, self._left, self._right = row + 1, indent, ""
        self._quote = self._quote if len(self._quote) == 3 else ""
        event = Event("edit", self._file.path, pause, self._caret(), "Enter", begin, end)
        rest = line[len(indent) :] if line.startswith(indent) else None
        self._keep(replace(event, text=self._file.newline + indent, rest=rest))

    def _indent(self, wanted: str, content: str) -> None:
        """From the indentation the editor chose to ``wanted``: Backspace or Tab, a level a key."""
        while self._left != wanted and self._left.startswith(wanted):
            shorter = self._left[: max(len(wanted), len(self._left) - 4)]
            rest = content if shorter == wanted else None
            pause = self.rhythm.interval("repeat")
            self._edit("Backspace", shorter, "", self._left[len(shorter) :], "", pause, rest)
        while self._left != wanted and wanted.startswith(self._left):
            longer = wanted[: len(self._left) + 4]
            rest = wanted[len(longer) :] + content
            self._edit("Tab", longer, longer[len(self._left) :], "", "", self.rhythm.interval("word"), rest)
        if self._left != wanted:
            pause = self.rhythm.interval("mistake")
            self._edit("Paste", wanted, wanted, self._left, "", pause, content)

    def _miss(self, character: str, rest: str) -> None:
        """Sometimes hit the wrong letter, see it, and take it back."""
        wrong = _NEIGHBOURS.get(character)
        if wrong is None or self._rng.random() >= _MISTAKES:
            return
        before, right = self._left, self._right
        self._edit(wrong, before + wrong, wrong, "", right, self.rhythm.interval("inside"))
        self._edit("Backspace", before, "", wrong, right, self.rhythm.interval("mistake"), rest)

    def _character(self, character: str, rest: str, pause: float) -> None:
        left, right = self._left, self._right
        steps_over = right.startswith(character) and self._steps_over(character)
        closes = "" if steps_over else self._partner(character)
        self._track(character)
        new_right = right[1:] if steps_over else closes + right
        replaced = character if steps_over else ""
        self._edit(
            character, left + character, character + closes, "", new_right, pause, rest, after=replaced
        )

    def _steps_over(self, character: str) -> bool:
        """Whether a closer just typed is the one already there."""
        return character in _CLOSERS and (character not in _QUOTES or self._quote == character)

    def _partner(self, character: str) -> str:
        """What the editor adds right of ``character``."""
        follows_freely = not self._right or self._right[0] in _CLOSERS or self._right[0].isspace()
        if self._quote or not follows_freely:
            return ""
        if character in _PAIRS:
            return _PAIRS[character]
        if character in _QUOTES:
            word = bool(self._left) and (self._left[-1].isalnum() or self._left[-1] in "_\"'")
            return character if not word or _STRING_PREFIX.search(self._left) else ""
        return ""

    def _track(self, character: str) -> None:
        """Follow strings and comments along the line; inside of them nothing closes itself."""
        if self._quote == "#":
            return
        if character == "#" and not self._quote:
            self._quote = "#"
        elif character in _QUOTES and not self._escaped():
            tail = self._left + character
            if self._quote and tail.endswith(self._quote):
                self._quote = ""
            elif not self._quote:
                self._quote = character * 3 if tail.endswith(character * 3) else character

    def _escaped(self) -> bool:
        return (len(self._left) - len(self._left.rstrip("\\"))) % 2 == 1

    def _edit(
        self,
        key: str,
        left: str,
        text: str,
        removed: str,
        right: str,
        pause: float,
        rest: str | None = None,
        *,
        after: str = "",
    ) -> None:
        """One edit at the caret: ``removed`` left of it and ``after`` right of it give way to ``text``."""
        old_left, old_right = self._left, self._right
        line = old_left + old_right
        gone_right = len(after) if key != "Delete" else len(old_right)
        start = (self._row, _units(line, len(old_left) - len(removed)))
        end = (self._row, _units(line, len(old_left) + gone_right))
        self._left, self._right = left, right
        self._file.lines[self._row] = left + right
        event = Event("edit", self._file.path, pause, self._caret(), key, start, end, text, rest)
        self._keep(event)

    def _keep(self, event: Event) -> None:
        landing, seen = self._landing
        self._landing = ("", False)
        self.events.append(replace(event, landing=landing, seen=seen))

    def _caret(self) -> tuple[int, int]:
        return self._row, _units(self._left, len(self._left))


def _units(line: str, index: int) -> int:
    return units_of_index(line, index, "utf-16")


def _what(before: str, character: str) -> str:
    """Where in a word a key stands."""
    inside = (before.isalnum() or before == "_") and (character.isalnum() or character == "_")
    return "inside" if inside else "word"
