"""Verify a fix of a file in the sandbox: the seam between fixes and the verifier."""

from __future__ import annotations

from pathlib import Path

from burnish_analysis.perf.settings import find_settings
from burnish_analysis.verify.model import Verdict, VerifyOptions
from burnish_analysis.verify.verify import verify

__all__ = ["home_of", "sandboxed"]


def home_of(path: Path) -> tuple[Path, str]:
    """The folder that a file's package is imported from, and its dotted module name; a file that is part of no package stands alone."""
    path = path.resolve()
    names = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def sandboxed(path: Path, before: str, after: str, function: str) -> Verdict:
    """The verdict on one function of two texts of the file at ``path``; what the file imports is found as in its project."""
    folder, module = home_of(path)
    root = find_settings(path.parent).root
    folders = (folder,) if root is None or root.resolve() == folder else (folder, root.resolve())
    return verify(before, after, function, VerifyOptions(path=folders, module=module))
