"""Commands for performance findings: verify and apply all of a file, preview one with its evidence, rank by a profile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.verify.model import Verdict
from burnish_server.documents import SourceText
from burnish_server.features.perf_actions import EXPLAIN, VERIFY_AND_APPLY, verified
from burnish_server.features.perf_file import apply_verified_of, change, looked_at, verify_all_of
from burnish_server.features.perf_offers import offered
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found
from burnish_server.perf.process import AnalyserError
from burnish_server.perf.words import UNTRUSTED, badge, evidence_page, refusal

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_VERIFY_ALL = "burnish.server.verifyAll"
_APPLY_VERIFIED = "burnish.server.applyVerified"
_PREVIEW = "burnish.server.perfPreview"
_USE_PROFILE = "burnish.server.useProfile"


def register(server: BurnishServer) -> None:
    """Register the commands."""

    @server.command(_VERIFY_ALL)
    async def verify_all(*arguments: Any) -> dict[str, Any]:
        uri = _one_text(arguments, _VERIFY_ALL, "a document's URI")
        return await verify_all_of(server, uri)

    @server.command(_APPLY_VERIFIED)
    async def apply_verified(*arguments: Any) -> dict[str, Any]:
        uri = _one_text(arguments, _APPLY_VERIFIED, "a document's URI")
        return await apply_verified_of(server, uri)

    @server.command(_PREVIEW)
    async def preview(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}}]:
                key = await _key_at(server, uri, line, character)
            case _:
                uri, key = _finding_named(arguments, _PREVIEW)
        match arguments:
            case [{"verify": True}]:
                look, found = await _finding(server, uri, key)
                await verified(server, uri, look, found)
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
        began = time.monotonic()
        look, found = await _finding(server, uri, key)
        job = server.perf.job(look, found)
        # What is shown from the code need not wait for a verdict.
        verdict = await (
            server.perf.verdicts.recall(job) if found.exact else verified(server, uri, look, found)
        )
        reason = refusal(found, verdict)
        if reason is not None:
            _tell(server, f"{found.title}: {reason}")
            return {"applied": False, "reason": reason}
        weak = verdict.evidence if verdict is not None and verdict.strength == "weak" else ""
        identity = offered(server, uri, look, found, verdict, began)
        applied = await change(server, uri, look, list(found.changes), found.title, weak)
        if applied and identity:
            server.learning.accepted(uri, identity)
        return {"applied": applied, "reason": ""}

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


async def _finding(server: BurnishServer, uri: str, key: str) -> tuple[Look, Found]:
    look = await looked_at(server, uri)
    found = look.one(key)
    if found is None:
        raise JsonRpcInvalidParams("The code has changed: this finding is not there any more.")
    return look, found


def _tell(server: BurnishServer, words: str) -> None:
    server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Burnish: {words}"))


# -- one finding -----------------------------------------------------------------------------------------------------------


async def _key_at(server: BurnishServer, uri: str, line: int, character: int) -> str:
    """The finding with a fix at a place, or else on its line; the narrowest, then the most promising."""
    look = await looked_at(server, uri)
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
        "key": key,
        "title": found.title,
        "rule": found.rule,
        "line": line,
        "lineAfter": _line_after(found, job.after),
        "before": job.before,
        "after": job.after,
        "badge": badge(found, verdict),
        "evidence": page,
        "summary": _summary(found, verdict),
        "applicable": refusal(found, verdict) is None,
        "verifiable": verdict is None and bool(found.function) and server.perf.verdicts.trusted,
        "verdict": None if verdict is None else verdict.as_dict(),
    }


def _line_after(found: Found, after: str) -> int:
    """Where the fix begins in the text with it, imports apart: the line, from 0."""
    start = found.own[0]
    grown = sum(len(one.text) - (one.end - one.start) for one in found.changes if one.end < start)
    return SourceText(after).line_of(start + grown)


def _summary(found: Found, verdict: Verdict | None) -> str:
    """One sentence on a fix."""
    reason = refusal(found, verdict)
    if verdict is None:
        if found.exact:
            return "It behaves the same: that is shown from the code."
        return "Not verified yet." if found.function else str(reason)
    return reason or f"{verdict.evidence[:1].upper()}{verdict.evidence[1:]}."
