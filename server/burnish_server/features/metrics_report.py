"""Commands for a workspace's figures: the report, and what changed since a git revision."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from burnish_server.features.progress import WorkProgress
from burnish_server.metrics.surveying import Bounds, surveyed, trend
from burnish_server.perf.process import AnalyserError

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_REPORT = "burnish.server.metricsReport"
_TREND = "burnish.server.metricsTrend"
_TITLE = "Burnish: measuring the workspace"
_UNTRUSTED = "This workspace is not trusted, so Burnish does not run git in it. Trust the workspace to compare it with a revision."


def register(server: BurnishServer) -> None:
    """Register the commands."""

    @server.command(_REPORT)
    async def report(*arguments: Any) -> dict[str, Any]:
        roots, options = _roots(server, arguments, _REPORT)
        stopped = asyncio.Event()
        progress = WorkProgress(server, _TITLE, cancellable=True, on_cancel=stopped.set)
        server.perf.background(progress.begin())

        def tell(done: int, of: int) -> None:
            progress.report(f"{done:,} of {of:,} files", 100 * done / of)

        try:
            return await surveyed(roots, _bounds(options), lambda file: _kept(server, file), tell, stopped)
        except AnalyserError as error:
            raise JsonRpcInvalidParams(f"The workspace could not be measured: {error}") from None
        finally:
            progress.end()

    @server.command(_TREND)
    async def since(*arguments: Any) -> dict[str, Any]:
        roots, options = _roots(server, arguments, _TREND)
        revision = options.get("revision")
        if not isinstance(revision, str) or not revision.strip() or revision.startswith("-"):
            raise JsonRpcInvalidParams(f"{_TREND} needs {{revision}}: a git revision, for example HEAD~10.")
        if not server.perf.verdicts.trusted:
            raise JsonRpcInvalidParams(_UNTRUSTED)
        progress = WorkProgress(server, "Burnish: comparing with a revision")
        server.perf.background(progress.begin(revision))
        try:
            return await trend(roots, revision.strip(), lambda file: _kept(server, file))
        except AnalyserError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        finally:
            progress.end()


def _kept(server: BurnishServer, file: str) -> bool:
    return server.pipeline.excluded.pattern(file) is None


def _roots(
    server: BurnishServer, arguments: tuple[Any, ...], command: str
) -> tuple[list[Path], dict[str, Any]]:
    """The folders to measure, all of the workspace's unless one is named, and what else was said."""
    match arguments:
        case []:
            options: dict[str, Any] = {}
        case [{} as options]:
            pass
        case _:
            raise JsonRpcInvalidParams(f"{command} needs one object, or nothing.")
    folders = [
        Path(name) for folder in _folders(server) if (name := to_fs_path(folder)) and Path(name).is_dir()
    ]
    match options.get("root"):
        case None:
            roots = folders
        case str(root) if any(Path(root).is_relative_to(folder) for folder in folders):
            roots = [Path(root)]
        case root:
            raise JsonRpcInvalidParams(f"{root!r} is no folder of this workspace.")
    if not roots:
        raise JsonRpcInvalidParams("No folder is open, so there is nothing to measure.")
    return roots, options


def _folders(server: BurnishServer) -> list[str]:
    folders: list[types.WorkspaceFolder] = list(server.workspace.folders.values())
    return [folder.uri for folder in folders] or (
        [server.workspace.root_uri] if server.workspace.root_uri else []
    )


def _bounds(options: dict[str, Any]) -> Bounds:
    """The bounds, no higher than they are by default."""
    usual = Bounds()
    values: dict[str, Any] = {}
    for name in ("files", "seconds", "functions"):
        value, most = options.get(name), getattr(usual, name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            values[name] = min(most, value if name == "seconds" else int(value) or 1)
    return Bounds(**values)
