"""Which candidates fit the budget, and how they are laid out as files of the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from textwrap import dedent

from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.model import Symbol
from burnish_models.engine.base import ContextFile
from burnish_server.context.gather import Candidate
from burnish_server.context.render import Piece, render_file, signature_lines

__all__ = ["CHARACTERS_PER_TOKEN", "choose", "lay_out", "size_of", "tokens_of"]

#: A safe estimate for Python source.
CHARACTERS_PER_TOKEN = 3.3
#: What the context takes from the window is counted in steps of so many tokens.
TOKEN_STEP = 64
#: Of the budget, at most this share goes to whole bodies, and to one body.
_BODY_SHARE, _ONE_BODY_SHARE = 0.7, 0.4
#: Characters that a file's marker and path take, about.
_FILE_COST = 40

#: The source lines ``[start, end]`` of a file; empty where it cannot be read.
ReadLines = Callable[[str, int, int], str]


def size_of(files: Iterable[ContextFile]) -> int:
    """Characters that files take in the prompt."""
    return sum(len(file.text) + len(file.path) + 4 for file in files)


def tokens_of(files: Sequence[ContextFile]) -> int:
    """Tokens to keep free for files in the prompt: a safe estimate, in coarse steps."""
    return -(-int(size_of(files) / CHARACTERS_PER_TOKEN) // TOKEN_STEP) * TOKEN_STEP


def choose(candidates: Iterable[Candidate], budget: int, least: float = 0.0) -> list[Candidate]:
    """The best candidates whose signatures fit into ``budget`` characters; none below ``least``."""
    chosen: list[Candidate] = []
    files: set[str] = set()
    left = budget
    for candidate in candidates:
        if candidate.score < least:
            break
        cost = sum(len(line) + 5 for line in signature_lines(candidate.symbol))
        cost += 0 if candidate.path in files else _FILE_COST + len(candidate.path)
        if cost <= left:
            left -= cost
            files.add(candidate.path)
            chosen.append(candidate)
    return chosen


def lay_out(
    graph: CodeGraph, chosen: Sequence[Candidate], budget: int, read: ReadLines | None = None
) -> tuple[ContextFile, ...]:
    """Chosen candidates as files, the most important last: nearest to the file that is edited.

    With ``read``, the best functions are shown whole as long as there is room.
    """
    best: dict[str, float] = {}
    for candidate in chosen:
        best[candidate.path] = max(best.get(candidate.path, 0.0), candidate.score)
    bodies = _bodies(chosen, budget, read) if read is not None else {}
    files = []
    for path in sorted(best, key=lambda path: best[path]):
        pieces = [
            Piece(candidate.symbol, bodies.get(candidate.key, ""))
            for candidate in chosen
            if candidate.path == path
        ]
        files.append(ContextFile(path, render_file(pieces, _owners(graph, path, pieces))))
    while files and size_of(files) > budget:
        # Headers of classes may not have been counted: the least important file gives way.
        del files[0]
    return tuple(files)


def _owners(graph: CodeGraph, path: str, pieces: Sequence[Piece]) -> dict[str, Symbol]:
    found = graph.get(path)
    names = {piece.symbol.name.rpartition(".")[0] for piece in pieces}
    symbols = (found.find(name) for name in names if name) if found is not None else ()
    return {symbol.name: symbol for symbol in symbols if symbol is not None}


def _bodies(chosen: Sequence[Candidate], budget: int, read: ReadLines) -> dict[tuple[str, str], str]:
    signatures = sum(sum(len(line) + 5 for line in signature_lines(item.symbol)) for item in chosen)
    left = min(int(budget * _BODY_SHARE), int(budget * 0.9) - signatures)
    found: dict[tuple[str, str], str] = {}
    for candidate in chosen:
        symbol = candidate.symbol
        lines = symbol.end - symbol.start + 1
        if symbol.kind not in ("function", "method") or lines * 20 > left:
            continue
        text = dedent(read(candidate.path, symbol.start, symbol.end))
        if text and len(text) <= min(left, int(budget * _ONE_BODY_SHARE)):
            found[candidate.key] = text
            left -= len(text)
    return found
