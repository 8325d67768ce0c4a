"""A working directory that the program filled as it liked: measured and removed, however deep or closed it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["is_overfull", "remove"]

#: Files and folders, and how deep, where the file system does not bound them.
_MOST_ENTRIES, _DEEPEST = 4096, 64
#: What last blocks and folders may take beyond the bound.
_BLOCKS = 1 << 20
_OWNER_ONLY = 0o700


def is_overfull(folder: str, most: int) -> bool:
    """Whether there is more below ``folder`` than ``most`` bytes, too many entries, or folders too deep to look into."""
    total = entries = 0
    pending = [(folder, 0)]
    while pending:
        path, depth = pending.pop()
        for entry in _entries(path):
            entries += 1
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, depth + 1))
                continue
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
        if total > most + _BLOCKS or entries > _MOST_ENTRIES or depth > _DEEPEST:
            return True
    return False


def _entries(path: str) -> list[os.DirEntry[str]]:
    for _ in range(2):
        try:
            with os.scandir(path) as found:
                return list(found)
        except PermissionError:
            # The program closed it: whoever owns it can open it again.
            with suppress(OSError):
                Path(path).chmod(_OWNER_ONLY)
        except OSError:
            break
    return []


def remove(folder: str) -> None:
    """Remove ``folder``. Trees that are closed, deeper than Python goes, or deeper than a path is long, are left to ``rm``."""
    with suppress(OSError, RecursionError):
        shutil.rmtree(folder)
        return
    if sys.platform == "win32":
        shutil.rmtree(folder, ignore_errors=True)
        return
    for command in (["/bin/chmod", "-R", "u+rwX", folder], ["/bin/rm", "-rf", "--", folder]):
        with suppress(OSError):
            subprocess.run(command, check=False, capture_output=True, env={})
