"""Take an expression out into a function or a variable."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks import place_before, signature
from burnish_analysis.refactor.border import private_names
from burnish_analysis.refactor.dataflow import Locals
from burnish_analysis.refactor.frames import check_frame

__all__ = ["check_always", "check_first", "extract_expression", "extract_variable", "selected_expression"]

_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def selected_expression(module: Module, start: int, end: int) -> ast.expr | None:
    """The expression that a selection holds, spaces and its own parentheses apart; None where it is not just one."""
    text = module.source
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        for node in _at(module, start, end):
            return node
        if not (end - start > 2 and text[start] == "(" and text[end - 1] == ")"):
            return None
        start, end = start + 1, end - 1


def _at(module: Module, start: int, end: int) -> list[ast.expr]:
    found = [
        node
        for nodes in module.structure.nodes.values()
        for node in nodes
        if isinstance(node, ast.expr)
        and hasattr(node, "lineno")
        and module.start(node) == start
        and module.end(node) == end
        and not isinstance(node, (ast.Starred, ast.Slice))
        and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        and module.readable(node)
    ]
    # The outermost of those that span the same text, such as a one-part f-string's.
    return found[:1]


def extract_expression(module: Module, node: ast.expr, name: str) -> list[Edit]:
    """Move an expression into a new function of the module.

    Raises:
        RefactoringError: behaviour would not stay the same; the message says why.
    """
    check_frame(module, [node])
    _check_expression(module, node)
    private = private_names([node])
    if private:
        raise RefactoringError(
            f"`{private[0]}` means another name outside its class; extract statements as a method."
        )
    inputs = _inputs(module, node)
    waits = any(
        isinstance(part, (ast.Await, ast.comprehension)) and getattr(part, "is_async", 1)
        for part in ast.walk(node)
    )
    word = "async def" if waits else "def"
    text = module.text(node)
    if "\n" in text and not text.startswith(("(", "[", "{")):
        text = f"({text})"
    made = signature(f"{word} {name}", inputs, "):", "", "    ") + f"\n    return {text}\n\n\n"
    at = place_before(module, node)
    call = f"{name}({', '.join(inputs)})"
    return [Edit(at, at, made), module.replace(node, f"await {call}" if waits else call)]


def _check_expression(module: Module, node: ast.expr) -> None:
    parent = module.parent(node)
    if isinstance(parent, (ast.pattern, ast.match_case)) and getattr(parent, "guard", None) is not node:
        raise RefactoringError("A pattern cannot be put elsewhere.")
    for part in ast.walk(node):
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            raise RefactoringError("The selection yields, which only the generator itself can do.")
        if isinstance(part, ast.NamedExpr):
            raise RefactoringError("The selection assigns a variable (`:=`); leave that out.")
    inner = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.arg) or (isinstance(outer, ast.AnnAssign) and outer.annotation is inner):
            raise RefactoringError("Types are read by tools, which would not find them elsewhere.")
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and outer.returns is inner:
            raise RefactoringError("Types are read by tools, which would not find them elsewhere.")
        if getattr(outer, "type_params", None):
            raise RefactoringError("Type parameters in brackets cannot be handed to another function yet.")
        if isinstance(outer, ast.stmt) and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = outer if isinstance(outer, ast.expr) else inner
        if isinstance(outer, ast.expr):
            inner = outer
    if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
        raise RefactoringError("A text that stands alone is documentation; there is nothing to extract.")


def _inputs(module: Module, node: ast.expr) -> Sequence[str]:
    """The names to hand over, in order of first use: every one that is not the module's."""
    inside = {id(part) for part in ast.walk(node)}
    found: dict[str, tuple[int, int]] = {}
    for part in ast.walk(node):
        if not isinstance(part, ast.Name):
            continue
        owner = module.scope(part).find(part.id)
        if owner.kind == "module" or id(owner.node) in inside:
            continue
        _check_handed(module, node, part)
        place = (part.lineno, part.col_offset)
        found[part.id] = min(place, found.get(part.id, place))
    return sorted(found, key=lambda name: found[name])


def _check_handed(module: Module, node: ast.expr, use: ast.Name) -> None:
    """Handing a value over must be the same as reading the variable where it stood."""
    owner = module.scope(use).find(use.id)
    bindings = owner.bindings.get(use.id, [])
    if owner.kind == "class":
        raise RefactoringError(
            f"`{use.id}` belongs to the class body, where nothing can be said of its value."
        )
    changed = any(
        module.scope(b.owner).function is not owner.function for b in bindings if b.kind != "parameter"
    )
    if changed and owner.kind != "comprehension":
        raise RefactoringError(f"`{use.id}` is changed by an inner function (nonlocal).")
    delayed = any(isinstance(outer, (ast.Lambda, ast.GeneratorExp)) for outer in _between(module, use, node))
    if delayed and [b.kind for b in bindings] != ["parameter"]:
        raise RefactoringError(f"A function in the selection uses `{use.id}`, which may change later.")
    if owner.kind == "comprehension" or owner.kind == "lambda":
        return
    function = owner.node
    same = module.scope(node).function is owner or owner.kind != "function"
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and same:
        variables = Locals(module, function)
        if use.id not in variables.assigned_before([module.statement(node)]) and not _bound_here(
            module, node, use.id
        ):
            raise RefactoringError(f"`{use.id}` may have no value yet here; give it one before.")
    elif [b.kind for b in bindings] != ["parameter"]:
        raise RefactoringError(
            f"`{use.id}` belongs to the function around this one and may change; pass it first."
        )


