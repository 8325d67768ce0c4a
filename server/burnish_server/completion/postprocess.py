"""From what the model wrote to what is worth showing: trims, and drops with a named rule each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burnish_analysis.brackets import balance
from burnish_analysis.indent import columns, leading_whitespace
from burnish_server.completion.brackets import fit
from burnish_server.completion.existence import Importer, missing
from burnish_server.completion.intent import Intent
from burnish_server.completion.repetition import (
    cut_lines_below,
    cut_tail_loop,
    repeats_above,
    repeats_below,
)
from burnish_server.documents import SourceText

__all__ = ["Dropped", "Offer", "postprocess"]

_MIN_CHARACTERS = 2
#: Single characters that are worth showing where they finish the line.
_LINE_ENDERS = frozenset(")]}:")


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that replaces ``[start, end)`` of the document, in the document's own line ends.

    ``imports`` are the statements that it needs at the top of the file.
    """

    text: str
    start: int
    end: int
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nothing to show; ``rule`` is a key of :data:`burnish_server.completion.reasons.SENTENCES`."""

    rule: str
    detail: str = ""


def postprocess(
    source: SourceText,
    offset: int,
    raw: str,
    intent: Intent,
    *,
    finished: bool,
    importer: Importer | None = None,
) -> Offer | Dropped:
    """Turn raw model text (LF line ends) into an offer at ``offset``.

    ``finished`` says that the model ended by itself or by a stop rule rather than by a limit: an
    unfinished last line is never shown. ``importer`` knows how the workspace imports names.
    """
    line = source.line_of(offset)
    start, end = source.line_span(line)
    typed, rest = source.text[start:offset], source.text[offset:end]
    below = source.text[end : end + 8_000].replace("\r\n", "\n")
    text = raw.split("\ufffd", 1)[0]
    text = _block(text, typed, below, intent, finished=finished) if intent.multiline else text.split("\n")[0]
    text = cut_tail_loop(text.rstrip())
    dropped = _repeated(source, start, typed, text, rest, below)
    if dropped is not None:
        return dropped
    covered = len(rest) if intent.multiline else 0
    if not intent.multiline:
        fitted = fit(source.text[intent.tree.top_level_start(offset) : offset], text, rest)
        text, covered = fitted.text, fitted.covered
    offer = _checked(source, offset, text, covered, intent)
    return offer if isinstance(offer, Dropped) else _with_imports(source, offer, intent, importer)


def _block(text: str, typed: str, below: str, intent: Intent, *, finished: bool) -> str:
    """Cut a block at its scope, at an unfinished last line, and where it copies what stands below."""
    lines = text.split("\n")
    if not finished and len(lines) > 1:
        lines.pop()
    limit = intent.context.header_indent
    kept: list[str] = []
    code = bool(typed.strip())
    for number, current in enumerate(lines):
        if current.strip() and number > 0 and not balance("\n".join(kept)).open_quote:
            indent = columns(leading_whitespace(current))
            leaves = indent < limit if not code else indent <= limit
            if leaves and current.strip()[0] not in ")]}":
                break
        code = code or bool(current.strip())
        kept.append(current)
    return cut_lines_below("\n".join(kept), below)


def _repeated(
    source: SourceText, line_start: int, typed: str, text: str, rest: str, below: str
) -> Dropped | None:
    if not text.strip():
        return Dropped("empty")
    stripped = rest.strip()
    if stripped and text.strip() == stripped:
        return Dropped("duplicate-suffix")
    if repeats_below(typed, text, below):
        return Dropped("repeats-below")
    if repeats_above(typed, text, source.text[max(0, line_start - 20_000) : line_start]):
        return Dropped("repeats-above")
    return None


def _checked(source: SourceText, offset: int, text: str, covered: int, intent: Intent) -> Offer | Dropped:
    bare = "".join(text.split())
    if len(bare) < _MIN_CHARACTERS and not _finishes_line(source, offset + covered, bare):
        return Dropped("too-short")
    if text == source.text[offset : offset + covered]:
        return Dropped("duplicate-suffix")
    native = text.replace("\n", source.newline)
    probe, baseline = _probe(source, offset, covered, native, intent)
    if intent.tree.errors_added(offset, offset + covered, probe, baseline) > 0:
        return Dropped("syntax")
    return Offer(native, offset, offset + covered)


def _with_imports(
    source: SourceText, offer: Offer, intent: Intent, importer: Importer | None
) -> Offer | Dropped:
    """The offer with the imports it needs; none where it uses names or attributes that do not exist."""
    if intent.context.in_string or intent.context.in_comment:
        return offer
    text = source.text[: offer.start] + offer.text + source.text[offer.end :]
    end = offer.start + len(offer.text)
    found = missing(text, offer.start, end, lambda: intent.tree.update(text), importer)
    if found.names:
        return Dropped("unknown-name", f"Nothing here defines {_listed(found.names)}.")
    if found.attributes:
        return Dropped("unknown-attribute", f"The class has no {_listed(found.attributes)}.")
    return replace(offer, imports=found.imports)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _finishes_line(source: SourceText, end: int, bare: str) -> bool:
    """Whether ``bare`` is a closing bracket or a colon with nothing but white space right of it."""
    _, line_end = source.line_span(source.line_of(end))
    return bare in _LINE_ENDERS and not source.text[end:line_end].strip()


def _probe(
    source: SourceText, offset: int, covered: int, text: str, intent: Intent
) -> tuple[str, tuple[int, str] | None]:
    """The text to parse, and what to compare it with.

    A completed line may open brackets that later lines will close, so they are closed for the check. A
    half-written statement is an error already; so that it excuses nothing, its line is compared with
    ``pass``.
    """
    context = intent.context
    rest = source.text[offset + covered :].split("\n", 1)[0]
    if rest.strip() or context.in_string or context.in_comment:
        return text, None
    line_start = source.line_starts[source.line_of(offset)]
    begin = intent.tree.top_level_start(offset)
    left = source.text[line_start:offset]
    before = source.text[begin:offset][-20_000:]
    missing = _completion_of(before + text)
    above = balance(source.text[min(begin, line_start) : line_start][-20_000:])
    goes_on = missing or above.unclosed or above.open_quote
    if not left.strip() or left.lstrip().startswith("@") or goes_on:
        return text + missing, (offset, _completion_of(before))
    return text, (offset - len(left.lstrip()), "pass")


def _completion_of(code: str) -> str:
    """What closes the brackets and the triple-quoted string that half-written ``code`` leaves open."""
    open_ends = balance(code)
    return (open_ends.open_quote if len(open_ends.open_quote) == 3 else "") + open_ends.closers
