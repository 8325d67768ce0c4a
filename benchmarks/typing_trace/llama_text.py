"""How llama.vscode cuts a document into a request, and an answer into a suggestion. See ``llama_vscode.py`` for the facts."""

from __future__ import annotations

from burnish_server.documents import SourceText
from burnish_server.replay.trace import Event

__all__ = ["N_PREFIX", "N_SUFFIX", "cut", "fitted", "lines_of", "repeats", "unindented", "without_blank_end"]

N_PREFIX, N_SUFFIX = 256, 64


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever ends them."""
    return text.replace("\r\n", "\n").split("\n")


def cut(text: str, event: Event) -> tuple[str, str, str, str]:
    """Prefix lines, suffix with the line's rest, the line left and right of the caret."""
    source = SourceText(text)
    line = event.caret[0]
    begin, end = source.line_span(line)
    caret = source.offset_at(*event.caret)
    lines = lines_of(text)
    left, right = text[begin:caret], text[caret:end]
    prefix = "\n".join(lines[max(0, line - N_PREFIX) : line]) + "\n"
    suffix = right + "\n" + "\n".join(lines[line + 1 : line + 1 + N_SUFFIX]) + "\n"
    return prefix, suffix, left, right


def without_blank_end(text: str) -> list[str]:
    """The lines of an answer without blank ones at its end."""
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def repeats(lines: list[str], text: str, line: int, left: str, right: str) -> bool:
    """Whether a suggestion only says what stands below already."""
    if not lines or (len(lines) == 1 and not lines[0].strip()):
        return True
    document = lines_of(text)
    if line == len(document) - 1:
        return False
    only_below = len(lines) > 1 and lines[0].strip() in {"", right.strip()}
    if only_below and lines[1:] == document[line + 1 : line + len(lines)]:
        return True
    if lines == [right]:
        return True
    below = line + 1
    while below < len(document) and not document[below].strip():
        below += 1
    if below >= len(document) or left + lines[0] != document[below]:
        return False
    if len(lines) == 1:
        return True
    if len(lines) == 2 and below + 1 < len(document):
        return document[below + 1].startswith(lines[1])
    return lines[1:] == document[below + 1 : below + len(lines)]


def fitted(lines: list[str], right: str) -> str:
    """Cut to what fits where something stands right of the caret."""
    if right.strip():
        if lines[0].endswith(right):
            return lines[0][: -len(right)]
        if len(lines) > 1:
            return lines[0]
    return "\n".join(lines)


def unindented(text: str, most: int) -> str:
    """Without the leading blanks that stand on the line already."""
    at = 0
    while at < len(text) and ((at < most and text[at] == " ") or text[at] == "\t"):
        at += 1
    return text[at:]