def _bound_here(module: Module, node: ast.expr, name: str) -> bool:
    """Whether the statement of ``node`` reads ``name`` before it anyway, so that it surely has a value."""
    start = module.start(node)
    statement = module.statement(node)
    header = [part for part in ast.iter_child_nodes(statement) if not isinstance(part, ast.stmt)]
    return any(
        isinstance(part, ast.Name)
        and part.id == name
        and isinstance(part.ctx, ast.Load)
        and module.start(part) < start
        for child in header
        if not isinstance(child, (ast.BoolOp, ast.IfExp))
        for part in ast.walk(child)
    )


def _between(module: Module, inner: ast.AST, outer: ast.AST) -> list[ast.AST]:
    found = []
    for node in module.ancestors(inner):
        found.append(node)
        if node is outer:
            break
    return found


# Variables ---------------------------------------------------------------------------------------------------------------


def extract_variable(module: Module, node: ast.expr, name: str) -> list[Edit]:
    """Give an expression's value a name before the statement it stands in.

    Raises:
        RefactoringError: it would be evaluated at another time or number of times; the message says why.
    """
    for part in ast.walk(node):
        if isinstance(part, (ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            raise RefactoringError("The selection yields or assigns (`:=`), so it must stay where it is.")
    _check_expression(module, node)
    statement = module.statement(node)
    fixed = isinstance(node, ast.Constant)
    if not fixed:
        check_always(module, node, statement)
        check_first(module, node, statement)
    text = module.text(node)
    if "\n" in text and not text.startswith(("(", "[", "{", '"""', "'''")):
        text = f"({text})"
    definition = module.insert_before(statement, f"{name} = {text}")
    if definition is None:
        raise RefactoringError(
            "The statement does not begin its line (or is an `elif`); put it on a line of its own first."
        )
    return [definition, module.replace(node, name)]


def check_always(module: Module, node: ast.expr, statement: ast.stmt) -> None:
    """Refuse where an expression runs not at all, later, or again and again."""
    inner: ast.AST = node
    for outer in module.ancestors(node):
        repeated = isinstance(outer, _LATER) or (
            isinstance(outer, ast.comprehension) and _repeated(module, outer, inner)
        )
        if isinstance(outer, ast.comprehension) and not repeated:
            # The first iterable is evaluated where the comprehension stands.
            inner = module.parent(outer) or outer
            continue
        if repeated and not (isinstance(outer, _LATER) and inner is outer):
            raise RefactoringError(
                "The selection is evaluated for every element, or later; it cannot stand before."
            )
        sometimes = (
            (isinstance(outer, ast.IfExp) and inner is not outer.test)
            or (isinstance(outer, ast.BoolOp) and inner is not outer.values[0])
            or (isinstance(outer, ast.Compare) and any(inner is part for part in outer.comparators[1:]))
            or (isinstance(outer, ast.Assert) and inner is outer.msg)
            or isinstance(outer, (ast.match_case, ast.ExceptHandler))
        )
        if sometimes:
            raise RefactoringError(
                "The selection is evaluated only under a condition; it cannot stand before."
            )
        if outer is statement:
            break
        inner = outer
    if isinstance(statement, ast.While):
        raise RefactoringError(
            "The selection is evaluated in every round of the `while`; it cannot stand before."
        )
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        raise RefactoringError("The selection belongs to a definition's head; it stays there.")


def _repeated(module: Module, clause: ast.comprehension, inner: ast.AST) -> bool:
    whole = module.parent(clause)
    return inner is not clause.iter or whole is None or whole.generators[0] is not clause  # type: ignore[attr-defined]


def check_first(module: Module, node: ast.expr, statement: ast.stmt, value: ast.expr | None = None) -> None:
    """Refuse where something that is evaluated before ``node`` could change its value, or be changed by it.

    Args:
        value: the expression that is (or is to be) evaluated in its place; ``node`` itself where None.
    """
    moved = value if value is not None else node
    plain = not any(isinstance(part, (ast.Call, ast.Attribute, ast.Subscript)) for part in ast.walk(moved))
    if plain and module.effects.total(moved) is Known.YES and _all_local(module, moved):
        return
    acting = module.effects.pure(moved) is not Known.YES
    if isinstance(statement, (ast.With, ast.AsyncWith)) and not any(
        node is n for n in ast.walk(statement.items[0].context_expr)
    ):
        raise RefactoringError(
            "The selection is evaluated after the first context of the `with` was entered."
        )
    if acting and isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Name):
        raise RefactoringError("The target is read before the selection, which may change it.")
    start = module.start(node)
    around = {id(outer) for outer in module.ancestors(node)}
    callees = {
        id(part)
        for outer in module.ancestors(node)
        if isinstance(outer, ast.Call)
        for part in ast.walk(outer.func)
    }
    for part in _head(statement):
        for other in ast.walk(part):
            if id(other) in around or not isinstance(other, ast.expr) or module.end(other) > start:
                continue
            acts = isinstance(other, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr))
            reads = acting and isinstance(other, (ast.Attribute, ast.Subscript)) and id(other) not in callees
            if (acts or reads) and _runs_before(statement, other):
                raise RefactoringError(
                    f"`{_short(module.text(other))}` is evaluated before the selection, and one may change the other; "
                    "extract that first."
                )


def _all_local(module: Module, node: ast.expr) -> bool:
    return all(
        module.scope(part).find(part.id).kind in ("function", "lambda", "comprehension")
        for part in ast.walk(node)
        if isinstance(part, ast.Name)
    )


def _head(statement: ast.stmt) -> list[ast.AST]:
    return [
        part
        for part in ast.iter_child_nodes(statement)
        if not isinstance(part, (ast.stmt, ast.ExceptHandler))
    ]


def _runs_before(statement: ast.stmt, node: ast.AST) -> bool:
    """Whether a part of a statement left of the selection really runs before it: an assignment's targets run last."""
    if isinstance(statement, ast.Assign):
        return any(node is part for part in ast.walk(statement.value))
    return True


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}…"
