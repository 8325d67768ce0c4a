"""A folder of files, every tenth of which is a folder."""

import os
import tempfile
from pathlib import Path


def before(path: str) -> list[str]:
    return [name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name))]


def arguments(n: int) -> tuple[str]:
    folder = Path(tempfile.gettempdir()) / f"burnish-entries-{n}"
    if not folder.exists():
        folder.mkdir()
        for i in range(n):
            made = folder / f"entry{i}"
            made.mkdir() if i % 10 == 0 else made.touch()
    return (str(folder),)
