"""Imports: sorted, in sections, each module once, without those that nothing uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import ORGANIZE, Refactoring
from burnish_analysis.refactor.rules.data_parts import offer
from burnish_analysis.refactor.rules.imports_order import (
    in_order,
    merged,
    own_modules,
    rendered,
    sorted_names,
)
from burnish_analysis.refactor.rules.imports_reading import Entry, ImportBlock, Imported, import_blocks
from burnish_analysis.refactor.rules.imports_uses import Uses, harmless, plain, without

__all__ = ["OrganizeImports"]

_MOST_NAMED = 3


class OrganizeImports(Refactoring):
    """The imports at the top of a file, and those below ``if TYPE_CHECKING``."""

    id = "organize-imports"
    kind: ClassVar[str] = ORGANIZE
    suggest = False
    about = About(
        summary="Imports are not in order, or bring what nothing uses",
        before="""\
import sys
from typing import Iterator
import os, re
from typing import Iterable

__all__ = ["names"]


def names(paths: Iterable[str]) -> Iterator[str]:
    return (re.sub("x", "y", os.path.basename(path)) for path in paths)
""",
        after="""\
import os
import re
from typing import Iterable, Iterator

__all__ = ["names"]


def names(paths: Iterable[str]) -> Iterator[str]:
    return (re.sub("x", "y", os.path.basename(path)) for path in paths)
""",
        why="In one order everybody finds an import, and changes of two people to it rarely collide. An import that nothing "
        "uses costs time at every start, and says that the file needs what it does not.",
        preconditions=(
            "what changes its place, or goes, is of modules of the standard library that do nothing when they are imported",
            "`__all__` says what the module gives to others, where a name goes",
        ),
        references=("https://peps.python.org/pep-0008/#imports",),
    )
    nodes = (ast.Import, ast.ImportFrom)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first import of a block."""
        blocks = _BLOCKS.get(module)
        if blocks is None:
            blocks = _BLOCKS[module] = {block.first: block for block in import_blocks(module)}
        block = blocks.get(node)
        if block is not None:
            yield from self._organized(block, module)

    def _organized(self, block: ImportBlock, module: Module) -> Iterator[Finding]:
        parts = [part for entry in block.entries for part in entry.parts]
        meanings: dict[str, str] = {}
        if any(meanings.setdefault(part.bound, part.meaning) != part.meaning for part in parts):
            return  # the last of two imports of one name wins
        uses = Uses(module)
        unused = {
            part
            for entry in block.entries
            if not entry.commented
            for part in entry.parts
            if uses.unused(part)
        }
        kept = [
            entry if entry.fixed else entry.having(sorted_names(entry.parts))
            for entry in merged(without(list(block.entries), unused))
        ]
        sections = in_order(kept, own_modules(module.path))
        after = rendered(sections, block.indent, _unit(module)).removeprefix(block.indent)
        begin = block.start + len(block.indent)
        before = "\n".join(
            line.rstrip() for line in re.split(r"\r\n|\r|\n", module.source[begin : block.end])
        )
        if after == before or (block.only_types and not kept):
            return
        evidence = Evidence()
        if not block.only_types:
            now = [part for section in sections for entry in section for part in entry.parts]
            _require(evidence, parts, now, sorted(unused, key=parts.index), uses)
        edit = Edit(begin, block.end, after) if kept else _emptied(block, module)
        yield from offer(
            self,
            module,
            block.first,
            _message(parts, unused, kept),
            evidence,
            "Organize the imports",
            [edit],
            until=block.last,
        )


_BLOCKS: WeakKeyDictionary[Module, dict[ast.AST, ImportBlock]] = WeakKeyDictionary()


def _require(
    evidence: Evidence, before: list[Imported], after: list[Imported], gone: list[Imported], uses: Uses
) -> None:
    """Require that another order makes no difference, and that nobody misses what goes."""
    unknown = [*_moved(before, after), *(part for part in gone if not plain(part))]
    if unknown:
        evidence.require(Known.UNKNOWN, f"importing {_named(unknown)} has no effect that others need")
    stars = [part for part in unknown if part.name == "*"]
    if stars:
        evidence.require(Known.UNKNOWN, f"`*` from {_named(stars)} brings no name that another import brings")
    if gone and not uses.declared:
        names = _listed([part.bound for part in gone])
        evidence.require(Known.UNKNOWN, f"no other module takes {names} from this one")


def _moved(before: list[Imported], after: list[Imported]) -> list[Imported]:
    """The imports that may do more than define a module, and before which there is something else than there was."""
    earlier, now = _preceding(before, set(after)), _preceding(after, set(after))
    moved = [
        part
        for part in dict.fromkeys(before)
        if part in now and not harmless(part) and earlier[part] != now[part]
    ]
    first: dict[Imported, int] = {}
    for place, part in enumerate(before):
        between = before[first.setdefault(part, place) + 1 : place]
        if (
            first[part] < place
        ):  # importing a name again may give another value, if what is between changed it
            moved += [other for other in between if not harmless(other)]
    return moved


def _preceding(parts: Sequence[Imported], kept: set[Imported]) -> dict[Imported, frozenset[Imported]]:
    """What of ``kept`` is imported before each."""
    found: dict[Imported, frozenset[Imported]] = {}
    seen: set[Imported] = set()
    for part in parts:
        if part not in found:
            found[part] = frozenset(seen)
        seen |= {part} & kept
    return found


def _named(parts: list[Imported]) -> str:
    return _listed([part.source if part.module else f"{part.source}{part.name}" for part in parts])


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(quoted) > _MOST_NAMED:
        quoted = [*quoted[: _MOST_NAMED - 1], f"{len(quoted) - _MOST_NAMED + 1} others"]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _message(before: list[Imported], unused: set[Imported], kept: list[Entry]) -> str:
    after = [part for entry in kept for part in entry.parts]
    gone = [part for part in dict.fromkeys(before) if part in unused and part not in after]
    if not gone:
        return "The imports are not in order."
    return f"Nothing uses {_listed([part.bound for part in gone])}."


def _unit(module: Module) -> str:
    """What the file indents by."""
    return "\t" if re.search(r"[\r\n]\t", module.source) else "    "


def _emptied(block: ImportBlock, module: Module) -> Edit:
    """Take a block away, with the blank lines above it, or, at the top of the file, below it."""
    start, end = block.start, module.line_end(block.end)
    above = start
    while above > module.starts[0] and not module.source[module.line_start(above - 1) : above].strip():
        above = module.line_start(above - 1)
    if above > module.starts[0]:
        return Edit(above, end, "")
    while end < len(module.source) and not module.source[end : module.line_end(end)].strip():
        end = module.line_end(end)
    return Edit(start, end, "")
