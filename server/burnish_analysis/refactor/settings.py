"""``[tool.burnish.refactor]`` of a project's ``pyproject.toml``: which refactorings are suggested unasked, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_analysis.perf.settings import project_table
from burnish_analysis.refactor.catalogue import all_refactorings

__all__ = ["RefactorSettings", "find_refactor_settings", "read_refactor_settings"]

_KEYS = ("select", "ignore", "suggest-from")


@dataclass(frozen=True, slots=True)
class RefactorSettings:
    """What is suggested.

    Attributes:
        select: only these refactorings, where there are any. ignore: not these.
        suggest_from: the complexity from which a function gets suggestions unasked; 1 means every function.
        asked: whether there is such a table; then ``burnish check`` tells of suggestions. problems: what was wrong in it, in sentences.
    """

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    suggest_from: int = 11
    asked: bool = False
    problems: tuple[str, ...] = ()

    def on(self, refactoring: str, *, default: bool = True) -> bool:
        """Whether a refactoring is on; ``default`` is whether it is where nothing is said. One that is selected is."""
        if refactoring in self.ignore:
            return False
        return refactoring in self.select if self.select else default


def find_refactor_settings(path: Path) -> RefactorSettings:
    """The settings of the nearest ``pyproject.toml`` at or above ``path`` that has a ``[tool.burnish]``; defaults where there is none."""
    _, table, problem = project_table(path)
    if problem:
        return RefactorSettings(problems=(problem,))
    return read_refactor_settings(table.get("refactor") if isinstance(table, dict) else None)


def read_refactor_settings(table: Any) -> RefactorSettings:
    """Settings from the table's content (None where there is none); a bad value is named in ``problems`` and its default stays."""
    if table is None:
        return RefactorSettings()
    if not isinstance(table, dict):
        return RefactorSettings(problems=("tool.burnish.refactor must be a table; it is ignored.",))
    problems = [f"tool.burnish.refactor.{key} is not a setting." for key in sorted(table.keys() - set(_KEYS))]
    select, ignore = (_names(table, key, problems) for key in ("select", "ignore"))
    suggest_from = table.get("suggest-from", RefactorSettings().suggest_from)
    if not isinstance(suggest_from, int) or isinstance(suggest_from, bool) or suggest_from < 1:
        problems.append(
            f"tool.burnish.refactor.suggest-from is {suggest_from!r}; it must be a whole number from 1 (every function)."
        )
        suggest_from = RefactorSettings().suggest_from
    return RefactorSettings(select, ignore, suggest_from, True, tuple(problems))


def _names(table: dict[str, Any], key: str, problems: list[str]) -> frozenset[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        problems.append(f"tool.burnish.refactor.{key} must be a list of strings; it is ignored.")
        return frozenset()
    unknown = sorted(set(value) - all_refactorings().keys())
    problems.extend(
        f"tool.burnish.refactor.{key} names {name!r}; there is no such refactoring." for name in unknown
    )
    return frozenset(value)
