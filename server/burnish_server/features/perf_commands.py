"""Commands for performance findings: verify and apply all of a file, preview one with its evidence, rank by a profile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.verify.model import Verdict
from burnish_server.documents import SourceText
from burnish_server.features.perf_actions import EXPLAIN, VERIFY_AND_APPLY, target_of, verified
from burnish_server.features.progress import WorkProgress
from burnish_server.perf.edits import changes_between, workspace_edit
from burnish_server.perf.held import Held
from burnish_server.perf.model import Found, TextChange
from burnish_server.perf.process import AnalyserError
from burnish_server.perf.ranking import ranked
from burnish_server.perf.service import Look
from burnish_server.perf.verdicts import Stoppable, VerificationCancelledError
from burnish_server.perf.words import UNTRUSTED, badge, difference, evidence_page, refusal, times, unasked

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_VERIFY_ALL = "burnish.server.verifyAll"
_APPLY_VERIFIED = "burnish.server.applyVerified"
_PREVIEW = "burnish.server.perfPreview"
_USE_PROFILE = "burnish.server.useProfile"
#: One fix may make another possible.
_MOST_ROUNDS = 10


def register(server: BurnishServer) -> None:
    """Register the commands."""

    @server.command(_VERIFY_ALL)
    async def verify_all(*arguments: Any) -> dict[str, Any]:
        uri = _one_text(arguments, _VERIFY_ALL, "a document's URI")
        return await _verify_all(server, uri)

    @server.command(_APPLY_VERIFIED)
    async def apply_verified(*arguments: Any) -> dict[str, Any]:
        uri = _one_text(arguments, _APPLY_VERIFIED, "a document's URI")
        return await _apply_verified(server, uri)

    @server.command(_PREVIEW)
    async def preview(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}}]:
                key = await _key_at(server, uri, line, character)
            case _:
                uri, key = _finding_named(arguments, _PREVIEW)
        return await _previewed(server, uri, key)

    @server.command(EXPLAIN)
    async def explain(*arguments: Any) -> None:
        uri, key = _finding_named(arguments, EXPLAIN)
        look, found = await _finding(server, uri, key)
        verdict = await server.perf.verdicts.recall(server.perf.job(look, found))
        words = refusal(found, verdict) if server.perf.verdicts.trusted or verdict else UNTRUSTED
        if words:
            _tell(server, f"{found.title}: {words}" if words != UNTRUSTED else words)

    @server.command(VERIFY_AND_APPLY)
    async def verify_and_apply(*arguments: Any) -> dict[str, Any]:
        uri, key = _finding_named(arguments, VERIFY_AND_APPLY)
        look, found = await _finding(server, uri, key)
        verdict = await verified(server, uri, look, found)
        reason = refusal(found, verdict)
        if reason is not None:
            _tell(server, f"{found.title}: {reason}")
            return {"applied": False, "reason": reason}
        weak = verdict.evidence if verdict.strength == "weak" else ""
        return {
            "applied": await _change(server, uri, look, list(found.changes), found.title, weak),
            "reason": "",
        }

    @server.command(_USE_PROFILE)
    async def use_profile(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"path": str(path)}] | [[{"path": str(path)}]] if path:
                file: Path | None = Path(path)
            case [{"path": None}] | [[{"path": None}]] | []:
                file = None
            case _:
                raise JsonRpcInvalidParams(
                    f"{_USE_PROFILE} needs {{path}}: a profile's file, or null for none."
                )
        try:
            profile = await server.perf.use_profile(file)
        except AnalyserError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        if profile is None:
            return {"tool": "", "seconds": 0.0, "functions": 0}
        return {"tool": profile.tool, "seconds": profile.seconds, "functions": len(profile.entries)}


def _one_text(arguments: tuple[Any, ...], command: str, what: str) -> str:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
    if len(given) != 1 or not isinstance(given[0], str):
        raise JsonRpcInvalidParams(f"{command} needs one argument: {what}.")
    return given[0]


def _finding_named(arguments: tuple[Any, ...], command: str) -> tuple[str, str]:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
    match given:
        case [{"uri": str(uri), "key": str(key)}]:
            return uri, key
        case [str(uri), str(key)]:
            return uri, key
    raise JsonRpcInvalidParams(f"{command} needs a document's URI and a finding's key.")


async def _looked(server: BurnishServer, uri: str) -> Look:
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


async def _finding(server: BurnishServer, uri: str, key: str) -> tuple[Look, Found]:
    look = await _looked(server, uri)
    found = look.one(key)
    if found is None:
        raise JsonRpcInvalidParams("The code has changed: this finding is not there any more.")
    return look, found


def _tell(server: BurnishServer, words: str) -> None:
    server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Burnish: {words}"))


# -- one finding -----------------------------------------------------------------------------------------------------------


async def _key_at(server: BurnishServer, uri: str, line: int, character: int) -> str:
    """The finding with a fix at a place, or else on its line; the narrowest, then the most promising."""
    look = await _looked(server, uri)
    offset = look.source.offset_at(line, character, server.encoding)
    fixable = [found for found in server.perf.rank(look) if found.fixable]
    here = [found for found in fixable if found.start <= offset <= found.end]
    on_line = [found for found in fixable if look.source.line_of(found.start) == line]
    if not here and not on_line:
        raise JsonRpcInvalidParams("Burnish has no fix on this line.")
    return min(here or on_line, key=lambda found: found.end - found.start).key


async def _previewed(server: BurnishServer, uri: str, key: str) -> dict[str, Any]:
    """What a fix changes, and what is known of it; nothing is verified for it."""
    look, found = await _finding(server, uri, key)
    job = server.perf.job(look, found)
    verdict = await server.perf.verdicts.recall(job)
    rules = await server.perf.rules()
    line = look.source.line_of(found.start)
    share = server.perf.share(found, look.path)
    page = evidence_page(found, rules.get(found.rule), verdict, share, Path(look.path).name, line)
    return {
        "title": found.title,
        "rule": found.rule,
        "line": line,
        "before": job.before,
        "after": job.after,
        "badge": badge(found, verdict),
        "evidence": page,
        "summary": _summary(found, verdict),
        "verdict": None if verdict is None else verdict.as_dict(),
    }


def _summary(found: Found, verdict: Verdict | None) -> str:
    """One sentence on a fix."""
    reason = refusal(found, verdict)
    if verdict is None:
        if found.exact:
            return "It behaves the same: that is shown from the code."
        return "Not verified yet." if found.function else str(reason)
    return reason or f"{verdict.evidence}."


async def _change(
    server: BurnishServer, uri: str, look: Look, made: list[TextChange], label: str, weak: str = ""
) -> bool:
    """Ask the client to change the document; refused where it is another version by now."""
    document = server.workspace.document(uri)
    if document is None or document.source != look.source.text:
        return False
    edit = workspace_edit(target_of(server, uri, look), made, weak)
    answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=edit, label=label))
    return answer.applied


# -- all of a file ---------------------------------------------------------------------------------------------------------


async def _verify_all(server: BurnishServer, uri: str) -> dict[str, Any]:
    """Verify every fix of a file: those that need it first, the most promising first."""
    look = await _looked(server, uri)
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


async def _apply_verified(server: BurnishServer, uri: str) -> dict[str, Any]:
    """Apply every fix that was verified (tested) or is exact and not refuted; nothing is verified for it.

    One change of the document, which one undo takes back.
    """
    look = await _looked(server, uri)
    progress = WorkProgress(server, "Burnish: applying what was verified")
    server.perf.background(progress.begin())
    applied: list[str] = []
    text, present = look.source.text, look
    try:
        for _ in range(_MOST_ROUNDS):
            chosen = await _good(server, present)
            if not chosen:
                break
            text, rules = await server.perf.process.fix(look.path, text, chosen)
            if not rules:
                break
            applied += rules
            present = await _look_at(server, look, text)
    except AnalyserError as error:
        raise JsonRpcInvalidParams(f"The fixes could not be made: {error}") from None
    finally:
        progress.end()
    made = changes_between(look.source.text, text)
    done = bool(made) and await _change(server, uri, look, made, "Burnish: apply all verified")
    left = sum(1 for found in present.found if found.fixable and not server.perf.refuted(uri, found))
    return {"applied": applied if done else [], "left": left}


async def _good(server: BurnishServer, look: Look) -> list[str]:
    """The keys of the fixes that may be applied without asking."""
    chosen = []
    for found in ranked(look.found, look.path, server.perf.profile):
        if not found.fixable or (not found.exact and not found.function):
            continue
        verdict = await server.perf.verdicts.recall(server.perf.job(look, found)) if found.function else None
        if unasked(found, verdict):
            chosen.append(found.key)
    return chosen


async def _look_at(server: BurnishServer, look: Look, text: str) -> Look:
    """What is found in a text that is not in the editor yet."""

    analysis = await server.perf.process.find(look.path, text)
    held = tuple(Held(found, found.start, found.end) for found in analysis.findings)
    return Look(SourceText(text), look.version, look.path, held, analysis.broken)
