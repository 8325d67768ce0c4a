"""A file of short lines."""

import tempfile
from pathlib import Path

SIZE = 20_000


def before(path: str) -> int:
    longest = 0
    with open(path) as file:
        for line in file.readlines():
            if len(line) > longest:
                longest = len(line)
    return longest


def arguments(n: int) -> tuple[str]:
    file = Path(tempfile.gettempdir()) / f"burnish-lines-{n}.txt"
    text = "".join(f"line {i % 100}\n" for i in range(n))
    if not file.exists() or len(text) != file.stat().st_size:
        file.write_text(text)
    return (str(file),)
