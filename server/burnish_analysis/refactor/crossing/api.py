"""What is offered at a place in a file, and the changes of what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from burnish_analysis.errors import RefactoringError, SourceError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.checking import check_names
from burnish_analysis.refactor.crossing.classes import (
    EncapsulateField,
    IntroduceFactory,
    LocalToField,
    MethodObject,
    UseFunction,
)
from burnish_analysis.refactor.crossing.extracting import ExtractFunction, ExtractMethod, ExtractVariable
from burnish_analysis.refactor.crossing.inlining import InlineFunction, InlineVariable
from burnish_analysis.refactor.crossing.model import Changes, Offer
from burnish_analysis.refactor.crossing.place import Crossing, Place
from burnish_analysis.refactor.crossing.questions import checked
from burnish_analysis.refactor.crossing.renaming import MoveSymbol, Rename
from burnish_analysis.refactor.crossing.results import changed_texts
from burnish_analysis.refactor.crossing.signatures import (
    AddParameter,
    InlineParameter,
    IntroduceParameter,
    RemoveParameter,
    ReorderParameters,
)
from burnish_analysis.refactor.crossing.workspace import Session, Workspace

__all__ = ["CROSSING", "offers", "perform"]

#: Every refactoring by id, in the order they are offered.
CROSSING: Mapping[str, Crossing] = {
    each.id: each
    for each in (
        ExtractFunction(), ExtractMethod(), ExtractVariable(), IntroduceParameter(),
        InlineVariable(), InlineFunction(), InlineParameter(),
        Rename(), MoveSymbol(), AddParameter(), RemoveParameter(), ReorderParameters(),
        LocalToField(), EncapsulateField(), IntroduceFactory(), MethodObject(), UseFunction(),
    )
}  # fmt: skip


def offers(workspace: Workspace, path: Path, start: int, end: int) -> list[Offer]:
    """What applies at a cursor (``start == end``) or selection, by this file alone: rope is not asked.

    Args:
        start, end: indices into the file's present text as a ``str``.

    Raises:
        FileError: the file cannot be read.
    """
    try:
        place = _place(workspace, path, start, end)
    except RefactoringError:
        return []
    return [offer for each in CROSSING.values() if (offer := each.offer(place)) is not None]


def perform(
    workspace: Workspace,
    path: Path,
    start: int,
    end: int,
    id: str,
    answers: Mapping[str, str] | None = None,
    *,
    seconds: float = 20.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Changes:
    """The changes of one refactoring at a place; nothing is written.

    Args:
        answers: to the offer's questions; a missing one means its default.
        seconds: after which it is given up (looked at between files). cancelled: whether to give up now.

    Raises:
        RefactoringError: it cannot be done, or would not keep what the code does; a sentence for users.
        FileError: the file cannot be read.
    """
    refactoring = CROSSING.get(id)
    if refactoring is None:
        raise RefactoringError(f"There is no refactoring called {id}.")
    with workspace.lock:
        place = _place(workspace, path, start, end)
        session = Session(workspace, seconds, cancelled)
        session.check()
        offer = refactoring.offer(place)
        if offer is not None and offer.refused:
            raise RefactoringError(offer.refused)
        if offer is None:
            return _refused(refactoring, place, session)
        changes = refactoring.perform(place, checked(offer.needs, answers or {}), session)
        for file, (before, after) in changed_texts(session, changes).items():
            check_names(file, before, after)
        session.check()
        return changes


def _refused(refactoring: Crossing, place: Place, session: Session) -> Changes:
    """Why a refactoring that is not offered does not apply, in its own words."""
    names = ("name", "default", "order", "module", "getter", "setter")
    refactoring.perform(place, dict.fromkeys(names, "burnish_name"), session)
    raise RefactoringError("This refactoring does not apply here.")


def _place(workspace: Workspace, path: Path, start: int, end: int) -> Place:
    text = workspace.text(path).source
    if not 0 <= start <= end <= len(text):
        raise RefactoringError("The selection lies outside the text.")
    try:
        return Place(Module(text, str(path)), path.resolve(), start, end)
    except SourceError as error:
        raise RefactoringError(f"{error}; mend it first.") from error
