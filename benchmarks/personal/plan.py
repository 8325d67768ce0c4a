"""What is typed on which day, and where the model is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FilePlan", "Stretch", "plan_days"]

#: Share of the top-level blocks that are written in a second pass.
_SECOND_PASS = 0.35
_SMALLEST, _LARGEST = 400, 40_000
_LEAST_REST = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text that is written at an offset of what stands already; ``asks`` maps a line of it to columns."""

    offset: int
    text: str
    asks: dict[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class FilePlan:
    """How one file comes to be."""

    path: str
    text: str
    stretches: tuple[Stretch, ...]


def plan_days(
    folder: Path, *, days: int, characters: int, asks: int, seed: int
) -> tuple[tuple[FilePlan, ...], ...]:
    """Days of files, in the order of their paths, about ``characters`` each, with about ``asks`` lines to ask at.

    Raises:
        ValueError: the package is too small.
    """
    rng = random.Random(f"personal/{folder.name}/{seed}")
    found: list[list[tuple[str, str]]] = [[]]
    size = 0
    for path, text in _sources(folder):
        if size >= characters:
            found.append([])
            size = 0
        if len(found) > days:
            break
        found[-1].append((path, text))
        size += len(text)
    if len(found) < days or (len(found) == days and size < characters // 2):
        raise ValueError(f"{folder.name} has too little source for {days} days of {characters} characters")
    return tuple(tuple(_files(day, asks, rng)) for day in found[:days])


def _sources(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        if _SMALLEST <= len(text) <= _LARGEST and "\t" not in text:
            yield path.relative_to(folder.parent).as_posix(), text if text.endswith("\n") else text + "\n"


def _files(day: list[tuple[str, str]], asks: int, rng: random.Random) -> Iterator[FilePlan]:
    lines = sum(1 for _, text in day for line in text.split("\n") if _worth(line))
    for path, text in day:
        blocks = _blocks(text)
        later = [number > 0 and rng.random() < _SECOND_PASS for number in range(len(blocks))]
        offsets, at = [], 0
        for block in blocks:
            offsets.append(at)
            at += len(block)
        first = "".join(block for block, late in zip(blocks, later, strict=True) if not late)
        stretches = [Stretch(0, first, _asks(first, asks / max(1, lines), rng))]
        for block, late, offset in zip(blocks, later, offsets, strict=True):
            if late:
                stretches.append(Stretch(offset, block, _asks(block, asks / max(1, lines), rng)))
        yield FilePlan(path, text, tuple(stretches))


def _blocks(text: str) -> list[str]:
    """Stretches of lines that begin where a line that is not indented follows an empty one."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if blocks[-1] and not blocks[-1][-1].strip() and line[:1] not in " \t\n\r)]}\"'":
            blocks.append([])
        blocks[-1].append(line)
    return ["".join(block) for block in blocks if block]


def _worth(line: str) -> bool:
    return len(line.strip()) > _LEAST_REST


def _asks(text: str, share: float, rng: random.Random) -> dict[int, tuple[int, ...]]:
    chosen: dict[int, tuple[int, ...]] = {}
    for number, line in enumerate(text.split("\n")):
        if not _worth(line) or rng.random() >= share:
            continue
        end = len(line.rstrip())
        indent = len(line) - len(line.lstrip())
        inside = rng.randint(indent, end - _LEAST_REST)
        chosen[number] = tuple(sorted({indent, inside}))
    return chosen
