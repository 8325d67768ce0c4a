"""The memory of one workspace: documents as tokens, indexed for lookup, replaced one at a time, bounded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from burnish_models.workspace_memory.suffixes import SEPARATOR, SuffixIndex

__all__ = ["Found", "MemoryView", "WorkspaceMemory"]

#: Recently changed documents are indexed apart, until they hold this many tokens; building so many takes milliseconds.
_FRESH_TOKENS = 60_000
_MOST_POSITIONS = 48


@dataclass(frozen=True, slots=True)
class _Segment:
    """Some documents laid end to end: where each one's tokens are."""

    index: SuffixIndex
    spans: dict[str, tuple[int, int]]


def _segment(documents: dict[str, NDArray[np.int32]]) -> _Segment:
    spans, pieces, at = {}, [], 0
    gap = np.asarray([SEPARATOR], dtype=np.int32)
    for name, tokens in documents.items():
        spans[name] = (at, at + len(tokens))
        pieces += [tokens, gap]
        at += len(tokens) + 1
    joined = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32)
    return _Segment(SuffixIndex(joined), spans)


class WorkspaceMemory:
    """Documents of one workspace, by name. One thread may change them, another build, a third look up.

    Args:
        budget_tokens: the most tokens kept; the documents put first go first.
    """

    def __init__(self, budget_tokens: int = 2_000_000) -> None:
        self._budget = budget_tokens
        self._documents: dict[str, NDArray[np.int32]] = {}
        self._base = _segment({})
        self._fresh = _segment({})
        #: Documents of the base whose text there is out of date.
        self._stale: set[str] = set()
        self._changed: dict[str, NDArray[np.int32]] = {}
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int:
        """Tokens kept."""
        return sum(map(len, self._documents.values()))

    @property
    def documents(self) -> list[str]:
        """Names of the documents, the oldest first."""
        return list(self._documents)

    def document(self, name: str) -> NDArray[np.int32]:
        """The tokens of a document.

        Raises:
            KeyError: it is not here.
        """
        return self._documents[name]

    def put(self, name: str, tokens: Sequence[int] | NDArray[np.int32]) -> None:
        """Add a document or replace it. Lookups see it after the next :meth:`build`."""
        values = np.asarray(tokens, dtype=np.int32)
        with self._lock:
            self._documents.pop(name, None)
            self._documents[name] = self._changed[name] = values
            self._stale.add(name)
            while self.tokens > self._budget and len(self._documents) > 1:
                self._drop(next(iter(self._documents)))

    def drop(self, name: str) -> None:
        """Forget a document at once; one that is not here is no error."""
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._documents.pop(name, None)
        self._changed.pop(name, None)
        self._stale.add(name)

    def build(self) -> None:
        """Index what was put since the last call: a little at once, everything anew when much has changed."""
        with self._lock:
            changed, documents = dict(self._changed), dict(self._documents)
        if sum(map(len, changed.values())) <= _FRESH_TOKENS:
            fresh = _segment(changed)
            with self._lock:
                self._fresh = fresh
            return
        base = _segment(documents)
        with self._lock:
            now = self._documents
            self._changed = {
                name: now[name] for name in self._changed if now[name] is not documents.get(name)
            }
            self._stale = {name for name in base.spans if now.get(name) is not documents[name]}
            self._base, self._fresh = base, _segment(self._changed)

    def view(self, leave_out: str = "") -> MemoryView:
        """What can be looked up now, for one request; later changes do not show in it.

        The document ``leave_out`` does not count: its text is in the prompt already, and an older state of it would
        repeat what the user has just changed.
        """
        with self._lock:
            fresh, base = self._fresh, self._base
            gone = {leave_out} | (fresh.spans.keys() - self._documents.keys())
            stale = {leave_out, *self._stale}
        return MemoryView(
            [
                (segment.index, [segment.spans[name] for name in names if name in segment.spans])
                for segment, names in ((fresh, gone), (base, stale))
                if segment.spans
            ]
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The longest matches of a context: their ``length`` in tokens (0 for none), and where, index by index."""

    length: int
    places: list[tuple[SuffixIndex, Sequence[int]]]

    def continuations(self) -> list[int]:
        """The tokens that followed, one a place."""
        return [token for index, positions in self.places for token in index.tokens_at(positions)]


class MemoryView:
    """The documents of one workspace as they were at one moment.

    Args:
        segments: indexes, each with the ranges of positions in it that do not count; what changed last comes first.
    """

    def __init__(self, segments: Sequence[tuple[SuffixIndex, Sequence[tuple[int, int]]]]) -> None:
        self._segments = segments

    def find(self, past: bytes) -> Found:
        """The longest matches of a context (:func:`~burnish_models.workspace_memory.suffixes.spelled`)."""
        found = [(index, index.match(past, _MOST_POSITIONS, hidden)) for index, hidden in self._segments]
        length = max((match.length for _, match in found), default=0)
        return Found(
            length, [(index, match.positions) for index, match in found if length and match.length == length]
        )
