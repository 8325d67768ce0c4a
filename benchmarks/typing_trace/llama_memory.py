"""What llama.vscode remembers: results it has had, and chunks of other places. See ``llama_vscode.py`` for the facts."""

from __future__ import annotations

import hashlib
import random
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from typing_trace.llama_text import N_PREFIX, N_SUFFIX

__all__ = ["Results", "Ring"]

MAX_CACHE_KEYS = 250
RING_CHUNKS, CHUNK_LINES, RING_SCOPE, QUEUED_CHUNKS, FAR_LINES = 16, 64, 1024, 16, 32


class Results:
    """The extension's cache of results, least recently used out."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, str] = OrderedDict()

    @staticmethod
    def key(prefix: str, suffix: str, prompt: str) -> str:
        """The hash a result is kept under."""
        return hashlib.sha256(f"{prefix}|{suffix}|{prompt}".encode("utf-8", "replace")).hexdigest()

    def get(self, key: str) -> str | None:
        """A result, now the most recently used."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, text: str) -> None:
        """Keep a result."""
        self._kept[key] = text
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_CACHE_KEYS:
            self._kept.popitem(last=False)

    def find(self, prefix: str, suffix: str, prompt: str) -> str | None:
        """A result for this prompt, or for an earlier one that goes on as was typed since."""
        found = self.get(self.key(prefix, suffix, prompt))
        for length in range(len(prompt), -1, -1):
            if found is not None:
                return found
            earlier = self.get(self.key(prefix, suffix, prompt[:length]))
            if earlier is not None and earlier.startswith(prompt[length:]):
                found = earlier[len(prompt) - length :]
        return found


@dataclass
class Ring:
    """Chunks of other places, those in use and those waiting to be."""

    rng: random.Random
    chunks: list[dict[str, Any]] = field(default_factory=list)
    queued: list[dict[str, Any]] = field(default_factory=list)
    last_pick: int = -9999

    def pick(self, lines: list[str], path: str, *, evict: bool) -> None:
        """Queue a chunk out of ``lines``."""
        if len(lines) < 3:
            return
        if len(lines) + 1 >= CHUNK_LINES:
            half = CHUNK_LINES // 2
            start = self.rng.randrange(max(0, len(lines) - half) + 1)
            lines = lines[start : start + half]
        text = "\n".join(lines) + "\n"
        if evict:
            if any(chunk["text"] == text for chunk in self.chunks + self.queued):
                return
            self.chunks = [chunk for chunk in self.chunks if not _alike(chunk["text"], lines)]
            self.queued = [chunk for chunk in self.queued if not _alike(chunk["text"], lines)]
        if len(self.queued) >= QUEUED_CHUNKS:
            self.queued.pop(0)
        self.queued.append({"text": text, "time": int(time.time() * 1000), "filename": path})

    def around(self, line: int, lines: list[str], path: str) -> None:
        """Queue the lines around the cursor."""
        half = CHUNK_LINES // 2
        self.pick(lines[max(0, line - half) : line + half + 1], path, evict=True)

    def far(self, line: int, lines: list[str], path: str) -> None:
        """Queue what lies above and below the window, when the cursor has moved a lot."""
        if abs(line - self.last_pick) <= FAR_LINES:
            return
        self.pick(lines[max(0, line - RING_SCOPE) : max(0, line - N_PREFIX) + 1], path, evict=False)
        below = min(len(lines) - 1, line + N_SUFFIX)
        self.pick(lines[below : below + CHUNK_LINES + 1], path, evict=False)
        self.last_pick = line

    def rotate(self) -> bool:
        """Take one chunk from the queue into the ring; whether there was one."""
        if not self.queued:
            return False
        self.chunks.append(self.queued.pop(0))
        del self.chunks[:-RING_CHUNKS]
        return True


def _alike(text: str, lines: list[str]) -> bool:
    one, other = set(text.split("\n")[:-1]), set(lines)
    return bool(one | other) and len(one & other) / len(one | other) > 0.9
