"""A project's source as work to do: which functions are typed again, and the folder the work is done in."""

from __future__ import annotations

import ast
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from burnish_server.documents import SourceText
from burnish_server.replay.errors import ProjectError
from burnish_server.replay.trace import Trace

__all__ = ["Region", "Source", "materialise", "read_sources", "regions_of"]

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "build", "dist", "venv", "site-packages"})
_FEWEST_LINES, _MOST_LINES = 3, 40
_SMALLEST_FILE, _LARGEST_FILE = 40, 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file of the project; ``path`` is relative to it, with forward slashes."""

    path: str
    text: str
    newline: str

    @property
    def lines(self) -> list[str]:
        """Its lines without their ends."""
        return self.text.split(self.newline)


@dataclass(frozen=True, slots=True)
class Region:
    """Lines ``[first, last]`` (0-based) of a file: the body of one function, its docstring left out."""

    first: int
    last: int


def read_sources(root: Path) -> list[Source]:
    """The Python files under ``root`` that can be typed again: UTF-8, one kind of line end, neither tiny nor huge.

    Raises:
        ProjectError: there is no such folder, or nothing of the kind in it.
    """
    if not root.is_dir():
        raise ProjectError(f"{root} is not a folder. Name the folder of a Python project.")
    found = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        parts = relative.parts[:-1]
        if any(part in _SKIPPED_FOLDERS or part.startswith(".") for part in parts):
            continue
        source = _read(path, relative.as_posix())
        if source is not None:
            found.append(source)
    if not found:
        raise ProjectError(f"No Python file under {root} could be used. Name the folder of a Python project.")
    return found


def _read(path: Path, name: str) -> Source | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    source = SourceText(text)
    newline = source.newline
    if (
        not _SMALLEST_FILE <= source.line_count <= _LARGEST_FILE
        or text.count(newline) + 1 != source.line_count
    ):
        return None
    return Source(name, text, newline)


def regions_of(source: Source) -> list[Region]:
    """The function bodies of a file that can be typed again, from top to bottom, none inside another."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    regions: list[Region] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            region = _body(node)
            if region is not None:
                regions.append(region)
    regions.sort(key=lambda region: (region.first, -region.last))
    apart: list[Region] = []
    for region in regions:
        if not apart or region.first > apart[-1].last:
            apart.append(region)
    return apart


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Region | None:
    body = list(node.body)
    before = 0
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        before = body[0].end_lineno or 0
        body = body[1:]
    if not body:
        return None
    first = before or body[0].lineno - 1
    last = (body[-1].end_lineno or body[-1].lineno) - 1
    starts_own_line = body[0].lineno > (before or node.lineno)
    if not starts_own_line or not _FEWEST_LINES <= last - first + 1 <= _MOST_LINES:
        return None
    return Region(first, last)


def choose(sources: list[Source], files: int, rng: random.Random) -> list[Source]:
    """``files`` sources with enough to type, drawn by how much there is."""
    able = [(source, len(regions_of(source))) for source in sources]
    able = [(source, count) for source, count in able if count >= 2] or [
        (source, count) for source, count in able if count
    ]
    if not able:
        raise ProjectError("No function of three lines or more was found to type. Choose a larger project.")
    chosen: list[Source] = []
    while able and len(chosen) < files:
        pick = rng.choices(range(len(able)), [min(count, 20) for _, count in able])[0]
        chosen.append(able.pop(pick)[0])
    return chosen


def materialise(root: Path, trace: Trace, folder: Path) -> None:
    """Lay out the project in ``folder`` as it is when the trace begins: what will be typed is not there yet."""
    for source in read_sources(root):
        if source.path not in trace.files:
            target = folder / source.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / source.path, target)
    for name, text in trace.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
