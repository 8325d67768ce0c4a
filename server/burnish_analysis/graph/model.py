"""What the graph knows of one file."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FileGraph", "Import", "Symbol"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. ``name`` is qualified within its file (``Class.method``); lines count from 0, ``end`` included.

    ``kind`` is ``class``, ``function``, ``method``, ``attribute`` (assigned on ``self`` or in a class body) or
    ``variable``. ``value`` is the name of the class that an annotation or a constructor call gives it, if any.
    """

    name: str
    kind: str
    signature: str
    doc: str
    start: int
    end: int
    value: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name. ``name`` is empty for ``import module`` and ``*`` for a star; ``alias`` is the bound name."""

    module: str
    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class FileGraph:
    """One file: its symbols, its imports, and the names used per scope (the module's scope is ``""``)."""

    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    uses: dict[str, tuple[str, ...]] | None = None

    def find(self, name: str) -> Symbol | None:
        """The last definition of a qualified name, which is the one that counts at run time."""
        return next((symbol for symbol in reversed(self.symbols) if symbol.name == name), None)
