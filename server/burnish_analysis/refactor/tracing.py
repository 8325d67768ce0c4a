"""What a function does on every path, as an automaton: conditions, calls, bindings, stores, handlers, returns."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from burnish_analysis.refactor.machine import Machine
from burnish_analysis.refactor.tracing_frames import Frame, Function
from burnish_analysis.refactor.tracing_values import Values, event_of

__all__ = ["Tracer"]


class Tracer(Values):
    """Builds the machine of one function."""

    def trace(self, function: Function) -> Machine:
        """The machine of ``function``."""
        machine = self.machine
        machine.end = machine.state()
        frame = Frame(lambda value: machine.after(event_of("return", value), machine.end), function=function)
        machine.start = self._block(function.body, frame.returned("None"), frame)
        return machine

    # Statements --------------------------------------------------------------------------------------------------------

    def _block(self, block: Sequence[ast.stmt], then: int, frame: Frame) -> int:
        for statement in reversed(block):
            then = self._statement(statement, then, frame)
        return then

    def _statement(self, node: ast.stmt, then: int, frame: Frame) -> int:
        machine = self.machine
        frame = replace(frame, statement=node)
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
                    lambda v: machine.after(event_of("changes", f"{target} {operator} {v}", node), then),
                    frame,
                )
            case ast.Return():
                return (
                    self._value(node.value, frame.returned, frame) if node.value else frame.returned("None")
                )
            case ast.Raise():
                cause = self._text(node.cause, frame) if node.cause else ""
                if node.exc is None:
                    return machine.after(event_of("raises", "again", node), machine.end)
                return self._value(
                    node.exc,
                    lambda v: machine.after(event_of("raises", f"{v} {cause}", node), machine.end),
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
                    event_of("raises", f"assertion {self._text(node.msg, frame)}", node), machine.end
                )
                return self._condition(node.test, then, failed, frame)
        return machine.after(event_of("does", self._whole(node, frame), node), then)

    def _while(self, node: ast.While, then: int, frame: Frame) -> int:
        head = self.machine.state()
        inner = replace(frame, broke=then, continued=head)
        body, over = self._block(node.body, head, inner), self._block(node.orelse, then, frame)
        self.machine.edges[head].append((None, self._condition(node.test, body, over, frame)))
        return head

    def _for(self, node: ast.For | ast.AsyncFor, then: int, frame: Frame) -> int:
        machine = self.machine
        head = machine.state()
        inner = replace(frame, broke=then, continued=head)
        body = self._bind(node.target, "item", self._block(node.body, head, inner), frame)
        over = self._block(node.orelse, then, frame)
        machine.edges[head] += [
            (event_of("takes", "the next item"), body),
            (event_of("takes", "no more items"), over),
        ]
        return self._value(
            node.iter, lambda v: machine.after(event_of("goes through", v, node.iter), head), frame
        )

    def _try(self, node: ast.Try | ast.TryStar, then: int, frame: Frame) -> int:
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
        ended = machine.after(event_of("ends", "the try"), self._block(node.orelse, done, through))
        ways = [self._block(node.body, ended, through)]
        for handler in node.handlers:
            kind = self._text(handler.type, frame)
            event = event_of("handles", f"{kind} {handler.name or ''}", handler.type)
            ways.append(machine.after(event, self._block(handler.body, done, through)))
        if last:
            ways.append(
                machine.after(
                    event_of("unwinds", ""), leave(machine.after(event_of("raises", "on"), machine.end))
                )
            )
        return machine.after(
            event_of("enters", f"a try with {len(node.handlers)} handlers"), machine.either(*ways)
        )

    def _with(self, node: ast.With | ast.AsyncWith, then: int, frame: Frame) -> int:
        machine = self.machine
        inside = self._block(node.body, machine.after(event_of("ends", "the with"), then), frame)
        for item in reversed(node.items):

            def entered(value: str, item: ast.withitem = item, target: int = inside) -> int:
                bound = (
                    target
                    if item.optional_vars is None
                    else self._bind(item.optional_vars, "entered", target, frame)
                )
                return machine.after(event_of("enters", f"with {value}", item.context_expr), bound)

            inside = self._value(item.context_expr, entered, frame)
        return inside

    def _match(self, node: ast.Match, then: int, frame: Frame) -> int:
        machine = self.machine

        def cases(value: str) -> int:
            otherwise = then
            for case in reversed(node.cases):
                body = self._block(case.body, then, frame)
                if case.guard is not None:
                    body = self._condition(case.guard, body, otherwise, frame)
                text = f"{value} as {self._whole(case.pattern, frame)}"
                otherwise = machine.either(
                    machine.after(event_of("matches", text, case.pattern), body),
                    machine.after(event_of("does not match", text, case.pattern), otherwise),
                )
            return otherwise

        return self._value(node.subject, cases, frame)
