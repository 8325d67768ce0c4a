"""Definitions as text for the model: whole where there is room, signatures with the first docstring line where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish_analysis.graph.model import Symbol

__all__ = ["REGION", "Piece", "render_file", "signature_lines"]

_INDENT = "    "
#: The kind of a candidate that is a stretch of a file's lines, given as its signature.
REGION = "region"


@dataclass(frozen=True, slots=True)
class Piece:
    """A definition to show. ``body`` is its source, dedented; empty to show its signature only."""

    symbol: Symbol
    body: str = ""


def signature_lines(symbol: Symbol) -> list[str]:
    """A definition without its body, not indented; a stretch of text as it is."""
    if symbol.kind == REGION:
        return symbol.signature.split("\n")
    if symbol.kind in ("attribute", "variable"):
        return [symbol.signature]
    header = _header(symbol)
    doc = [f'{_INDENT}"""{symbol.doc}"""'] if symbol.doc else []
    if symbol.kind == "class":
        return [*symbol.decorators, header, *doc]
    return [*symbol.decorators, *([header, *doc, f"{_INDENT}..."] if doc else [f"{header} ..."])]


def _header(symbol: Symbol) -> str:
    return symbol.signature if symbol.signature.endswith(":") else f"{symbol.signature}:"


def render_file(pieces: Sequence[Piece], owners: dict[str, Symbol]) -> str:
    """Pieces of one file in the file's order, members below their class's header.

    Args:
        pieces: what to show.
        owners: the classes of the file by name, for the headers of members whose class is not among the pieces.
    """
    shown: dict[str, Symbol] = {piece.symbol.name: piece.symbol for piece in pieces}
    rows: dict[str, tuple[tuple[int, ...], list[str]]] = {}
    for piece in pieces:
        chain = _chain(piece.symbol, owners)
        for depth, owner in enumerate(chain):
            if owner.name not in rows and owner.name not in shown:
                place = tuple(o.start for o in chain[: depth + 1])
                rows[owner.name] = (place, _indented([_header(owner)], depth))
        place = (*(owner.start for owner in chain), piece.symbol.start)
        lines = piece.body.split("\n") if piece.body else signature_lines(piece.symbol)
        rows[piece.symbol.name] = (place, _indented(lines, len(chain)))
    ordered = sorted(rows.values(), key=lambda row: row[0])
    return "\n".join(line for _, lines in ordered for line in lines) + "\n"


def _chain(symbol: Symbol, owners: dict[str, Symbol]) -> list[Symbol]:
    """The classes around a definition, outermost first."""
    found: list[Symbol] = []
    name = symbol.name.rpartition(".")[0]
    while name:
        owner = owners.get(name)
        if owner is not None and owner.kind == "class":
            found.append(owner)
        name = name.rpartition(".")[0]
    return found[::-1]


def _indented(lines: Sequence[str], depth: int) -> list[str]:
    return [_INDENT * depth + line if line.strip() else "" for line in lines]
