"""What a GGUF file's header says, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from gguf.constants import GGMLQuantizationType, GGUFValueType
from numpy.typing import NDArray

from burnish_models.errors import ModelCorruptError

__all__ = ["ArrayInfo", "Header", "TensorInfo", "TokenTable", "corrupt"]


def corrupt(path: Path, why: str) -> ModelCorruptError:
    """The error for a damaged file, with what to do about it."""
    return ModelCorruptError(
        f"{path} is damaged or not a model: {why}. Delete it and download it again, or choose another model."
    )


@dataclass(frozen=True, slots=True)
class ArrayInfo:
    """An array in the metadata: element type and number of elements."""

    item_type: GGUFValueType
    count: int


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor: shape in file order (the contiguous dimension first) and its place.

    ``offset`` counts bytes from the beginning of the data section; ``n_bytes`` is its length there.
    """

    name: str
    shape: tuple[int, ...]
    type: GGMLQuantizationType
    offset: int
    n_bytes: int

    @property
    def elements(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


class TokenTable(Sequence[str]):
    """The vocabulary, decoded only where it is looked at."""

    def __init__(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        self._data = data
        self._starts = starts
        self._ends = ends

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._data[self._starts[index] : self._ends[index]].decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))

    def ids(self, names: frozenset[str]) -> dict[str, int]:
        """Token ids of those ``names`` that the vocabulary has."""
        index = self._index
        wanted = {name: name.encode() for name in names}
        return {name: index[piece] for name, piece in wanted.items() if piece in index}

    def repeated(self) -> str | None:
        """A token that occurs twice, or None. Like llama.cpp, which aborts on one, tokens end at a NUL
        byte."""
        if len(self._index) == len(self):
            return None
        seen: set[bytes] = set()
        for piece in self._pieces():
            if piece and piece in seen:
                return piece.decode("utf-8", "replace")
            seen.add(piece)
        return None

    @cached_property
    def _index(self) -> dict[bytes, int]:
        """Token id by bytes; the last, where one occurs twice."""
        return {piece: index for index, piece in enumerate(self._pieces())}

    def _pieces(self) -> list[bytes]:
        data = self._data
        spans = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        pieces = [data[start:end] for start, end in spans]
        if b"\0" in b"".join(pieces):
            return [piece.partition(b"\0")[0] for piece in pieces]
        return pieces


@dataclass(frozen=True, slots=True)
class Header:
    """Everything before the tensor data.

    ``metadata`` holds scalars, strings and small numeric arrays (as tuples); ``arrays`` says of every array
    what it is; ``tokens`` is the vocabulary where the file has one.
    """

    path: Path
    size_bytes: int
    version: int
    alignment: int
    data_offset: int
    metadata: Mapping[str, object]
    arrays: Mapping[str, ArrayInfo]
    tensors: tuple[TensorInfo, ...]
    tokens: TokenTable | None = field(repr=False, default=None)
