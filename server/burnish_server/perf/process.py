"""The process that looks for findings, as the server holds it: started when needed, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

from burnish_server.perf.model import Analysis, Found, RuleText
from burnish_server.perf.profiles import Entry, Profile

__all__ = ["AnalyserError", "AnalyserProcess"]

log = logging.getLogger(__name__)

#: Longest answer that is read, in bytes.
_LONGEST_LINE = 64 << 20
#: Seconds an operation may take. A file of ten thousand lines takes about one.
_SECONDS = 20.0


class AnalyserError(Exception):
    """A text could not be looked at, a profile not be read: why, in words."""


class AnalyserProcess:
    """One operation at a time, in the order they were asked for."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        #: Seconds an operation may take.
        self.seconds = _SECONDS

    async def find(self, path: str, text: str) -> Analysis:
        """The findings in a text.

        Raises:
            AnalyserError: they could not be found.
        """
        answer = await self._ask({"op": "find", "path": path, "text": text})
        findings = tuple(Found.from_json(one) for one in answer["findings"])
        return Analysis(findings, bool(answer["broken"]), tuple(answer["problems"]))

    async def fix(self, path: str, text: str, chosen: list[str] | None) -> tuple[str, list[str]]:
        """The text with fixes in it, and the rules that were applied.

        Args:
            chosen: keys of findings in this very text, applied in one round as far as they are apart; None for every exact fix,
                until none is left.

        Raises:
            AnalyserError: it could not be done.
        """
        answer = await self._ask({"op": "fix", "path": path, "text": text, "chosen": chosen})
        return str(answer["text"]), [str(rule) for rule in answer["applied"]]

    async def rules(self) -> dict[str, RuleText]:
        """What is said of every rule.

        Raises:
            AnalyserError: it could not be asked.
        """
        answer = await self._ask({"op": "rules"})
        return {rule: RuleText.from_json(raw) for rule, raw in answer["rules"].items()}

    async def profile(self, path: Path) -> Profile:
        """Read a profile; a file that is made to do harm does it to that process only.

        Raises:
            AnalyserError: it is none.
        """
        raw = (await self._ask({"op": "profile", "path": str(path)}))["profile"]
        return Profile(raw["tool"], raw["seconds"], tuple(Entry(**entry) for entry in raw["entries"]))

    def close(self) -> None:
        """End the process. May be called twice."""
        self._closed = True
        self._kill()

    async def ended(self) -> None:
        """Wait for a killed process to be gone."""
        killed, self._killed = self._killed, None
        if killed is not None:
            await killed.wait()

    async def _ask(self, operation: dict[str, Any]) -> dict[str, Any]:
        async with self._turn:
            process = await self._started()
            assert process.stdin is not None and process.stdout is not None
            line = b""
            try:
                process.stdin.write(json.dumps(operation).encode() + b"\n")
                async with asyncio.timeout(self.seconds):
                    await process.stdin.drain()
                    line = await process.stdout.readline()
            except TimeoutError:
                self._kill()
                raise AnalyserError(f"The analysis took longer than {self.seconds:g} s.") from None
            except (OSError, ValueError) as error:
                self._kill()
                raise AnalyserError(f"The analysis failed: {error}") from error
            except asyncio.CancelledError:
                # Its answer would be taken for the next one's.
                self._kill()
                raise
            if not line.endswith(b"\n"):
                self._kill()
                raise AnalyserError("The process of the analysis ended in the middle of its work.")
            answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise AnalyserError(str(answer["error"]))
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._closed:
            raise AnalyserError("The server ends.")
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "burnish_server.perf.worker"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=_LONGEST_LINE,
                )
            except OSError as error:
                raise AnalyserError(f"The process of the analysis cannot be started: {error}") from error
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            self._killed = process
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            # The loop may end before it hears of the process's end; the pipes are closed while it runs.
            process._transport.close()  # type: ignore[attr-defined]
