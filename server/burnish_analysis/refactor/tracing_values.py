"""Values and conditions of a function as parts of an automaton, and calls of helpers as the steps of these."""

from __future__ import annotations

import ast
import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.machine import Event, Machine
from burnish_analysis.refactor.tracing_frames import Frame, Function, Then, handed_back, live_here

__all__ = ["Values", "event_of"]

_OPPOSITE: dict[type[ast.cmpop], str] = {ast.IsNot: "Is", ast.NotIn: "In", ast.NotEq: "Eq"}
_WHOLE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEEPEST = 8
_WORD = re.compile(r"[^\W\d]\w*")


class _Put(ast.NodeTransformer):
    """Names by what stands for them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """See the class."""
        return ast.Name(id=self._values.get(node.id, node.id), ctx=node.ctx)


class Values(ABC):
    """What expressions do; statements are :class:`burnish_analysis.refactor.tracing.Tracer`'s.

    Args:
        module: that the function stands in. helpers: functions looked into where they are called, by ``name`` or ``.name``.
    """

    def __init__(self, module: Module, helpers: Mapping[str, Function]) -> None:
        self._module = module
        self._helpers = helpers
        self.machine = Machine()
        self._parts: dict[str, tuple[str, ...]] = {}

    @abstractmethod
    def _block(self, block: Sequence[ast.stmt], then: int, frame: Frame) -> int:
        """The state in which a block begins after which the machine is in state ``then``."""

    def _bind_all(self, targets: Sequence[ast.expr], value: str, then: int, frame: Frame) -> int:
        for target in reversed(targets):
            then = self._bind(target, value, then, frame)
        return then

    def _bind(self, target: ast.expr, value: str, then: int, frame: Frame) -> int:
        machine = self.machine
        if isinstance(target, ast.Name):
            # A name that gets its own value: what a helper hands back under the name it had.
            return (
                then
                if value == target.id
                else machine.after(event_of("binds", f"{target.id} = {value}", target), then)
            )
        if isinstance(target, (ast.Tuple, ast.List)) and not any(
            isinstance(t, ast.Starred) for t in target.elts
        ):
            parts = self._parts.get(value)
            known = parts is not None and len(parts) == len(target.elts)
            for number, part in reversed(list(enumerate(target.elts))):
                then = self._bind(
                    part, parts[number] if parts and known else f"{value}[{number}]", then, frame
                )
            return then
        return machine.after(event_of("stores", f"{self._text(target, frame)} = {value}", target), then)

    # Values ------------------------------------------------------------------------------------------------------------

    def _condition(self, node: ast.expr, yes: int, no: int, frame: Frame) -> int:
        machine = self.machine
        match node:
            case ast.Constant():
                return yes if node.value else no
            case ast.UnaryOp(op=ast.Not()):
                return self._condition(node.operand, no, yes, frame)
            case ast.BoolOp():
                for value in reversed(node.values):
                    if isinstance(node.op, ast.And):
                        yes = self._condition(value, yes, no, frame)
                    else:
                        no = self._condition(value, yes, no, frame)
                return yes if isinstance(node.op, ast.And) else no
        flipped = isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE
        if flipped:
            yes, no = no, yes

        def decided(value: str) -> int:
            return machine.either(
                machine.after(event_of("finds true", value, node), yes),
                machine.after(event_of("finds false", value, node), no),
            )

        return self._value(node, decided, frame, flipped=flipped)

    def _value(self, node: ast.expr, then: Then, frame: Frame, *, flipped: bool = False) -> int:
        machine = self.machine
        match node:
            case ast.Name():
                return then(frame.values.get(node.id, node.id))
            case ast.Constant():
                return then(repr(node.value))
            case ast.IfExp():
                yes, no = self._value(node.body, then, frame), self._value(node.orelse, then, frame)
                return self._condition(node.test, yes, no, frame)
            case ast.BoolOp():
                return self._chosen(node, list(node.values), then, frame)
            case ast.NamedExpr():
                return self._value(
                    node.value,
                    lambda v: self._bind(
                        node.target, v, then(frame.values.get(node.target.id, node.target.id)), frame
                    ),
                    frame,
                )
            case ast.Await(value=ast.Call() as call) if self._helper(call, ast.AsyncFunctionDef, frame):
                return self._inlined(call, then, frame)
            case ast.Call() if self._helper(node, ast.FunctionDef, frame):
                return self._inlined(node, then, frame)
            case _ if isinstance(node, _WHOLE):
                text = self._whole(node, frame)
                return machine.after(event_of("computes", text, node), then(text))
        return self._parted(node, then, frame, flipped)

    def _parted(self, node: ast.expr, then: Then, frame: Frame, flipped: bool) -> int:
        """An operation on values: they are computed in order, then it happens."""
        machine = self.machine
        children = [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.expr, ast.keyword))]

        def finish(texts: tuple[str, ...]) -> int:
            text = _shape(node, texts, flipped)
            if isinstance(node, (ast.Tuple, ast.List)):
                self._parts[text] = texts
            acts = isinstance(node, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom))
            return (
                machine.after(
                    event_of("calls" if isinstance(node, ast.Call) else "waits", text, node), then(text)
                )
                if acts
                else then(text)
            )

        def step(number: int, texts: tuple[str, ...]) -> int:
            if number == len(children):
                return finish(texts)
            child = children[number]
            expression = child.value if isinstance(child, ast.keyword) else child
            lead = f"{child.arg}=" if isinstance(child, ast.keyword) else ""
            return self._value(expression, lambda v: step(number + 1, (*texts, lead + v)), frame)

        return step(0, ())

    def _chosen(self, node: ast.BoolOp, values: list[ast.expr], then: Then, frame: Frame) -> int:
        first, *others = values
        if not others:
            return self._value(first, then, frame)
        rest = self._chosen(node, others, then, frame)
        stops = "finds false" if isinstance(node.op, ast.And) else "finds true"
        goes = "finds true" if isinstance(node.op, ast.And) else "finds false"

        def decided(value: str) -> int:
            return self.machine.either(
                self.machine.after(event_of(stops, value, first), then(value)),
                self.machine.after(event_of(goes, value, first), rest),
            )

        return self._value(first, decided, frame)

    def _text(self, node: ast.expr | None, frame: Frame) -> str:
        """An expression's text with what parameters stand for, without looking at what it does."""
        return "" if node is None else self._whole(node, frame)

    def _whole(self, node: ast.AST, frame: Frame) -> str:
        return (
            ast.unparse(_Put(frame.values).visit(copy.deepcopy(node))) if frame.values else ast.unparse(node)
        )

    # Helpers -----------------------------------------------------------------------------------------------------------

    def _helper(self, call: ast.Call, kind: type[Function], frame: Frame) -> Function | None:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            name = f".{call.func.attr}"
        found = self._helpers.get(name)
        starred = any(isinstance(a, ast.Starred) for a in call.args) or any(
            k.arg is None for k in call.keywords
        )
        fits = isinstance(found, kind) and not starred and frame.depth < _DEEPEST
        return found if fits else None

    def _inlined(self, call: ast.Call, then: Then, frame: Frame) -> int:
        """The steps of a helper in place of its call. Its variables keep their names only where the caller does not mind."""
        function = self._helper(call, ast.FunctionDef, frame) or self._helper(
            call, ast.AsyncFunctionDef, frame
        )
        assert function is not None
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        given = [call.func.value, *call.args] if isinstance(call.func, ast.Attribute) else list(call.args)
        passed = [*zip(names, given, strict=False), *((k.arg or "", k.value) for k in call.keywords)]
        bindings = self._module.inside(function).bindings
        changed = frozenset(
            name for name, found in bindings.items() if any(b.kind != "parameter" for b in found)
        )
        live = (frame.live | live_here(self._module, frame, call)) - handed_back(
            frame.statement, call, function
        )

        def step(number: int, values: tuple[tuple[str, str], ...]) -> int:
            if number < len(passed):
                name, node = passed[number]
                return self._value(node, lambda v: step(number + 1, (*values, (name, v))), frame)
            said = frozenset(word for name, v in values if v != name for word in _WORD.findall(v))
            taken = changed & (live | said)
            fixed = {name: value for name, value in values if name not in changed}
            fixed.update({name: f"{name} of {function.name}" for name in taken})
            inner = Frame(then, values=fixed, depth=frame.depth + 1, live=live | said, function=function)
            entry = self._block(function.body, then("None"), inner)
            for name, value in reversed(values):
                if name in changed:
                    entry = self._bind(ast.Name(id=name, ctx=ast.Store()), value, entry, inner)
            return entry

        return step(0, ())


