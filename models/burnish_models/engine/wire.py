"""Messages between the engine's client and its worker: length-prefixed JSON frames over pipes."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

import cattrs

from burnish_models import errors
from burnish_models.engine.base import Finish, GenerateRequest

__all__ = [
    "HEADER",
    "decode_finish",
    "decode_request",
    "encode_finish",
    "encode_request",
    "error_frame",
    "pack",
    "raise_error",
    "read_frame",
]

HEADER = struct.Struct("!I")
_converter = cattrs.Converter()


def pack(message: dict[str, Any]) -> bytes:
    """One frame: four bytes of length (big-endian), then UTF-8 JSON."""
    body = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return HEADER.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next frame of a blocking stream, or None at its end."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (size,) = HEADER.unpack(head)
    body = stream.read(size)
    if len(body) < size:
        return None
    message: dict[str, Any] = json.loads(body)
    return message


def encode_request(request: GenerateRequest) -> dict[str, Any]:
    """``request`` as JSON-able data."""
    data: dict[str, Any] = _converter.unstructure(request)
    return data


def decode_request(data: dict[str, Any]) -> GenerateRequest:
    """The inverse of :func:`encode_request`."""
    return _converter.structure(data, GenerateRequest)


def decode_finish(data: dict[str, Any]) -> Finish:
    """A :class:`Finish` from what the worker sent."""
    return _converter.structure(data, Finish)


def encode_finish(finish: Finish) -> dict[str, Any]:
    """``finish`` as JSON-able data."""
    data: dict[str, Any] = _converter.unstructure(finish)
    return data


def error_frame(error: BaseException, request: int | None) -> dict[str, Any]:
    """A frame that carries ``error`` to the client; only the names of this package's errors travel as such."""
    kind = type(error).__name__ if isinstance(error, errors.ModelsError) else "EngineError"
    text = str(error) if isinstance(error, errors.ModelsError) else f"{type(error).__name__}: {error}"
    return {"event": "error", "id": request, "kind": kind, "message": text}


def raise_error(frame: dict[str, Any]) -> None:
    """Raise the error that :func:`error_frame` packed."""
    kind = getattr(errors, str(frame.get("kind")), errors.EngineError)
    raise kind(str(frame.get("message")))
