"""What the server knows of findings and rules. Offsets are indices into the document's text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Analysis", "Found", "RuleText", "TextChange"]


@dataclass(frozen=True, slots=True)
class TextChange:
    """Replace ``[start, end)`` by ``text``, whose line ends are the document's."""

    start: int
    end: int
    text: str

    def applied(self, before: str) -> str:
        """The text after it alone."""
        return before[: self.start] + self.text + before[self.end :]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as the worker tells it.

    Attributes:
        key: the same as long as the rule, the function around it and the place in it are the same.
        exact: its fix behaves the same; otherwise ``unknown`` says what could not be shown.
        title: of the fix; empty where there is none.
        changes: the whole fix, imports included, in order and apart from each other.
        own: the span that the fix changes, imports apart.
        function: dotted name of what can be verified; empty at module level.
        lines: first and last line (0-based) of the innermost function around it, or of the module.
        inside: whether there is a function around it.
        severity: ``hint``, ``information``, ``warning`` or ``error``, or empty where the project says nothing.
        gain: median of what its rule was measured to gain, or None. size: at which input size.
    """

    key: str
    rule: str
    start: int
    end: int
    message: str
    exact: bool
    unknown: tuple[str, ...]
    title: str
    changes: tuple[TextChange, ...]
    own: tuple[int, int]
    function: str
    lines: tuple[int, int]
    inside: bool
    severity: str = ""
    gain: float | None = None
    size: int = 0

    @property
    def fixable(self) -> bool:
        """Whether it comes with a fix."""
        return bool(self.changes)

    def applied(self, text: str) -> str:
        """The document after its fix."""
        for change in reversed(self.changes):
            text = change.applied(text)
        return text

    def replaced(self, text: str) -> tuple[str, str]:
        """What stands in ``own`` before and after the fix."""
        start, end = self.own
        inside = [change for change in self.changes if start <= change.start and change.end <= end]
        after = text[start:end]
        for change in reversed(inside):
            after = TextChange(change.start - start, change.end - start, change.text).applied(after)
        return text[start:end], after

    def as_json(self) -> dict[str, Any]:
        """The form in which it travels."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Found:
        """The finding that travelled.

        Raises:
            KeyError, TypeError: it is none.
        """
        fields = dict(raw)
        fields["unknown"] = tuple(fields["unknown"])
        fields["changes"] = tuple(TextChange(**change) for change in fields["changes"])
        for name in ("own", "lines"):
            first, second = fields[name]
            fields[name] = (int(first), int(second))
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came of looking at a text.

    Attributes:
        findings: in source order. broken: the text is not Python at the moment.
        problems: what is wrong in the project's settings, in sentences.
    """

    findings: tuple[Found, ...] = ()
    broken: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleText:
    """What is said of a rule, and its measured gain: median, lower and upper bound, size; None where not measured."""

    summary: str
    before: str
    after: str
    why: str
    preconditions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    gain: tuple[float, float, float, int] | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> RuleText:
        """The text that travelled."""
        gain = raw["gain"]
        return cls(
            raw["summary"],
            raw["before"],
            raw["after"],
            raw["why"],
            tuple(raw["preconditions"]),
            tuple(raw["references"]),
            None if gain is None else (gain[0], gain[1], gain[2], int(gain[3])),
        )
