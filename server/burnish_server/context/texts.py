"""Source lines of files, for definitions that are shown whole."""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path

from burnish_server.context.recent import RecentWork

__all__ = ["FileTexts"]

log = logging.getLogger(__name__)

#: Files that are kept, and the largest that is read, in bytes.
_MOST, _LARGEST = 12, 200_000


class FileTexts:
    """Reads lines of open documents and of small files on disk; a few files are kept as long as they do not change."""

    def __init__(self) -> None:
        self._files: OrderedDict[Path, tuple[int, list[str]]] = OrderedDict()

    def lines(self, file: Path, first: int, last: int, recent: RecentWork, *, patient: bool) -> str:
        """Lines ``first`` to ``last`` (from 0, included) with LF line ends; empty where they cannot be read.

        The disk, which may be slow, is only asked by the ``patient``.
        """
        text = recent.text(str(file))
        if text is not None:
            lines = [line.removesuffix("\r") for line in text.split("\n")]
        elif patient or file in self._files:
            lines = self._on_disk(file)
        else:
            return ""
        return "\n".join(lines[first : last + 1])

    def _on_disk(self, file: Path) -> list[str]:
        try:
            status = file.stat()
            known = self._files.pop(file, None)
            if known is None or known[0] != status.st_mtime_ns:
                if status.st_size > _LARGEST:
                    return []
                known = (status.st_mtime_ns, file.read_text(encoding="utf-8-sig").split("\n"))
        except (OSError, UnicodeDecodeError) as error:
            log.debug("%s is not shown: %s", file, error)
            return []
        self._files[file] = known
        while len(self._files) > _MOST:
            self._files.popitem(last=False)
        return known[1]
