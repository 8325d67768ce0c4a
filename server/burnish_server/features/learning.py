"""The commands of the learning loop: the dashboard's numbers, training, rolling back and promoting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from burnish_models.adapters.errors import AdapterError, TransitionError
from burnish_models.adapters.registry import Registry, registry_file
from burnish_server.errors import TrainingError
from burnish_server.features.consent import consent_document
from burnish_server.features.progress import WorkProgress
from burnish_server.learning_dashboard import Dashboard
from burnish_server.serving.training import Ended

if TYPE_CHECKING:
    from burnish_models.adapters.records import AdapterRecord
    from burnish_server.server import BurnishServer

__all__ = ["TITLE", "register"]

#: What the progress bar of a training is called.
TITLE = "Training"
_BEGIN_SECONDS = 10.0
_BY_HAND = "in the editor"


def register(server: BurnishServer) -> None:
    """Register the commands, and tell this client how trainings go and what was rolled back."""
    dashboard = Dashboard(server.host.home)
    follower = _Follower(server)
    server.at_end(follower.stop)
    server.at_end(server.host.background.live.subscribe(_say(server, types.MessageType.Warning)))

    @server.command("burnish.server.dashboard")
    async def show_dashboard() -> dict[str, Any]:
        numbers = await dashboard.numbers(server.adapters.base_sha256)
        return {**numbers, "consent": await asyncio.to_thread(_consent, server)}

    @server.command("burnish.server.trainNow")
    async def train_now() -> dict[str, Any]:
        training = server.host.background.training
        try:
            await server.host.background.train_now()
            follower.asked = follower.waiting = True
            return {"run": await training.begun(_BEGIN_SECONDS)}
        except TrainingError as error:
            raise _failed(error) from error
        finally:
            follower.waiting = False

    @server.command("burnish.server.rollback")
    async def roll_back(*arguments: Any) -> dict[str, Any]:
        reason = _option(arguments, "reason", "rolled back " + _BY_HAND)
        base = server.adapters.base_sha256
        return await _change(server, lambda registry: registry.rollback(base, reason))

    @server.command("burnish.server.promote")
    async def promote(*arguments: Any) -> dict[str, Any]:
        adapter = _option(arguments, "adapter", "")
        if not adapter:
            raise JsonRpcInvalidParams("burnish.server.promote needs an adapter: its id or its name.")
        reason = _option(arguments, "reason", "promoted " + _BY_HAND)
        return await _change(server, lambda registry: registry.promote(adapter, reason, ungated=True))


class _Follower:
    """Shows trainings in this client: a progress bar, and how they ended."""

    def __init__(self, server: BurnishServer) -> None:
        #: Whether this client's user asked for the run, and waits to hear how it ends.
        self.asked = False
        #: Whether the command that asked has not been answered: its answer says why a run could not begin.
        self.waiting = False
        self._server = server
        self._bar: WorkProgress | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.stop = server.host.background.training.subscribe(self._status, self._ended)

    def _status(self, status: Mapping[str, Any]) -> None:
        message, fraction = str(status.get("message", "")), status.get("fraction")
        if self._bar is None:
            self._bar = WorkProgress(
                self._server, TITLE, cancellable=True, on_cancel=self._server.host.background.training.stop
            )
            task = asyncio.get_running_loop().create_task(self._bar.begin(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        self._bar.report(message, fraction * 100 if isinstance(fraction, int | float) else None)

    def _ended(self, ended: Ended) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.end()
        asked, self.asked = self.asked, False
        if self.waiting and ended.report is None:
            return
        if asked or ended.decision == "promoted":
            well = ended.decision != "failed"
            kind = types.MessageType.Info if well else types.MessageType.Error
            _say(self._server, kind)(
                f"{_WORDS.get(ended.decision, 'The training has ended.')} {ended.reason}".strip()
            )


_WORDS = {
    "promoted": "Burnish has learned: the new adapter is in use.",
    "refused": "The new adapter is not used.",
    "not-enough-data": "",
    "no-consent": "",
    "nothing-new": "",
    "stopped": "The training was stopped.",
    "failed": "The training failed.",
}


def _say(server: BurnishServer, kind: types.MessageType) -> Callable[[str], None]:
    return lambda message: server.window_show_message(types.ShowMessageParams(kind, message))


async def _change(
    server: BurnishServer, change: Callable[[Registry], AdapterRecord | None]
) -> dict[str, Any]:
    """Change what the registry serves and serve that; answers with its name."""
    home = server.host.home

    def work() -> AdapterRecord | None:
        if not registry_file(home).exists():
            raise TransitionError("There is no adapter yet: the model is served alone.")
        return change(Registry(home))

    try:
        record = await asyncio.to_thread(work)
    except AdapterError as error:
        raise _failed(error) from error
    await server.adapters.look_now()
    return {"adapter": None if record is None else record.name}


def _consent(server: BurnishServer) -> dict[str, Any]:
    """The two switches, without the texts that were agreed to."""
    document = consent_document(server.host.home)
    telemetry = server.learning.editor_telemetry
    return {
        "record": document["record"],
        "train": document["train"],
        "recording": telemetry and document["record"]["on"],
        "editorTelemetry": telemetry,
    }


def _failed(error: Exception) -> JsonRpcException:
    """What the user is told; the request itself was in order."""
    return JsonRpcException(str(error), int(types.LSPErrorCodes.RequestFailed))


def _option(arguments: tuple[Any, ...], key: str, default: str) -> str:
    """A text in the command's one argument, an object; what is no text is refused."""
    options = arguments[0] if arguments else None
    if isinstance(options, list) and len(options) == 1:
        options = options[0]
    if options is not None and not isinstance(options, Mapping):
        raise JsonRpcInvalidParams(f"The command takes one argument, an object, not {options!r}.")
    value = options.get(key) if options is not None else None
    if value is None:
        return default
    if not isinstance(value, str):
        raise JsonRpcInvalidParams(f"{key!r} must be a string, not {value!r}.")
    return value.strip() or default
