"""What a performance rule is, and what it finds.

A finding is *exact* when every precondition under which its fix behaves the same has been shown from the code alone. It is
*possible* when something could not be shown; then its fix is to be verified before anybody applies it. Where a precondition is shown
violated there is no finding.
"""

from __future__ import annotations

import ast
import enum
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["About", "Certainty", "Edit", "Evidence", "Finding", "Fix", "Import", "Known", "Rule"]


class Known(enum.Enum):
    """What the code shows of a precondition."""

    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"

    def __and__(self, other: Known) -> Known:
        if Known.NO in (self, other):
            return Known.NO
        return Known.YES if self is other is Known.YES else Known.UNKNOWN

    @classmethod
    def of(cls, shown: bool) -> Known:
        """``YES`` where something was shown, ``UNKNOWN`` where it was not."""
        return cls.YES if shown else cls.UNKNOWN


class Certainty(enum.StrEnum):
    """Whether a fix was shown to behave the same."""

    EXACT = "exact"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters ``start`` to ``end`` (indices into the source's ``str``) by ``text``; lines in it end with LF."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import that a fix needs: ``from module import name``, or ``import module`` where ``name`` is empty.

    The text of the fix uses :meth:`burnish_analysis.perf.module.Module.imported` to learn how to call it.
    """

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that do not overlap, and the imports they need."""

    title: str
    edits: tuple[Edit, ...]
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that could be faster.

    Attributes:
        rule: the rule's id. start, end: of the place, as indices into the source's ``str``.
        message: what costs time here, in a sentence.
        certainty: see the module's docstring.
        unknown: the preconditions that could not be shown, in words; empty for an exact finding.
        fix: None where there is no rewriting that keeps everything (comments, for example).
        function: the dotted name of the outermost function or method around it, which is what can be verified; empty at module level.
    """

    rule: str
    start: int
    end: int
    message: str
    certainty: Certainty
    unknown: tuple[str, ...] = ()
    fix: Fix | None = None
    function: str = ""


@dataclass(slots=True)
class Evidence:
    """Collects what is known of a finding's preconditions."""

    unknown: list[str] = field(default_factory=list)
    violated: bool = False

    def require(self, known: Known, words: str) -> bool:
        """Add a precondition; False where it is violated, which means silence.

        Args:
            known: what the code shows. words: the precondition as users read it, such as "``xs`` holds hashable values".
        """
        if known is Known.NO:
            self.violated = True
        elif known is Known.UNKNOWN and words not in self.unknown:
            self.unknown.append(words)
        return not self.violated


@dataclass(frozen=True, slots=True)
class About:
    """The text of a rule, for the catalogue.

    Attributes:
        summary: what it finds, in a line. before, after: an example, complete lines of Python.
        why: why the first is slower and the second is not. preconditions: under which the fix is exact.
        references: URLs or titles, where there are any.
    """

    summary: str
    before: str
    after: str
    why: str
    preconditions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class Rule(ABC):
    """Base of the rules. A rule keeps no state: :meth:`check` is called for every node of its types, in source order."""

    #: Lower case words joined by hyphens, unique.
    id: ClassVar[str]
    about: ClassVar[About]
    #: The node types that :meth:`check` is called for.
    nodes: ClassVar[tuple[type[ast.AST], ...]]
    #: A module without an import of one of these is not looked at; empty for any.
    imports: ClassVar[tuple[str, ...]] = ()
    #: Of calls, only those of functions and methods with these names (or imported from these) are given to :meth:`check`; empty for all.
    calls: ClassVar[tuple[str, ...]] = ()
    #: Whether only nodes that stand inside some loop or comprehension are given to :meth:`check`.
    repeated: ClassVar[bool] = False

    @abstractmethod
    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """Findings at ``node``; made with :meth:`burnish_analysis.perf.module.Module.finding`."""
