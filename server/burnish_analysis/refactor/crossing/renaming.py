"""Rename, and move to another module: in all files, by rope."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from rope.refactor.move import MoveGlobal, create_move  # type: ignore[import-untyped]
from rope.refactor.rename import Rename as RopeRename  # type: ignore[import-untyped]

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.checking import check_renamed
from burnish_analysis.refactor.crossing.model import Changes, Offer, Question
from burnish_analysis.refactor.crossing.occurring import noting, roping
from burnish_analysis.refactor.crossing.place import Crossing, Place
from burnish_analysis.refactor.crossing.results import changed_texts, collected
from burnish_analysis.refactor.crossing.texts import PlainText
from burnish_analysis.refactor.crossing.workspace import Session

__all__ = ["MoveSymbol", "Rename"]


class Rename(Crossing):
    """A name becomes another one, wherever it means the same."""

    id = "rename"
    kind = "refactor.rewrite.rename"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        named = place.named
        if named is None or (named.text.startswith("__") and named.text.endswith("__")):
            return None
        if named.scope is not None and named.text not in named.scope.bindings:
            return None
        return self.made(f"Rename `{named.text}`…", Question("name", "New name", named.text))

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        named, name = place.named, answers["name"]
        if named is None:
            raise RefactoringError("Put the cursor on the name to change.")
        if name == named.text:
            raise RefactoringError(f"That is its name already: `{name}`.")
        text = session.workspace.text(place.path)
        unsure: list[Any] = []
        with roping(session):
            refactoring = RopeRename(
                session.project, session.resource(place.path), text.plain_offset(named.start)
            )
            found = refactoring.get_changes(
                name,
                in_hierarchy=True,
                task_handle=session,
                unsure=noting(unsure),
            )
            changes = collected(session, found)
        for path, (before, after) in changed_texts(session, changes).items():
            check_renamed(path, before, after)
        return replace(
            changes, notes=(*_doubts(session, unsure, named.text), *_unknown(session, place, named.text))
        )


def _doubts(session: Session, unsure: list[Any], name: str) -> list[str]:
    """Attributes of that name of which it cannot be told whose they are."""
    places = []
    for each in unsure:
        start = each.get_word_range()[0]
        text = session.workspace.text(session.path(each.tools.resource)).plain
        if text[:start].rstrip().endswith("."):
            places.append(f"{each.tools.resource.name}:{text.count(chr(10), 0, start) + 1}")
    if not places:
        return []
    more = f" and {len(places) - 5} other places" if len(places) > 5 else ""
    return [
        f"It cannot be told whether `.{name}` in {', '.join(places[:5])}{more} means this one; that stays as it is."
    ]


def _unknown(session: Session, place: Place, name: str) -> tuple[str, ...]:
    """Files that mention the name but cannot be read as Python."""
    notes = []
    for path in session.workspace.files():
        session.check()
        source = session.workspace.text(path).source
        if name in source and path != place.path.resolve():
            try:
                ast.parse(source.lstrip("\ufeff"))
            except (SyntaxError, ValueError, RecursionError):
                notes.append(
                    f"{path.name} is not Python at the moment and stays as it is, although it mentions `{name}`."
                )
    return tuple(notes)


class MoveSymbol(Crossing):
    """A function or class goes to another module, and who uses it imports it from there."""

    id = "move-symbol"
    kind = "refactor.move"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        node = place.function or place.klass
        if node is None or not place.top_level(node) or not place.defines(node):
            return None
        return self.made(
            f"Move `{node.name}` to another module…",
            Question("module", "Module to move it to, such as pkg.part", "", "module"),
        )

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        if place.named is None or self.offer(place) is None:
            raise RefactoringError(
                "Put the cursor on the name of a function or class defined in this module."
            )
        text = session.workspace.text(place.path)
        with roping(session):
            target = session.project.find_module(answers["module"])
            if target is not None and target.is_folder():
                target = target.get_child("__init__.py") if target.has_child("__init__.py") else None
            if target is None or target.project is not session.project:
                raise RefactoringError(
                    f"There is no module {answers['module']} in {session.workspace.root.name}."
                )
            mover = create_move(
                session.project, session.resource(place.path), text.plain_offset(place.named.start)
            )
            if not isinstance(mover, MoveGlobal):
                raise RefactoringError("Only functions and classes of a module can be moved.")
            self._check_target(session, target, place.named.text)
            # Unused imports of the module stay: others may rely on them.
            organize = mover.import_tools.organize_imports
            mover.import_tools.organize_imports = partial(_keeping, organize)
            changes = collected(session, mover.get_changes(target, task_handle=session))
        changes = _spaced(session, changes, session.path(target), place.named.text)
        changes = _trimmed(session, changes, place.path)
        self._check_circle(session, place, session.path(target), changes)
        return changes

    def _check_target(self, session: Session, target: Any, name: str) -> None:
        module = Module(session.workspace.text(session.path(target)).source)
        if name in module.inside(module.tree).bindings:
            raise RefactoringError(f"{target.name} has a `{name}` already.")

    def _check_circle(self, session: Session, place: Place, target: Path, changes: Changes) -> None:
        """Two modules that import each other at their own level may not be importable at all."""
        texts = changed_texts(session, changes)
        source = place.path.resolve()
        one = texts.get(source, ("", ""))[1]
        other = texts.get(target, ("", ""))[1]
        if _imports(one, target) and _imports(other, source):
            raise RefactoringError(
                f"{target.stem} would import {source.stem} and {source.stem} would import {target.stem}: a circle. "
                "Move what both need, too."
            )


def _spaced(session: Session, changes: Changes, target: Path, name: str) -> Changes:
    """The changes with blank lines behind what arrived in the target, and its docstring still on top.

    Raises:
        RefactoringError: what the definition needs at once stands further down there.
    """
    text = session.workspace.text(target)
    after = _below_docstring(text.plain, PlainText(changed_texts(session, changes)[target][1]).plain, target)
    module = Module(after)
    node = next(n for n in module.tree.body if getattr(n, "name", "") == name)
    end = module.line_end(module.end(node))
    later = [n for n in module.tree.body if n.lineno > node.lineno]
    whole = isinstance(node, ast.ClassDef)
    inside = set() if whole else {id(n) for part in node.body for n in ast.walk(part)}  # type: ignore[attr-defined]
    needed = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in inside}
    scope = module.inside(module.tree)
    below = {id(n) for part in later for n in ast.walk(part)}
    missing = sorted(
        n for n in needed if scope.bindings.get(n) and all(id(b.node) in below for b in scope.bindings[n])
    )
    if missing:
        raise RefactoringError(
            f"`{name}` needs `{missing[0]}` at once, which {target.name} defines further down."
        )
    blank = len(after[end:]) - len(after[end:].lstrip("\n"))
    if later and blank < 2:
        after = after[:end] + "\n" * (2 - blank) + after[end:]
    return replace(changes, edits={**changes.edits, target: text.edits(after)})


def _trimmed(session: Session, changes: Changes, source: Path) -> Changes:
    """The changes without the blank lines that what stood last in a module leaves behind."""
    text = session.workspace.text(source)
    named = next(path for path in changes.edits if path.resolve() == source.resolve())
    after = PlainText(changed_texts(session, changes)[source.resolve()][1]).plain
    if text.plain.endswith("\n\n") or not after.endswith("\n\n"):
        return changes
    shorter = after.rstrip("\n") + "\n"
    return replace(changes, edits={**changes.edits, named: text.edits(shorter)})


def _below_docstring(before: str, after: str, target: Path) -> str:
    """A module's text with what arrived in it below its docstring: above, where rope puts it, it would be none any more.

    Raises:
        RefactoringError: it cannot be told what arrived.
    """
    tree = ast.parse(before)
    if ast.get_docstring(tree) is None or ast.get_docstring(ast.parse(after)) is not None:
        return after
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
    first = sum(1 for _ in same)
    ends = takewhile(lambda pair: pair[0] == pair[1], zip(reversed(old[first:]), reversed(new), strict=False))
    last = sum(1 for _ in ends)
    if any(line.strip() for line in old[first : len(old) - last]):
        raise RefactoringError(f"{target.name} would lose its docstring, so nothing was changed.")
    arrived = "".join(new[first : len(new) - last]).strip("\n")
    line = tree.body[0].end_lineno or 1
    head, rest = "".join(old[:line]).rstrip("\n"), "".join(old[line:]).strip("\n")
    gap = "\n\n" if arrived.startswith(("import ", "from ")) else "\n\n\n"
    return f"{head}{gap}{arrived}\n" + (f"\n\n{rest}\n" if rest else "")


def _keeping(organize: Any, pymodule: Any, **options: Any) -> Any:
    return organize(pymodule, **(options if "import_filter" in options else {**options, "unused": False}))


def _imports(source: str, path: Path) -> bool:
    name = path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.parse(source.lstrip("\ufeff")).body:
        if isinstance(node, ast.Import) and any(a.name.rpartition(".")[2] == name for a in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (
            (node.module or "").rpartition(".")[2] == name or any(a.name == name for a in node.names)
        ):
            return True
    return False
