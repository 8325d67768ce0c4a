"""Extract function, method and variable: by our own data flow, which keeps texts, comments and every run as they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from burnish_analysis.errors import RefactoringError
from burnish_analysis.refactor.blocks import extract_block
from burnish_analysis.refactor.border import border
from burnish_analysis.refactor.crossing.model import Changes, Offer, Question
from burnish_analysis.refactor.crossing.place import Crossing, Place, check_free
from burnish_analysis.refactor.crossing.places import selected_block
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function
from burnish_analysis.refactor.expressions import extract_expression, extract_variable, selected_expression
from burnish_analysis.refactor.naming import name_of_block, name_of_expression

__all__ = ["ExtractFunction", "ExtractMethod", "ExtractVariable"]

_NOTHING = "Select whole statements of a function, or one expression, to extract."


def _block(place: Place) -> tuple[Function, list[ast.stmt]] | None:
    """The selected statements, where they are more than one expression."""
    found = selected_block(place.module, place.start, place.end)
    return found if found is not None else None


def _expression(place: Place) -> ast.expr | None:
    found = selected_expression(place.module, place.start, place.end)
    parent = place.module.parent(found) if found is not None else None
    return None if isinstance(parent, ast.Expr) and isinstance(found, ast.Constant) else found


class _Extract(Crossing):
    _method = False
    _word = "function"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        if not place.selected:
            return None
        found = None if self._method else _expression(place)
        if found is not None and not isinstance(found, ast.Name):
            name = name_of_expression(place.module, found, variable=False)
            return self._asking(name, self._refused_expression(place, found, name))
        try:
            chosen = _block(place)
            if chosen is None:
                return None
            crossing = border(place.module, *chosen)
            name = name_of_block(place.module, chosen[1], crossing.outputs)
            extract_block(place.module, *chosen, name, method=self._method)
        except RefactoringError as error:
            if self._method and "ordinary method" in str(error):
                return None
            return self._asking("", str(error))
        return self._asking(name, "")

    def _refused_expression(self, place: Place, node: ast.expr, name: str) -> str:
        try:
            extract_expression(place.module, node, name)
        except RefactoringError as error:
            return str(error)
        return ""

    def _asking(self, name: str, refused: str) -> Offer:
        asked = Question("name", f"Name of the new {self._word}", name)
        return self.made(f"Extract {self._word}", asked, refused=refused)

    def perform(self, place: Place, answers: Mapping[str, str], _session: Session) -> Changes:
        """See :class:`Crossing`."""
        name = answers["name"]
        check_free(place.module, name)
        node = None if self._method else _expression(place)
        if node is not None and not isinstance(node, ast.Name):
            return place.changes(extract_expression(place.module, node, name))
        chosen = _block(place)
        if chosen is None:
            raise RefactoringError(_NOTHING)
        return place.changes(extract_block(place.module, *chosen, name, method=self._method).edits)


class ExtractFunction(_Extract):
    """Statements or an expression become a function of the module."""

    id = "extract-function"
    kind = "refactor.extract.function"


class ExtractMethod(_Extract):
    """Statements become a method of the class."""

    id = "extract-method"
    kind = "refactor.extract.method"
    _method = True
    _word = "method"


class ExtractVariable(Crossing):
    """An expression's value gets a name."""

    id = "extract-variable"
    kind = "refactor.extract.variable"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        if not place.selected:
            return None
        node = _expression(place)
        if node is None or isinstance(node, ast.Name):
            return None
        name = name_of_expression(place.module, node, variable=True)
        refused = ""
        try:
            extract_variable(place.module, node, name)
        except RefactoringError as error:
            refused = str(error)
        return self.made(
            "Extract variable", Question("name", "Name of the new variable", name), refused=refused
        )

    def perform(self, place: Place, answers: Mapping[str, str], _session: Session) -> Changes:
        """See :class:`Crossing`."""
        node = _expression(place)
        if node is None:
            raise RefactoringError("The selection is not one expression; select all of it and nothing else.")
        check_free(place.module, answers["name"])
        return place.changes(extract_variable(place.module, node, answers["name"]))
