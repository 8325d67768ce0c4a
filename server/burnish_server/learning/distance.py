"""Edit distance (Levenshtein), by rapidfuzz. The library is loaded when it is first needed: most servers record nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["changes", "distance", "preload"]


def preload() -> None:
    """Load the library, which takes some hundredths of a second: not in an event loop."""
    distance("", "")


def distance(one: str, other: str) -> int:
    """The fewest insertions, deletions and replacements of characters that lead from one text to the other."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(one, other)


def changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """What to replace: ``old[a:b]`` by ``new[c:d]`` for each ``(a, b, c, d)``, in order; what stays is left out."""
    from rapidfuzz.distance import Levenshtein

    for operation in Levenshtein.opcodes(old, new):
        if operation.tag != "equal":
            yield operation.src_start, operation.src_end, operation.dest_start, operation.dest_end
