"""The process for what crosses functions and files, and for plans, as the server holds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from burnish_server.perf.worker_process import AnalyserError, WorkerProcess
from burnish_server.refactor.model import Changes, Offer, Plan

__all__ = ["AnalyserError", "RefactorProcess"]

#: Seconds that looking for offers may take: a menu waits for it.
_OFFERS_SECONDS = 10.0
#: Seconds for the changes of one refactoring, looked at between files; and for all of it, when that did not end it.
_PERFORM_SECONDS, _PERFORM_AT_MOST = 30.0, 45.0
#: Seconds for a plan: every step tries many extractions.
_PLAN_SECONDS = 120.0


class RefactorProcess(WorkerProcess):
    """The refactorings' own worker."""

    module = "burnish_server.refactor.worker"

    async def offers(self, root: Path, path: Path, text: str, start: int, end: int) -> list[Offer]:
        """What is offered at a cursor or selection of a text.

        Raises:
            AnalyserError: it could not be found out.
        """
        operation = {"op": "offers", "root": str(root), "path": str(path), "text": text}
        answer = await self.ask({**operation, "start": start, "end": end}, _OFFERS_SECONDS)
        return [Offer.from_json(one) for one in answer["offers"]]

    async def perform(
        self,
        root: Path,
        path: Path,
        texts: Mapping[Path, str],
        span: tuple[int, int],
        id: str,
        answers: Mapping[str, str],
    ) -> Changes:
        """The changes of a refactoring; nothing is changed yet.

        Args:
            texts: the documents that are open. span: the cursor or selection in the one at ``path``.

        Raises:
            AnalyserError: it cannot be done; a sentence for users.
        """
        answer = await self.ask(
            {
                "op": "perform",
                "root": str(root),
                "path": str(path),
                "texts": {str(file): text for file, text in texts.items()},
                "start": span[0],
                "end": span[1],
                "id": id,
                "answers": dict(answers),
                "seconds": _PERFORM_SECONDS,
            },
            _PERFORM_AT_MOST,
        )
        return Changes.from_json(answer)

    async def plan(self, path: str, text: str, offset: int) -> Plan:
        """The steps that make the function around a place simpler.

        Raises:
            AnalyserError: there is no function, or it could not be planned.
        """
        operation = {"op": "plan", "path": path, "text": text, "offset": offset}
        return Plan.from_json(await self.ask(operation, _PLAN_SECONDS))

    async def figures(self, before: str, after: str, function: str) -> str:
        """What a change does to a function's complexity and its file's maintainability, in words.

        Raises:
            AnalyserError: one of the texts has no such function.
        """
        operation = {"op": "figures", "before": before, "after": after, "function": function}
        return str((await self.ask(operation))["words"])
