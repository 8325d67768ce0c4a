"""Texts that say nothing new: loops at the tail, and lines that already stand above or below."""

from __future__ import annotations

__all__ = ["cut_lines_below", "cut_tail_loop", "repeats_above", "repeats_below"]

#: Lines with fewer non-space characters (``else:``, ``pass``, ``)``) may repeat honestly.
_MEANINGFUL = 6
_MIN_REPEATS = 3


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _meaningful(line: str) -> bool:
    return len("".join(line.split())) >= _MEANINGFUL


def _lines(text: str, limit: int) -> list[str]:
    """The first ``limit`` non-blank lines of ``text``, whitespace squeezed."""
    found: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            found.append(_squeezed(line))
            if len(found) == limit:
                break
    return found


def cut_tail_loop(text: str) -> str:
    """Cut a tail that repeats itself at least three times: one round of it stays where it is code, none
    of dots.

    Whole lines are compared in a block, characters in a line.
    """
    lines = text.split("\n")
    for size in range(1, len(lines) // _MIN_REPEATS + 1):
        unit = lines[-size:]
        count = 1
        while lines[-size * (count + 1) : -size * count] == unit and size * (count + 1) <= len(lines):
            count += 1
        if count >= _MIN_REPEATS and any(_meaningful(line) for line in unit):
            return "\n".join(lines[: -size * (count - 1)])
    return text if len(lines) > 1 else _cut_inline_loop(text)


def _cut_inline_loop(text: str) -> str:
    body = text.rstrip(" ,")
    for size in range(1, len(body) // _MIN_REPEATS + 1):
        unit = body[-size:]
        if not any(character.isalnum() for character in unit):
            continue
        count = 1
        while body.endswith(unit * (count + 1)):
            count += 1
        if count >= _MIN_REPEATS and size * count >= 12:
            return body[: len(body) - size * (count - 1)]
    return text


def cut_lines_below(text: str, below: str) -> str:
    """Cut a block where it begins to copy the lines below the cursor, from some line on to its end.

    Args:
        text: the block, its first line being the cursor's own.
        below: what stands below the cursor's line.
    """
    lines = text.split("\n")
    following = _lines(below, len(lines))
    for start in range(1, len(lines)):
        tail = [_squeezed(line) for line in lines[start:] if line.strip()]
        if tail and tail == following[: len(tail)] and any(_meaningful(line) for line in tail):
            return "\n".join(lines[:start])
    return text


def repeats_below(typed: str, text: str, below: str) -> bool:
    """Whether the completed lines are the very lines that follow."""
    completed = _lines(typed + text, 1_000)
    following = _lines(below, len(completed))
    return bool(completed) and completed == following and any(_meaningful(line) for line in completed)


def repeats_above(typed: str, text: str, prefix: str) -> bool:
    """Whether the completed line is the line above it, or its last two lines are the two above."""
    completed = _lines(typed + text, 1_000)
    if not completed or not any(_meaningful(line) for line in completed):
        return False
    tail = prefix[-20_000:].split("\n")
    above = [_squeezed(line) for line in tail if line.strip()][-len(completed) :]
    return completed == above
