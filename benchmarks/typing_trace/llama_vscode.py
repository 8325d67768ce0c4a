"""llama.cpp's server asked as the VS Code extension llama.vscode asks it.

Facts, from github.com/ggml-org/llama.vscode (src/completion.ts, src/extra-context.ts, src/llama-server.ts,
src/architect.ts, src/configuration.ts and the defaults in package.json), written anew here:

* No debounce of its own. One request at a time: while one runs, a newer one looks again every 150 ms and gives up when the
  editor has withdrawn it. A request once sent is never aborted; its answer goes into the cache.
* Prompt: 256 lines above the cursor, the line's beginning as ``prompt`` (empty when it is white space), the line's
  rest and 64 lines below as the suffix. No request where more than 8 characters stand right of the cursor.
* ``/infill`` with n_predict 128, top_k 40, top_p 0.99, samplers top_k, top_p, infill, cache_prompt, t_max_prompt_ms 500,
  t_max_predict_ms 500, n_indent.
* A cache of 250 results by hash of prefix, suffix and prompt, least recently used out; a result for a shorter prompt serves
  while what was typed since agrees with it. After each answer the answer that would follow its acceptance is asked for
  and cached as well, and the rest of a suggestion of several lines after its first line.
* A ring of 16 chunks of up to 64 lines (32 where a choice is made) as ``input_extra``: picked around the cursor when the editor
  shows another file and one second after a save, from what is copied, and above and below the window when the cursor has
  moved by more than 32 lines; near copies (Jaccard over 0.9) go. Chunks queue, and one a second moves into the ring when no
  completion began in the last 3 seconds; the server then evaluates the ring with n_predict 0.

The server runs as the extension's help recommends for a CPU: ``-ub 512 -b 512 --ctx-size 0 --cache-reuse 256``, and
keeps prompts in up to 8 GiB of memory, as it does by default. It has one slot: with the four that llama-server
makes by default, the extension's own look ahead displaces the prompt of the key before from its slot, and most keys
evaluate everything again (seen: 1,793 tokens in place of 126).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_server.documents import SourceText
from burnish_server.replay.player import Offer
from burnish_server.replay.trace import Event
from typing_trace.llama_memory import Results, Ring
from typing_trace.llama_text import N_PREFIX, cut, fitted, lines_of, repeats, unindented, without_blank_end

__all__ = ["N_PREDICT", "SERVER_OPTIONS", "LlamaVscode"]

SERVER_OPTIONS: dict[str, Any] = {
    "n_batch": 512,
    "n_ubatch": 512,
    "n_cache_reuse": 256,
    "n_parallel": 1,
}

N_PREDICT, MAX_LINE_SUFFIX = 128, 8
RING_UPDATE_S, RING_QUIET_S, SAVE_DELAY_S, BUSY_POLL_S = 1.0, 3.0, 1.0, 0.15
SAMPLING: dict[str, Any] = {
    "top_k": 40,
    "top_p": 0.99,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
}


@dataclass
class _Token:
    """The editor's cancellation token."""

    cancelled: bool = False


