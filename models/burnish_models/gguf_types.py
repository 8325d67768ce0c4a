"""What a GGUF file's header says, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
        """Token ids of those ``names`` that the vocabulary has (the first, where one occurs twice)."""
        wanted = {name.encode(): name for name in names}
        longest = max(map(len, wanted), default=0)
        found: dict[str, int] = {}
        data = self._data
        for index, (start, end) in enumerate(zip(self._starts.tolist(), self._ends.tolist(), strict=True)):
            if end - start <= longest and (name := wanted.get(data[start:end])) is not None:
                found.setdefault(name, index)
        return found


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
