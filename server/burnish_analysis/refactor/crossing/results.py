"""rope's changes as edits of the files' own texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rope.base.change import ChangeContents, ChangeSet, CreateResource, MoveResource, RemoveResource  # type: ignore[import-untyped]

from burnish_analysis.errors import RefactoringError
from burnish_analysis.refactor.crossing.model import Changes, TextEdit
from burnish_analysis.refactor.crossing.texts import apply_edits
from burnish_analysis.refactor.crossing.workspace import Session

__all__ = ["changed_texts", "collected"]


def collected(session: Session, found: Any) -> Changes:
    """A change set of rope's as changes.

    Raises:
        RefactoringError: it would change something outside the folder.
    """
    edits: dict[Path, tuple[TextEdit, ...]] = {}
    created: dict[Path, str] = {}
    moved: dict[Path, Path] = {}
    removed: list[Path] = []
    for change in _flat(found):
        resource = change.resource
        if resource.project is not session.project:
            raise RefactoringError(f"This would change {resource.path}, which is not in the folder.")
        path = session.path(resource)
        if isinstance(change, ChangeContents):
            if path in created:
                created[path] = change.new_contents
                continue
            text = session.workspace.text(path)
            made = text.edits(change.new_contents or "")
            if made:
                edits[path] = made
        elif isinstance(change, MoveResource):
            moved[path] = session.path(change.new_resource)
        elif isinstance(change, CreateResource):
            if not resource.is_folder():
                created[path] = ""
        elif isinstance(change, RemoveResource):
            removed.append(path)
    return Changes(edits, created, moved, tuple(removed))


def _flat(change: Any) -> list[Any]:
    if isinstance(change, ChangeSet):
        return [part for inner in change.changes for part in _flat(inner)]
    return [change]


def changed_texts(session: Session, changes: Changes) -> dict[Path, tuple[str, str]]:
    """Every changed file's text before and after."""
    found = {}
    for path, edits in changes.edits.items():
        before = session.workspace.text(path).source
        found[path.resolve()] = (before, apply_edits(before, edits))
    return found
