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
        #: Steps of the last guess by the length after them: taken back when it is.
        self._guessed: list[tuple[int, dict[bytes, float]]] = []

    def evaluate(self, tokens: list[int], *, logits: bool) -> NDArray[np.float32] | None:
        if self.abort_after is not None and len(tokens) > self.abort_after:
            self.cached += tokens[: self.abort_after]
            raise Aborted
        self.evaluated.append(list(tokens))
        self.cached += tokens
        self._guessed = []
        return distribution(self.script.pop(0)) if logits else None

    def truncate(self, length: int) -> int:
        self.script[:0] = [step for after, step in self._guessed if after > length]
        self._guessed = []
        del self.cached[length:]
        return len(self.cached)

    def length(self) -> int:
        return len(self.cached)

    def evaluate_each(self, tokens: list[int]) -> NDArray[np.float32]:
        self.evaluated.append(list(tokens))
        before = len(self.cached)
        self.cached += tokens
        steps = [self.script.pop(0) for _ in tokens if self.script]
        self._guessed = [(before + i, step) for i, step in enumerate(steps, 1)]
        rows = [distribution(step) for step in steps]
        rows += [np.zeros(len(PIECES), dtype=np.float32)] * (len(tokens) - len(steps))
        return np.stack(rows)

    def save_state(self) -> bytes:
        return np.asarray(self.cached, dtype=np.int32).tobytes()

    def restore_state(self, state: bytes, length: int) -> int:
        self.cached = np.frombuffer(state, dtype=np.int32).tolist()
        assert len(self.cached) == length
        return length
