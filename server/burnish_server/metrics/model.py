"""What the server knows of a document's figures. Offsets are indices into the document's text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Decision", "FileFigures", "Function", "Limits", "Measured", "Told"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds that the user's settings name; None leaves one to the project. 0 turns one off."""

    complexity: int | None = None
    nesting: int | None = None
    maintainability: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What adds to a function's complexity.

    Attributes:
        start: where it begins. what: in words. points: what it adds. nesting: how many statements with a body are around it.
    """

    start: int
    what: str
    points: int
    nesting: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function and its figures.

    Attributes:
        name: dotted. start, end: of its name where it is defined. first, last: from ``def`` to the function's end.
        nesting: how deep statements with a body stand in each other. lines: from ``def`` to the last.
        effort: Halstead's. limits: the thresholds that it reaches, by the name of their setting.
        decisions: those with most points first.
    """

    name: str
    start: int
    end: int
    first: int
    last: int
    complexity: int
    rank: str
    nesting: int
    lines: int
    effort: float
    limits: tuple[tuple[str, int], ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class FileFigures:
    """A file's maintainability index with its rank, its complexity in all, and its lines of code."""

    mi: float
    mi_rank: str
    complexity: int
    sloc: int


@dataclass(frozen=True, slots=True)
class Told:
    """A figure beyond its threshold, to be shown at ``[start, end)``. ``severity``: as in ``Found``."""

    rule: str
    start: int
    end: int
    message: str
    severity: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of a text; of an earlier one while this one is half-written.

    Attributes:
        file: None where nothing was measured. broken: the text is not Python at the moment.
        problems: what is wrong in the project's settings, in sentences.
    """

    functions: tuple[Function, ...] = ()
    told: tuple[Told, ...] = ()
    file: FileFigures | None = None
    broken: bool = False
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form in which it travels."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Measured:
        """What travelled.

        Raises:
            KeyError, TypeError: it is something else.
        """
        functions = tuple(
            Function(
                **{
                    **one,
                    "limits": tuple((str(name), int(limit)) for name, limit in one["limits"]),
                    "decisions": tuple(Decision(**each) for each in one["decisions"]),
                }
            )
            for one in raw["functions"]
        )
        file = None if raw["file"] is None else FileFigures(**raw["file"])
        told = tuple(Told(**one) for one in raw["told"])
        return cls(functions, told, file, bool(raw["broken"]), tuple(raw["problems"]))

    def named(self, offset: int) -> Function | None:
        """The function whose name stands at a place of its definition."""
        return next((one for one in self.functions if one.start <= offset <= one.end), None)

    def around(self, offset: int) -> Function | None:
        """The innermost function around a place."""
        around = [one for one in self.functions if one.first <= offset <= one.last]
        return min(around, key=lambda one: one.last - one.first, default=None)
