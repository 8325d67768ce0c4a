"""``[tool.burnish.metrics]`` of a project's ``pyproject.toml``: from where figures are told of."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["MetricSettings", "metric_settings_at", "read_metric_settings"]

_KEYS = ("complexity", "nesting", "maintainability")


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """Thresholds; 0 turns one off.

    Attributes:
        complexity, nesting: a function that reaches one is told of. maintainability: a file below it is.
        asked: the thresholds that are written down, whatever they are. problems: what was wrong, in sentences.
    """

    complexity: int = 11
    nesting: int = 4
    maintainability: float = 20
    asked: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def read_metric_settings(table: Any) -> MetricSettings:
    """Settings from the table's content (None where there is none); a bad value is named in ``problems`` and its default stays."""
    if table is None:
        return MetricSettings()
    if not isinstance(table, dict):
        return MetricSettings(problems=("tool.burnish.metrics must be a table; it is ignored.",))
    problems = [f"tool.burnish.metrics.{key} is not a setting." for key in table.keys() - frozenset(_KEYS)]
    values: dict[str, Any] = {}
    for key in _KEYS:
        if (value := table.get(key)) is None:
            continue
        number = isinstance(value, (int, float)) if key == "maintainability" else isinstance(value, int)
        if number and not isinstance(value, bool) and 0 <= value < float("inf"):
            values[key] = value
        else:
            kind = "a number" if key == "maintainability" else "a whole number"
            problems.append(
                f"tool.burnish.metrics.{key} is {value!r}; it must be {kind} from 0 (which turns it off)."
            )
    return MetricSettings(**values, asked=frozenset(values), problems=tuple(sorted(problems)))


def metric_settings_at(root: Path | None) -> MetricSettings:
    """The settings in a folder's ``pyproject.toml``; defaults where there are none, or where it cannot be read."""
    if root is None:
        return MetricSettings()
    file = root / "pyproject.toml"
    try:
        known = file.stat()
    except OSError:
        return MetricSettings()
    return _read(os.fspath(file), known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=64)
def _read(file: str, _modified: int, _size: int) -> MetricSettings:
    try:
        read = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return MetricSettings(problems=(f"{file} could not be read, so defaults are used: {error}",))
    own = read.get("tool", {}).get("burnish")
    return read_metric_settings(own.get("metrics") if isinstance(own, dict) else None)
