"""``# burnish: ignore[rule]``: what such comments silence, and how to write one."""

from __future__ import annotations

import re

from burnish_analysis.perf.model import Edit, Finding
from burnish_analysis.perf.text import SourceText

__all__ = ["ignoring_edit", "not_ignored"]

_IGNORE = re.compile(r"#\s*burnish:\s*ignore(-file)?\b(?:\[([\w\s,-]*)\])?", re.IGNORECASE)


def not_ignored(text: SourceText, found: list[Finding]) -> list[Finding]:
    """The findings that no comment silences: one on a finding's first line, or one for the whole file."""
    if not found or "burnish" not in text.source:
        return found
    lines: dict[int, set[str] | None] = {}
    whole: set[str] = set()
    for start, end in text.comments:
        for said in _IGNORE.finditer(text.source[start:end]):
            named = _names(said[2])
            if said[1]:
                if not named:
                    return []
                whole |= named
            else:
                known = lines.setdefault(text.line_start(start), set())
                lines[text.line_start(start)] = None if known is None or not named else known | named

    def silenced(finding: Finding) -> bool:
        names = lines.get(text.line_start(finding.start), set())
        return finding.rule in whole or names is None or finding.rule in names

    return [finding for finding in found if not silenced(finding)]


def _names(listed: str | None) -> set[str]:
    return {name.strip() for name in (listed or "").split(",") if name.strip()}


def ignoring_edit(source: str, offset: int, rule: str) -> Edit | None:
    """The edit that silences ``rule`` on the line of ``offset``, in a comment that is there or a new one.

    None where the line cannot carry a comment: it goes on after a backslash, or ends inside a text.
    """
    text = SourceText(source)
    start = text.line_start(offset)
    line = source[start : text.line_end(offset)].rstrip("\r\n")
    known = next((span for span in text.comments if start <= span[0] < start + len(line)), None)
    for said in _IGNORE.finditer(source, *known) if known else ():
        if not said[1]:
            return Edit(said.end() - 1, said.end() - 1, f", {rule}") if said[2] else None
    at = start + len(line.rstrip())
    if not known and line.rstrip().endswith("\\"):
        return None
    edit = Edit(at, start + len(line), f"  # burnish: ignore[{rule}]")
    comment = (known[0] if known else at + 2, at + len(edit.text))
    return edit if comment in SourceText(text.edited([edit])).comments else None
