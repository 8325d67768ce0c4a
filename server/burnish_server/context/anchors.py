"""The names that matter at a cursor, each with a weight: what it stands behind, what it calls, what is near."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass

from burnish_server.context.scope import Scope, read_scope

__all__ = ["Anchor", "Place", "anchors_at"]

#: Weights: the nearer to what is about to be written, the more.
RECEIVER, CALLEE, LINE, NEAR, BELOW, PARAMETER, BASE, RETURNED = 4.0, 4.0, 2.0, 1.5, 0.5, 1.2, 1.5, 1.0
#: A line further away counts this much less.
_FADE = 0.93
_LINES_ABOVE, _LINES_BELOW = 20, 5
_BACK_CHARACTERS = 1_500
_LONGEST_CHAIN = 12
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
#: A line that begins so ends the search for an open bracket.
_STATEMENT = re.compile(r"\s*(?:async\s+def|def|class|return|if|for|while|with)\b")
_TAIL = re.compile(r"[A-Za-z_]\w*\Z")
_STRING_OR_COMMENT = re.compile(
    r"\"\"\".*?(?:\"\"\"|$)|'''.*?(?:'''|$)|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#.*"
)
#: Names that say nothing about the workspace.
_WORDS = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"})


@dataclass(frozen=True, slots=True)
class Anchor:
    """A dotted name with its weight. ``members`` tells that what it holds is about to be used (``name.`` was typed)."""

    name: str
    weight: float
    members: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor: its scope, and its anchors, the weightiest first."""

    scope: Scope
    anchors: tuple[Anchor, ...]


def anchors_at(text: str, offset: int) -> Place:
    """The anchors of a cursor at ``offset`` of ``text``, which may be half-written."""
    begin = text.rfind("\n", 0, offset) + 1
    lines = text.split("\n")
    line = text.count("\n", 0, begin)
    typed = text[begin:offset]
    scope = read_scope([*lines[:line], typed], line)
    found: dict[tuple[str, bool], float] = {}

    def add(name: str, weight: float, *, members: bool = False) -> None:
        name = scope.expand(name)
        head = name.split(".", 1)[0]
        if name and (head not in _WORDS or (head in ("self", "cls") and "." in name)):
            key = (name, members)
            found[key] = max(found.get(key, 0.0), weight)

    before = text[max(0, offset - _BACK_CHARACTERS) : offset]
    expression = _trailing_expression(before)
    receiver, dot, _partial = expression.rpartition(".")
    if dot:
        add(receiver, RECEIVER, members=True)
    if (callee := _open_call(before)) is not None:
        add(callee, CALLEE)
    for name in _names(typed):
        add(name, LINE)
    for distance, near in enumerate(reversed(lines[max(0, line - _LINES_ABOVE) : line])):
        for name in _names(near):
            add(name, NEAR * _FADE**distance)
    for distance, near in enumerate(
        [text[offset : offset + len(lines[line])], *lines[line + 1 :][:_LINES_BELOW]]
    ):
        for name in _names(near.split("\n", 1)[0]):
            add(name, BELOW * _FADE**distance)
    for depth, symbol in enumerate(reversed(scope.definitions)):
        for _, kind in symbol.params:
            add(kind, PARAMETER * _FADE**depth)
        for base in symbol.bases:
            add(base, BASE * _FADE**depth)
        add(symbol.value, RETURNED * _FADE**depth)
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return Place(scope, tuple(Anchor(name, weight, members) for (name, members), weight in ordered))


def _names(line: str) -> list[str]:
    return _NAME.findall(_STRING_OR_COMMENT.sub(" ", line)) if line.strip() else []


def _trailing_expression(before: str) -> str:
    """The dotted expression that ends at the cursor, calls and subscripts left out: ``a.b(c).d`` is ``a.b.d``."""
    parts: list[str] = []
    at = len(before)
    for _ in range(_LONGEST_CHAIN):
        match = _TAIL.search(before, max(0, at - 200), at)
        name = match[0] if match is not None else ""
        at -= len(name)
        parts.append(name)
        if not before.endswith(".", 0, at):
            break
        at = len(before[: at - 1].rstrip())
        while at and before[at - 1] in ")]":
            at = _matching(before, at - 1)
            if at < 0:
                return ""
    return ".".join(reversed(parts))


def _matching(text: str, close: int) -> int:
    """The place of the bracket that the one at ``close`` closes; -1 where there is none."""
    depth = 0
    for at in range(close, -1, -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            depth -= 1
            if depth == 0:
                return at
    return -1


def _open_call(before: str) -> str | None:
    """What is called by the innermost bracket that is still open at the cursor."""
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        character = before[at]
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth:
                depth -= 1
            elif character == "(":
                name = _trailing_expression(before[:at])
                return name or None
        elif character == "\n" and not depth and _STATEMENT.match(before, at + 1):
            return None
    return None
