"""Blocks that have a plainer form: handlers that do nothing, ``else`` of loops, and files that are closed by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.facts.writing import same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import block, clause, shifted
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer, own_jumps

__all__ = ["ContextSuppress", "LoopElse", "WithOpen"]


class ContextSuppress(Refactoring):
    """``try: … except E: pass``."""

    id = "context-suppress"
    suggest = False
    about = About(
        summary="A handler does nothing but ignore an exception",
        before="""\
from contextlib import suppress


def forget(known: dict[str, int], name: str) -> None:
    try:
        del known[name]
    except KeyError:
        pass
""",
        after="""\
from contextlib import suppress


def forget(known: dict[str, int], name: str) -> None:
    with suppress(KeyError):
        del known[name]
""",
        why="`suppress` says in front what is ignored, instead of behind with a statement that does nothing.",
        preconditions=(
            "the exception is a built-in or imported one",
            "the block calls nothing that may raise an exception group: from Python 3.12 on `suppress` looks into those",
        ),
        references=("https://docs.python.org/3/library/contextlib.html#contextlib.suppress",),
    )
    nodes = (ast.Try,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``try`` with one handler of ``pass``."""
        if not isinstance(node, ast.Try) or node.orelse or node.finalbody or len(node.handlers) != 1:
            return
        handler = node.handlers[0]
        if (
            handler.name
            or handler.type is None
            or len(handler.body) != 1
            or not isinstance(handler.body[0], ast.Pass)
        ):
            return
        if module.indent(node) is None or module.indent(node.body[0]) is None:
            return
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if not kinds or any(not isinstance(kind, (ast.Name, ast.Attribute)) for kind in kinds):
            return
        evidence = Evidence()
        for kind in kinds:
            known = Known.of(module.qualified(kind) is not None)
            evidence.require(known, f"`{module.text(kind)}` is an exception")
        calls = [
            part for part in module.effects.unknown_calls(*node.body) if not isinstance(part, ast.Delete)
        ]
        evidence.require(Known.of(not calls), "the block raises no exception groups")
        start, last = module.start(node), node.body[-1]
        head = module.source[start : module.source.index(":", start) + 1]
        if head.replace(" ", "") != "try:":
            return
        written = module.imported("contextlib", "suppress", at=node)
        names = ", ".join(module.text(kind) for kind in kinds)
        body = block(module, node.body)
        end = module.end(node)
        if body is None or module.source[end : module.line_end(end)].strip():
            return
        stop = module.line_end(end)
        yield from offer(
            self,
            module,
            node,
            f"`{names}` is ignored.",
            evidence,
            "Use `suppress`",
            [
                Edit(start, start + len(head), f"with {written}({names}):"),
                Edit(module.line_end(module.end(last)), stop, ""),
            ],
            [Import("contextlib", "suppress")],
        )


class LoopElse(Refactoring):
    """``else`` of a loop without ``break``."""

    id = "remove-loop-else"
    about = About(
        summary="A loop that nothing leaves has an `else`",
        before="""\
def show(words: list[str]) -> None:
    for word in words:
        print(word)
    else:
        print("end")
""",
        after="""\
def show(words: list[str]) -> None:
    for word in words:
        print(word)
    print("end")
""",
        why="The `else` of a loop runs unless `break` leaves it. Without a `break` it says nothing, and makes readers look for one.",
        preconditions=("no `break` leaves the loop",),
        references=("https://docs.python.org/3/reference/compound_stmts.html#the-for-statement",),
    )
    nodes = (ast.For, ast.AsyncFor, ast.While)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with ``else``."""
        if not isinstance(node, (ast.For, ast.AsyncFor, ast.While)) or not node.orelse:
            return
        indent = module.indent(node)
        if indent is None or own_jumps(node, ast.Break):
            return
        word = clause(module, "else", module.end(node.body[-1]), module.start(node.orelse[0]))
        if word is None:
            return
        rest = module.source[word.colon : module.line_end(word.colon)]
        before = module.source[module.line_start(word.start) : word.start]
        body = block(module, node.orelse, after=word.colon)
        if body is None or rest.strip() or before != indent:
            return
        edits = shifted(module, body, indent)
        if edits is None:
            return
        yield from offer(
            self,
            module,
            node,
            "No `break` leaves the loop, so its `else` always runs after it.",
            None,
            "Put the `else` after the loop",
            [Edit(module.line_start(word.start), module.line_end(word.colon), ""), *edits],
        )


class WithOpen(Refactoring):
    """``f = open(…)`` and ``f.close()``."""

    id = "with-open"
    about = About(
        summary="A file is closed by hand",
        before="""\
