"""The order that imports are put in, and how they are written."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path

from burnish_analysis.refactor.rules.imports_reading import Entry, Imported

__all__ = ["in_order", "merged", "own_modules", "rendered", "sorted_names"]

_WIDTH = 88
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_MOST_FOLDERS = 6
_MOST_ROOTS = 40

#: Part of a sort key: text and numbers in turn, so that ``int8`` comes before ``int16``.
Natural = tuple[tuple[str, int], ...]
_Key = Callable[[Entry], tuple[object, ...]]


def _natural(text: str) -> Natural:
    """A key by which ``int8`` comes before ``int16``, whatever the case."""
    found = re.findall(r"(\D+|^)(\d*)", text.lower())
    return tuple((letters, int(digits or -1)) for letters, digits in found)


def own_modules(path: str) -> Callable[[str], bool]:
    """Whether a top-level module is the project's own, told by the folders around the file at ``path``; none is where it has no path."""
    folder = Path(path).absolute().parent
    if not path:
        return lambda _: False
    package = ""
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        package, folder = folder.name, folder.parent
    roots = []
    if not {"site-packages", "dist-packages"} & set(folder.parts):
        roots = [folder]
        around = [folder, *folder.parents][:_MOST_FOLDERS]
        for number, root in enumerate(around):
            if any((root / marker).exists() for marker in _MARKERS):
                roots = [*around[: number + 1], *_folders(root)]
                break
    return lambda top: (
        top == package
        or any((root / f"{top}.py").is_file() or (root / top / "__init__.py").is_file() for root in roots)
    )


def _folders(root: Path) -> list[Path]:
    """The folders of a project that may hold packages: ``src``, and others beside it."""
    try:
        found = sorted(
            entry.path for entry in os.scandir(root) if entry.is_dir() and entry.name[:1].isalpha()
        )
    except OSError:
        return []
    return [Path(path) for path in found if not path.endswith("node_modules")][:_MOST_ROOTS]


def _section(part: Imported, own: Callable[[str], bool]) -> int:
    top = part.module.partition(".")[0]
    if part.level:
        return 4
    if top == "__future__":
        return 0
    if top in sys.stdlib_module_names:
        return 1
    return 3 if own(top) else 2


def _name_key(part: Imported) -> tuple[object, ...]:
    name = part.name
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, _natural(name), name, part.alias


def sorted_names(parts: Iterable[Imported]) -> tuple[Imported, ...]:
    """Names of one ``from`` import: constants, classes, and the others."""
    return tuple(sorted(parts, key=_name_key))


def in_order(entries: list[Entry], own: Callable[[str], bool]) -> list[list[Entry]]:
    """Entries in sections, each in order: ``import`` before ``from``, unless the file has them mixed in order already."""
    asked = cache(own)  # it looks at the disk

    @cache
    def section(entry: Entry) -> int:
        return _section(entry.parts[0], asked)

    def by_kind(entry: Entry) -> tuple[object, ...]:
        part = entry.parts[0]
        return section(entry), bool(part.name), *_module_key(part)

    def by_module(entry: Entry) -> tuple[object, ...]:
        part = entry.parts[0]
        return section(entry), *_module_key(part)

    key: _Key = by_module if _sorted(entries, by_module) and not _sorted(entries, by_kind) else by_kind
    return [list(group) for _, group in groupby(sorted(entries, key=key), key=section)]


def _module_key(part: Imported) -> tuple[object, ...]:
    return (
        -part.level,
        _natural(part.module),
        part.module,
        part.alias if not part.name else "",
        _name_key(part),
    )


def _sorted(entries: list[Entry], key: _Key) -> bool:
    keys = [key(entry) for entry in entries]
    return keys == sorted(keys)


def rendered(sections: list[list[Entry]], indent: str, unit: str) -> str:
    """The text of sections, a blank line between two; every line but the first with its indentation."""
    parts = []
    for number, section in enumerate(sections):
        for place, entry in enumerate(section):
            if place:
                parts.append("\n" if entry.spaced and entry.lead else "")
            elif number:
                parts.append("\n")
            lines = [*entry.lead, entry.text or _statement(entry, indent, unit)]
            parts.append("".join(f"{indent}{line}\n" for line in lines))
    return "".join(parts).rstrip("\n")


def _statement(entry: Entry, indent: str, unit: str) -> str:
    first = entry.parts[0]
    if not first.name:
        return f"import {first.module}{_as(first)}"
    names = [f"{part.name}{_as(part)}" for part in entry.parts]
    line = f"from {first.source} import {', '.join(names)}"
    width = len(indent.expandtabs(4)) + len(line)
    if width <= _WIDTH and not (entry.exploded and len(names) > 1):
        return line
    listed = "".join(f"{indent}{unit}{name},\n" for name in names)
    return f"from {first.source} import (\n{listed}{indent})"


def _as(part: Imported) -> str:
    return f" as {part.alias}" if part.alias else ""


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Imports from one module in one statement, where no comment or other name stands with one."""
    made: dict[tuple[object, ...], Entry] = {}
    for number, entry in enumerate(entries):
        first = entry.parts[0]
        plain = bool(first.name) and not entry.commented and not any(part.alias for part in entry.parts)
        key: tuple[object, ...] = (first.level, first.module) if plain else (number,)
        if key in made:
            known = made[key]
            parts = known.having((*known.parts, *entry.parts))
            made[key] = replace(parts, exploded=known.exploded or entry.exploded)
        else:
            made[key] = entry
    return list(made.values())
