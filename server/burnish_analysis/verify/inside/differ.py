"""Where two observations differ. Used inside to find differences and outside to judge them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

__all__ = ["COMPARABLE", "difference"]

#: Ends after which there is something to compare.
COMPARABLE = ("returned", "raised")
_PARTS = ("end", "value", "args", "log", "out", "err", "again")


def difference(before: dict[str, Any], after: dict[str, Any], watched: Collection[str]) -> str | None:
    """The first part in which they differ; None where they are alike. ``watched``: globals that count."""
    for part in _PARTS:
        if before.get(part) != after.get(part):
            return part
    one, other = before.get("globals") or {}, after.get("globals") or {}
    if not isinstance(one, dict) or not isinstance(other, dict):
        return "globals"
    names = {name for name in (*one, *other) if str(name).partition(".")[0] in watched}
    return "globals" if any(one.get(name) != other.get(name) for name in names) else None
