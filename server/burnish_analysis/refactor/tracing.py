"""What a function does on every path, as an automaton: conditions, calls, bindings, stores, handlers, returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from burnish_analysis.refactor.machine import Event, Machine

__all__ = ["Function", "Tracer"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Then = Callable[[str], int]
_OPPOSITE: dict[type[ast.cmpop], str] = {ast.IsNot: "Is", ast.NotIn: "In", ast.NotEq: "Eq"}
_WHOLE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where ways out of a function lead, and what its parameters stand for."""

    returned: Then
    broke: int = 0
    continued: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0


class Tracer:
    """Builds the machine of one function.

    Args:
        helpers: functions that are looked into where they are called, by ``name`` or ``.name``.
    """

    def __init__(self, helpers: Mapping[str, Function]) -> None:
        self._helpers = helpers
        self.machine = Machine()
        self._parts: dict[str, tuple[str, ...]] = {}

    def trace(self, function: Function) -> Machine:
        """The machine of ``function``."""
        machine = self.machine
        machine.end = machine.state()
        frame = _Frame(returned=lambda value: machine.after(_event("return", value), machine.end))
        machine.start = self._block(function.body, frame.returned("None"), frame)
        return machine

    # Statements --------------------------------------------------------------------------------------------------------

    def _block(self, block: Sequence[ast.stmt], then: int, frame: _Frame) -> int:
        for statement in reversed(block):
            then = self._statement(statement, then, frame)
        return then

    def _statement(self, node: ast.stmt, then: int, frame: _Frame) -> int:
        machine = self.machine
        match node:
            case ast.Pass() | ast.Global() | ast.Nonlocal():
                return then
            case ast.Expr(value=ast.Constant()):
                return then
            case ast.Expr():
                return self._value(node.value, lambda _: then, frame)
            case ast.Assign():
                return self._value(
                    node.value, lambda value: self._bind_all(node.targets, value, then, frame), frame
                )
            case ast.AnnAssign():
                found = node.value
                return (
                    then
                    if found is None
                    else self._value(found, lambda v: self._bind(node.target, v, then, frame), frame)
                )
            case ast.AugAssign():
                target = self._text(node.target, frame)
                operator = type(node.op).__name__
                return self._value(
                    node.value,
                    lambda v: machine.after(_event("changes", f"{target} {operator} {v}", node), then),
                    frame,
                )
            case ast.Return():
                return (
                    self._value(node.value, frame.returned, frame) if node.value else frame.returned("None")
                )
            case ast.Raise():
                cause = self._text(node.cause, frame) if node.cause else ""
                if node.exc is None:
                    return machine.after(_event("raises", "again", node), machine.end)
                return self._value(
                    node.exc,
                    lambda v: machine.after(_event("raises", f"{v} {cause}", node), machine.end),
                    frame,
                )
            case ast.If():
                yes, no = self._block(node.body, then, frame), self._block(node.orelse, then, frame)
                return self._condition(node.test, yes, no, frame)
            case ast.While():
                return self._while(node, then, frame)
            case ast.For() | ast.AsyncFor():
                return self._for(node, then, frame)
            case ast.Break():
                return frame.broke
            case ast.Continue():
                return frame.continued
            case ast.Try() | ast.TryStar():
                return self._try(node, then, frame)
            case ast.With() | ast.AsyncWith():
                return self._with(node, then, frame)
            case ast.Match():
                return self._match(node, then, frame)
            case ast.Assert():
                failed = machine.after(
                    _event("raises", f"assertion {self._text(node.msg, frame)}", node), machine.end
                )
                return self._condition(node.test, then, failed, frame)
        return machine.after(_event("does", self._whole(node, frame), node), then)

    def _while(self, node: ast.While, then: int, frame: _Frame) -> int:
        head = self.machine.state()
        inner = replace(frame, broke=then, continued=head)
        body, over = self._block(node.body, head, inner), self._block(node.orelse, then, frame)
        self.machine.edges[head].append((None, self._condition(node.test, body, over, frame)))
        return head

    def _for(self, node: ast.For | ast.AsyncFor, then: int, frame: _Frame) -> int:
        machine = self.machine
        head = machine.state()
        inner = replace(frame, broke=then, continued=head)
        body = self._bind(node.target, "item", self._block(node.body, head, inner), frame)
        over = self._block(node.orelse, then, frame)
        machine.edges[head] += [
            (_event("takes", "the next item"), body),
            (_event("takes", "no more items"), over),
        ]
        return self._value(
            node.iter, lambda v: machine.after(_event("goes through", v, node.iter), head), frame
        )

    def _try(self, node: ast.Try | ast.TryStar, then: int, frame: _Frame) -> int:
        machine, last = self.machine, node.finalbody

        def leave(target: int) -> int:
            return self._block(last, target, frame)

        through = frame
        done = then
        if last:
            through = replace(
                frame,
                returned=lambda value: leave(frame.returned(value)),
                broke=leave(frame.broke),
                continued=leave(frame.continued),
            )
            done = leave(then)
        ended = machine.after(_event("ends", "the try"), self._block(node.orelse, done, through))
        ways = [self._block(node.body, ended, through)]
        for handler in node.handlers:
            kind = self._text(handler.type, frame)
            event = _event("handles", f"{kind} {handler.name or ''}", handler.type)
            ways.append(machine.after(event, self._block(handler.body, done, through)))
        if last:
            ways.append(
                machine.after(
                    _event("unwinds", ""), leave(machine.after(_event("raises", "on"), machine.end))
                )
            )
        return machine.after(
            _event("enters", f"a try with {len(node.handlers)} handlers"), machine.either(*ways)
        )

    def _with(self, node: ast.With | ast.AsyncWith, then: int, frame: _Frame) -> int:
        machine = self.machine
        inside = self._block(node.body, machine.after(_event("ends", "the with"), then), frame)
        for item in reversed(node.items):

            def entered(value: str, item: ast.withitem = item, target: int = inside) -> int:
                bound = (
                    target
                    if item.optional_vars is None
                    else self._bind(item.optional_vars, "entered", target, frame)
                )
                return machine.after(_event("enters", f"with {value}", item.context_expr), bound)

            inside = self._value(item.context_expr, entered, frame)
        return inside

    def _match(self, node: ast.Match, then: int, frame: _Frame) -> int:
        machine = self.machine

        def cases(value: str) -> int:
            otherwise = then
            for case in reversed(node.cases):
                body = self._block(case.body, then, frame)
                if case.guard is not None:
                    body = self._condition(case.guard, body, otherwise, frame)
                text = f"{value} as {self._whole(case.pattern, frame)}"
                otherwise = machine.either(
                    machine.after(_event("matches", text, case.pattern), body),
                    machine.after(_event("does not match", text, case.pattern), otherwise),
                )
            return otherwise

        return self._value(node.subject, cases, frame)

    def _bind_all(self, targets: Sequence[ast.expr], value: str, then: int, frame: _Frame) -> int:
        for target in reversed(targets):
            then = self._bind(target, value, then, frame)
        return then

    def _bind(self, target: ast.expr, value: str, then: int, frame: _Frame) -> int:
        machine = self.machine
        if isinstance(target, ast.Name):
            # A name that gets its own value: what a helper hands back under the name it had.
            return (
                then
                if value == target.id
                else machine.after(_event("binds", f"{target.id} = {value}", target), then)
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
        return machine.after(_event("stores", f"{self._text(target, frame)} = {value}", target), then)

    # Values ------------------------------------------------------------------------------------------------------------

    def _condition(self, node: ast.expr, yes: int, no: int, frame: _Frame) -> int:
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
                machine.after(_event("finds true", value, node), yes),
                machine.after(_event("finds false", value, node), no),
            )

        return self._value(node, decided, frame, flipped=flipped)

    def _value(self, node: ast.expr, then: Then, frame: _Frame, *, flipped: bool = False) -> int:
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
                    node.value, lambda v: self._bind(node.target, v, then(node.target.id), frame), frame
                )
            case ast.Await(value=ast.Call() as call) if self._helper(call, ast.AsyncFunctionDef, frame):
                return self._inlined(call, then, frame)
            case ast.Call() if self._helper(node, ast.FunctionDef, frame):
                return self._inlined(node, then, frame)
            case _ if isinstance(node, _WHOLE):
                text = self._whole(node, frame)
                return machine.after(_event("computes", text, node), then(text))
        return self._parted(node, then, frame, flipped)

    def _parted(self, node: ast.expr, then: Then, frame: _Frame, flipped: bool) -> int:
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
                    _event("calls" if isinstance(node, ast.Call) else "waits", text, node), then(text)
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

    def _chosen(self, node: ast.BoolOp, values: list[ast.expr], then: Then, frame: _Frame) -> int:
        first, *others = values
        if not others:
            return self._value(first, then, frame)
        rest = self._chosen(node, others, then, frame)
        stops = "finds false" if isinstance(node.op, ast.And) else "finds true"
        goes = "finds true" if isinstance(node.op, ast.And) else "finds false"

        def decided(value: str) -> int:
            return self.machine.either(
                self.machine.after(_event(stops, value, first), then(value)),
                self.machine.after(_event(goes, value, first), rest),
            )

        return self._value(first, decided, frame)

    def _text(self, node: ast.expr | None, frame: _Frame) -> str:
        """An expression's text with what parameters stand for, without looking at what it does."""
        return "" if node is None else self._whole(node, frame)

    def _whole(self, node: ast.AST, frame: _Frame) -> str:
        class Put(ast.NodeTransformer):
            def visit_Name(self, name: ast.Name) -> ast.Name:
                return ast.Name(id=frame.values.get(name.id, name.id), ctx=ast.Load())

        return ast.unparse(Put().visit(ast.parse(ast.unparse(node)))) if frame.values else ast.unparse(node)

    # Helpers -----------------------------------------------------------------------------------------------------------

    def _helper(self, call: ast.Call, kind: type[Function], frame: _Frame) -> Function | None:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            name = f".{call.func.attr}"
        found = self._helpers.get(name)
        starred = any(isinstance(a, ast.Starred) for a in call.args) or any(
            k.arg is None for k in call.keywords
        )
        fits = isinstance(found, kind) and not starred and frame.depth < _DEEPEST
        return found if fits else None

    def _inlined(self, call: ast.Call, then: Then, frame: _Frame) -> int:
        function = self._helper(call, ast.FunctionDef, frame) or self._helper(
            call, ast.AsyncFunctionDef, frame
        )
        if function is None:
            return then("")
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        given = [call.func.value, *call.args] if isinstance(call.func, ast.Attribute) else list(call.args)
        passed = [*zip(names, given, strict=False), *((k.arg or "", k.value) for k in call.keywords)]
        changed = {
            n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
        }

        def step(number: int, values: tuple[tuple[str, str], ...]) -> int:
            if number < len(passed):
                name, node = passed[number]
                return self._value(node, lambda v: step(number + 1, (*values, (name, v))), frame)
            fixed = {name: value for name, value in values if name not in changed}
            inner = _Frame(returned=then, values=fixed, depth=frame.depth + 1)
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


def _event(kind: str, text: str, node: ast.AST | None = None) -> Event:
    return Event(kind, text, ast.unparse(node) if node is not None else text)
