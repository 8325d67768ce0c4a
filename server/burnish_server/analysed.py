"""Open documents whose code is analysed in the background: which they are, and when the present text of one has its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish_server.excluded import file_of

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_server.workspace import BurnishDocument

__all__ = ["Analysed", "analysed_document"]

#: Longer texts (characters) are generated ones, as a rule, and are not looked at.
_LONGEST_TEXT = 1 << 20
#: Seconds to wait before a text is looked at: after an edit that stands alone, and while somebody types.
_ALONE_S, _TYPING_S = 0.02, 0.25
#: Edits closer together than this, in seconds, are typing.
_TYPING_GAP_S = 0.8


def analysed_document(server: BurnishServer, uri: str) -> BurnishDocument | None:
    """The open document, where its code is analysed: it is Python, not excluded and not too long."""
    document = server.workspace.document(uri)
    if document is None or not document.is_python or len(document.source) > _LONGEST_TEXT:
        return None
    return None if server.pipeline.excluded.excludes(file_of(uri)) else document


@dataclass(slots=True)
class Analysed:
    """One document: the text that was looked at last, and the task that looks at the present one.

    Attributes:
        text: what is known of the document was last moved to this text.
        seen: the text that was looked at last; None: none yet. generation: of the settings that this happened under.
        changed_at: when it was last edited, or opened. wait: seconds from then until it is looked at.
    """

    text: str = ""
    seen: str | None = None
    generation: int = -1
    changed_at: float = float("-inf")
    wait: float = 0.0
    task: asyncio.Task[None] | None = None

    def edited(self) -> None:
        """It was edited: it waits for the next pause in typing."""
        now = time.monotonic()
        self.wait = _TYPING_S if now - self.changed_at < _TYPING_GAP_S else _ALONE_S
        self.changed_at = now

    def known(self, text: str, generation: int) -> bool:
        """Whether this very text was looked at, under these settings."""
        return self.seen == text and self.generation == generation

    def started(self, look: Callable[[], Awaitable[bool]]) -> asyncio.Task[None]:
        """The task that looks at the present text, which is begun where none runs.

        Args:
            look: called once typing pauses; false where the text has changed meanwhile, and then it is called again.
        """
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._looked_at(look))
        return self.task

    async def looked_at(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Wait until :meth:`started` has ended; who stops waiting disturbs nobody."""
        await asyncio.wait([self.started(look)])

    def end(self) -> None:
        """Stop looking."""
        if self.task is not None:
            self.task.cancel()

    async def _looked_at(self, look: Callable[[], Awaitable[bool]]) -> None:
        while True:
            while (rest := self.changed_at + self.wait - time.monotonic()) > 0:
                await asyncio.sleep(rest)
            if await look():
                return
