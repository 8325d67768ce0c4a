"""A circuit breaker: stops asking an endpoint that fails, and lets one request try it again later."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

from burnish_models.remote.errors import RemoteContextError, RemoteError, RemoteUnreachableError

__all__ = ["Breaker"]


class Breaker:
    """Closed: requests pass. Open: none does, and ``check`` asks in the background. Half-open: one may try.

    A lost connection and what only the user can mend open it at once; slowness and busy answers after
    ``forgiven`` of them in a row. A prompt that is too long says nothing about the endpoint.

    Args:
        check: asks whether the endpoint is there again; raises RemoteError while it is not.
        changed: called when the state changed in the background.
        first_pause_s, longest_pause_s: the pause before a check doubles from the one to the other, with jitter.
    """

    def __init__(
        self,
        check: Callable[[], Awaitable[None]],
        changed: Callable[[], None],
        *,
        first_pause_s: float = 1.0,
        longest_pause_s: float = 60.0,
        forgiven: int = 3,
    ) -> None:
        self._check = check
        self._changed = changed
        self._first, self._longest = first_pause_s, longest_pause_s
        self._pause = first_pause_s
        self._forgiven = forgiven
        self._failures = 0
        self._trying = False
        self._soon = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.state = "closed"
        self.why = ""

    def admit(self) -> bool:
        """Whether a request may go to the endpoint; in the half-open state the first one that asks."""
        if self.state == "half-open" and not self._trying:
            self._trying = True
            return True
        return self.state == "closed"

    def succeeded(self) -> None:
        """An answer came."""
        self.state, self.why = "closed", ""
        self._failures, self._pause, self._trying = 0, self._first, False

    def withdrawn(self) -> None:
        """The request ended without telling anything about the endpoint (cancelled by its asker)."""
        self._trying = False

    def failed(self, error: RemoteError) -> None:
        """A request failed."""
        self._trying = False
        if isinstance(error, RemoteContextError):
            return
        self.why = str(error)
        self._failures += 1
        hard = error.lasting or isinstance(error, RemoteUnreachableError) or self.state == "half-open"
        if hard or self._failures >= self._forgiven:
            self.open(error)

    def open(self, error: RemoteError) -> None:
        """Stop asking; check in the background, later."""
        if self.state == "half-open":
            self._pause = min(self._pause * 2, self._longest)
        if error.lasting:
            self._pause = self._longest
        self._pause = max(self._pause, min(error.retry_after_s, self._longest))
        self.state, self.why = "open", str(error)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._recover(), name="burnish-endpoint")

    def retry_now(self) -> None:
        """Check at once: something changed on this side."""
        self._pause = self._first
        self._soon.set()

    async def close(self) -> None:
        """End the checks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _recover(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), self._pause * random.uniform(0.5, 1.0))
            self._soon.clear()
            try:
                await self._check()
            except RemoteError as error:
                self.why = str(error)
                self._pause = min(self._pause * 2, self._longest)
                self._changed()
            else:
                self.state = "half-open"
                self._changed()
                return
