"""The context of one cursor, made from scratch: anchors, definitions, the best of them within a budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.model import Import
from burnish_models.engine.base import ContextFile
from burnish_server.context.anchors import anchors_at
from burnish_server.context.gather import Candidate, gather
from burnish_server.context.select import CHARACTERS_PER_TOKEN, ReadLines, choose, lay_out

__all__ = ["LEAST_SCORE", "Shown", "candidates_at", "compose", "unseen"]

#: Candidates that matter less are not shown.
LEAST_SCORE = 0.25


@dataclass(frozen=True, slots=True)
class Shown:
    """What the prompt shows of the file with the cursor: ``text[start:end]`` of the file at ``path``."""

    path: str
    text: str
    start: int
    end: int


def unseen(candidates: Iterable[Candidate], shown: Shown) -> list[Candidate]:
    """Candidates that the prompt does not show anyway."""
    first = shown.text.count("\n", 0, shown.start)
    last = first + shown.text.count("\n", shown.start, shown.end)
    visible = shown.text[shown.start : shown.end]

    def seen(candidate: Candidate) -> bool:
        # The graph may be behind the text by some lines: the beginning of the definition tells as well.
        symbol = candidate.symbol
        return candidate.path == shown.path and (
            first <= symbol.start <= last or symbol.signature.split("(", 1)[0] in visible
        )

    return [candidate for candidate in candidates if not seen(candidate)]


def candidates_at(
    graph: CodeGraph, shown: Shown, offset: int, imports: tuple[Import, ...]
) -> list[Candidate]:
    """What may be shown for a cursor at ``offset``, the most important first."""
    return unseen(gather(graph, shown.path, anchors_at(shown.text, offset), imports), shown)


def compose(
    graph: CodeGraph,
    shown: Shown,
    offset: int,
    imports: tuple[Import, ...],
    tokens: int,
    read: ReadLines | None = None,
) -> tuple[ContextFile, ...]:
    """The files to show for a cursor at ``offset``, at most about ``tokens`` tokens of them."""
    budget = int(tokens * CHARACTERS_PER_TOKEN)
    candidates = candidates_at(graph, shown, offset, imports)
    return lay_out(graph, choose(candidates, budget, LEAST_SCORE), budget, read)
