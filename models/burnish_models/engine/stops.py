"""Stop rules as a pure function of the generated text."""

from __future__ import annotations

from burnish_models.engine.base import StopRules

__all__ = ["find_stop", "indentation"]


def indentation(line: str, tab_size: int) -> int:
    """Columns of white space at the start of ``line``; a tab goes to the next multiple of ``tab_size``."""
    columns = 0
    for char in line:
        if char == "\t":
            columns += tab_size - columns % tab_size
        elif char == " ":
            columns += 1
        else:
            break
    return columns


def find_stop(text: str, rules: StopRules) -> int | None:
    """Where generation must stop: the answer is ``text[:index]``. None while it may go on.

    ``text`` is everything generated so far, the first line being the rest of the cursor's line. A line's
    indentation counts once a character other than white space is there.
    """
    cuts = [at for at in (text.find(stop) for stop in rules.strings if stop) if at >= 0]
    newline = text.find("\n")
    if newline >= 0:
        cuts += [newline] if rules.single_line else _line_cuts(text, newline, rules)
    return min(cuts) if cuts else None


def _line_cuts(text: str, newline: int, rules: StopRules) -> list[int]:
    """Cuts of a multi-line answer: too many lines, or a line that leaves the scope."""
    lines = 1
    while newline >= 0:
        if lines >= rules.max_lines:
            return [newline]
        end = text.find("\n", newline + 1)
        line = text[newline + 1 : end if end >= 0 else len(text)]
        if line.strip():
            lines += 1
            if rules.min_indent is not None and indentation(line, rules.tab_size) < rules.min_indent:
                return [len(text[:newline].rstrip())]
        newline = end
    return []
