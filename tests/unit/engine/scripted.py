"""A tiny deterministic model for the decode loop's tests: a vocabulary and a backend that follow a script."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.decode import Aborted
from burnish_models.engine.vocabulary import Vocabulary

PIECES = [
    b"", b"<end>", b" ", b"r", b"re", b"ret", b" return", b" ret", b"urn", b"u", b"\n", b":", b":\n", b"x", b" x", b"\n\n",
    b"    ", b"y", b"(", b"()", b"\xc3", b"\xa9",
]  # fmt: skip
END = 1


def vocabulary() -> Vocabulary:
    return Vocabulary([b"" if i == END else piece for i, piece in enumerate(PIECES)], [END])


def token(piece: bytes) -> int:
    return PIECES.index(piece)


def distribution(choices: dict[bytes, float]) -> NDArray[np.float32]:
    """Logits whose softmax gives ``choices`` and next to nothing to all other tokens."""
    out = np.full(len(PIECES), -30.0, dtype=np.float32)
    for piece, probability in choices.items():
        out[token(piece)] = np.log(probability)
    return out


class Flag:
    def __init__(self) -> None:
        self.reason = ""

    def set(self, reason: str) -> None:
        self.reason = self.reason or reason

    def clear(self) -> None:
        self.reason = ""


class ScriptedBackend:
    """Answers with the scripted distributions in order; counts what it evaluates."""

    def __init__(
        self, script: list[dict[bytes, float]], *, context_tokens: int = 256, abort_after: int | None = None
    ) -> None:
        self.context_tokens = context_tokens
        self.script = list(script)
        self.cached: list[int] = []
        self.evaluated: list[list[int]] = []
        self.abort_after = abort_after

    def evaluate(self, tokens: list[int], *, logits: bool) -> NDArray[np.float32] | None:
        if self.abort_after is not None and len(tokens) > self.abort_after:
            self.cached += tokens[: self.abort_after]
            raise Aborted
        self.evaluated.append(list(tokens))
        self.cached += tokens
        return distribution(self.script.pop(0)) if logits else None

    def truncate(self, length: int) -> int:
        del self.cached[length:]
        return len(self.cached)

    def length(self) -> int:
        return len(self.cached)