def lines(path: str) -> list[str]:
    file = open(path)
    try:
        return file.readlines()
    finally:
        file.close()
""",
        after="""\
def lines(path: str) -> list[str]:
    with open(path) as file:
        return file.readlines()
""",
        why="`with` closes the file however the block ends, and says so at its beginning.",
        preconditions=(
            "the file is closed in `finally`, or nobody needs it open after an exception",
            "the variable is not bound anew before the file is closed",
        ),
        references=("https://docs.python.org/3/tutorial/inputoutput.html#reading-and-writing-files",),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``name = open(…)``."""
        made = assigned(node) if isinstance(node, ast.Assign) else None
        if (
            made is None
            or not isinstance(node, ast.Assign)
            or not module.calls(made[1], "builtins.open", "io.open")
        ):
            return
        indent, after = module.indent(node), module.following(node)
        if indent is None or not after:
            return
        head = f"with {module.text(made[1])} as {made[0].id}:"
        first, last = after[0], after[0]
        if isinstance(first, ast.Try) and not first.handlers and not first.orelse:
            edits, evidence = _finally(node, first, made[0], head, module), Evidence()
        else:
            found = _closed(node, after, made[0], head, module)
            if found is None:
                return
            edits, last = found
            evidence = Evidence()
            evidence.require(Known.UNKNOWN, f"nobody needs `{made[0].id}` open after an exception")
        if not edits:
            return
        yield from offer(
            self,
            module,
            node,
            f"`{made[0].id}` is closed by hand.",
            evidence,
            "Use `with`",
            edits,
            until=last,
        )


def _closes(statement: ast.stmt, name: ast.Name) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "close"
        and same_name(call.func.value, name.id)
        and not call.args
        and not call.keywords
    )


def _bound_in(name: ast.Name, statements: list[ast.stmt], module: Module) -> bool:
    return not module.flow.local(name) or module.flow.rebound(name, set(module.walk(*statements)))


def _finally(
    node: ast.Assign, guarded: ast.Try, name: ast.Name, head: str, module: Module
) -> list[Edit | None]:
    """Edits where the next statement is ``try`` with nothing but ``finally: name.close()``."""
    if (
        len(guarded.finalbody) != 1
        or not _closes(guarded.finalbody[0], name)
        or _bound_in(name, guarded.body, module)
    ):
        return []
    start, last = module.start(guarded), guarded.body[-1]
    body = block(module, guarded.body)
    end = module.end(guarded)
    colon = module.source.index(":", start) + 1
    between = module.source[module.end(node) : start]
    if (
        body is None
        or module.indent(guarded) is None
        or between.strip()
        or module.source[end : module.line_end(end)].strip()
    ):
        return []
    if module.source[start:colon].replace(" ", "") != "try:":
        return []
    return [
        Edit(module.start(node), colon, head),
        Edit(module.line_end(module.end(last)), module.line_end(end), ""),
    ]


def _closed(
    node: ast.Assign, after: list[ast.stmt], name: ast.Name, head: str, module: Module
) -> tuple[list[Edit | None], ast.stmt] | None:
    """Edits where ``name.close()`` stands in the same block."""
    place = next((number for number, statement in enumerate(after) if _closes(statement, name)), 0)
    body = after[:place]
    indent = module.indent(node)
    if not body or indent is None or not whole_local(name, module) or _bound_in(name, body, module):
        return None
    leaving = (ast.Return, ast.Yield, ast.YieldFrom, ast.Break, ast.Continue, ast.Await)
    if any(isinstance(part, leaving) for part in module.walk(*body)):
        return None
    if any(_closes(part, name) for part in module.walk(*body) if isinstance(part, ast.stmt)):
        return None
    lines = block(module, body, after=module.end(node))
    if lines is None or "\n" in head:
        return None
    level = "\t" if "\t" in indent else "    "
    edits = shifted(module, lines, indent + level)
    if edits is None:
        return None
    return [Edit(module.start(node), module.end(node), head), *edits, module.delete(after[place])], after[
        place
    ]
