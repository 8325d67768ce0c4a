"""The code action that silences a rule on a finding's line, by a comment there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_analysis.perf.ignoring import ignoring_edit
from burnish_server.features.perf import target_of
from burnish_server.perf.edits import workspace_edit
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found, TextChange

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["IGNORE", "ignoring_action", "with_ignoring_edit"]

#: What the action asks for when it is resolved, in its ``data``.
IGNORE = "ignore"
_NO_PLACE = "The line cannot carry a comment: it goes on after a backslash, or ends inside a text."
_CHANGED = "The code has changed, so no comment was written. Ask for it again."


def ignoring_action(uri: str, found: Found, diagnostics: list[types.Diagnostic]) -> types.CodeAction:
    """The action without its edit: to find out where comments stand, the whole text is read, which takes a moment."""
    return types.CodeAction(
        title=f"Ignore `{found.rule}` on this line",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=diagnostics or None,
        data={"uri": uri, "key": found.key, IGNORE: True},
    )


async def with_ignoring_edit(
    server: BurnishServer, action: types.CodeAction, uri: str, look: Look, found: Found
) -> types.CodeAction:
    """The action with its edit, or with the reason why there is none."""
    edit = await asyncio.to_thread(ignoring_edit, look.source.text, found.start, found.rule)
    document = server.workspace.document(uri)
    # Editors apply a resolved edit to whatever text they have by then.
    if document is None or document.source != look.source.text:
        action.disabled = types.CodeActionDisabled(_CHANGED)
    elif edit is None:
        action.disabled = types.CodeActionDisabled(_NO_PLACE)
    else:
        made = TextChange(edit.start, edit.end, edit.text)
        action.edit = workspace_edit(target_of(server, uri, look), [made])
    return action
