"""Concrete syntax of Python that may be half-written, by tree-sitter, kept up to date incrementally.

A :class:`SyntaxTree` belongs to one text. :meth:`SyntaxTree.update` makes the next one from it: the
difference between the two texts is found by comparing slices, and only what it touches is parsed again
(a keystroke in a file of 10,000 lines costs about 2 ms, a first parse of it about 50).

Where a file is so broken that this does not help (an error on every line makes the parser start over), only
the surroundings of the cursor are parsed from then on: see :meth:`SyntaxTree.focused`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache
from time import thread_time

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Point, Tree

__all__ = ["SyntaxTree", "count_errors"]

#: A check of an insertion parses at most this many bytes on each side of it.
_REGION_BYTES = 60_000
#: ... and this many top-level statements before and after.
_SIBLINGS = 2
#: An update that takes more processor time than this (seconds) makes a document's trees local ones.
_SLOW_SECONDS = 0.03
#: What a local tree covers on each side of its centre, and how far the cursor may move from it (characters).
_LOCAL, _LOCAL_SLACK = 12_000, 4_000


@cache
def _language() -> Language:
    return Language(tree_sitter_python.language())


#: A parser keeps state while it parses: every thread has its own.
_parsers = threading.local()


def _parser() -> Parser:
    parser: Parser | None = getattr(_parsers, "parser", None)
    if parser is None:
        parser = _parsers.parser = Parser(_language())
    return parser


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


class SyntaxTree:
    """The parsed form of one text. Offsets are indices into the ``str`` (code points)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._source = _encode(text)
        self._tree = _parser().parse(self._source)
        #: The centre of a local tree; ``None`` when all of the text is parsed.
        self._centre: int | None = None

    @classmethod
    def _of(cls, text: str, source: bytes, tree: Tree, centre: int | None = None) -> SyntaxTree:
        made = cls.__new__(cls)
        made.text, made._source, made._tree, made._centre = text, source, tree, centre
        return made

    @classmethod
    def _local(cls, text: str, centre: int) -> SyntaxTree:
        """A tree in which all that is far from ``centre`` reads as blanks, so that offsets stay the same."""
        source = _encode(text)
        low = text.rfind("\n", 0, max(0, centre - _LOCAL)) + 1
        high = min(len(text), centre + _LOCAL)
        head, tail = len(_encode(text[:low])), len(_encode(text[high:]))
        blank = b" " * max(0, head - 1) + b"\n" * min(1, head)
        seen = blank + source[head : len(source) - tail] + b"\n" * min(1, tail) + b" " * max(0, tail - 1)
        return cls._of(text, source, _parser().parse(seen), centre)

    @property
    def root(self) -> Node:
        """The module node."""
        return self._tree.root_node

    @property
    def source(self) -> bytes:
        """The text in UTF-8, which node offsets count in."""
        return self._source

    @property
    def whole(self) -> bool:
        """Whether the whole text is parsed."""
        return self._centre is None

    def update(self, text: str) -> SyntaxTree:
        """The tree of ``text``, reusing what this tree already knows."""
        if text == self.text:
            return self
        source = _encode(text)
        start, old_end, new_end = _difference(self._source, source)
        if self._centre is not None:
            return self._local(text, len(source[:start].decode("utf-8", "replace")))
        tree = self._tree.copy()
        tree.edit(
            start,
            old_end,
            new_end,
            _point(self._source, start),
            _point(self._source, old_end),
            _point(source, new_end),
        )
        began = thread_time()
        parsed = _parser().parse(source, tree)
        slow = thread_time() - began > _SLOW_SECONDS and len(text) > 2 * _LOCAL
        return self._of(text, source, parsed, start if slow else None)

    def focused(self, offset: int) -> SyntaxTree:
        """This tree, or where it is a local one around somewhere else, one around ``offset``."""
        if self._centre is None or abs(offset - self._centre) <= _LOCAL_SLACK:
            return self
        return self._local(self.text, offset)

    def byte_offset(self, offset: int) -> int:
        """The byte offset of a character offset."""
        if len(self._source) == len(self.text):
            return offset
        return len(_encode(self.text[:offset]))

    def char_offset(self, byte: int) -> int:
        """The character offset of a byte offset (on a character boundary)."""
        if len(self._source) == len(self.text):
            return byte
        return len(self._source[:byte].decode("utf-8", "replace"))

    def leaf_before(self, offset: int) -> Node | None:
        """The smallest node that covers the character left of ``offset``; ``None`` at the start."""
        byte = self.byte_offset(offset)
        if byte <= 0:
            return None
        return self.root.descendant_for_byte_range(byte - 1, byte)

    def node_at(self, offset: int) -> Node | None:
        """The smallest node that covers the character right of ``offset``."""
        byte = self.byte_offset(offset)
        return self.root.descendant_for_byte_range(byte, min(byte + 1, len(self._source)))

    def top_level_start(self, offset: int) -> int:
        """Where the top-level statement around ``offset`` (or the last one before it) begins.

        Text from there on is lexically clean: it does not start inside a string or a bracket.
        """
        byte = self.byte_offset(offset)
        child = _root_child_before(self.root, byte)
        return 0 if child is None else self.char_offset(child.start_byte)

    def errors_added(
        self, start: int, end: int, inserted: str, baseline: tuple[int, str] | None = None
    ) -> int:
        """How many more syntax errors the text has once ``inserted`` stands at ``[start, end)``.

        It is compared with the text as it is, or, given a ``baseline`` ``(begin, other)``, with ``other`` at
        ``[begin, end)``. Only the top-level statements around the change are parsed, so the cost does
        not grow with the file. A negative number means that the insertion mends errors.
        """
        low = max(self._region_start(start), start - _REGION_BYTES)
        high = self._region_end(end)
        begin, other = baseline if baseline is not None else (start, self.text[start:end])
        right = self.text[end:high]
        after = count_errors(self.text[low:start] + inserted + right)
        return after - count_errors(self.text[low:begin] + other + right)

    def _region_start(self, offset: int) -> int:
        """Where the second top-level statement before that at ``offset`` begins: an ``else`` needs its
        ``if``.
        """
        cursor = self.root.walk()
        byte = self.byte_offset(offset)
        if cursor.goto_first_child_for_byte(byte) is None and not cursor.goto_last_child():
            return 0
        for _ in range(_SIBLINGS):
            if not cursor.goto_previous_sibling():
                break
        return 0 if cursor.node is None else self.char_offset(min(cursor.node.start_byte, byte))

    def _region_end(self, offset: int) -> int:
        """Where the second top-level statement after ``offset`` begins, or the text (or the limit) ends."""
        byte = self.byte_offset(offset)
        last = min(len(self._source), byte + _REGION_BYTES)
        cursor = self.root.walk()
        seen = 0
        found = cursor.goto_first_child_for_byte(byte) is not None
        while found and cursor.node is not None and cursor.node.start_byte < last:
            seen += cursor.node.start_byte >= byte
            if seen > _SIBLINGS:
                last = cursor.node.start_byte
                break
            found = cursor.goto_next_sibling()
        return self.char_offset(_character_boundary(self._source, last))


