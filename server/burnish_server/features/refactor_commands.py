"""Commands of refactorings: perform one with the user's answers, check an answer, verify and apply one within a file; and rename."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.refactor.crossing.model import Check, problem_of
from burnish_server.documents import SourceText
from burnish_server.excluded import file_of
from burnish_server.features.perf_offers import told
from burnish_server.features.progress import WorkProgress
from burnish_server.features.refactor_actions import (
    PERFORM,
    VERIFY_AND_APPLY,
    decided,
)
from burnish_server.features.refactor_edits import changes_of, edit_of
from burnish_server.features.refactor_standing import standing_of
from burnish_server.features.verifying import tell
from burnish_server.refactor.model import Changes, LocalOffer
from burnish_server.refactor.words import crossing_title

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_CHECK = "burnish.server.checkAnswer"
_LOOK_FIRST = "You asked to look at this before it is done."
_SEVERAL = "It changes {} files."


def register(server: BurnishServer) -> None:
    """Register the commands."""

    @server.command(PERFORM)
    async def perform(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"uri": str(uri), "range": dict(where), "id": str(id), **rest}]:
                return await _performed(
                    server, uri, where, id, {str(name): value for name, value in rest.items()}
                )
        raise JsonRpcInvalidParams(f"{PERFORM} needs {{uri, range, id, answers?, preview?}}.")

    @server.command(_CHECK)
    def check_answer(*arguments: Any) -> dict[str, str]:
        match arguments:
            case [{"check": str(check), "answer": str(answer)}] if check in get_args(Check):
                if not answer.strip():
                    return {"problem": "Type something."}
                return {"problem": problem_of(check, answer.strip())}  # type: ignore[arg-type]
        raise JsonRpcInvalidParams(f"{_CHECK} needs {{check, answer}}; check is one of {get_args(Check)}.")

    @server.command(VERIFY_AND_APPLY)
    async def verify_and_apply(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [str(uri), str(key)] | [[str(uri), str(key)]] | [{"uri": str(uri), "key": str(key)}]:
                return await _verified_and_applied(server, uri, key)
        raise JsonRpcInvalidParams(f"{VERIFY_AND_APPLY} needs a document's URI and a refactoring's key.")


async def _performed(
    server: BurnishServer, uri: str, where: Mapping[str, Any], id: str, rest: Mapping[str, Any]
) -> dict[str, Any]:
    """Perform a refactoring; what it refuses is a sentence, which the client shows."""
    document = server.workspace.document(uri)
    if document is None:
        raise JsonRpcInvalidParams("The document is not open.")
    answers = {str(name): str(answer) for name, answer in (rest.get("answers") or {}).items()}
    source, began = document.snapshot, time.monotonic()
    span = _span(server, source, where)
    title = str(rest.get("title") or id)
    progress = WorkProgress(server, "Burnish: refactoring")
    server.perf.background(progress.begin(title))
    try:
        changes = await changes_of(server, uri, span, id, answers)
    finally:
        progress.end()
    if not changes.files:
        raise JsonRpcInvalidParams("There is nothing to change.")
    title = crossing_title(title, changes.unproved)
    edit = edit_of(server, changes, _reason_to_look(changes, rest.get("preview")))
    identity = _offered(server, uri, source.text, changes, id, title, began)
    answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=edit, label=title))
    if answer.applied and identity:
        server.learning.accepted(uri, identity)
    elif identity:
        server.learning.reported("dismissed", uri, identity)
    for note in changes.notes if answer.applied else ():
        tell(server, note, types.MessageType.Warning)
    said = {"applied": answer.applied, "files": changes.files, "notes": list(changes.notes)}
    if not changes.unproved:
        return said
    if answer.applied:
        tell(server, f"{title}: {changes.unproved}")
    return {**said, "badge": "not run", "evidence": changes.unproved}


def _reason_to_look(changes: Changes, preview: object) -> str:
    """Why the user is shown the changes first: they asked, or several files change and they have not said they need not."""
    if preview is True:
        return _LOOK_FIRST
    return _SEVERAL.format(changes.files) if preview == "severalFiles" and changes.files > 1 else ""


def _span(server: BurnishServer, source: SourceText, where: Mapping[str, Any]) -> tuple[int, int]:
    match where:
        case {
            "start": {"line": int(line), "character": int(character)},
            "end": {"line": int(last), "character": int(until)},
        }:
            encoding = server.encoding
            return source.offset_at(line, character, encoding), source.offset_at(last, until, encoding)
    raise JsonRpcInvalidParams("A range has a start and an end, each with line and character.")


def _offered(
    server: BurnishServer, uri: str, text: str, changes: Changes, id: str, title: str, began: float
) -> str:
    """Tell the record what is about to be done in this document."""
    own = Path(file_of(uri)).resolve()
    edits = next((made for path, made in changes.edits.items() if path.resolve() == own), ())
    if not edits:
        return ""
    start, end = edits[0].start, edits[-1].end
    after = text[start:end]
    for one in reversed(edits):
        after = after[: one.start - start] + one.text + after[one.end - start :]
    known = "not run" if changes.unproved else ""
    return told(server, uri, text, (start, end), (text[start:end], after), id, title, known, began)


async def _verified_and_applied(server: BurnishServer, uri: str, key: str) -> dict[str, Any]:
    look = await server.refactor.look(uri)
    found = look.one(key) if look is not None else None
    if look is None or not isinstance(found, LocalOffer):
        raise JsonRpcInvalidParams("The code has changed: this refactoring is not there any more.")
    began = time.monotonic()
    standing = await standing_of(server, server.refactor.job(look, found), found.title)
    document = server.workspace.document(uri)
    if document is None or document.source != look.source.text:
        raise JsonRpcInvalidParams("The code has changed meanwhile, so nothing was done. Ask for it again.")
    action = decided(server, types.CodeAction(found.title), uri, look, found, standing, began)
    if action.edit is None:
        reason = action.disabled.reason if action.disabled is not None else ""
        tell(server, f"{found.title}: {reason}", types.MessageType.Warning)
        return {"applied": False, "reason": reason}
    params = types.ApplyWorkspaceEditParams(edit=action.edit, label=found.title)
    answer = await server.workspace_apply_edit_async(params)
    if answer.applied and action.command is not None and action.command.arguments:
        server.learning.accepted(uri, str(action.command.arguments[1]))
    return {"applied": answer.applied, "reason": ""}
