"""What the graph knows of one file, and its compact form for disk and pipe."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["FileGraph", "Import", "Symbol", "from_json", "from_rows", "to_json"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. ``name`` is qualified within its file (``Class.method``); lines count from 0, ``end`` included.

    ``kind`` is ``class``, ``function``, ``method``, ``attribute`` (assigned on ``self`` or in a class body),
    ``variable`` or ``module`` (a whole file, with an empty name). ``value`` is the name of the class that an annotation,
    a return annotation or a constructor call gives it, if any. ``params`` are annotated parameters: name and class.
    """

    name: str
    kind: str
    signature: str
    doc: str
    start: int
    end: int
    value: str = ""
    bases: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    decorators: tuple[str, ...] = ()

    @property
    def leaf(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name. ``name`` is empty for ``import module`` and ``*`` for a star; ``alias`` is the bound name."""

    module: str
    name: str
    alias: str


@dataclass(frozen=True)
class FileGraph:
    """One file: its symbols, its imports, and the names called in each scope (the module's scope is ``""``)."""

    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    calls: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _by_name(self) -> dict[str, Symbol]:
        return {symbol.name: symbol for symbol in self.symbols}

    @cached_property
    def _members(self) -> dict[str, tuple[Symbol, ...]]:
        found: dict[str, dict[str, Symbol]] = {}
        for symbol in self.symbols:
            found.setdefault(symbol.name.rpartition(".")[0], {})[symbol.name] = symbol
        return {owner: tuple(members.values()) for owner, members in found.items()}

    def find(self, name: str) -> Symbol | None:
        """The last definition of a qualified name, which is the one that counts at run time."""
        return self._by_name.get(name)

    def members(self, owner: str) -> tuple[Symbol, ...]:
        """What is defined directly in a class or function, or with ``""`` in the module, in order."""
        return self._members.get(owner, ())


def to_json(graph: FileGraph) -> str:
    """One line of JSON, read back by :func:`from_json`."""
    rows = [
        [astuple(symbol) for symbol in graph.symbols],
        [astuple(item) for item in graph.imports],
        graph.calls,
    ]
    return json.dumps(rows, ensure_ascii=True, separators=(",", ":"))


def from_json(text: str) -> FileGraph:
    """The graph that :func:`to_json` wrote.

    Raises:
        ValueError: it is not what :func:`to_json` writes.
    """
    return from_rows(json.loads(text))


def from_rows(rows: Any) -> FileGraph:
    """The same from parsed JSON.

    Raises:
        ValueError: it is not what :func:`to_json` writes.
    """
    try:
        symbols, imports, calls = rows
        return FileGraph(
            tuple(_symbol(*row) for row in symbols),
            tuple(Import(*map(_text, row)) for row in imports),
            {scope: tuple(map(_text, names)) for scope, names in calls.items()},
        )
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a file's graph: {error}") from error


def _symbol(
    name: str,
    kind: str,
    signature: str,
    doc: str,
    start: int,
    end: int,
    value: str,
    bases: list[Any],
    params: list[Any],
    decorators: list[Any],
) -> Symbol:
    texts = (_text(name), _text(kind), _text(signature), _text(doc))
    return Symbol(
        *texts,
        int(start),
        int(end),
        _text(value),
        tuple(map(_text, bases)),
        tuple((_text(one), _text(two)) for one, two in params),
        tuple(map(_text, decorators)),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value
