"""The workspace memories of a worker: fed in small portions, indexed in a thread of their own, one per workspace."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from burnish_models.workspace_memory.default_weights import DEFAULT_WEIGHTS
from burnish_models.workspace_memory.mixing import Weights
from burnish_models.workspace_memory.recall import Recall
from burnish_models.workspace_memory.store import WorkspaceMemory

__all__ = ["MemoryService"]

#: Workspaces kept at once; a server serves few.
_MOST_WORKSPACES = 4


class MemoryService:
    """Memories by workspace. A request sees the memory of its own workspace and no other.

    Args:
        tokenize: plain text to token ids.
        weights: how much evidence counts.
    """

    def __init__(self, tokenize: Callable[[str], list[int]], weights: Weights = DEFAULT_WEIGHTS) -> None:
        self._tokenize = tokenize
        self._weights = weights
        self._memories: OrderedDict[str, WorkspaceMemory] = OrderedDict()
        #: The indexing thread walks over the memories while requests add some.
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        self._thread: threading.Thread | None = None

    def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        """Add or replace files by name; None forgets one. Returns the tokens that the workspace has now."""
        with self._lock:
            memory = self._memories.setdefault(workspace, WorkspaceMemory())
            self._memories.move_to_end(workspace)
            while len(self._memories) > _MOST_WORKSPACES:
                self._memories.popitem(last=False)
        for name, text in files.items():
            if text is None:
                memory.drop(name)
            else:
                memory.put(name, self._tokenize(text))
        if self._thread is None:
            self._thread = threading.Thread(target=self._build, name="memory", daemon=True)
            self._thread.start()
        self._dirty.set()
        return memory.tokens

    def forget(self, workspace: str) -> None:
        """Drop all that is known of a workspace."""
        with self._lock:
            self._memories.pop(workspace, None)

    def recall(self, prompt: Sequence[int], workspace: str, document: str) -> Recall:
        """Memory for one request of ``workspace`` in ``document``."""
        return Recall(prompt, self._memories.get(workspace), self._weights, document)

    def _build(self) -> None:
        while True:
            self._dirty.wait()
            self._dirty.clear()
            with self._lock:
                memories = list(self._memories.values())
            for memory in memories:
                memory.build()
