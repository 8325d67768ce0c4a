"""All performance fixes of a file at once: verified, and applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.verify.model import Verdict
from burnish_server.documents import SourceText
from burnish_server.features.perf import target_of
from burnish_server.features.progress import WorkProgress
from burnish_server.perf.edits import changes_between, workspace_edit
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found, TextChange
from burnish_server.perf.process import AnalyserError
from burnish_server.perf.rounds import fixed_in_rounds
from burnish_server.perf.verdicts import Stoppable, VerificationCancelledError
from burnish_server.perf.words import UNTRUSTED, badge, difference, refusal, times, unasked

if TYPE_CHECKING:
    from burnish_server.perf.service import PerfService
    from burnish_server.server import BurnishServer

__all__ = ["all_exact_of", "apply_verified_of", "change", "looked_at", "verify_all_of"]


async def looked_at(server: BurnishServer, uri: str) -> Look:
    """What is found in a document that must be complete.

    Raises:
        JsonRpcInvalidParams: it is not looked at, or is half-written.
    """
    look = await server.perf.look(uri)
    if look is None:
        raise JsonRpcInvalidParams(
            "Burnish does not look at this file: it is not open Python, excluded, or burnish.perf.enabled is off."
        )
    if look.broken:
        raise JsonRpcInvalidParams(
            "The file is not complete Python at the moment, so nothing can be verified."
        )
    return look


async def change(
    server: BurnishServer, uri: str, look: Look, made: list[TextChange], label: str, weak: str = ""
) -> bool:
    """Ask the client to change the document; refused where it is another version by now."""
    document = server.workspace.document(uri)
    if document is None or document.source != look.source.text:
        return False
    edit = workspace_edit(target_of(server, uri, look), made, weak)
    answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=edit, label=label))
    return answer.applied


async def verify_all_of(server: BurnishServer, uri: str) -> dict[str, Any]:
    """Verify every fix of a file: those that need it first, the most promising first."""
    look = await looked_at(server, uri)
    if not server.perf.verdicts.trusted:
        raise JsonRpcInvalidParams(UNTRUSTED)
    todo = [found for found in server.perf.rank(look) if found.fixable and found.function]
    todo.sort(key=lambda found: found.exact)
    run = _AllOfFile(server, uri, look, todo)
    return await run.verified()


class _AllOfFile:
    """One run over the fixes of a file, which the user can stop."""

    def __init__(self, server: BurnishServer, uri: str, look: Look, todo: list[Found]) -> None:
        self._server, self._uri, self._look, self._todo = server, uri, look, todo
        self._stoppable = Stoppable()
        self._progress = WorkProgress(
            server, "Burnish: verifying the file", cancellable=True, on_cancel=self._stoppable.stop
        )

    async def verified(self) -> dict[str, Any]:
        """The verdicts, as the command tells them."""
        perf, results = self._server.perf, []
        perf.background(self._progress.begin(f"{len(self._todo)} fixes"))
        try:
            for number, found in enumerate(self._todo):
                job = perf.job(self._look, found)
                verdict = await self._stoppable.wait(
                    perf.verdicts.verdict(job, self._listener(number, found))
                )
                perf.learned(self._uri, found, verdict)
                results.append(_result(self._look.source, found, verdict))
        except VerificationCancelledError:
            pass  # What was verified until then is told.
        finally:
            self._progress.end()
        return {"of": len(self._todo), "cancelled": self._stoppable.stopped, "results": results}

    def _listener(self, number: int, found: Found) -> Callable[[float, str], None]:
        def tell(share: float, words: str) -> None:
            whole = 100 * (number + share) / len(self._todo)
            self._progress.report(f"{number + 1} of {len(self._todo)}: {found.rule}, {words}", whole)

        return tell


def _result(source: SourceText, found: Found, verdict: Verdict) -> dict[str, Any]:
    reason = refusal(found, verdict)
    return {
        "key": found.key,
        "rule": found.rule,
        "title": found.title,
        "line": source.line_of(found.start),
        "badge": badge(found, verdict),
        "applicable": unasked(found, verdict),
        "evidence": reason or verdict.evidence,
        "gain": times(verdict.speedup.median) if verdict.speedup is not None and verdict.faster else "",
        "difference": difference(verdict) if verdict.verdict == "different" else "",
    }


async def all_exact_of(server: BurnishServer, uri: str, look: Look) -> types.WorkspaceEdit | None:
    """The edit that makes every exact fix, but for those that verification has refuted all the same; None: there is none.

    Raises:
        JsonRpcInvalidParams: they could not be made.
    """
    try:
        after = await _with_all_exact(server.perf, look)
    except AnalyserError as error:
        raise JsonRpcInvalidParams(f"The fixes could not be made: {error}") from None
    made = changes_between(look.source.text, after)
    return workspace_edit(target_of(server, uri, look), made) if made else None


async def _with_all_exact(perf: PerfService, look: Look) -> str:
    for found in look.found:
        if found.exact and found.fixable and found.function:
            verdict = await perf.verdicts.recall(perf.job(look, found))
            if refusal(found, verdict) is not None:
                fixed = await fixed_in_rounds(perf, look, _same)
                return fixed.look.source.text
    text, _ = await perf.process.fix(look.path, look.source.text, None)
    return text


def _same(found: Found, verdict: Verdict | None) -> bool:
    return found.exact and refusal(found, verdict) is None


async def apply_verified_of(server: BurnishServer, uri: str) -> dict[str, Any]:
    """Apply every fix that was verified (tested) or is exact and not refuted; nothing is verified for it.

    One change of the document, which one undo takes back.
    """
    look = await looked_at(server, uri)
    progress = WorkProgress(server, "Burnish: applying what was verified")
    server.perf.background(progress.begin())
    try:
        fixed = await fixed_in_rounds(server.perf, look, unasked)
    except AnalyserError as error:
        raise JsonRpcInvalidParams(f"The fixes could not be made: {error}") from None
    finally:
        progress.end()
    made = changes_between(look.source.text, fixed.look.source.text)
    done = bool(made) and await change(server, uri, look, made, "Burnish: apply all verified")
    left = sum(1 for found in fixed.look.found if found.fixable and not server.perf.refuted(uri, found))
    return {"applied": list(fixed.rules) if done else [], "left": left}