def count_errors(text: str) -> int:
    """The number of ERROR and MISSING nodes tree-sitter finds in ``text``.

    A skipped run of tokens counts once for every line it spans, so that an error which swallows its
    surroundings weighs more than a local one.
    """
    tree = _parser().parse(_encode(text))
    return sum(1 + node.end_point[0] - node.start_point[0] for node in _error_nodes(tree.root_node))


def _error_nodes(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.is_error or current.is_missing:
            yield current
        elif current.has_error:
            stack.extend(current.children)


def _root_child_before(root: Node, byte: int) -> Node | None:
    """The root child around ``byte``, or the last one before it."""
    # A cursor, because Node.first_child_for_byte crashes the process where there is no such child.
    cursor = root.walk()
    if cursor.goto_first_child_for_byte(byte) is None:
        return cursor.node if cursor.goto_last_child() else None
    if cursor.node is not None and cursor.node.start_byte > byte:
        return cursor.node if cursor.goto_previous_sibling() else None
    return cursor.node


def _difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """``(start, old_end, new_end)`` of the one replacement that turns ``old`` into ``new``."""
    start = _common(len(old), len(new), lambda a, b: old[a:b] == new[a:b])
    limit = min(len(old), len(new)) - start
    tail = _common(
        limit,
        limit,
        lambda a, b: old[len(old) - b : len(old) - a] == new[len(new) - b : len(new) - a],
    )
    start = _character_boundary(new, start)
    old_end, new_end = len(old) - tail, len(new) - tail
    while new_end < len(new) and 0x80 <= new[new_end] < 0xC0:
        old_end, new_end = old_end + 1, new_end + 1
    return start, old_end, new_end


def _common(first: int, second: int, same: Callable[[int, int], bool]) -> int:
    """Length of the common run, found by bisection over slice comparisons."""
    limit = min(first, second)
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _character_boundary(source: bytes, byte: int) -> int:
    while 0 < byte < len(source) and 0x80 <= source[byte] < 0xC0:
        byte -= 1
    return byte


def _point(source: bytes, byte: int) -> Point:
    return Point(source.count(b"\n", 0, byte), byte - source.rfind(b"\n", 0, byte) - 1)
