"""A type as the facts know it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burnish_analysis.perf.facts.tables import ELEMENTS

__all__ = ["Type", "agreed", "same"]


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its name, what it holds (element; or key and value), and whether it rests on an annotation."""

    name: str
    args: tuple[Type | None, ...] = ()
    declared: bool = False

    @property
    def element(self) -> Type | None:
        """What iterating over it gives."""
        if self.name in ("str", "bytes", "range"):
            return Type(ELEMENTS[self.name], (), self.declared)
        if self.name == "tuple" and len({arg.name if arg else None for arg in self.args}) > 1:
            return None
        return self.args[0] if self.args else None


def same(kinds: list[Type | None]) -> Type | None:
    """The type that all agree on: its arguments only where they do, too."""
    first = kinds[0] if kinds else None
    if first is None:
        return None
    for kind in kinds[1:]:
        if kind is None or kind.name != first.name:
            return None
        if kind.args != first.args:
            first = Type(first.name, (), first.declared or kind.declared)
    return first


def agreed(kinds: list[Type | None]) -> list[Type | None]:
    """Let an empty literal (``[]``: no element known) agree with the rest, by taking the arguments away from all."""
    if any(kind is not None and (not kind.args or None in kind.args) for kind in kinds):
        return [
            replace(kind, args=()) if kind is not None and kind.name != "tuple" else kind for kind in kinds
        ]
    return kinds
