"""From anchors to definitions worth showing, and one hop out from them."""

from __future__ import annotations

from dataclasses import dataclass

from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.model import Import, Symbol
from burnish_analysis.graph.resolve import Resolver, Target
from burnish_server.context.anchors import Anchor, Place

__all__ = ["Candidate", "gather"]

#: What a definition's surroundings count of its own weight.
_MEMBER, _USED_MEMBER, _PRIVATE, _HOP = 0.35, 0.9, 0.3, 0.4
#: Members of one class, and anchors, that are looked at.
_MOST_MEMBERS, _MOST_ANCHORS = 40, 60
_CONSTRUCTORS = ("__init__", "__new__")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition that may be shown: its file, the symbol, and how much it matters."""

    path: str
    symbol: Symbol
    score: float

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.path, self.symbol.name


class _Scores:
    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Candidate] = {}

    def add(self, path: str, symbol: Symbol, score: float) -> None:
        known = self.found.get((path, symbol.name))
        if known is not None:
            # Several reasons count for more than one, but never as much as twice.
            score = max(known.score, score) + 0.2 * min(known.score, score)
        self.found[(path, symbol.name)] = Candidate(path, symbol, score)


def gather(graph: CodeGraph, path: str, place: Place, imports: tuple[Import, ...]) -> list[Candidate]:
    """Definitions that the anchors of a place lead to, the most important first.

    Args:
        graph: the workspace.
        path: the file with the cursor, relative to the workspace folder.
        place: the cursor.
        imports: the file's imports as its text has them now.
    """
    resolver = Resolver(graph)
    scores = _Scores()
    for anchor in place.anchors[:_MOST_ANCHORS]:
        found = _longest(resolver, path, anchor.name, place, imports)
        if found is not None:
            target, whole = found
            _add(
                graph, resolver, scores, target, anchor if whole else Anchor(anchor.name, anchor.weight, True)
            )
    return sorted(scores.found.values(), key=lambda candidate: (-candidate.score, candidate.key))


def _longest(
    resolver: Resolver, path: str, name: str, place: Place, imports: tuple[Import, ...]
) -> tuple[Target, bool] | None:
    """What the longest resolvable beginning of a dotted name stands for, and whether that is all of it."""
    whole = True
    while name and name not in ("self", "cls"):
        found = resolver.resolve(path, name, place.scope.name, imports)
        if found is not None:
            return found, whole
        name, whole = name.rpartition(".")[0], False
    return None


def _add(graph: CodeGraph, resolver: Resolver, scores: _Scores, target: Target, anchor: Anchor) -> None:
    path, symbol = target
    weight = anchor.weight
    if symbol.kind == "module":
        _members(graph, scores, path, "", weight * (_USED_MEMBER if anchor.members else _MEMBER) * 0.5)
        return
    if symbol.kind == "class":
        _class(graph, resolver, scores, target, weight, used=anchor.members)
        return
    scores.add(path, symbol, weight)
    held = resolver.class_of(target)
    if held is not None:
        _class(graph, resolver, scores, held, weight * (1.0 if anchor.members else _HOP), used=anchor.members)


def _class(
    graph: CodeGraph, resolver: Resolver, scores: _Scores, target: Target, weight: float, *, used: bool
) -> None:
    """A class, its members and, one hop out, those of its bases."""
    path, symbol = target
    scores.add(path, symbol, weight)
    share = weight * (_USED_MEMBER if used else _MEMBER)
    _members(graph, scores, path, symbol.name, share)
    for base_path, base in resolver.bases(target):
        scores.add(base_path, base, weight * _HOP)
        _members(graph, scores, base_path, base.name, share * _HOP)


def _members(graph: CodeGraph, scores: _Scores, path: str, owner: str, weight: float) -> None:
    found = graph.get(path)
    for symbol in found.members(owner)[:_MOST_MEMBERS] if found is not None else ():
        private = symbol.leaf.startswith("_")
        constructs = symbol.leaf in _CONSTRUCTORS
        scores.add(path, symbol, weight * (1.2 if constructs else _PRIVATE if private else 1.0))
