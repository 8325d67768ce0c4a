"""Versions of a function that the model proposes: asked for, proved, shown, taken or sent away.

``burnish.server.rewrite {uri, position, wants?, confirmedEndpoint?, apply?}`` answers ``{endpoint}`` where a team's endpoint would
see the code and the user has not confirmed it by name (nothing has left the machine then), else ``{results, tried, dropped, …}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.excluded import file_of
from burnish_server.rewrite.model import Wants
from burnish_server.rewrite.target import target_at

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["APPLY", "KIND", "REJECT", "REWRITE", "SHOW", "register", "rewrite_actions"]

REWRITE = "burnish.server.rewrite"
APPLY = "burnish.server.rewriteApply"
REJECT = "burnish.server.rewriteReject"
#: A command of the client's: asks, names the endpoint, and shows what came of it. Clients with previews have it.
SHOW = "burnish.rewrite"
KIND = "refactor.rewrite.burnish"
_WANTS: dict[object, Wants] = {None: "either", "faster": "faster", "simpler": "simpler", "either": "either"}


def register(server: BurnishServer) -> None:
    """Register the commands."""
    rewrites = server.rewrites
    server.at_end(rewrites.end)

    @server.command(REWRITE)
    async def rewrite(*arguments: Any) -> dict[str, Any]:
        given = _object(arguments)
        match given:
            case {"uri": str(uri), "position": {"line": int(line)}}:
                wants, confirmed = given.get("wants"), given.get("confirmedEndpoint") or ""
                if isinstance(wants, str | None) and wants in _WANTS and isinstance(confirmed, str):
                    apply = given.get("apply") is True
                    return await rewrites.rewrite(uri, line, _WANTS[wants], confirmed, apply=apply)
        raise JsonRpcInvalidParams(
            f"{REWRITE} needs {{uri, position, wants?: faster, simpler or either, confirmedEndpoint?, apply?}}."
        )

    @server.command(APPLY)
    async def apply(*arguments: Any) -> dict[str, Any]:
        return await rewrites.apply(*_key(arguments, APPLY))

    @server.command(REJECT)
    async def reject(*arguments: Any) -> dict[str, Any]:
        return rewrites.reject(*_key(arguments, REJECT))


def rewrite_actions(server: BurnishServer, uri: str, where: types.Range) -> list[types.CodeAction]:
    """The action that has the function rewritten in whose header a range begins; none where no model is loaded."""
    document = server.workspace.document(uri)
    if document is None or server.host.engine is None or not server.perf.verdicts.trusted:
        return []
    if not document.is_python or server.pipeline.excluded.excludes(file_of(uri)):
        return []
    target = target_at(document.source, where.start.line)
    if target is None or not target.first <= where.start.line + 1 <= target.header_end:
        return []
    asked = {"uri": uri, "position": {"line": where.start.line, "character": where.start.character}}
    title = f"Rewrite `{target.own}` with the model (verified)"
    if server.perf.previews:
        command = types.Command(title, SHOW, arguments=[asked])
    else:
        command = types.Command(title, REWRITE, arguments=[{**asked, "apply": True}])
    return [types.CodeAction(title=title, kind=KIND, command=command)]


def _object(arguments: tuple[Any, ...]) -> Any:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
    return given[0] if len(given) == 1 else None


def _key(arguments: tuple[Any, ...], command: str) -> tuple[str, str]:
    match _object(arguments):
        case {"uri": str(uri), "key": str(key)}:
            return uri, key
    raise JsonRpcInvalidParams(f"{command} needs {{uri, key}}.")
