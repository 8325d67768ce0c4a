"""Training examples: plain files, fill-in-the-middle cuts and several files of one package, packed to sequences.

Everything is a pure function of (seed, step), so a resumed run sees exactly the batches an uninterrupted one would.
The layout is the one the completion engine serves: ``<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>M``, where P ends at a
line start and M begins with what already stands on the cursor's line.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from burnish_training.base.corpus import Document
from burnish_training.base.tokenizer import Specials

__all__ = ["Cut", "ExampleStream", "cut_middle"]

_CHARS_PER_TOKEN = 3.6


@dataclass(frozen=True, slots=True)
class Cut:
    """A fill-in-the-middle cut: ``prefix + middle + suffix`` is a stretch of the file."""

    prefix: str
    middle: str
    suffix: str


def _line_starts(text: str) -> list[int]:
    return [0, *(i + 1 for i, c in enumerate(text) if c == "\n" and i + 1 < len(text))]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _block_end(lines: Sequence[str], first: int, most: int) -> int:
    """Index after the last line of the block that starts at ``first`` (same or deeper indentation)."""
    indent = _indent(lines[first])
    last = first + 1
    while (
        last < len(lines)
        and last - first < most
        and (not lines[last].strip() or _indent(lines[last]) >= indent)
    ):
        last += 1
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    return last


def cut_middle(text: str, rng: random.Random, lines_above: int = 0) -> Cut:
    """Choose a cut at character level: to the line's end, up to a point inside the line, a block, or any span.

    In the first three the middle begins at a line start, as it does when the model serves: in four of five cases up to
    ``lines_above`` lines further up. The last is the classic random span. The middle never includes the newline that
    ends it.
    """
    starts = _line_starts(text)
    kind = rng.random()
    if kind < 0.12:
        begin = rng.randrange(len(text))
        end = min(len(text), begin + 1 + int(rng.expovariate(1 / 60)))
        return Cut(text[:begin], text[begin:end], text[end:])
    lines = text.split("\n")
    index = rng.randrange(len(starts))
    for _ in range(8):
        if lines[index].strip():
            break
        index = rng.randrange(len(starts))
    begin = starts[index]
    line_end = begin + len(lines[index])
    if kind < 0.60:
        end = line_end
    elif kind < 0.74:
        end = rng.randint(min(begin + _indent(lines[index]) + 1, line_end), line_end)
        closers = [i for i in range(begin, line_end) if text[i] in ")]}\"':,"]
        if closers and rng.random() < 0.7:
            end = rng.choice(closers)
    else:
        after = _block_end(lines, index, rng.choice((2, 3, 4, 6, 8, 12)))
        end = begin + len("\n".join(lines[index:after]))
    if lines_above and rng.random() < 0.8:
        begin = starts[max(0, index - rng.randint(1, lines_above))]
    return Cut(text[:begin], text[begin:end], text[end:])


class ExampleStream:
    """Batches of packed sequences from a corpus.

    Args:
        documents: the training files.
        tokenizer: the trained tokenizer.
        seed: everything random derives from it and the step.
    """

    def __init__(self, documents: Sequence[Document], tokenizer: Tokenizer, seed: int) -> None:
        self._documents = documents
        self._tokenizer = tokenizer
        self._special = Specials(tokenizer)
        self._seed = seed
        self._cumulative = list(itertools.accumulate(len(d.text) for d in documents))
        self._by_package: dict[str, list[int]] = {}
        for i, document in enumerate(documents):
            self._by_package.setdefault(document.package, []).append(i)

    def batch(self, step: int, size: int, sequence: int, lines_above: int = 0) -> NDArray[np.int64]:
        """The batch of ``step``: int64, shape (size, sequence + 1); the extra token is for the shifted targets.

        ``lines_above``: see :func:`cut_middle`.
        """
        rng = random.Random(f"{self._seed}:{step}")
        rows = [self._row(rng, sequence + 1, lines_above) for _ in range(size)]
        return np.asarray(rows, dtype=np.int64)

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _row(self, rng: random.Random, want: int, lines_above: int) -> list[int]:
        row: list[int] = []
        while len(row) < want:
            room = want - len(row)
            row += (
                self._example(rng, room, lines_above)
                if room > 48
                else self._encode(self._pick(rng).text[:400])[:room] or [self._special.pad]
            )
        return row[:want]

    def _pick(self, rng: random.Random) -> Document:
        at = rng.randrange(self._cumulative[-1])
        return self._documents[bisect.bisect_right(self._cumulative, at)]

    def _stretch(self, text: str, rng: random.Random, tokens: int) -> str:
        """A run of whole lines of about ``tokens`` tokens; the file's beginning more often than chance."""
        size = int(tokens * _CHARS_PER_TOKEN)
        if len(text) <= size or rng.random() < 0.2:
            return text[:size]
        begin = text.rfind("\n", 0, rng.randrange(len(text) - size // 2)) + 1
        return text[begin : begin + size]

    def _header(self, document: Document, rng: random.Random) -> list[int]:
        if rng.random() < 0.5:
            return []
        return [self._special.file, *self._encode(document.path + "\n")]

    def _example(self, rng: random.Random, room: int, lines_above: int) -> list[int]:
        document = self._pick(rng)
        # Short examples too: a file that has only just begun is where a completion is needed most.
        room = min(room, int(room * rng.choice((0.3, 0.6, 1.0, 1.0, 1.0))) + 32)
        head = self._context(document, rng, room)
        room -= len(head)
        text = self._stretch(document.text, rng, room)
        if rng.random() < 0.2 or len(text) < 40:
            return [*head, *self._encode(text)[: room - 1], self._special.end]
        return head + self._fim(text, rng, room, lines_above)

    def _context(self, document: Document, rng: random.Random, room: int) -> list[int]:
        """Often parts of other files of the package, in the repository format: at most a third of the room."""
        siblings = self._by_package[document.package]
        if rng.random() > (0.25 if room < 1000 else 0.5) or room < 200 or len(siblings) < 2:
            return self._header(document, rng)
        chosen = rng.sample(siblings, min(len(siblings), 1 if room < 1000 else rng.randint(1, 4)))
        others = [other for i in chosen if (other := self._documents[i]) is not document]
        row = [self._special.repo, *self._encode(document.package + "\n")]
        for other in others:
            share = room // (3 * len(others))
            body = self._encode(self._stretch(other.text, rng, share))[:share]
            row += [self._special.file, *self._encode(other.path + "\n"), *body]
        return [*row, self._special.file, *self._encode(document.path + "\n")]

    def _fim(self, text: str, rng: random.Random, room: int, lines_above: int) -> list[int]:
        cut = cut_middle(text, rng, lines_above)
        whole = self._encode(cut.middle)
        middle = whole[: room // 2]
        end = [self._special.end] if len(middle) == len(whole) else []
        spare = max(8, room - len(middle) - 3 - len(end))
        suffix = self._encode(cut.suffix)[: spare // 3]
        prefix = self._encode(cut.prefix)
        prefix = prefix[max(0, len(prefix) - (spare - len(suffix))) :]
        s = self._special
        return [s.prefix, *prefix, s.suffix, *suffix, s.middle, *middle, *end]
