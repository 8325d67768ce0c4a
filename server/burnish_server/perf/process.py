"""The process that looks for findings, as the server holds it: started when needed, started again when it dies."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from burnish_server.metrics.model import Limits, Measured
from burnish_server.perf.model import Analysis, Found, RuleText
from burnish_server.perf.profiles import Entry, Profile
from burnish_server.perf.worker_process import AnalyserError, WorkerProcess

__all__ = ["AnalyserError", "AnalyserProcess"]


class AnalyserProcess(WorkerProcess):
    """The findings' worker."""

    module = "burnish_server.perf.worker"

    async def find(self, path: str, text: str) -> Analysis:
        """The findings in a text.

        Raises:
            AnalyserError: they could not be found.
        """
        answer = await self.ask({"op": "find", "path": path, "text": text})
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
        answer = await self.ask({"op": "fix", "path": path, "text": text, "chosen": chosen})
        return str(answer["text"]), [str(rule) for rule in answer["applied"]]

    async def metrics(self, document: str, path: str, text: str, limits: Limits) -> Measured:
        """The figures of a text.

        Args:
            document: whose text it is: what did not change since it was measured last is not measured again.

        Raises:
            AnalyserError: it could not be measured.
        """
        operation = {"document": document, "path": path, "text": text, "limits": asdict(limits)}
        return Measured.from_json(await self.ask({"op": "metrics", **operation}))

    async def rules(self) -> dict[str, RuleText]:
        """What is said of every rule.

        Raises:
            AnalyserError: it could not be asked.
        """
        answer = await self.ask({"op": "rules"})
        return {rule: RuleText.from_json(raw) for rule, raw in answer["rules"].items()}

    async def profile(self, path: Path) -> Profile:
        """Read a profile; a file that is made to do harm does it to that process only.

        Raises:
            AnalyserError: it is none.
        """
        raw = (await self.ask({"op": "profile", "path": str(path)}))["profile"]
        return Profile(raw["tool"], raw["seconds"], tuple(Entry(**entry) for entry in raw["entries"]))
