"""What a refactoring within one file is.

It is a rule like those for performance: called for nodes of its types, it gives findings, *exact* where the code alone shows that
behaviour stays the same and *possible* where something could not be shown. Its finding spans the code at which it is offered.
"""

from __future__ import annotations

from typing import ClassVar

from burnish_analysis.perf.model import Rule

__all__ = ["EXTRACT", "INLINE", "ORGANIZE", "REWRITE", "Refactoring"]

EXTRACT = "refactor.extract"
INLINE = "refactor.inline"
REWRITE = "refactor.rewrite"
ORGANIZE = "source.organizeImports"


class Refactoring(Rule):
    """Base of the refactorings within one file; ids are unique among these."""

    #: The code action's kind, one of LSP's or a kind below one: ``refactor.rewrite``, ``refactor.extract.constant``.
    kind: ClassVar[str] = REWRITE
    #: Whether it may be suggested unasked, where it lowers complexity. False where it is a matter of taste, or where
    #: the way back is a refactoring, too.
    suggest: ClassVar[bool] = True
