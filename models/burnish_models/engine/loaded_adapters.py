"""The LoRA adapters that a model has in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

__all__ = ["LoadedAdapters"]

#: So many stay loaded: the one that serves, and the one before it, which comparisons go back to.
_MOST = 2


class LoadedAdapters:
    """Adapters of one model, kept by file and version.

    Args:
        model: llama.cpp's handle of the model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        #: llama.cpp's handles by path, size, time of change and inode; the one used last at the end.
        self._handles: dict[tuple[Path, int, int, int], Any] = {}

    def get(self, path: Path) -> Any:
        """llama.cpp's handle of an adapter that was loaded before and has not changed since, or is loaded now.

        Falsy where llama.cpp refused the file.

        Raises:
            OSError: there is no such file.
        """
        stat = path.stat()
        key = path, stat.st_size, stat.st_mtime_ns, stat.st_ino
        handle = self._handles.pop(key, None) or lib.llama_adapter_lora_init(self._model, str(path).encode())
        if handle:
            self._handles[key] = handle
        return handle

    def free_spare(self, *, serving: bool) -> None:
        """Free what was used longest ago, and all of it whose file is gone: the user may have erased it.

        The one used last stays where it is ``serving``.
        """
        keys = list(self._handles)
        spare = len(keys) - _MOST
        for number, key in enumerate(keys[:-1] if serving else keys):
            if number < spare or not key[0].exists():
                lib.llama_adapter_lora_free(self._handles.pop(key))