class LlamaVscode:
    """A subject of a replay: the extension's part in front of a running server.

    Args:
        port: where llama.cpp's server listens on loopback.
        folder: the workspace, for file names.
        seed: for the extension's random choices.
    """

    def __init__(self, port: int, folder: Path, seed: int = 0) -> None:
        self.evaluated_tokens = 0
        self.generated_tokens = 0
        self.requests = 0
        self.ring_updates = 0
        #: Whether the model had to be asked at an event, by the event's identity.
        self.asks: dict[int, bool] = {}
        self._port, self._folder = port, folder
        self._results = Results()
        self._ring = Ring(random.Random(seed))
        self._busy = False
        self._last_start = 0.0
        self._dirty: set[str] = set()
        self._latest: dict[str, tuple[int, str]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopped_at: float | None = None
        self._stopped_for = 0.0
        self._spawn(self._update_ring())

    # -- what happens in the editor --------------------------------------------------------------------------

    def opened(self, event: Event, text: str) -> None:
        """A file is opened and shown: the active editor changes."""
        self.moved(event, text)

    def moved(self, event: Event, text: str) -> None:
        """Another file is shown, or the caret moved; the extension follows the former only."""
        self._latest[event.path] = (event.caret[0], text)
        if event.kind != "jump" and event.path not in self._dirty:
            self._ring.around(event.caret[0], lines_of(text), self._name(event.path))

    def edited(self, event: Event, text: str) -> None:
        """A key changed the text."""
        self._dirty.add(event.path)
        self._latest[event.path] = (event.caret[0], text)

    def saved(self, event: Event, text: str) -> None:
        """A file was saved; a second later a chunk is picked from it, if it was not changed since."""
        self._dirty.discard(event.path)
        self._latest[event.path] = (event.caret[0], text)
        self._spawn(self._pick_saved(event.path))

    def copied(self, event: Event, text: str) -> None:
        """Lines were copied."""
        lines = lines_of(text)[event.start[0] : event.end[0] + 1]
        self._ring.pick(lines, self._name(event.path), evict=True)

    async def _pick_saved(self, path: str) -> None:
        await self._sleep(SAVE_DELAY_S)
        if path not in self._dirty:
            line, text = self._latest[path]
            self._ring.around(line, lines_of(text), self._name(path))

    # -- completions -----------------------------------------------------------------------------------------

    async def ask(self, event: Event, text: str) -> Offer:
        """The suggestion at the caret. Cancelling the task cancels the editor's token only: a request goes on."""
        token = _Token()
        work = self._spawn(self._complete(event, text, token))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            token.cancelled = True
            raise

    async def _complete(self, event: Event, text: str, token: _Token) -> Offer:
        prefix, suffix, left, right = cut(text, event)
        blank = not left.strip(" \t")
        prompt = "" if blank else left
        unwanted = len(right) > MAX_LINE_SUFFIX
        self.asks[id(event)] = not unwanted and self._results.find(prefix, suffix, prompt) is None
        while self._busy:
            await self._sleep(BUSY_POLL_S)
            if token.cancelled:
                return Offer(at=time.perf_counter())
        self._last_start = self._now()
        if unwanted:
            return Offer(at=time.perf_counter(), reused=True)
        self._busy = True
        try:
            indent = len(left + right) - len((left + right).lstrip())
            completion = self._results.find(prefix, suffix, prompt)
            reused = completion is not None
            if completion is None:
                completion = await self._infill(prefix, suffix, prompt, indent)
            lines = without_blank_end(completion)
            at = time.perf_counter()
            if not completion.strip() or repeats(lines, text, event.caret[0], left, right):
                return Offer(at=at, reused=reused)
            completion = fitted(lines, right)
            if not reused:
                self._results.put(Results.key(prefix, suffix, prompt), completion)
            self._spawn(self._afterwards(event, text, token, (prefix, suffix, prompt), lines, right))
        finally:
            self._busy = False
        insert = unindented(completion, len(left)) if blank else completion
        caret = SourceText(text).offset_at(*event.caret)
        return Offer(insert, caret, caret, time.perf_counter(), reused)

    async def _afterwards(
        self,
        event: Event,
        text: str,
        token: _Token,
        place: tuple[str, str, str],
        lines: list[str],
        right: str,
    ) -> None:
        """What the extension does once a suggestion is on the screen."""
        await asyncio.sleep(0)
        prefix, suffix, prompt = place
        if not token.cancelled and not right.strip():
            await self._after_accept(prefix, suffix, prompt, lines)
            if len(lines) > 1:
                key = Results.key(prefix + prompt + lines[0] + "\n", suffix, "")
                if self._results.get(key) is None:
                    self._results.put(key, "\n".join(lines[1:]))
        if not token.cancelled:
            self._ring.far(event.caret[0], lines_of(text), self._name(event.path))

    async def _after_accept(self, prefix: str, suffix: str, prompt: str, lines: list[str]) -> None:
        """Ask for, and cache, what would follow the acceptance of a suggestion."""
        typed = prompt + lines[0]
        if len(lines) > 1:
            before = prefix + prompt + "\n".join(lines[:-1])
            prefix = "\n".join(before.split("\n")[-N_PREFIX:]) + "\n"
            typed = lines[-1]
        key = Results.key(prefix, suffix, typed)
        if self._results.get(key) is not None:
            return
        answer = await self._infill(prefix, suffix, typed, len(prompt) - len(prompt.lstrip()))
        if answer.strip():
            self._results.put(key, "\n".join(without_blank_end(answer)))

    async def _infill(self, prefix: str, suffix: str, prompt: str, indent: int) -> str:
        body: dict[str, Any] = {
            "input_prefix": prefix,
            "input_suffix": suffix,
            "input_extra": self._ring.chunks,
            "prompt": prompt,
            "n_predict": N_PREDICT,
            **SAMPLING,
            "t_max_prompt_ms": 500,
            "t_max_predict_ms": 500,
        }
        if indent:
            body["n_indent"] = indent
        return str((await self._post(body)).get("content", ""))

    async def _update_ring(self) -> None:
        """Once a second, while no completion began lately: one more chunk, evaluated by the server."""
        while True:
            await self._sleep(RING_UPDATE_S)
            if self._now() - self._last_start >= RING_QUIET_S and self._ring.rotate():
                self.ring_updates += 1
                body = {
                    "input_prefix": "",
                    "input_suffix": "",
                    "input_extra": self._ring.chunks,
                    "prompt": "",
                    "n_predict": 0,
                    "samplers": [],
                    "cache_prompt": True,
                    "t_max_prompt_ms": 500,
                    "t_max_predict_ms": 1,
                }
                self._spawn(self._post(body))

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        """One request to ``/infill``; what it evaluated is counted."""
        data = json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        head = (
            f"POST /infill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + data)
        try:
            answer = await reader.read()
        finally:
            writer.close()
        headers, _, payload = answer.partition(b"\r\n\r\n")
        status = headers.split(b" ", 2)[1:2]
        if status != [b"200"]:
            raise RuntimeError(f"llama.cpp's server answered {headers[:60]!r}: {payload[:300]!r}")
        parsed: dict[str, Any] = json.loads(payload)
        timings = parsed.get("timings", {})
        self.requests += 1
        self.evaluated_tokens += int(timings.get("prompt_n", 0))
        self.generated_tokens += int(timings.get("predicted_n", 0))
        return parsed

    # -- time ------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Time stands still until :meth:`go_on`: the server is stopped."""
        self._stopped_at = time.monotonic()

    def go_on(self) -> None:
        """Time goes on."""
        if self._stopped_at is not None:
            self._stopped_for += time.monotonic() - self._stopped_at
            self._stopped_at = None

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way but what waits for time to pass."""
        return not self._busy and len(self._tasks) <= 1

    async def close(self) -> None:
        """End what runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _now(self) -> float:
        stopped = self._stopped_for
        if self._stopped_at is not None:
            stopped += time.monotonic() - self._stopped_at
        return time.monotonic() - stopped

    async def _sleep(self, seconds: float) -> None:
        end = self._now() + seconds
        while (left := end - self._now()) > 0:
            await asyncio.sleep(left if self._stopped_at is None else max(left, 0.05))

    def _name(self, path: str) -> str:
        return str(self._folder / path)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()
