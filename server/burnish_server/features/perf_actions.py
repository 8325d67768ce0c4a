"""Code actions for performance findings: exact fixes at once, possible ones verified when they are resolved, and fix-all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_server.features.metrics_explain import explaining_actions
from burnish_server.features.outcomes import ACCEPTED
from burnish_server.features.perf import diagnostics_on, target_of
from burnish_server.features.perf_file import all_exact_of
from burnish_server.features.perf_ignoring import IGNORE, ignoring_action, with_ignoring_edit
from burnish_server.features.perf_offers import offered
from burnish_server.features.refactor_actions import RefactorOffering
from burnish_server.features.rewrite import KIND, rewrite_actions
from burnish_server.features.verifying import (
    OVERTAKEN,
    command,
    resolves,
    tell,
    unchanged,
    verdict_of,
    wanted,
)
from burnish_server.perf.edits import workspace_edit
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found
from burnish_server.perf.words import refusal, title_of

if TYPE_CHECKING:
    from burnish_analysis.verify.model import Verdict
    from burnish_server.server import BurnishServer

__all__ = [
    "EXPLAIN",
    "FIX_ALL",
    "PREVIEW",
    "VERIFY_AND_APPLY",
    "Offering",
    "register",
    "verified",
]

FIX_ALL = "source.fixAll.burnish"
#: A command of the client's: shows what a fix changes, and the evidence. Clients that have it say so.
PREVIEW = "burnish.previewFix"
#: Says why a fix was not applied.
EXPLAIN = "burnish.server.perfExplain"
#: Verifies and applies a fix, for clients that do not resolve code actions.
VERIFY_AND_APPLY = "burnish.server.perfApply"


def register(server: BurnishServer) -> None:
    """Register code actions and their resolution."""
    offering, refactoring = Offering(server), RefactorOffering(server)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL, *RefactorOffering.kinds],
            resolve_provider=True,
        ),
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        found = await asyncio.gather(offering.actions(params), refactoring.actions(params))
        made = [action for actions in found for action in actions]
        # Nobody is offered a model's work while the cursor merely moves.
        asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
        if asked and wanted(params.context.only)(KIND):
            made += rewrite_actions(server, params.text_document.uri, params.range)
        # A page to read is no fix: no light is lit for it.
        if asked and wanted(params.context.only)("quickfix"):
            made += explaining_actions(server, params)
        return made

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await (refactoring if refactoring.owns(action) else offering).resolved(action)


class Offering:
    """Makes the code actions of one client."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """What is offered for a range of a document."""
        began = time.monotonic()
        uri = params.text_document.uri
        wants = wanted(params.context.only)
        if not (wants("quickfix") or wants(FIX_ALL)):
            return []
        look = await self._server.perf.look(uri)
        if look is None:
            return []
        made: list[types.CodeAction] = []
        if wants("quickfix"):
            here = self._at(look, params.range)
            for found in here:
                if found.fixable:
                    made += await self._quick_fixes(uri, look, found, params.context.diagnostics, began)
            made += await self._ignorings(uri, look, here, params.context.diagnostics)
        # Editors ask for these by name, on saving or in their menu of source actions.
        if params.context.only and wants(FIX_ALL) and any(one.exact and one.fixable for one in look.found):
            made.append(await self._fix_all(uri, look))
        return made

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its edit, or with the reason why there is none."""
        data = action.data if isinstance(action.data, dict) else {}
        uri, key = data.get("uri"), data.get("key")
        if not isinstance(uri, str) or not isinstance(key, str) or action.edit is not None:
            return action
        look = await self._server.perf.look(uri)
        if key == FIX_ALL:
            if look is not None:
                action.edit = await all_exact_of(self._server, uri, look)
            return action
        found = look.one(key) if look is not None else None
        if look is None or found is None:
            action.disabled = types.CodeActionDisabled("The code has changed since this was offered.")
            return action
        if data.get(IGNORE):
            action = await with_ignoring_edit(self._server, action, uri, look, found)
            if action.disabled is not None:
                tell(self._server, f"{action.title}: {action.disabled.reason}")
            return action
        began = time.monotonic()
        known = await self._server.perf.verdicts.recall(self._server.perf.job(look, found))
        verdict = await verified(self._server, uri, look, found)
        present = await self._unchanged(uri, look, found)
        if present is None:
            action.disabled = types.CodeActionDisabled(OVERTAKEN)
            tell(self._server, f"{found.title}: {OVERTAKEN}")
            return action
        look, found = present
        action = self._decided(action, uri, look, found, verdict, began)
        if known is None and action.edit is not None and verdict.strength != "weak":
            # The editor applies it now; weak evidence is shown where it asks.
            tell(self._server, f"{found.title}: {verdict.evidence}.")
        return action

    async def _unchanged(self, uri: str, look: Look, found: Found) -> tuple[Look, Found] | None:
        """A finding where it stands now, if what was verified of it holds for the present text; None where it does not."""
        perf = self._server.perf
        present = await unchanged(uri, look, found.key, perf)
        if present is None:
            return None
        now, same = present
        there = now.one(found.key)
        assert there is not None
        return (now, there) if same or await perf.verdicts.recall(perf.job(now, there)) else None

    # -- inside ----------------------------------------------------------------------------------------------

    def _at(self, look: Look, where: types.Range) -> list[Found]:
        """The findings in a range; for a mere cursor, those that begin on its line as well."""
        encoding = self._server.encoding
        start = look.source.offset_at(where.start.line, where.start.character, encoding)
        end = look.source.offset_at(where.end.line, where.end.character, encoding)
        line = look.source.line_of(start) if start == end else None
        return [
            found
            for found in self._server.perf.rank(look)
            if (found.start <= end and start <= found.end) or look.source.line_of(found.start) == line
        ]

    async def _quick_fixes(
        self, uri: str, look: Look, found: Found, diagnostics: Sequence[types.Diagnostic], began: float
    ) -> list[types.CodeAction]:
        server = self._server
        verdict = await server.perf.verdicts.recall(server.perf.job(look, found)) if found.function else None
        same = diagnostics_on(server, look, found, diagnostics)
        action = types.CodeAction(
            title=title_of(found, verdict),
            kind=types.CodeActionKind.QuickFix,
            diagnostics=same or None,
            is_preferred=found.exact or None,
            data={"uri": uri, "key": found.key},
        )
        if found.exact or verdict is not None or not found.function:
            action = self._decided(action, uri, look, found, verdict, began)
        elif not resolves(self._server):
            action.command = command(found.title, VERIFY_AND_APPLY, [uri, found.key])
        return [action, *self._preview(uri, found, same)]

    async def _ignorings(
        self, uri: str, look: Look, here: list[Found], diagnostics: Sequence[types.Diagnostic]
    ) -> list[types.CodeAction]:
        """An action for every rule that is told on a line, to silence it there."""
        server = self._server
        made: dict[tuple[str, int], types.CodeAction] = {}
        for found in here:
            place = found.rule, look.source.line_of(found.start)
            if place in made or server.perf.refuted(uri, found):
                continue
            action = ignoring_action(uri, found, diagnostics_on(server, look, found, diagnostics))
            if not resolves(self._server):
                action = await with_ignoring_edit(server, action, uri, look, found)
            if action.disabled is None:
                made[place] = action
        return list(made.values())

    def _decided(
        self,
        action: types.CodeAction,
        uri: str,
        look: Look,
        found: Found,
        verdict: Verdict | None,
        began: float,
    ) -> types.CodeAction:
        """The action with what is known: an edit, or why there is none."""
        reason = refusal(found, verdict)
        action.title = title_of(found, verdict)
        if reason is not None:
            action.is_preferred = None
            action.disabled = types.CodeActionDisabled(reason)
            # Editors that asked for the edit when the action was chosen have nowhere to show the reason.
            action.command = command("Why not?", EXPLAIN, [uri, found.key])
            return action
        weak = verdict.evidence if verdict is not None and verdict.strength == "weak" else ""
        action.edit = workspace_edit(target_of(self._server, uri, look), found.changes, weak)
        identity = offered(self._server, uri, look, found, verdict, began)
        if identity:
            action.command = command("Taken", ACCEPTED, [uri, identity, []])
        return action

    def _preview(self, uri: str, found: Found, diagnostics: list[types.Diagnostic]) -> list[types.CodeAction]:
        if not self._server.perf.previews:
            return []
        return [
            types.CodeAction(
                title=f"Preview: {found.title}",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=diagnostics or None,
                command=command("Preview", PREVIEW, [uri, found.key]),
            )
        ]

    async def _fix_all(self, uri: str, look: Look) -> types.CodeAction:
        action = types.CodeAction(
            title="Fix all that is shown to be the same, only faster (Burnish)",
            kind=FIX_ALL,
            data={"uri": uri, "key": FIX_ALL},
        )
        if not resolves(self._server):
            action.edit = await all_exact_of(self._server, uri, look)
        return action


async def verified(server: BurnishServer, uri: str, look: Look, found: Found) -> Verdict:
    """The verdict on a fix, with a progress bar where it takes time.

    Raises:
        JsonRpcRequestCancelled: the user has cancelled it.
    """
    verdict = await verdict_of(server, server.perf.job(look, found), found.title)
    server.perf.learned(uri, found, verdict)
    return verdict
