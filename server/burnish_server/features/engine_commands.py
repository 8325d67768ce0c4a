"""``workspace/executeCommand``: models, the engine, reasons for silence, and the doctor."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled

from burnish_models.errors import DownloadCancelledError, ModelsError
from burnish_server.features.lifecycle import current_status
from burnish_server.features.progress import WorkProgress

if TYPE_CHECKING:
    from burnish_models.download import PullProgress
    from burnish_server.server import BurnishServer

__all__ = ["register"]


def register(server: BurnishServer) -> None:
    """Register all commands; the client learns their names at ``initialize``."""

    @server.command("burnish.server.status")
    def status() -> dict[str, Any]:
        return current_status(server)

    @server.command("burnish.server.restartEngine")
    def restart_engine() -> dict[str, Any]:
        server.host.reload()
        return current_status(server)

    @server.command("burnish.server.whyNoSuggestion")
    def why_no_suggestion() -> list[dict[str, Any]]:
        return [entry.as_json() for entry in server.pipeline.reasons.entries()]

    @server.command("burnish.server.statistics")
    def statistics() -> dict[str, int]:
        engine = server.host.engine
        info = engine.describe() if engine is not None else None
        context = server.pipeline.context
        totals = {
            "evaluatedTokens": info.evaluated_tokens if info is not None else 0,
            "generatedTokens": info.generated_tokens if info is not None else 0,
            # 1 once memory and code graph know all files of the workspace.
            "workspaceRead": int(server.memory.complete and (context is None or context.feed.complete)),
        }
        return server.pipeline.scheduler.counters.as_json() | totals

    @server.command("burnish.server.listModels")
    async def list_models() -> list[dict[str, Any]]:
        return await asyncio.to_thread(_models, server)

    @server.command("burnish.server.useModel")
    async def use_model(*names: Any) -> dict[str, Any]:
        choice = _one_name(names, "useModel")
        return {"model": await _use(server, choice)}

    @server.command("burnish.server.pullModel")
    async def pull_model(*names: Any) -> dict[str, Any]:
        return await _pull(server, _one_name(names, "pullModel"))

    @server.command("burnish.server.doctor")
    async def doctor() -> dict[str, Any]:
        from burnish_server.doctor import examine

        checks = await asyncio.to_thread(examine, server.host.home)
        return {"checks": [check.as_json() for check in checks]}


def _one_name(names: tuple[Any, ...], command: str) -> str:
    if len(names) != 1 or not isinstance(names[0], str) or not names[0].strip():
        raise JsonRpcInvalidParams(f"burnish.server.{command} needs one argument: a model's name or path.")
    return names[0].strip()


async def _use(server: BurnishServer, choice: str) -> str:
    from burnish_models.selection import select_model

    try:
        selected = await asyncio.to_thread(select_model, server.host.home, choice)
    except ModelsError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    server.host.reload(choice="")
    return selected.name


def _models(server: BurnishServer) -> list[dict[str, Any]]:
    from burnish_models.catalog import entries
    from burnish_models.hardware import describe_hardware
    from burnish_models.selection import installed_path, resolve_model

    home = server.host.home
    hardware = describe_hardware()
    try:
        selected = resolve_model(home, server.host.choice or None)
        chosen, title, path = selected.name, selected.title, str(selected.path)
    except ModelsError:
        chosen, title, path = "", "", ""
    listed = [
        {
            "name": entry.name,
            "title": entry.title,
            "description": entry.summary,
            "installed": installed_path(home, entry) is not None,
            "selected": entry.name == chosen,
            "suits": entry.suits(hardware).suits,
            "sizeBytes": entry.size_bytes,
            "licence": entry.licence,
        }
        for entry in entries()
    ]
    if chosen and not any(item["selected"] for item in listed):
        listed.append(_local_file(chosen, title, path))
    return listed


def _local_file(name: str, title: str, path: str) -> dict[str, Any]:
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return {
        "name": path,
        "title": title or name,
        "description": path,
        "installed": True,
        "selected": True,
        "suits": True,
        "sizeBytes": size,
        "licence": "",
    }


async def _pull(server: BurnishServer, name: str) -> dict[str, Any]:
    from burnish_models.catalog import find_entry
    from burnish_models.download import pull

    stop = threading.Event()
    bar = WorkProgress(server, f"Fetching {name}", cancellable=True, on_cancel=stop.set)
    loop = asyncio.get_running_loop()

    def report(progress: PullProgress) -> None:
        share = 100 * progress.done / progress.total if progress.total else None
        loop.call_soon_threadsafe(bar.report, progress.phase, share)

    await bar.begin()
    try:
        entry = find_entry(name)
        result = await asyncio.to_thread(pull, entry, server.host.home, report, stop)
    except DownloadCancelledError as error:
        raise JsonRpcRequestCancelled(str(error)) from error
    except ModelsError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    finally:
        stop.set()
        bar.end()
    return {"model": result.name, "path": str(result.path)}
