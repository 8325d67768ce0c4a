"""A run of import statements: what each imports, and the comments that go with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from burnish_analysis.perf.module import Module

__all__ = ["Entry", "ImportBlock", "Imported", "import_blocks"]

_LINE = re.compile(r"\r\n|\r|\n")
#: Comments that say to tools where a line must stand, or how it is to be read.
_FOR_TOOLS = re.compile(
    r"#\s*(isort|fmt|yapf|noqa|flake8|ruff|pylint|type|mypy|pyright|pragma|cython)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Imported:
    """One thing imported: ``import module as alias``, or ``from (level dots)module import name as alias``; what is not there is empty."""

    module: str
    name: str = ""
    alias: str = ""
    level: int = 0

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def meaning(self) -> str:
        """What the bound name means."""
        if self.name:
            return f"{'.' * self.level}{self.module}:{self.name}"
        return self.module if self.alias else self.module.partition(".")[0]

    @property
    def source(self) -> str:
        """The module as it is written, dots included."""
        return "." * self.level + self.module


@dataclass(frozen=True, slots=True)
class Entry:
    """One import statement.

    Attributes:
        parts: what it imports, all from one module unless ``fixed``.
        text: how it is written, a comment behind it included; its first line without indentation, lines end with LF.
        lead: the comment lines above it. spaced: whether a blank line stands above these.
        fixed: it stays as it is written. commented: some comment belongs to it.
        exploded: its names stand on lines of their own, and a comma behind the last says that they should.
    """

    parts: tuple[Imported, ...]
    text: str
    lead: tuple[str, ...] = ()
    spaced: bool = False
    fixed: bool = False
    commented: bool = False
    exploded: bool = False

    def having(self, parts: tuple[Imported, ...]) -> Entry:
        """With other parts; to be written anew where they differ."""
        return self if parts == self.parts else replace(self, parts=parts, text="")


@dataclass(frozen=True, slots=True)
class ImportBlock:
    """A run of import statements with nothing but comments and blank lines between.

    Attributes:
        first, last: its statements. start, end: its span, comments above the first and behind the last included.
        indent: what stands before each. only_types: it is never run: it stands below ``if TYPE_CHECKING``.
    """

    entries: tuple[Entry, ...]
    first: ast.stmt
    last: ast.stmt
    start: int
    end: int
    indent: str = ""
    only_types: bool = False


def import_blocks(module: Module) -> Iterator[ImportBlock]:
    """The imports at the top, and those below every ``if TYPE_CHECKING``; without those that cannot be moved."""
    top = next((run for run in _runs(module.tree.body) if not all(map(_future, run))), None)
    if top is None:
        top = next(_runs(module.tree.body), None)
    blocks = [(top, False)] if top else []
    for statement in module.tree.body:
        if isinstance(statement, ast.If) and module.qualified(statement.test) == "typing.TYPE_CHECKING":
            blocks += [(run, True) for run in _runs(statement.body)]
    for run, only_types in blocks:
        block = _read(run, only_types, module)
        if block is not None:
            yield block


def _runs(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    run: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            run.append(statement)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _read(run: list[ast.stmt], only_types: bool, module: Module) -> ImportBlock | None:
    indent = module.indent(run[0])
    if indent is None or bool(indent) is not only_types:
        return None
    entries: list[Entry] = []
    start = _first_lead(run[0], module)
    at = start
    for statement in run:
        above = _above(at, module.line_start(module.start(statement)), module)
        written = _written(statement, module)
        if above is None or written is None or module.indent(statement) != indent:
            return None
        entries += _entries(statement, *written, *above)
        at = module.line_end(module.end(statement))
    end = module.line_start(module.start(run[-1])) + len(indent)
    end += len(module.source[end:at].rstrip())
    return ImportBlock(tuple(entries), run[0], run[-1], start, end, indent, only_types)


def _first_lead(first: ast.stmt, module: Module) -> int:
    """Where the comments right above the first import begin; those with no code above them are the file's."""
    start = at = module.line_start(module.start(first))
    if first is module.tree.body[0]:
        return start
    while at > module.starts[0]:
        before = module.line_start(at - 1)
        if not module.source[before:at].lstrip().startswith("#"):
            break
        at = before
    return start if _FOR_TOOLS.search(module.source[at:start]) else at


def _above(start: int, end: int, module: Module) -> tuple[tuple[str, ...], bool] | None:
    """The comment lines of a gap above an import, and whether a blank line stands above them; None where one is not the import's."""
    lines = [line.strip() for line in _LINE.split(module.source[start:end])[:-1]]
    comments = [line for line in lines if line]
    if not all(line.startswith("#") and not _FOR_TOOLS.search(line) for line in comments):
        return None
    if lines[len(lines) - len(comments) :] != comments:
        return None  # a blank line below a comment: it is about what follows, or about nothing
    return tuple(comments), bool(comments) and len(lines) > len(comments)


def _written(statement: ast.stmt, module: Module) -> tuple[str, bool, bool] | None:
    """A statement's text, whether comments stand inside it, and behind it; None where it shares a line with another statement."""
    end = module.end(statement)
    rest = module.source[end : module.line_end(end)].strip()
    if module.indent(statement) is None or (rest and not rest.startswith("#")):
        return None
    if rest and re.search(r"#\s*(isort|fmt|yapf)\b", rest):
        return None
    text = module.text(statement)
    # There are no texts in an import that could have the sign of a comment in them.
    return f"{text}  {rest}" if rest else text, "#" in text, bool(rest)


def _entries(
    statement: ast.stmt, text: str, inside: bool, behind: bool, lead: tuple[str, ...], spaced: bool
) -> list[Entry]:
    commented = inside or behind or bool(lead)
    if isinstance(statement, ast.ImportFrom):
        parts = tuple(
            Imported(statement.module or "", alias.name, alias.asname or "", statement.level)
            for alias in statement.names
        )
        star = any(part.name == "*" for part in parts)
        comma = re.search(r",\s*\)$", text) is not None and "\n" in text
        return [Entry(parts, text, lead, spaced, inside or behind or star, commented or star, comma)]
    assert isinstance(statement, ast.Import)
    parts = tuple(Imported(alias.name, "", alias.asname or "") for alias in statement.names)
    if behind or len(parts) == 1:
        return [Entry(parts, text, lead, spaced, inside or behind, commented)]
    first = Entry(parts[:1], "", lead, spaced, False, commented)
    return [first, *(Entry((part,), "", commented=commented) for part in parts[1:])]
