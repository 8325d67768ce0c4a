"""From which folders of the workspace a module under verification may import."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["import_root", "needed_roots"]


def import_root(path: Path, folders: list[Path]) -> tuple[tuple[Path, ...], str]:
    """From where the project imports the module in a file, and the module's dotted name.

    Only within a workspace folder, and never the user's home or a folder above it: the sandbox may read there.

    Args:
        path: absolute. folders: of the workspace.
    """
    home = Path.home()
    inside = [folder for folder in folders if path.is_relative_to(folder) and not home.is_relative_to(folder)]
    if not inside or not path.stem.isidentifier():
        return (), ""
    top = max(inside, key=lambda folder: len(folder.parts))
    root, names = path.parent, [] if path.stem == "__init__" else [path.stem]
    while root != top and (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    return (root,) if root == top else (root, top), ".".join(names)


_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)|import[ \t]+([\w., \t]+))", re.MULTILINE)


def needed_roots(text: str, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """Those of the folders that a module may import from; none where it only needs what is installed.

    What the sandbox need not read it does not get to see.
    """
    names: set[str] = set()
    for relative, origin, imported in _IMPORT.findall(text):
        if relative:
            return roots
        names |= {name.split(".")[0].split()[0] for name in (imported or origin).split(",") if name.split()}
    return roots if any(_holds(root, name) for root in roots for name in names) else ()


def _holds(root: Path, name: str) -> bool:
    return (root / name).is_dir() or (root / f"{name}.py").is_file()
