"""Change a function's parameters together with every call; calls are found by rope, texts are changed by edits."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit
from burnish_analysis.refactor.crossing.calls import (
    Call,
    FileEdits,
    calls_of,
    default_of,
    line_of,
    parameters_of,
    simple,
)
from burnish_analysis.refactor.crossing.lists import (
    add_argument,
    add_parameter,
    item_spans,
    parameter_spans,
    remove_item,
    swap_items,
)
from burnish_analysis.refactor.crossing.model import Changes, Offer, Question
from burnish_analysis.refactor.crossing.place import Crossing, Place, used_names
from burnish_analysis.refactor.crossing.places import enclosing_function
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function
from burnish_analysis.refactor.expressions import selected_expression

__all__ = ["AddParameter", "InlineParameter", "IntroduceParameter", "RemoveParameter", "ReorderParameters"]


def _free(place: Place, function: Function) -> list[ast.arg]:
    """The parameters that calls pass: without a method's ``self``."""
    method = isinstance(place.module.parent(function), ast.ClassDef)
    return parameters_of(function)[1 if method else 0 :]


def _parameter(place: Place) -> tuple[Function, ast.arg] | None:
    """The parameter whose name stands at the cursor in its definition."""
    node = place.named.node if place.named else None
    if not isinstance(node, ast.arg):
        return None
    function = place.module.parent(node)
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and node in _free(place, function):
        return function, node
    return None


class AddParameter(Crossing):
    """A new parameter with a default: calls stay as they are."""

    id = "add-parameter"
    kind = "refactor.rewrite.signature"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        if place.function is None or not place.defines(place.function):
            return None
        return self.made(
            f"Add a parameter to `{place.function.name}`…",
            Question("name", "Name of the parameter", ""),
            Question("default", "Its default value", "None", "expression"),
        )

    def perform(self, place: Place, answers: Mapping[str, str], _session: Session) -> Changes:
        """See :class:`Crossing`."""
        function, name = place.function, answers["name"]
        if function is None:
            raise RefactoringError("Put the cursor on the name of a function defined in this file.")
        _check_new(place, function, name)
        return place.changes(
            [add_parameter(place.module, function, _with_default(name, answers["default"], function))]
        )


def _with_default(name: str, default: str, function: Function) -> str:
    annotated = any(parameter.annotation for parameter in parameters_of(function))
    return f"{name}: object = {default}" if annotated else f"{name}={default}"


def _check_new(place: Place, function: Function, name: str) -> None:
    inside = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    taken = inside | {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}
    if name in taken or name in used_names(place.module) & set(place.module.inside(function).bindings):
        raise RefactoringError(f"`{name}` is used in {function.name} already; choose another name.")


