"""``$/progress`` for work that takes over a second, where the client shows it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["WorkProgress"]


class WorkProgress:
    """One progress bar in the client; all methods do nothing where the client has none."""

    def __init__(
        self,
        server: BurnishServer,
        title: str,
        *,
        cancellable: bool = False,
        on_cancel: Callable[[], None] | None = None,
    ) -> None:
        self._server = server
        self._title = title
        self._cancellable = cancellable
        self._on_cancel = on_cancel
        self._token: str | None = None
        self._ended = False

    @property
    def supported(self) -> bool:
        """Whether the client creates progress bars on request."""
        window = self._server.client_capabilities.window
        return bool(window and window.work_done_progress)

    async def begin(self, message: str = "") -> None:
        """Show the bar."""
        if not self.supported or self._token is not None:
            return
        token = f"burnish-{uuid.uuid4()}"
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException:
            return
        if self._ended:
            self._server.work_done_progress.tokens.pop(token, None)
            return
        self._token = token
        if self._on_cancel is not None:
            self._server.work_done_progress.tokens[token].add_done_callback(self._cancelled)
        self._server.work_done_progress.begin(
            token,
            types.WorkDoneProgressBegin(
                title=self._title, message=message or None, cancellable=self._cancellable
            ),
        )

    def report(self, message: str, percentage: float | None = None) -> None:
        """Say how far it is; ``percentage`` from 0 to 100."""
        if self._token is None:
            return
        whole = None if percentage is None else max(0, min(100, int(percentage)))
        self._server.work_done_progress.report(
            self._token, types.WorkDoneProgressReport(message=message, percentage=whole)
        )

    def end(self, message: str = "") -> None:
        """Take the bar away."""
        self._ended = True
        if self._token is not None:
            token, self._token = self._token, None
            self._server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=message or None))
            self._server.work_done_progress.tokens.pop(token, None)

    def _cancelled(self, future: Future[Any]) -> None:
        if future.cancelled() and self._on_cancel is not None:
            self._on_cancel()
