"""Code actions for refactorings: exact ones within a file at once, possible ones verified when they are resolved, and those that
cross functions and files as a command, which asks what it needs to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from lsprotocol import types

from burnish_analysis.refactor.model import ORGANIZE as ORGANIZE_RULE
from burnish_server.features.outcomes import ACCEPTED
from burnish_server.features.perf import target_of
from burnish_server.features.perf_offers import offered
from burnish_server.features.refactor_standing import standing_of
from burnish_server.features.verifying import (
    OVERTAKEN,
    command,
    disables,
    resolves,
    tell,
    unchanged,
    wanted,
)
from burnish_server.perf.edits import range_of, workspace_edit
from burnish_server.perf.look import Look
from burnish_server.refactor.model import LocalOffer, Offer
from burnish_server.refactor.standing import Standing
from burnish_server.refactor.words import (
    NOT_RUN,
    badge,
    confirmation,
    crossing_title,
    evidence,
    refusal,
    suggestion,
    title_of,
)

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["ASK", "PERFORM", "RefactorOffering", "at_place", "decided"]

#: A command of the client's: asks the questions of a refactoring and has the server perform it. Clients that have it say so.
ASK = "burnish.refactor"
#: Performs a refactoring with the answers given, default answers for the others.
PERFORM = "burnish.server.refactor"
#: Verifies and applies a refactoring within a file, for clients that do not resolve code actions.
VERIFY_AND_APPLY = "burnish.server.refactorApply"
_QUICK_FIX = "quickfix"
#: What the editor asks for by a request of its own, and what nobody would do with default answers.
_RENAME = "rename"
_NEEDS_ANSWERS = frozenset({"reorder-parameters"})
#: A cursor in a longer place than this, in lines, means something inside of it.
_SHORT = 4


#: The kind by which editors ask for this tool's way to put imports in order.
ORGANIZE = f"{ORGANIZE_RULE}.burnish"


class RefactorOffering:
    """Makes the code actions of one client."""

    kinds: ClassVar[tuple[str, ...]] = (
        "refactor.extract",
        "refactor.inline",
        "refactor.rewrite",
        "refactor.move",
        ORGANIZE,
    )

    def __init__(self, server: BurnishServer) -> None:
        self._server = server

    def owns(self, action: types.CodeAction) -> bool:
        """Whether an action to resolve was made here."""
        return isinstance(action.data, dict) and action.data.get("of") == "refactor"

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """What is offered at a cursor or for a selection."""
        wants = wanted(params.context.only)
        if not any(map(wants, (*self.kinds, _QUICK_FIX))):
            return []
        uri, where = params.text_document.uri, params.range
        # On every move of the cursor the editor asks whether there is anything: only what was selected, or suggested, is worth
        # a light then.
        quiet = params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        selected = where.start != where.end
        made = await self._suggested(params) if wants(_QUICK_FIX) else []
        told = {_key_of(action) for action in made}
        if wants("refactor") or any(map(wants, self.kinds[:4])):
            if not quiet:
                made += [one for one in await self._local(uri, where, wants) if _key_of(one) not in told]
            if not quiet or selected:
                made += await self._crossing(uri, where, wants)
        # Editors ask for these by name, on saving or in their menu of source actions.
        if params.context.only and wants(ORGANIZE):
            made += await self._organizing(uri, asked=not quiet)
        return made

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its edit, or with the reason why there is none."""
        data = action.data if isinstance(action.data, dict) else {}
        uri, key = data.get("uri"), data.get("key")
        if not isinstance(uri, str) or not isinstance(key, str) or action.edit is not None:
            return action
        began, service = time.monotonic(), self._server.refactor
        look = await service.look(uri)
        found = look.one(key) if look is not None else None
        if look is None or not isinstance(found, LocalOffer):
            action.disabled = types.CodeActionDisabled("The code has changed since this was offered.")
            return action
        job = service.job(look, found)
        known = await service.known(job)
        standing = await standing_of(self._server, job, found.title)
        present = await unchanged(uri, look, key, service)
        now = present[0].one(key) if present is not None else None
        if present is None or not isinstance(now, LocalOffer):
            return self._overtaken(action, found)
        if not present[1]:
            # Verified for a text that is not there any more: what it imports, for one, may be other code now.
            again = await service.known(service.job(present[0], now))
            if again.verdict is None and not now.exact:
                return self._overtaken(action, found)
            standing = again
        action = decided(self._server, action, uri, present[0], now, standing, began)
        if known.verdict is None and action.edit is not None and not confirmation(now.exact, standing)[0]:
            tell(self._server, f"{now.title}: {evidence(now.exact, now.function, standing)}")
        return action

    # -- inside ----------------------------------------------------------------------------------------------

    def _overtaken(self, action: types.CodeAction, found: LocalOffer) -> types.CodeAction:
        action.disabled = types.CodeActionDisabled(OVERTAKEN)
        tell(self._server, f"{found.title}: {OVERTAKEN}")
        return action

    async def _suggested(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Quick fixes for what is suggested unasked."""
        service, uri, where = self._server.refactor, params.text_document.uri, params.range
        if not service.suggested(uri) or (look := await service.look(uri)) is None:
            return []
        suggested = {held.found.key: held.found for held in service.suggested(uri)}
        made = []
        for found in at_place(look, where, self._server.encoding):
            told = suggested.get(found.key)
            if isinstance(told, LocalOffer):
                action = await self._action(uri, look, found)
                if action.disabled is None:
                    action.title, action.kind = suggestion(told), types.CodeActionKind.QuickFix
                    same = [one for one in params.context.diagnostics if one.message == action.title]
                    action.diagnostics = same or None
                    made.append(action)
        return made

    async def _local(
        self, uri: str, where: types.Range, wants: Callable[[str], bool]
    ) -> list[types.CodeAction]:
        look = await self._server.refactor.look(uri)
        if look is None:
            return []
        here = at_place(look, where, self._server.encoding)
        return [await self._action(uri, look, found) for found in here if wants(found.kind)]

    async def _action(self, uri: str, look: Look, found: LocalOffer) -> types.CodeAction:
        server = self._server
        job = server.refactor.job(look, found)
        standing = await server.refactor.known(job)
        action = types.CodeAction(
            title=title_of(found.title, found.exact, standing),
            kind=found.kind,
            data={"uri": uri, "key": found.key, "of": "refactor"},
        )
        if found.exact or not found.function or standing.verdict is not None:
            return decided(server, action, uri, look, found, standing, time.monotonic())
        if not resolves(server):
            action.command = command(found.title, VERIFY_AND_APPLY, [uri, found.key])
        return action

    async def _crossing(
        self, uri: str, where: types.Range, wants: Callable[[str], bool]
    ) -> list[types.CodeAction]:
        document = self._server.refactor.document(uri)
        if document is None:
            return []
        source, encoding = document.snapshot, self._server.encoding
        start = source.offset_at(where.start.line, where.start.character, encoding)
        end = source.offset_at(where.end.line, where.end.character, encoding)
        offers = await self._server.refactor.offers(uri, start, end)
        place = range_of(source, start, end, encoding)
        made = [self._asking(uri, place, one) for one in offers if one.id != _RENAME and wants(one.kind)]
        return [action for action in made if action is not None]

    def _asking(self, uri: str, where: types.Range, offer: Offer) -> types.CodeAction | None:
        """The action of an offer; None where the client cannot be asked what it needs to know, or not shown why it cannot be done."""
        title = crossing_title(offer.title, "" if offer.refused else offer.unproved)
        if offer.refused:
            if not disables(self._server):
                return None
            disabled = types.CodeActionDisabled(offer.refused)
            return types.CodeAction(title=title, kind=offer.kind, disabled=disabled)
        asked = {"uri": uri, "range": _plain(where), "id": offer.id}
        if self._server.refactor.asks:
            needs = [
                {"name": q.name, "label": q.label, "default": q.default, "check": q.check}
                for q in offer.needs
            ]
            title = f"{title}…" if needs else title
            run = command(title, ASK, [{**asked, "title": title, "needs": needs}])
        elif offer.id in _NEEDS_ANSWERS or not all(question.default for question in offer.needs):
            return None
        else:
            run = command(title, PERFORM, [asked])
        return types.CodeAction(title=title, kind=offer.kind, command=run)

    async def _organizing(self, uri: str, *, asked: bool) -> list[types.CodeAction]:
        """The action that puts a document's imports in order; what is not shown to change nothing else only where the user asks."""
        look = await self._server.refactor.look(uri)
        found = (
            [one for one in look.found if isinstance(one, LocalOffer) and one.kind == ORGANIZE_RULE]
            if look
            else []
        )
        chosen = [one for one in found if one.changes and (one.exact or asked)]
        if look is None or not chosen:
            return []
        unknown = " and ".join(dict.fromkeys(words for one in chosen for words in one.unknown))
        title = "Organize imports (Burnish)" + (f": not shown that {unknown}" if unknown else "")
        changes = [change for one in chosen for change in one.changes]
        edit = workspace_edit(target_of(self._server, uri, look), changes)
        return [types.CodeAction(title, kind=ORGANIZE, edit=edit)]


def at_place(look: Look, where: types.Range, encoding: str) -> list[LocalOffer]:
    """The refactorings at a cursor or in a selection, in the order of the file.

    A cursor means what begins on its line, and what it stands in where that is short; a selection what lies in it or what it
    is the beginning of.
    """
    source = look.source
    start = source.offset_at(where.start.line, where.start.character, encoding)
    end = source.offset_at(where.end.line, where.end.character, encoding)
    first, last = source.line_of(start), source.line_of(end)
    found = []
    for one in look.found:
        if not isinstance(one, LocalOffer):
            continue
        head, foot = source.line_of(one.start), source.line_of(one.end)
        inside = one.start <= start and end <= one.end and foot - head < _SHORT
        if first <= head <= last or inside:
            found.append(one)
    return found


def decided(
    server: BurnishServer,
    action: types.CodeAction,
    uri: str,
    look: Look,
    found: LocalOffer,
    standing: Standing,
    began: float,
) -> types.CodeAction:
    """The action with what is known: an edit, or why there is none."""
    action.title = title_of(found.title, found.exact, standing)
    reason = refusal(found.exact, found.function, standing)
    label, words = confirmation(found.exact, standing)
    target = target_of(server, uri, look)
    if reason is None and label == NOT_RUN and not target.annotated:
        reason = f"{words} This editor cannot ask you to look at it first, so it is not applied."
    if reason is not None:
        action.disabled = types.CodeActionDisabled(reason)
        return action
    action.edit = workspace_edit(target, found.changes, words, label)
    identity = offered(server, uri, look, found, standing.verdict, began, badge(found.exact, standing))
    if identity:
        action.command = command("Taken", ACCEPTED, [uri, identity, []])
    return action


def _key_of(action: types.CodeAction) -> str:
    return str(action.data["key"]) if isinstance(action.data, dict) else ""


def _plain(where: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": where.start.line, "character": where.start.character},
        "end": {"line": where.end.line, "character": where.end.character},
    }
