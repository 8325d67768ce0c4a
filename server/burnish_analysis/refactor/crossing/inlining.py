"""Inline a variable, or a function that is one expression."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Binding
from burnish_analysis.refactor.crossing.calls import (
    Call,
    FileEdits,
    calls_of,
    default_of,
    line_of,
    parameters_of,
    simple,
)
from burnish_analysis.refactor.crossing.model import Changes, Offer
from burnish_analysis.refactor.crossing.place import Crossing, Place
from burnish_analysis.refactor.crossing.workspace import Session
from burnish_analysis.refactor.dataflow import Function
from burnish_analysis.refactor.expressions import check_always, check_first
from burnish_analysis.refactor.frames import check_frame

__all__ = ["InlineFunction", "InlineVariable"]

_PLAIN = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.operator, ast.unaryop,
          ast.boolop, ast.cmpop, ast.expr_context)  # fmt: skip


class InlineVariable(Crossing):
    """A local variable gives way to the expression it holds."""

    id = "inline-variable"
    kind = "refactor.inline.variable"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        if place.local is None:
            return None
        name, scope = place.local
        found = scope.bindings.get(name, [])
        if len(found) != 1 or found[0].kind not in ("assign", "annotate") or found[0].value is None:
            return None
        refused = ""
        try:
            _inline(place.module, name, found[0])
        except RefactoringError as error:
            refused = str(error)
        return self.made(f"Inline `{name}`", refused=refused)

    def perform(self, place: Place, _answers: Mapping[str, str], _session: Session) -> Changes:
        """See :class:`Crossing`."""
        name, scope = place.local or ("", None)
        found = scope.bindings.get(name, []) if scope is not None else []
        if not found:
            raise RefactoringError("Put the cursor on a local variable of a function.")
        if len(found) != 1 or found[0].kind not in ("assign", "annotate") or found[0].value is None:
            raise RefactoringError(
                f"`{name}` is not assigned exactly once by a plain assignment, so it cannot be inlined."
            )
        return place.changes(_inline(place.module, name, found[0]))


def _inline(module: Module, name: str, binding: Binding) -> list[Edit]:
    statement, value = binding.owner, binding.value
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or value is None:
        raise RefactoringError(f"`{name}` is not assigned by a plain assignment.")
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        raise RefactoringError("The assignment has several targets; part it first.")
    scope = module.scope(binding.node).find(name)
    uses = scope.uses.get(name, [])
    if not uses:
        raise RefactoringError(f"`{name}` is not read anywhere; there is nothing to inline it into.")
    if any(not isinstance(use.ctx, ast.Load) for use in uses):
        raise RefactoringError(f"`{name}` is deleted somewhere.")
    if any(not module.readable(use) for use in uses):
        raise RefactoringError(
            f"`{name}` is used in an f-string, where Python before 3.12 does not say the place."
        )
    if not _stays(module, value, statement, uses):
        _check_next(module, name, statement, value, uses)
    text = module.text(value)
    if "\n" in text and not text.startswith(("(", "[", "{")):
        text = f"({text})"
    removed = module.delete(statement)
    if removed is None:
        raise RefactoringError(
            "The assignment shares its lines with something else, a comment perhaps; move that first."
        )
    return [removed, *(_put(module, use, text, value) for use in uses)]


def _stays(module: Module, value: ast.expr, statement: ast.stmt, uses: list[ast.Name]) -> bool:
    """Whether the value is the same, and costs and does nothing, wherever the variable is read."""
    if not all(isinstance(part, _PLAIN) for part in ast.walk(value)):
        return False
    constant = isinstance(value, (ast.Constant, ast.Name))
    if not constant and module.effects.pure(value) is not Known.YES:
        return False
    if not constant and module.effects.total(value) is not Known.YES:
        return False
    if any(use.lineno < statement.lineno for use in uses):
        return False
    for part in ast.walk(value):
        if isinstance(part, ast.Name):
            owner = module.scope(part).find(part.id)
            bindings = owner.bindings.get(part.id, [])
            if owner.kind != "function" or [b.kind for b in bindings] not in (["parameter"],):
                return False
    # On every way to a use the assignment came before: both stand in one block, or the use deeper inside it.
    block = module.block(statement)
    after = {id(n) for other in block[block.index(statement) + 1 :] for n in ast.walk(other)}
    return all(id(use) in after for use in uses)


def _check_next(
    module: Module, name: str, statement: ast.stmt, value: ast.expr, uses: list[ast.Name]
) -> None:
    """Otherwise the only use must be what is evaluated next anyway."""
    following = module.following(statement)
    if len(uses) != 1:
        raise RefactoringError(
            f"`{name}` is read {len(uses)} times; computing it each time could change what happens."
        )
    use = uses[0]
    if not following or module.statement(use) is not following[0]:
        raise RefactoringError(
            f"Something stands between the assignment of `{name}` and its use, and could change its value."
        )
    check_always(module, use, following[0])
    check_first(module, use, following[0], value)


def _put(module: Module, node: ast.expr, text: str, value: ast.expr) -> Edit:
    """Replace a node by an expression, in parentheses only where its place needs them."""
    whole = (ast.Name, ast.Call, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.JoinedStr)
    parent = module.parent(node)
    number = isinstance(value, ast.Constant) and not (isinstance(parent, ast.Attribute) or "\n" in text)
    alone = isinstance(
        parent, (ast.Call, ast.keyword, ast.Return, ast.Assign, ast.List, ast.Tuple)
    ) and isinstance(value, (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Attribute))
    if isinstance(value, whole) or number or (alone and getattr(parent, "func", None) is not node):
        return Edit(module.start(node), module.end(node), text)
    return module.replace(node, text)


class InlineFunction(Crossing):
    """A function that returns one expression gives way to it, in all files; the definition goes."""

    id = "inline-function"
    kind = "refactor.inline.function"

    def offer(self, place: Place) -> Offer | None:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.top_level(function):
            return None
        refused = ""
        try:
            _result(place.module, function)
        except RefactoringError as error:
            refused = str(error)
        return self.made(f"Inline `{function.name}`", refused=refused)

    def perform(self, place: Place, _answers: Mapping[str, str], session: Session) -> Changes:
        """See :class:`Crossing`."""
        function = place.function
        if function is None or not place.top_level(function):
            raise RefactoringError("Put the cursor on the name of a function defined in this module.")
        module = place.module
        result = _result(module, function)
        definition, calls = calls_of(session, place, function)
        if not calls:
            raise RefactoringError(
                f"`{function.name}` is called nowhere; there is nothing to inline it into."
            )
        outside = [call for call in calls if call.use.path != definition.path]
        if outside or _imported(session, place, function.name):
            raise RefactoringError(
                f"Another file imports `{function.name}`; only what one file uses can be inlined."
            )
        edits = FileEdits()
        edits.add(definition, _without(module, function))
        for call in calls:
            edits.add(call.use, _written(call, function, result))
        return edits.changes()


def _imported(session: Session, place: Place, name: str) -> bool:
    here = place.path.resolve()
    for path in session.workspace.files():
        session.check()
        source = session.workspace.text(path).plain
        if path != here and name in source and place.path.stem in source:
            return True
    return False


def _result(module: Module, function: Function) -> ast.expr:
    """The expression a function returns, where that is all it does."""
    body = function.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        body = body[1:]
    only = body[0]
    if len(body) != 1 or not isinstance(only, ast.Return) or only.value is None:
        raise RefactoringError(
            f"`{function.name}` is more than one `return`; only such a function can be inlined safely."
        )
    if (
        isinstance(function, ast.AsyncFunctionDef)
        or function.decorator_list
        or function.args.vararg
        or function.args.kwarg
    ):
        raise RefactoringError(
            f"`{function.name}` is asynchronous, decorated or takes any arguments; it cannot be inlined."
        )
    check_frame(module, [only])
    for node in ast.walk(only.value):
        if isinstance(
            node,
            (
                ast.Lambda,
                ast.ListComp,
                ast.SetComp,
                ast.DictComp,
                ast.GeneratorExp,
                ast.NamedExpr,
                ast.Yield,
                ast.YieldFrom,
            ),
        ):
            raise RefactoringError(
                "Its expression has variables of its own (a comprehension, `lambda`, `:=`); it stays."
            )
        if isinstance(node, ast.Name) and node.id == function.name:
            raise RefactoringError(f"`{function.name}` calls itself.")
        if isinstance(node, ast.JoinedStr):
            raise RefactoringError("Its expression is an f-string, which values cannot be put into safely.")
    if module.comments_in(module.line_start(module.start(function)), module.line_end(module.end(function))):
        raise RefactoringError("Its definition has comments, which would be lost.")
    return only.value


def _without(module: Module, function: Function) -> Edit:
    start = module.line_start(module.start(function))
    end = module.line_end(module.end(function))
    while end < len(module.source) and not module.source[end : module.line_end(end)].strip():
        end = module.line_end(end)
    return Edit(start, end, "")


def _written(call: Call, function: Function, result: ast.expr) -> Edit:
    """The call's text: the expression with the call's values in place of the parameters."""
    here, home = call.use.module, call.use.module
    values: dict[str, ast.expr] = {}
    for parameter in parameters_of(function):
        passed = call.passed.get(parameter.arg)
        default = default_of(function, parameter)
        value = passed.value if passed is not None else default
        if value is None:
            raise RefactoringError(f"The call in {line_of(call.use)} leaves out `{parameter.arg}`.")
        if passed is None and not isinstance(value, ast.Constant):
            raise RefactoringError(
                f"The default of `{parameter.arg}` is computed once, where the function is defined."
            )
        values[parameter.arg] = value
    unknown = set(call.passed) - set(values)
    if unknown:
        raise RefactoringError(
            f"The call in {line_of(call.use)} passes `{min(unknown)}`, which is no parameter."
        )
    _check_once(call, result, values)
    _check_global(call, function, result, values)
    start = home.start(result)
    text, at = "", start
    for use in sorted(_uses(result, values), key=home.start):
        value_text = here.text(values[use.id])
        written = value_text if isinstance(values[use.id], (ast.Name, ast.Constant)) else f"({value_text})"
        text += home.source[at : home.start(use)] + written
        at = home.end(use)
    text += home.source[at : home.end(result)]
    if "\n" in text and not text.startswith(("(", "[", "{")):
        text = f"({text})"
    return _put(here, call.node, text, result)


def _uses(result: ast.expr, values: Mapping[str, ast.expr]) -> list[ast.Name]:
    return [node for node in ast.walk(result) if isinstance(node, ast.Name) and node.id in values]


def _check_once(call: Call, result: ast.expr, values: Mapping[str, ast.expr]) -> None:
    """Values that do something must be evaluated exactly once, in the same order, with nothing before them."""
    acting = [name for name, value in values.items() if not simple(value)]
    if not acting:
        return
    if len(acting) > 1 or any(
        isinstance(node, (ast.BoolOp, ast.IfExp, ast.Compare)) for node in ast.walk(result)
    ):
        raise RefactoringError(
            f"The call in {line_of(call.use)} computes what it passes, and when that happens would change."
        )
    found = [node.id for node in sorted(_uses(result, values), key=lambda n: (n.lineno, n.col_offset))]
    calls_before = any(
        isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)) for node in ast.walk(result)
    )
    if found.count(acting[0]) != 1 or (calls_before and found[0] != acting[0]):
        raise RefactoringError(
            f"The call in {line_of(call.use)} computes what it passes, and how often would change."
        )
    if len(values) > 1 and any(isinstance(value, ast.Name) for value in values.values()):
        # A name could be changed by what is computed only where it is not a local one.
        module = call.use.module
        for value in values.values():
            if isinstance(value, ast.Name) and module.scope(value).find(value.id).kind != "function":
                raise RefactoringError(
                    f"The call in {line_of(call.use)} computes what it passes, which may change `{value.id}`."
                )


def _check_global(call: Call, function: Function, result: ast.expr, values: Mapping[str, ast.expr]) -> None:
    """The expression's other names must mean the module's where the call stands, too."""
    module = call.use.module
    scope = module.scope(call.node)
    for node in ast.walk(result):
        if isinstance(node, ast.Name) and node.id not in values and scope.find(node.id).kind != "module":
            raise RefactoringError(f"`{node.id}` means another variable in {line_of(call.use)}.")
    if any(outer is function for outer in module.ancestors(call.node)):
        raise RefactoringError(f"`{function.name}` calls itself.")
    nested = [n for n in ast.walk(call.node) if isinstance(n, ast.Name) and n.id == function.name]
    if len(nested) > 1:
        raise RefactoringError(
            f"The call in {line_of(call.use)} has another one inside; name its value first."
        )
