"""What the model gets to see of the file: whole lines around the cursor within a budget.

The window's start moves in coarse steps only. While one types, or walks down the file, the prefix
therefore keeps beginning with the same characters, and the engine can reuse what it has evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish_models.engine.base import FimPrompt
from burnish_models.prompt_layout import STEP_LINES, middle_start
from burnish_server.documents import SourceText

__all__ = ["Budget", "Window", "build_window"]

#: A safe estimate for Python source; dense text takes more tokens a character and the engine trims what is
#: over.
CHARACTERS_PER_TOKEN = 3.3
#: Tokens kept free for the answer, the special tokens and the typed part.
RESERVED_TOKENS = 256
_STEPS = 4
_CLOSERS = frozenset(")]}\"'")
_MOST_CLOSERS = 3
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many characters of the file may be shown left and right of the cursor."""

    prefix: int
    suffix: int

    @classmethod
    def of_context(cls, context_tokens: int) -> Budget:
        """Two thirds of the context for the prefix, one third for the suffix."""
        usable = max(context_tokens - RESERVED_TOKENS, context_tokens // 2)
        characters = int(usable * CHARACTERS_PER_TOKEN)
        return cls(prefix=characters * 2 // 3, suffix=characters // 3)


@dataclass(frozen=True, slots=True)
class Window:
    """The prompt, and the document offsets of what it shows: ``[start, end)`` around the cursor."""

    prompt: FimPrompt
    start: int
    end: int


def build_window(source: SourceText, offset: int, budget: Budget, path: str = "") -> Window:
    """Cut the prompt for a cursor at ``offset``.

    The prefix begins and ends at a line start, the typed part runs from there (some lines above the cursor, see
    ``burnish_models.prompt_layout``) to the cursor, and the suffix from the cursor to a line's end. Line ends become LF, a
    byte order mark is left out and lone surrogates (which no tokenizer takes) become U+FFFD. Tabs stay.
    """
    line = source.line_of(offset)
    end = _suffix_end(source, line, offset, budget.suffix)
    quantum = max(budget.prefix // _STEPS, 1)
    spare = max(budget.suffix - (end - offset), 0) if end == len(source.text) else 0
    start = _prefix_start(source, line, budget.prefix + spare // quantum * quantum, quantum)
    text = source.text
    after = offset + _auto_closed(text[offset : source.line_span(line)[1]])
    middle = max(start, _middle_start(source, line, budget.prefix // 2))
    prompt = FimPrompt(
        prefix=_for_model(text[start:middle], at_start=start == 0),
        typed=_for_model(text[middle:offset], at_start=middle == 0),
        suffix=_for_model(text[after:end], at_start=False),
        path=path,
    )
    return Window(prompt=prompt, start=start, end=end)


def _prefix_start(source: SourceText, line: int, budget: int, quantum: int) -> int:
    """The window's first line start: at most ``budget`` characters above the cursor's line, on the coarse
    grid.
    """
    line_start = source.line_starts[line]
    if line_start <= budget:
        return 0
    grid = -(-(line_start - budget) // quantum) * quantum
    first = source.line_of(grid)
    if source.line_starts[first] < grid:
        first += 1
    return source.line_starts[min(first, line)]


def _auto_closed(rest: str) -> int:
    """How much of the line right of the cursor the prompt leaves out: a few closers up to its end.

    Editors put them there by themselves. The model closes what it opens, and the prompt stays the same whether the editor
    has done so or not.
    """
    closers = rest.rstrip()
    return len(closers) if len(closers) <= _MOST_CLOSERS and set(closers) <= _CLOSERS else 0


def _middle_start(source: SourceText, line: int, most: int) -> int:
    """Where the middle begins: in steps of lines, finer ones where the lines are long, ``most`` characters above."""
    line_start = source.line_starts[line]
    for step in (STEP_LINES, STEP_LINES // 4):
        start = source.line_starts[middle_start(line, step)]
        if line_start - start <= most:
            return start
    return line_start


def _suffix_end(source: SourceText, line: int, offset: int, budget: int) -> int:
    """The end of the last whole line that fits; at least the cursor's own line, cut at the budget."""
    below = source.line_starts[line + 1] if line + 1 < source.line_count else len(source.text)
    if below - offset > budget:
        return min(source.line_span(line)[1], offset + budget)
    limit = offset + budget
    if limit >= len(source.text):
        return len(source.text)
    return max(below, source.line_starts[source.line_of(limit)])


def _for_model(text: str, *, at_start: bool) -> str:
    if at_start:
        text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
