"""Whether statements can be taken out of a function so that every run stays the same, and what crosses the border if so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.dataflow import Function, Locals, Names, own_nodes
from burnish_analysis.refactor.frames import check_frame

__all__ = ["Border", "border", "private_names"]

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_CLOSING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
#: Functions that use up a generator before they return and keep nothing of it.
_AT_ONCE = tuple(
    f"builtins.{name}"
    for name in ("any", "all", "sum", "min", "max", "sorted", "list", "tuple", "set", "frozenset", "dict")
)


@dataclass(frozen=True, slots=True)
class Border:
    """What crosses it.

    Attributes:
        inputs: variables whose values go in, in order of first use. outputs: those whose values come out.
        leaves: whether the block ends the function: its call stands in a ``return``.
        asynchronous: whether it awaits. private: whether it uses names that Python mangles by their class (``self.__x``).
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    leaves: bool = False
    asynchronous: bool = False
    private: bool = False


def border(module: Module, function: Function, block: Sequence[ast.stmt]) -> Border:
    """What crosses the border of some consecutive statements of ``function``.

    Raises:
        RefactoringError: taking them out would not keep what the function does; the message says why.
    """
    variables = Locals(module, function)
    check_frame(module, block)
    _check_definitions(function, block, module)
    asynchronous = _check_ways_out(block, function)
    bound = variables.binds(*block)
    _check_declared(module, function, variables, block, bound)
    _check_closures(module, variables, block, bound)
    live, lost = variables.live_after(block)
    half = sorted(bound & lost)
    if half:
        raise RefactoringError(
            f"The value of {_names(half)} is read after an exception, too, so it must be bound in {function.name} itself."
        )
    leaves = _leaves(variables, function, block)
    inputs, outputs = _crossing(variables, block, bound, frozenset() if leaves else bound & live)
    _check_left(variables, block, bound - outputs)
    order = _order(block)
    return Border(
        tuple(sorted(inputs, key=lambda name: order.get(name, 0))),
        tuple(sorted(outputs, key=lambda name: order.get(name, 0))),
        leaves,
        asynchronous,
        bool(private_names(block)),
    )


def private_names(parts: Iterable[ast.AST]) -> list[str]:
    """The names in some nodes that mean something else outside their class."""
    found: set[str] = {
        getattr(node, "attr", "") or getattr(node, "id", "") for part in parts for node in ast.walk(part)
    }
    return sorted(name for name in found if name.startswith("__") and not name.endswith("__"))


def _crossing(
    variables: Locals, block: Sequence[ast.stmt], bound: Names, outputs: Names
) -> tuple[Names, Names]:
    have = variables.assigned_before(block)
    inputs = variables.live_before(block) | _outer(variables, block)
    known = frozenset(variables.scope.bindings)
    after = variables.assigned_after(block, have | bound.difference(known))
    if after is not None:
        # What may keep its old value must be handed in to be handed out.
        fresh = variables.assigned_after(block, have - outputs)
        unsure = outputs - (fresh or frozenset())
        inputs |= unsure
    missing = sorted((inputs & known) - have)
    if missing:
        raise RefactoringError(
            f"{_names(missing)} may have no value yet where the selection begins; give it one before."
        )
    return inputs, outputs if after is not None else frozenset()


def _check_left(variables: Locals, block: Sequence[ast.stmt], gone: Names) -> None:
    """A name that the rest of the function reads, but nothing in it binds any more, would mean a global one there."""
    inside = {id(node) for statement in block for node in ast.walk(statement)}
    for name in sorted(gone):
        bindings, uses = variables.scope.bindings[name], variables.scope.uses.get(name, [])
        read = any(id(use) not in inside for use in uses)
        if read and all(id(binding.node) in inside for binding in bindings):
            raise RefactoringError(
                f"`{name}` is read outside the selection, but only the selection gives it a value."
            )


def _outer(variables: Locals, block: Sequence[ast.stmt]) -> Names:
    """Variables of the functions around this one that are read; only parameters that never change can be handed on."""
    found: set[str] = set()
    inside = {id(node) for statement in block for node in ast.walk(statement)}
    for statement in block:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Name):
                continue
            owner = variables.module.scope(node).find(node.id)
            if owner is variables.scope or owner.kind == "module" or id(owner.node) in inside:
                continue
            bindings = owner.bindings.get(node.id, [])
            if owner.kind not in ("function", "lambda") or [b.kind for b in bindings] != ["parameter"]:
                raise RefactoringError(
                    f"`{node.id}` belongs to the {owner.kind} around {variables.function.name} and may change; "
                    "pass it as a parameter first."
                )
            found.add(node.id)
    return frozenset(found)


def _leaves(variables: Locals, function: Function, block: Sequence[ast.stmt]) -> bool:
    """Whether a block with ``return`` can stand for the rest of the function."""
    if not any(isinstance(node, ast.Return) for node in own_nodes(*block)):
        return False
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(*function.body)):
        raise RefactoringError("The selection returns from a generator; leave the `return` out of it.")
    tail = block[-1] is function.body[-1]
    if not tail and variables.assigned_after(block, frozenset(variables.scope.bindings)) is not None:
        raise RefactoringError(
            "The selection returns on some ways and goes on on others; leave the `return` out, or select up to the end."
        )
    return True


