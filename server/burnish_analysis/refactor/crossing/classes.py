"""Refactorings of classes and whole functions that rope writes: field, method object, factory, accessors, use of a function.

What comes out is checked for parsing and names alone, and users are told so (``unproved``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from rope.refactor.encapsulate_field import EncapsulateField as RopeEncapsulate  # type: ignore[import-untyped]
from rope.refactor.introduce_factory import IntroduceFactory as RopeFactory  # type: ignore[import-untyped]
from rope.refactor.localtofield import LocalToField as RopeLocalToField  # type: ignore[import-untyped]
from rope.refactor.method_object import MethodObject as RopeMethodObject  # type: ignore[import-untyped]
from rope.refactor.usefunction import UseFunction as RopeUseFunction  # type: ignore[import-untyped]

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks import strings_over_lines, unit_of
from burnish_analysis.refactor.border import private_names
from burnish_analysis.refactor.crossing.calls import simple
from burnish_analysis.refactor.crossing.model import NOT_RUN, Changes, Offer, Question
from burnish_analysis.refactor.crossing.occurring import find_uses, roping
from burnish_analysis.refactor.crossing.place import Crossing, Place, check_free
from burnish_analysis.refactor.crossing.places import enclosing_function
from burnish_analysis.refactor.crossing.results import changed_texts, collected
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function, own_nodes
from burnish_analysis.refactor.frames import check_frame

__all__ = ["EncapsulateField", "IntroduceFactory", "LocalToField", "MethodObject", "UseFunction"]


def _rope(session: Session, place: Place, make: Any) -> Any:
    """A refactoring of rope's at the name under the cursor."""
    if place.named is None:
        raise RefactoringError("Put the cursor on a name.")
    offset = session.workspace.text(place.path).plain_offset(place.named.start)
    return make(session.project, session.resource(place.path), offset)


def _spaces(session: Session, place: Place) -> None:
    """Let rope indent as the file does; it knows spaces only."""
    for function in place.module.structure.nodes.get(ast.FunctionDef, []):
        unit = unit_of(place.module, function)  # type: ignore[arg-type]
        if "\t" in unit:
            raise RefactoringError("The file is indented with tabs, which this refactoring cannot write.")
        session.project.prefs.set("indent_size", len(unit))
        return


class LocalToField(Crossing):
    """A method's local variable becomes an attribute of the instance."""

    id = "local-to-field"
    kind = "refactor.rewrite.field"
    unproved = NOT_RUN

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        if place.local is None:
            return None
        name, scope = place.local
        function = scope.node
        owner = place.module.parent(function)
        bindings = scope.bindings.get(name, [])
        if not isinstance(owner, ast.ClassDef) or any(b.kind not in ("assign", "augment") for b in bindings):
            return None
        if not isinstance(function, ast.FunctionDef) or not function.args.args or function.decorator_list:
            return None
        return self.made(f"Turn `{name}` into a field") if bindings else None

    def perform(self, place: Place, _answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        if place.named is None or self.offer(place) is None:
            raise RefactoringError("Put the cursor on a variable that a method assigns plainly.")
        name, module = place.named.text, place.module
        attributes = [n for n in module.structure.nodes.get(ast.Attribute, []) if n.attr == name]  # type: ignore[attr-defined]
        scope = place.named.scope
        function = scope.node if scope else None
        owner = module.parent(function) if function else None
        if attributes or (isinstance(owner, ast.ClassDef) and name in module.inside(owner).bindings):
            raise RefactoringError(f"Something is called `.{name}` already; rename the variable first.")
        if isinstance(owner, ast.ClassDef) and any(
            isinstance(n, ast.Assign) and "__slots__" in ast.dump(n) for n in owner.body
        ):
            raise RefactoringError("The class has `__slots__`; add the field there first.")
        with roping(session):
            return collected(session, _rope(session, place, RopeLocalToField).get_changes())


class MethodObject(Crossing):
    """A long function becomes a class whose call does what it did, so that its variables can become fields."""

    id = "method-object"
    kind = "refactor.rewrite.method-object"
    unproved = NOT_RUN

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.defines(function):
            return None
        name = "".join(part.capitalize() for part in function.name.split("_")) or "Call"
        refused = ""
        try:
            self._check(place, function)
        except RefactoringError as error:
            refused = str(error)
        return self.made(
            f"Turn `{function.name}` into a method object…",
            Question("name", "Name of the new class", name, "class"),
            refused=refused,
        )

    def _check(self, place: Place, function: Function) -> None:
        module = place.module
        arguments = function.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise RefactoringError("Only plain parameters can be handed to a method object.")
        if isinstance(function, ast.AsyncFunctionDef) or any(
            isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(*function.body)
        ):
            raise RefactoringError("A generator or asynchronous function is no plain call.")
        if private_names(function.body):
            raise RefactoringError("It uses names private to its class (`__name`).")
        start, end = module.start(function), module.end(function)
        if any(start <= at < end for at in strings_over_lines(module)):
            raise RefactoringError("It holds a text over several lines, whose indentation would change.")
        own = {p.arg for p in arguments.args}
        for node in ast.walk(function):
            nested = (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef))
                and node is not function
            )
            if nested:
                raise RefactoringError(
                    "Functions or classes inside it see its variables; they stay where they are."
                )
            stored = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id in own
            if stored or isinstance(node, (ast.Global, ast.Nonlocal)):
                raise RefactoringError("It changes a parameter or a variable from outside.")
            if isinstance(node, ast.comprehension) and own & {
                n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)
            }:
                raise RefactoringError("A comprehension uses a parameter's name for something else.")
        if not isinstance(module.parent(function), (ast.Module, ast.ClassDef)):
            raise RefactoringError("It stands inside another function, whose variables it may use.")
        check_frame(module, function.body)

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        if place.function is None:
            raise RefactoringError("Put the cursor on the name of a function defined in this file.")
        self._check(place, place.function)
        check_free(place.module, answers["name"])
        with roping(session):
            _spaces(session, place)
            return collected(
                session, _rope(session, place, RopeMethodObject).get_changes(classname=answers["name"])
            )


