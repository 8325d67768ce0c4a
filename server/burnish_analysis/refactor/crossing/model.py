"""Offers, the questions they ask, and the changes they lead to."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["NOT_RUN", "Changes", "Check", "Offer", "Question", "TextEdit", "problem_of"]

#: What users are told of a refactoring whose result is looked at for no more than this.
NOT_RUN = (
    "Not run, and not shown to behave the same: of the result Burnish has checked only that every changed file parses and that "
    "no name in it has lost its meaning."
)

#: How an answer is checked before anything is done with it.
Check = Literal["identifier", "class", "expression", "module", "names"]
_NAMES = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the characters ``start`` to ``end`` of a text (indices into its ``str``) by ``text``, written exactly as it stands."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask before an offer can be performed.

    Attributes:
        name: of the answer. label: what to ask. default: a proposed answer; may be empty. check: what the answer must be,
            see :func:`problem_of`.
    """

    name: str
    label: str
    default: str = ""
    check: Check = "identifier"


@dataclass(frozen=True, slots=True)
class Offer:
    """A refactoring that applies at a place.

    Attributes:
        id: which one. title: as users read it. kind: the code action's kind. needs: what to ask first.
        refused: why it cannot be done here, where that is known already; empty where it can.
        unproved: what is not known of the result, as a sentence (see :attr:`Crossing.unproved`).
    """

    id: str
    title: str
    kind: str
    needs: tuple[Question, ...] = ()
    refused: str = ""
    unproved: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refactoring changes; nothing is on the disk yet.

    Attributes:
        edits: by file, edits of its present text in order, none touching another. created: new files and their texts.
        moved: files from where to where (edits of a moved file name its old place). removed: files that go.
        notes: what could not be seen to and stays as it is, in sentences.
    """

    edits: Mapping[Path, tuple[TextEdit, ...]] = field(default_factory=dict)
    created: Mapping[Path, str] = field(default_factory=dict)
    moved: Mapping[Path, Path] = field(default_factory=dict)
    removed: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def problem_of(check: Check, answer: str) -> str:
    """What is wrong with an answer, as a sentence; empty where nothing is."""
    if check in ("identifier", "class"):
        return _name_problem(answer)
    if check == "module":
        parts = answer.split(".")
        return (
            ""
            if all(map(str.isidentifier, parts))
            else f"“{answer}” is not a module's dotted name, such as pkg.part."
        )
    if check == "names":
        problems = (_name_problem(name) for name in _NAMES.split(answer.strip()))
        return next((problem for problem in problems if problem), "")
    try:
        ast.parse(answer.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"“{answer}” is not a Python expression."
    return ""


def _name_problem(name: str) -> str:
    if not name.isidentifier():
        return f"“{name}” cannot be a name: names are letters, digits and underscores, and do not begin with a digit."
    if keyword.iskeyword(name):
        return f"“{name}” is a word of the Python language; choose another name."
    if name in dir(builtins) and name[0].islower():
        return f"“{name}” is the name of a built-in function; choose another name."
    return ""