class RemoveParameter(Crossing):
    """A parameter that is never read goes, and what calls pass for it."""

    id = "remove-parameter"
    kind = "refactor.rewrite.signature"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        found = _parameter(place)
        if found is None:
            return None
        used = found[1].arg in place.module.inside(found[0]).uses
        refused = f"`{found[1].arg}` is used in {found[0].name}." if used else ""
        return self.made(f"Remove parameter `{found[1].arg}`", refused=refused)

    def perform(self, place: Place, _answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        found = _parameter(place)
        if found is None:
            raise RefactoringError("Put the cursor on a parameter in its definition.")
        function, parameter = found
        scope = place.module.inside(function)
        if parameter.arg in scope.uses or len(scope.bindings[parameter.arg]) > 1:
            raise RefactoringError(f"`{parameter.arg}` is used in {function.name}, so it cannot be removed.")
        _check_shape(function, parameter)
        edits = FileEdits()
        definition, calls = calls_of(session, place, function)
        edits.add(
            definition, remove_item(place.module, *parameter_spans(place.module, function)[parameter.arg])
        )
        for call in calls:
            passed = call.passed.get(parameter.arg)
            if passed is None:
                continue
            if not simple(passed.value):
                raise RefactoringError(
                    f"The call in {line_of(call.use)} computes what it passes; that would not happen any more."
                )
            edits.add(call.use, remove_item(call.use.module, *item_spans(call.use.module, [passed.node])[0]))
        return edits.changes()


def _check_shape(function: Function, parameter: ast.arg) -> None:
    arguments = function.args
    if parameter in arguments.posonlyargs and len(arguments.posonlyargs) == 1:
        raise RefactoringError("It is the only parameter before `/`; remove the `/` first.")
    if parameter in arguments.kwonlyargs and len(arguments.kwonlyargs) == 1 and arguments.vararg is None:
        raise RefactoringError("It is the only parameter behind `*`; remove the `*` first.")
    if arguments.vararg is not None and parameter not in arguments.kwonlyargs:
        raise RefactoringError("Behind it stands `*args`, whose values would move to other places.")


class ReorderParameters(Crossing):
    """Parameters in another order, calls alike."""

    id = "reorder-parameters"
    kind = "refactor.rewrite.signature"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.defines(function) or len(_movable(place, function)) < 2:
            return None
        names = ", ".join(parameter.arg for parameter in _movable(place, function))
        return self.made(
            f"Change the order of `{function.name}`'s parameters…",
            Question("order", "The parameters in their new order", names, "names"),
        )

    def perform(self, place: Place, answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        function = place.function
        if function is None:
            raise RefactoringError("Put the cursor on the name of a function defined in this file.")
        movable = _movable(place, function)
        names = [parameter.arg for parameter in movable]
        wanted = re.split(r"\s*,\s*", answers["order"].strip())
        if sorted(wanted) != sorted(names):
            raise RefactoringError(f"Name each of {', '.join(names)} once.")
        if wanted == names:
            raise RefactoringError("That is the order already.")
        if function.args.vararg is not None:
            raise RefactoringError(
                "`*args` takes what stands behind the parameters, so their order cannot change."
            )
        _check_defaults(function, wanted)
        edits = FileEdits()
        definition, calls = calls_of(session, place, function)
        spans = parameter_spans(place.module, function)
        order = [names.index(name) for name in wanted]
        edits.add(definition, *swap_items(place.module, [spans[name] for name in names], order))
        for call in calls:
            edits.add(call.use, *_reordered(call, names, wanted))
        return edits.changes()


def _movable(place: Place, function: Function) -> list[ast.arg]:
    method = isinstance(place.module.parent(function), ast.ClassDef)
    return [] if function.args.posonlyargs else function.args.args[1 if method else 0 :]


def _check_defaults(function: Function, wanted: list[str]) -> None:
    optional = {
        parameter.arg
        for parameter in function.args.args[len(function.args.args) - len(function.args.defaults) :]
    }
    seen = False
    for name in wanted:
        if seen and name not in optional:
            raise RefactoringError(f"`{name}` has no default value, so it cannot stand behind one that has.")
        seen = seen or name in optional


def _reordered(call: Call, names: list[str], wanted: list[str]) -> list[Edit]:
    """A call's positional arguments in the new order, or with names where what they compute must keep its order."""
    module = call.use.module
    given = [
        name for name in names if name in call.passed and not isinstance(call.passed[name].node, ast.keyword)
    ]
    values = [call.passed[name].value for name in given]
    spans = item_spans(module, list(values))
    places = [name for name in wanted if name in given]
    if places == wanted[: len(places)] and all(map(simple, values)):
        return swap_items(module, spans, [given.index(name) for name in places])
    # Names say which is which wherever it stands; the first ones that stay in place need none.
    keep = 0
    while keep < len(given) and keep < len(wanted) and given[keep] == wanted[keep]:
        keep += 1
    return [
        Edit(start, start, f"{name}=") for name, (start, _) in list(zip(given, spans, strict=True))[keep:]
    ]


class IntroduceParameter(Crossing):
    """A constant in a function becomes a parameter with that default."""

    id = "introduce-parameter"
    kind = "refactor.rewrite.parameter"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        node = _constant(place)
        if node is None:
            return None
        return self.made("Introduce parameter…", Question("name", "Name of the parameter", "value"))

    def perform(self, place: Place, answers: Mapping[str, str], _session: Session) -> Changes:
        """See :class:`Crossing`."""
        node = _constant(place)
        if node is None:
            raise RefactoringError(
                "Select a constant (a number, a text, None…) inside a function: it becomes the parameter's default."
            )
        function = enclosing_function(place.module, node)
        if function is None:
            raise RefactoringError("The selection stands in no function.")
        _check_new(place, function, answers["name"])
        added = add_parameter(place.module, function, f"{answers['name']}={place.module.text(node)}")
        return place.changes([added, place.module.replace(node, answers["name"])])


def _constant(place: Place) -> ast.expr | None:
    if not place.selected:
        return None
    node = selected_expression(place.module, place.start, place.end)
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(value, ast.Constant) or node is None:
        return None
    module = place.module
    function = enclosing_function(module, node)
    parent = module.parent(node)
    if function is None or isinstance(parent, (ast.Expr, ast.JoinedStr, ast.pattern)):
        return None
    # Only what the body itself computes: not decorators, defaults, types, nor classes and functions inside.
    if module.scope(node).function is not module.inside(function):
        return None
    typed = any(
        isinstance(outer, ast.AnnAssign) and outer.annotation is node for outer in module.ancestors(node)
    )
    return None if typed else node


class InlineParameter(Crossing):
    """A default value is written into the calls that rely on it, and the parameter has none any more."""

    id = "inline-parameter"
    kind = "refactor.inline.parameter"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        found = _parameter(place)
        if found is None or default_of(*found) is None:
            return None
        return self.made(f"Write the default of `{found[1].arg}` into the calls")

    def perform(self, place: Place, _answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        found = _parameter(place)
        default = default_of(*found) if found else None
        if found is None or default is None:
            raise RefactoringError("Put the cursor on a parameter with a default value, in its definition.")
        function, parameter = found
        module = place.module
        constant = default.operand if isinstance(default, ast.UnaryOp) else default
        if not isinstance(constant, ast.Constant):
            raise RefactoringError("Only a constant default means the same where the function is called.")
        if parameter in function.args.args:
            behind = function.args.args.index(parameter)
            first = len(function.args.args) - len(function.args.defaults)
            if behind != first:
                raise RefactoringError(
                    "A parameter before it has a default, too; start with the first of them."
                )
        if parameter in function.args.posonlyargs:
            raise RefactoringError("It can only be passed by its place; a name could not be written.")
        edits = FileEdits()
        definition, calls = calls_of(session, place, function)
        _, end = parameter_spans(module, function)[parameter.arg]
        edits.add(definition, Edit(module.end(parameter), end, ""))
        for call in calls:
            if parameter.arg not in call.passed:
                edits.add(
                    call.use,
                    add_argument(call.use.module, call.node, f"{parameter.arg}={module.text(default)}"),
                )
        return edits.changes()
