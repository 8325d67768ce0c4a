"""Every refactoring within one file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from burnish_analysis.perf.catalogue import rules_of
from burnish_analysis.refactor import rules as package
from burnish_analysis.refactor.model import Refactoring

__all__ = ["all_refactorings"]


@cache
def all_refactorings() -> Mapping[str, Refactoring]:
    """The refactorings by id, in alphabetical order."""
    found = rules_of(package)
    return MappingProxyType({name: rule for name, rule in found.items() if isinstance(rule, Refactoring)})