def _check_definitions(function: Function, block: Sequence[ast.stmt], module: Module) -> None:
    for outer in (function, *module.ancestors(function)):
        if getattr(outer, "type_params", None):
            raise RefactoringError("Type parameters in brackets cannot be handed to another function yet.")
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if documented and block[0] is first and isinstance(first.value.value, str):  # type: ignore[attr-defined]
        raise RefactoringError("The docstring belongs to the function; leave it out of the selection.")
    if any(isinstance(node, ast.ClassDef) for node in own_nodes(*block)):
        raise RefactoringError(
            "A class defined in a function is known by that function's name; leave it there."
        )


def _check_ways_out(block: Sequence[ast.stmt], function: Function) -> bool:
    """Whether the block awaits; refuses ways out that a call cannot take."""
    for statement in block:
        _check_jumps(statement, False)
    asynchronous = False
    for node in own_nodes(*block):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            raise RefactoringError("The selection yields, which only the generator itself can do.")
        waits = isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith))
        asynchronous = asynchronous or waits or (isinstance(node, ast.comprehension) and bool(node.is_async))
    return asynchronous and isinstance(function, ast.AsyncFunctionDef)


def _check_jumps(node: ast.AST, in_loop: bool) -> None:
    if isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
        word = "break" if isinstance(node, ast.Break) else "continue"
        raise RefactoringError(
            f"The selection has a `{word}` of a loop around it; select the whole loop, or less."
        )
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
        return
    for child in ast.iter_child_nodes(node):
        looping = isinstance(node, _LOOPS) and any(child is part for part in node.body)
        _check_jumps(child, in_loop or looping)


def _check_declared(
    module: Module, function: Function, variables: Locals, block: Sequence[ast.stmt], bound: Names
) -> None:
    for node in own_nodes(*block):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            raise RefactoringError("The selection declares names as global or nonlocal; leave that line out.")
        stored = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        if stored and node.id in variables.scope.declared:  # type: ignore[attr-defined]
            raise RefactoringError(
                f"The selection assigns `{node.id}`, which is global or nonlocal here."  # type: ignore[attr-defined]
            )
        if isinstance(node, ast.Delete) and variables.binds(node):
            raise RefactoringError("The selection deletes a variable of the function.")
    used = variables.reads(*block) | bound
    shared = {
        name
        for name, found in variables.scope.bindings.items()
        if any(module.scope(b.owner).function is not variables.scope for b in found if b.kind != "parameter")
    }
    if used & shared:
        raise RefactoringError(
            f"{_names(sorted(used & shared))} is changed by a function inside {function.name} (nonlocal)."
        )
    handled = {n.name for n in own_nodes(*block) if isinstance(n, ast.ExceptHandler) and n.name}
    for name in handled:
        inside = {id(n) for statement in block for n in ast.walk(statement)}
        uses = [
            *variables.scope.uses.get(name, []),
            *(b.node for b in variables.scope.bindings.get(name, [])),
        ]
        if any(id(node) not in inside for node in uses):
            raise RefactoringError(
                f"`{name}` names an exception inside the selection and something else outside."
            )


def _check_closures(module: Module, variables: Locals, block: Sequence[ast.stmt], bound: Names) -> None:
    """Functions inside this one see variables, not values: what they see must not be split between two frames."""
    inside = {id(node) for statement in block for node in ast.walk(statement)}
    for node in ast.walk(variables.function):
        if not isinstance(node, _CLOSING) or node is variables.function or _at_once(node, module):
            continue
        seen = variables.reads(*_later(node))
        if id(node) not in inside:
            both = sorted(seen & bound)
            if both:
                raise RefactoringError(
                    f"A function inside {variables.function.name} uses {_names(both)}, too."
                )
            continue
        for name in sorted(seen):
            if not _settled(module, variables, name, block, inside):
                raise RefactoringError(
                    f"A function in the selection uses `{name}`, which changes outside the selection."
                )


def _at_once(node: ast.AST, module: Module) -> bool:
    parent = module.parent(node)
    if not isinstance(node, ast.GeneratorExp) or not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    joins = isinstance(parent.func, ast.Attribute) and parent.func.attr == "join"
    texts = joins and isinstance(parent.func.value, ast.Constant)  # type: ignore[attr-defined]
    return module.calls(parent, *_AT_ONCE) or texts


def _later(node: ast.AST) -> list[ast.AST]:
    """The parts of a function or generator that run later than the place it stands at."""
    if isinstance(node, ast.GeneratorExp):
        first, *others = node.generators
        return [node.elt, *first.ifs, *others]
    if isinstance(node, ast.Lambda):
        return [node.body]
    return [*node.body]  # type: ignore[attr-defined]


def _settled(
    module: Module, variables: Locals, name: str, block: Sequence[ast.stmt], inside: set[int]
) -> bool:
    """Whether a variable that a closure in the block sees has one frame: all inside, or fixed before the block."""
    bindings = variables.scope.bindings.get(name, [])
    uses = variables.scope.uses.get(name, [])
    within = [id(b.node) in inside for b in bindings]
    if all(within) and all(id(use) in inside for use in uses):
        return True
    if any(within):
        return False
    around = {id(loop) for loop in module.loops(block[0])}
    for binding in bindings:
        if binding.kind == "parameter":
            continue
        loops = {id(loop) for loop in module.loops(binding.node)}
        place = binding.node if hasattr(binding.node, "lineno") else binding.owner
        # A loop's own target stands in the loop for this, although `loops` counts it as inside already.
        if module.start(place) > module.start(block[0]) or around & loops:
            return False
    return True


def _order(block: Sequence[ast.stmt]) -> dict[str, int]:
    order: dict[str, int] = {}
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                place = node.lineno * 10_000 + node.col_offset
                order[node.id] = min(place, order.get(node.id, place))
    return order


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
