"""The refactorings that a module has a place for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from burnish_analysis.perf.analyse import RulesByType, by_node_type, findings_by
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.catalogue import all_refactorings

__all__ = ["refactorings_in"]


def refactorings_in(
    module: Module,
    names: frozenset[str] | None = None,
    failed: Callable[[Rule, Exception], None] | None = None,
) -> list[Finding]:
    """What could be refactored in a module, in source order, without what a comment silences.

    Args:
        names: only these refactorings; all where None.
        failed: told of a refactoring that fails; without it the exception goes on.
    """
    return findings_by(module, _by_type(names), failed)


@cache
def _by_type(names: frozenset[str] | None) -> RulesByType:
    return by_node_type(rule for rule in all_refactorings().values() if names is None or rule.id in names)