class IntroduceFactory(Crossing):
    """Objects of a class are made by a static method."""

    id = "introduce-factory"
    kind = "refactor.rewrite.factory"
    unproved = NOT_RUN

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        node = place.klass
        if node is None or not place.top_level(node) or not place.defines(node):
            return None
        return self.made(
            f"Introduce a factory for `{node.name}`…",
            Question("name", "Name of the factory method", "create"),
        )

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        if place.klass is None:
            raise RefactoringError("Put the cursor on the name of a class defined in this file.")
        check_free(place.module, answers["name"])
        with roping(session):
            _spaces(session, place)
            factory = _rope(session, place, RopeFactory)
            return collected(session, factory.get_changes(answers["name"], task_handle=session))


class EncapsulateField(Crossing):
    """A field is read and written through methods, in all files."""

    id = "encapsulate-field"
    kind = "refactor.rewrite.encapsulate"
    unproved = NOT_RUN

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        named = place.named
        if (
            named is None
            or not isinstance(named.node, ast.Attribute)
            or not isinstance(named.node.value, ast.Name)
        ):
            return None
        function = enclosing_function(place.module, named.node)
        first = function.args.args[:1] if function else []
        if function is None or not first or named.node.value.id != first[0].arg:
            return None
        owner = place.module.parent(function)
        if not isinstance(owner, ast.ClassDef) or named.text in place.module.inside(owner).bindings:
            return None
        bare = named.text.strip("_")
        return self.made(
            f"Encapsulate `{named.text}`…",
            Question("getter", "Name of the method that reads it", f"get_{bare}"),
            Question("setter", "Name of the method that writes it", f"set_{bare}"),
        )

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        if self.offer(place) is None or place.named is None:
            raise RefactoringError("Put the cursor on an attribute such as `self.total` in a method.")
        if answers["getter"] == answers["setter"]:
            raise RefactoringError("The two methods need different names.")
        for name in (answers["getter"], answers["setter"]):
            check_free(place.module, name)
        found = find_uses(session, place.path, place.named.start)
        if found.unsure:
            raise RefactoringError(
                f"It cannot be told whether {', '.join(found.unsure[:3])} means this field; nothing was changed."
            )
        with roping(session):
            _spaces(session, place)
            rope = _rope(session, place, RopeEncapsulate)
            return collected(
                session, rope.get_changes(answers["getter"], answers["setter"], task_handle=session)
            )


class UseFunction(Crossing):
    """Code that does what a function does calls it instead."""

    id = "use-function"
    kind = "refactor.rewrite.use-function"
    unproved = NOT_RUN

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.top_level(function) or not place.defines(function):
            return None
        return self.made(f"Use `{function.name}` wherever its code stands")

    def perform(self, place: Place, _answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.top_level(function):
            raise RefactoringError("Put the cursor on the name of a function defined in this module.")
        if isinstance(function, ast.AsyncFunctionDef) or function.decorator_list:
            raise RefactoringError("A decorated or asynchronous function does more than its code.")
        with roping(session):
            changes = collected(
                session, _rope(session, place, RopeUseFunction).get_changes(task_handle=session)
            )
        if not changes.edits:
            raise RefactoringError(f"Nothing else does what `{function.name}` does.")
        for before, after in changed_texts(session, changes).values():
            _check_new_calls(Module(before), Module(after), function.name)
        return changes


def _check_new_calls(before: Module, after: Module, name: str) -> None:
    """New calls must pass plain values: what computes something might have run more than once, or not at all."""
    known = {ast.dump(call) for call in _calls(before, name)}
    for call in _calls(after, name):
        if ast.dump(call) not in known and not all(simple(part) for part in call.args):
            raise RefactoringError(f"`{after.text(call)}` would compute its values another number of times.")


def _calls(module: Module, name: str) -> list[ast.Call]:
    found = []
    for call in module.structure.nodes.get(ast.Call, []):
        func = call.func  # type: ignore[attr-defined]
        if getattr(func, "attr", getattr(func, "id", "")) == name:
            found.append(call)
    return found  # type: ignore[return-value]