def _shape(node: ast.expr, texts: tuple[str, ...], flipped: bool) -> str:
    """An operation's text: equal texts are the same operation on the same values."""
    match node:
        case ast.Attribute():
            return f"{texts[0]}.{node.attr}"
        case ast.Call():
            return f"{texts[0]}({', '.join(texts[1:])})"
        case ast.Subscript():
            return f"{texts[0]}[{texts[1]}]"
        case ast.Compare():
            operators = [_OPPOSITE[type(o)] if flipped else type(o).__name__ for o in node.ops]
            return (
                f"({texts[0]} "
                + " ".join(f"{o} {t}" for o, t in zip(operators, texts[1:], strict=True))
                + ")"
            )
        case ast.BinOp() | ast.UnaryOp():
            return f"{type(node.op).__name__}({', '.join(texts)})"
        case ast.Slice():
            parts = [bool(node.lower), bool(node.upper), bool(node.step)]
            return f"slice{parts}({', '.join(texts)})"
        case ast.Dict():
            return f"Dict{[key is None for key in node.keys]}({', '.join(texts)})"
        case ast.FormattedValue():
            return f"format({texts}, {node.conversion})"
    return f"{type(node).__name__}({', '.join(texts)})"


def event_of(kind: str, text: str, node: ast.AST | None = None) -> Event:
    """An event; users read it as the code of ``node``."""
    return Event(kind, text, ast.unparse(node) if node is not None else text)
