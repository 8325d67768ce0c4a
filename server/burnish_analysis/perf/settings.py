"""``[tool.burnish]`` of a project's ``pyproject.toml``."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from burnish_analysis.metrics.settings import read_metric_settings

__all__ = ["PerfSettings", "Severity", "find_settings", "project_table", "read_settings"]


class Severity(enum.StrEnum):
    """How loudly a finding is told."""

    OFF = "off"
    HINT = "hint"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PerfSettings:
    """Which rules speak, and how loudly.

    Attributes:
        select: only these rules, where there are any; a rule named here is on even if it is off by default.
        ignore: not these. severity: by rule. exclude: globs of files that are not looked at, relative to the project.
        root: the folder of the file they come from, or None. problems: what was wrong in it, in sentences.
    """

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    root: Path | None = None
    problems: tuple[str, ...] = ()

    def on(self, rule: str, *, default: bool) -> bool:
        """Whether a rule speaks; ``default`` is whether it does where nothing is said."""
        if rule in self.ignore or self.severity.get(rule) is Severity.OFF:
            return False
        if self.select:
            return rule in self.select
        return default or rule in self.severity

    def excluded(self, path: Path) -> bool:
        """Whether a file is not to be looked at."""
        try:
            relative = (
                path.resolve().relative_to(self.root.resolve()).as_posix() if self.root else path.as_posix()
            )
        except ValueError:
            relative = path.as_posix()
        return any(
            fnmatch(relative, glob) or relative.startswith(glob.rstrip("/") + "/") for glob in self.exclude
        )


def find_settings(path: Path) -> PerfSettings:
    """The settings of the nearest ``pyproject.toml`` at or above ``path`` that has a ``[tool.burnish]``; defaults where there is none."""
    root, table, problem = project_table(path)
    if problem:
        return PerfSettings(root=root, problems=(problem,))
    return PerfSettings() if root is None else read_settings(table, root)


def project_table(path: Path) -> tuple[Path | None, Any, str]:
    """The nearest ``[tool.burnish]`` at or above ``path``: its folder, its content, and why it cannot be read, where it cannot.

    The folder is None where there is no such table.
    """
    folder = path.resolve()
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        try:
            if not file.is_file():
                continue
            read = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            return place, None, f"{file} could not be read, so defaults are used: {error}"
        tool = read.get("tool")
        own = tool.get("burnish") if isinstance(tool, dict) else None
        if own is not None:
            return place, own, ""
    return None, None, ""


def read_settings(table: Any, root: Path | None = None) -> PerfSettings:
    """Settings from the table's content; a bad value is named in ``problems`` and its default stays."""
    if not isinstance(table, dict):
        return PerfSettings(root=root, problems=("tool.burnish must be a table.",))
    problems: list[str] = []
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("select", "ignore", "exclude"):
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            lists[key] = tuple(value)
        else:
            problems.append(f"tool.burnish.{key} must be a list of strings; it is ignored.")
            lists[key] = ()
    severity: dict[str, Severity] = {}
    rules = table.get("rules", {})
    if not isinstance(rules, dict):
        problems.append("tool.burnish.rules must be a table of rule = severity; it is ignored.")
        rules = {}
    for rule, value in rules.items():
        try:
            severity[rule] = Severity(value)
        except ValueError:
            problems.append(
                f"tool.burnish.rules.{rule} is {value!r}; it must be one of {', '.join(Severity)}."
            )
    problems.extend(
        f"tool.burnish.{key} is not a setting."
        for key in sorted(table.keys() - {"select", "ignore", "exclude", "rules", "metrics", "refactor"})
    )
    problems.extend(read_metric_settings(table.get("metrics")).problems)
    problems.extend(_refactor_problems(table))
    return PerfSettings(
        frozenset(lists["select"]),
        frozenset(lists["ignore"]),
        severity,
        lists["exclude"],
        root,
        tuple(problems),
    )


def _refactor_problems(table: Mapping[str, Any]) -> tuple[str, ...]:
    if "refactor" not in table:
        return ()
    # To know the refactorings' names they are imported, which takes a while.
    from burnish_analysis.refactor.settings import read_refactor_settings

    return read_refactor_settings(table["refactor"]).problems
