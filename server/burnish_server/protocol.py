"""The protocol layer: pygls', except where several clients share one process or parameters are our own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method
from pygls.protocol.json_rpc import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
)

from burnish_server.workspace import BurnishWorkspace

__all__ = ["BurnishProtocol", "plain_converter"]


def _plain(obj: dict[str, Any], kind: type) -> Any:
    return kind(**obj)


def plain_converter() -> Converter:
    """pygls' converter, but parameters and results of ``burnish/…`` messages stay plain JSON values."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]
    for kind in (JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage):
        converter.register_structure_hook(kind, _plain)
    return converter


class BurnishProtocol(LanguageServerProtocol):
    """Keeps documents in a :class:`BurnishWorkspace` and ends a connection, not the process, on ``exit``."""

    on_exit: Callable[[int], None] | None = None

    @property
    def workspace(self) -> BurnishWorkspace:
        """The documents of this client.

        Raises:
            RuntimeError: the client has not sent ``initialize``.
        """
        made = super().workspace
        if not isinstance(made, BurnishWorkspace):
            folders = list(made.folders.values())
            made = BurnishWorkspace(made.root_uri, made._sync_kind, folders, made.position_encoding)
            self._workspace = made
        return made

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> Generator[Any, Any, None]:
        """End this connection; the exit status is 0 after a ``shutdown`` request and 1 without one."""
        if self.on_exit is not None:
            self.on_exit(0 if self._shutdown else 1)
        yield from ()

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As pygls does, but forget the call when it is done: pygls would keep every notification's for ever."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda done: self._forget(msg_id, done))

    def _forget(self, msg_id: str | int, done: Any) -> None:
        if self._request_futures.get(msg_id) is done:
            del self._request_futures[msg_id]

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """End what is being worked on, but for this request itself."""
        if (handler := self.fm.features.get(types.SHUTDOWN)) is not None:
            yield handler, args, None
        # pygls' own method walks through the requests while those that it cancels leave them.
        self.cancel_requests(but=self.msg_id)
        self._shutdown = True

    def cancel_requests(self, but: object = None) -> None:
        """Cancel every request that is still being worked on: its client has gone, or goes."""
        for identity, future in list(self._request_futures.items()):
            if identity != but:
                future.cancel()
