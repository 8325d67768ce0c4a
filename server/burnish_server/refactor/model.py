"""What the server knows of refactorings. Offsets are indices into the document's text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_server.perf.model import Found, TextChange

__all__ = ["Changes", "LocalOffer", "Offer", "Plan", "Question", "Step", "stamp_of"]


@dataclass(frozen=True, slots=True)
class LocalOffer(Found):
    """A refactoring within one file, with its edits.

    Attributes:
        kind: the code action's kind. improvement: what it does to complexity, in words; only suggestions have it.
    """

    kind: str = "refactor.rewrite"
    improvement: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask first: see :class:`burnish_analysis.refactor.crossing.model.Question`."""

    name: str
    label: str
    default: str
    check: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A refactoring that may cross functions and files.

    Attributes:
        refused: why it cannot be done here, where it cannot. unproved: what is not known of its result, where that is checked for
            parsing and names alone.
    """

    id: str
    title: str
    kind: str
    needs: tuple[Question, ...] = ()
    refused: str = ""
    unproved: str = ""

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Offer:
        """The offer that travelled."""
        needs = tuple(Question(**one) for one in raw["needs"])
        return cls(raw["id"], raw["title"], raw["kind"], needs, raw["refused"], raw["unproved"])


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refactoring changes.

    Attributes:
        edits: by file, in order and apart from each other. stamps: a digest of the text that each file's edits are for.
        created, moved, removed: files. notes: what stays as it is although it might have to change, in sentences.
        unproved: as in :class:`Offer`.
    """

    edits: dict[Path, tuple[TextChange, ...]]
    stamps: dict[Path, str]
    created: dict[Path, str]
    moved: dict[Path, Path]
    removed: tuple[Path, ...]
    notes: tuple[str, ...]
    unproved: str = ""

    @property
    def files(self) -> int:
        """How many files are touched."""
        return len({*self.edits, *self.created, *self.moved, *self.removed})

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Changes:
        """The changes that travelled."""
        return cls(
            {Path(name): tuple(TextChange(*one) for one in edits) for name, edits in raw["edits"].items()},
            {Path(name): stamp for name, stamp in raw["stamps"].items()},
            {Path(name): text for name, text in raw["created"].items()},
            {Path(name): Path(other) for name, other in raw["moved"].items()},
            tuple(Path(name) for name in raw["removed"]),
            tuple(raw["notes"]),
            raw["unproved"],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan: whole texts before and after it.

    Attributes:
        words: what it does to complexity and maintainability. verify: False where the code alone shows that nothing changes.
    """

    title: str
    refactoring: str
    before: str
    after: str
    words: str
    verify: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that make a function simpler, as :class:`burnish_analysis.refactor.plan.Plan` has them."""

    function: str
    steps: tuple[Step, ...]
    complexity_before: int
    complexity_after: int
    reason: str

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Plan:
        """The plan that travelled."""
        return cls(**{**raw, "steps": tuple(Step(**step) for step in raw["steps"])})


def stamp_of(text: str) -> str:
    """A digest of a text, to tell whether it is still the same."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
