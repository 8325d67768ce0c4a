"""Reads a GGUF file's header without trusting a byte of it.

The gguf package's ``GGUFReader`` maps the file, believes every count and builds two arrays for each string,
which costs seconds on a vocabulary of 150,000 tokens and can loop or allocate without bound on a damaged
file. This reader walks the same format (versions 2 and 3, little-endian) with that package's type tables,
checks each length against the bytes that are really there, decodes only what is asked for, and raises
nothing but :class:`~burnish_models.errors.ModelFileError`.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGUF_DEFAULT_ALIGNMENT, GGMLQuantizationType, GGUFValueType

from burnish_models.errors import ModelFileError, ModelMissingError, ModelUnsupportedError
from burnish_models.gguf_types import ArrayInfo, Header, TensorInfo, TokenTable, corrupt

__all__ = ["read_header"]

Scalar = int | float | bool | str

_VERSIONS = (2, 3)
_CHUNK = 1 << 20
_MOST_HEADER_BYTES = 1 << 28
_MOST_STRING_BYTES = 1 << 24
_MOST_KEY_BYTES = 1 << 16
_MOST_KEPT_ITEMS = 4096
_MOST_NAME_BYTES = 63  # llama.cpp keeps tensor names in 64 bytes
_MOST_DIMENSIONS = 4
_MOST_ENTRIES = 1 << 16
_MOST_TENSORS = 1 << 17
_TOKENS = "tokenizer.ggml.tokens"

_FORMATS: Mapping[GGUFValueType, struct.Struct] = {
    GGUFValueType.UINT8: struct.Struct("<B"),
    GGUFValueType.INT8: struct.Struct("<b"),
    GGUFValueType.UINT16: struct.Struct("<H"),
    GGUFValueType.INT16: struct.Struct("<h"),
    GGUFValueType.UINT32: struct.Struct("<I"),
    GGUFValueType.INT32: struct.Struct("<i"),
    GGUFValueType.FLOAT32: struct.Struct("<f"),
    GGUFValueType.UINT64: struct.Struct("<Q"),
    GGUFValueType.INT64: struct.Struct("<q"),
    GGUFValueType.FLOAT64: struct.Struct("<d"),
    GGUFValueType.BOOL: struct.Struct("<?"),
}
_U32 = _FORMATS[GGUFValueType.UINT32]
_U64 = _FORMATS[GGUFValueType.UINT64]


def read_header(path: Path) -> Header:
    """Read and check the header of the GGUF file at ``path``.

    Raises:
        ModelMissingError: no such file, a directory, or no permission.
        ModelCorruptError: not GGUF, truncated, or impossible.
        ModelUnsupportedError: a GGUF version, byte order or tensor type that llama.cpp here cannot read.
    """
    size = _regular_file_size(path)
    try:
        with path.open("rb") as file:
            return _HeaderReader(path, file, size).read()
    except PermissionError as error:
        raise ModelMissingError(f"No permission to read {path}. Check the file's owner and mode.") from error
    except OSError as error:
        raise ModelMissingError(f"Cannot read {path}: {error.strerror or error}. Check the disk.") from error
    except ModelFileError:
        raise
    except (ValueError, OverflowError, MemoryError, struct.error) as error:
        raise corrupt(path, f"its header cannot be read ({error})") from error


def _regular_file_size(path: Path) -> int:
    try:
        status = path.stat()
    except PermissionError as error:
        raise ModelMissingError(
            f"No permission to read {path}. Check its folder's owner and mode."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelMissingError(
            f"There is no model file at {path}. Check the path, or see what there is: burnish models list"
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise ModelMissingError(f"{path} is a folder, not a model file. Give the path of a .gguf file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise ModelMissingError(f"{path} is not an ordinary file. Give the path of a .gguf file.")
    if status.st_size == 0:
        raise corrupt(path, "it is empty")
    return status.st_size


class _HeaderReader:
    """A cursor over the beginning of a file that reads on as needed and never past what is plausible."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._data = b""
        self._at = 0
        self._metadata: dict[str, object] = {}
        self._arrays: dict[str, ArrayInfo] = {}
        self._token_spans: tuple[list[int], list[int]] | None = None

    def read(self) -> Header:
        version, tensor_count, entry_count = self._preamble()
        for _ in range(entry_count):
            self._entry()
        alignment = self._alignment()
        tensors = [self._tensor() for _ in range(tensor_count)]
        self._check_names(tensors)
        offset = -(-self._at // alignment) * alignment
        tokens = None
        if self._token_spans is not None:
            starts, ends = self._token_spans
            tokens = TokenTable(self._data, np.asarray(starts, np.int64), np.asarray(ends, np.int64))
        return Header(
            path=self._path,
            size_bytes=self._size,
            version=version,
            alignment=alignment,
            data_offset=offset,
            metadata=self._metadata,
            arrays=self._arrays,
            tensors=tuple(tensors),
            tokens=tokens,
        )

    def _preamble(self) -> tuple[int, int, int]:
        magic = self._bytes(4, "the first four bytes")
        if magic != b"GGUF":
            raise corrupt(self._path, f"it begins with {magic!r}, a GGUF model begins with b'GGUF'")
        version = self._u32("the version")
        if version & 0xFFFF == 0:
            raise ModelUnsupportedError(
                f"{self._path} is a big-endian GGUF file. Get the little-endian file of the same model."
            )
        if version not in _VERSIONS:
            raise ModelUnsupportedError(
                f"{self._path} is GGUF version {version}, but only versions 2 and 3 can be read. "
                "Choose a newer conversion of the model."
            )
        tensors, entries = self._u64("the tensor count"), self._u64("the metadata count")
        if tensors > _MOST_TENSORS or entries > _MOST_ENTRIES:
            raise corrupt(
                self._path, f"it claims {tensors} tensors and {entries} metadata keys in {self._size} bytes"
            )
        return version, tensors, entries

    def _entry(self) -> None:
        key = self._string("a metadata key", _MOST_KEY_BYTES)
        if key in self._metadata or key in self._arrays:
            raise corrupt(self._path, f"the metadata key {key!r} occurs twice")
        kind = self._value_type(key)
        if kind is GGUFValueType.ARRAY:
            self._array(key)
        elif kind is GGUFValueType.STRING:
            self._metadata[key] = self._string(f"the metadata value {key}", _MOST_STRING_BYTES)
        else:
            self._metadata[key] = self._scalar(kind, key)

    def _array(self, key: str) -> None:
        kind = self._value_type(key)
        count = self._u64(f"the length of {key}")
        if kind is GGUFValueType.ARRAY:
            raise corrupt(self._path, f"the metadata array {key!r} is nested")
        self._arrays[key] = ArrayInfo(kind, count)
        if kind is GGUFValueType.STRING:
            self._check_room(count * 8, f"the {count} strings of {key}")
            spans = self._strings(key, count)
            if key == _TOKENS:
                self._token_spans = spans
            return
        layout = _FORMATS[kind]
        raw = self._bytes(count * layout.size, f"the {count} numbers of {key}")
        if count <= _MOST_KEPT_ITEMS:
            self._metadata[key] = tuple(item for (item,) in layout.iter_unpack(raw))

    def _strings(self, key: str, count: int) -> tuple[list[int], list[int]]:
        """Walk over ``count`` strings: where each begins and ends (the hot loop of large vocabularies)."""
        starts: list[int] = []
        ends: list[int] = []
        unpack = _U64.unpack_from
        at, data, have = self._at, self._data, len(self._data)
        for _ in range(count):
            if at + 8 > have:
                self._at = at
                self._check_room(8, key)
                data, have = self._data, len(self._data)
            start = at + 8
            at = start + unpack(data, at)[0]
            if at > have:
                self._at = start
                self._check_room(at - start, f"a string of {key}")
                data, have = self._data, len(self._data)
            starts.append(start)
            ends.append(at)
        self._at = at
        return starts, ends

    def _tensor(self) -> TensorInfo:
        name = self._string("a tensor name", _MOST_NAME_BYTES)
        dimensions = self._u32(f"the shape of {name}")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise corrupt(self._path, f"the tensor {name!r} has {dimensions} dimensions")
        shape = tuple(self._u64(f"the shape of {name}") for _ in range(dimensions))
        number = self._u32(f"the type of {name}")
        offset = self._u64(f"the place of {name}")
        elements = 1
        for extent in shape:
            elements *= extent
        if not 0 < elements < 1 << 48:
            raise corrupt(self._path, f"the tensor {name!r} has the impossible shape {shape}")
        kind = self._tensor_type(name, number)
        block, block_bytes = GGML_QUANT_SIZES[kind]
        if shape[0] % block:
            raise corrupt(
                self._path, f"the rows of {name!r} are {shape[0]} long, {kind.name} needs blocks of {block}"
            )
        return TensorInfo(name, shape, kind, offset, elements // block * block_bytes)

    def _tensor_type(self, name: str, number: int) -> GGMLQuantizationType:
        known = GGMLQuantizationType.__members__.values()
        if number > max(known) + 64:
            raise corrupt(self._path, f"the tensor {name!r} has the impossible type {number}")
        if number not in [int(kind) for kind in known]:
            raise ModelUnsupportedError(
                f"{self._path} stores {name} in a quantisation (number {number}) that is not supported here. "
                "Choose another quantisation of the model, such as Q8_0 or Q4_K_M."
            )
        return GGMLQuantizationType(number)

    def _check_names(self, tensors: Sequence[TensorInfo]) -> None:
        seen: set[str] = set()
        for tensor in tensors:
            if tensor.name in seen:
                raise corrupt(self._path, f"the tensor {tensor.name!r} occurs twice")
            seen.add(tensor.name)

    def _alignment(self) -> int:
        value = self._metadata.get("general.alignment", GGUF_DEFAULT_ALIGNMENT)
        if not isinstance(value, int) or not 0 < value <= 1 << 20 or value & (value - 1):
            raise corrupt(self._path, f"its alignment is {value!r}, not a power of two")
        return value

    def _value_type(self, key: str) -> GGUFValueType:
        number = self._u32(f"the type of {key}")
        if number > max(GGUFValueType):
            raise corrupt(self._path, f"the metadata key {key!r} has the unknown type {number}")
        return GGUFValueType(number)

    def _scalar(self, kind: GGUFValueType, key: str) -> Scalar:
        layout = _FORMATS[kind]
        value: Scalar = layout.unpack(self._bytes(layout.size, f"the metadata value {key}"))[0]
        return value

    def _string(self, what: str, most: int) -> str:
        length = self._u64(what)
        if length > most:
            raise corrupt(self._path, f"{what} would be {length} bytes long")
        return self._bytes(length, what).decode("utf-8", "replace")

    def _u32(self, what: str) -> int:
        return int(_U32.unpack(self._bytes(4, what))[0])

    def _u64(self, what: str) -> int:
        return int(_U64.unpack(self._bytes(8, what))[0])

    def _bytes(self, count: int, what: str) -> bytes:
        self._check_room(count, what)
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def _check_room(self, count: int, what: str) -> None:
        """Make sure ``count`` bytes stand at the cursor, reading on if needed."""
        end = self._at + count
        if end > self._size:
            raise corrupt(
                self._path,
                f"it ends at byte {self._size}, in the middle of its header ({what} needs {count} bytes)",
            )
        if end > _MOST_HEADER_BYTES:
            raise corrupt(self._path, f"{what} would make its header {end >> 20} MiB long")
        if end > len(self._data):
            # Grow by doubling so that a large vocabulary is not copied once for each chunk.
            want = min(max(end, 2 * len(self._data), _CHUNK), self._size)
            self._data += self._file.read(want - len(self._data))
            if end > len(self._data):
                raise corrupt(self._path, "it became shorter while it was read")
