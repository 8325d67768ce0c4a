"""Statements that do nothing or are never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import block, shifted
from burnish_analysis.refactor.branching import alone_on_lines, arms, header_comment, leaves, whole_lines
from burnish_analysis.refactor.model import Refactoring

__all__ = ["ConstantCondition", "DeadCode", "RedundantContinue", "RedundantPass", "RedundantReturn"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MARKS = (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)


def _without_traces(statements: Sequence[ast.stmt], module: Module) -> bool:
    """Whether statements that never run can go: they neither make the function a generator nor names its own, nor import for types."""
    for node in module.walk(*statements):
        if isinstance(node, _MARKS):
            return False
    inside = {node for statement in statements for node in ast.walk(statement)}
    scope = module.scope(statements[0])
    for name, bindings in scope.bindings.items():
        if any(_within(binding.node, binding.owner, inside) for binding in bindings):
            rest = [binding for binding in bindings if not _within(binding.node, binding.owner, inside)]
            used = any(use not in inside for use in scope.uses.get(name, ()))
            if not rest and (used or scope.kind != "function"):
                return False
    return True


def _within(node: ast.AST, owner: ast.AST, inside: set[ast.AST]) -> bool:
    return node in inside or owner in inside


class DeadCode(Refactoring):
    """Statements after ``return``."""

    id = "dead-code"
    about = About(
        summary="Statements are never reached",
        before="""\
def half(number):
    return number / 2
    print(number)
""",
        after="""\
def half(number):
    return number / 2
""",
        why="What is never run misleads those who read it.",
        preconditions=(
            "the statements before always leave",
            "the statements make no name local and no function a generator",
        ),
    )
    nodes = (ast.Return, ast.Raise, ast.Continue, ast.Break, ast.If)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first statement that is not reached, to the end of its block."""
        assert isinstance(node, ast.stmt)
        if isinstance(node, ast.If) and (not node.orelse or not leaves([node])):
            return
        rest = module.following(node)
        if not rest or not _without_traces(rest, module):
            return
        lines = block(module, rest)
        yield module.finding(
            self,
            rest[0],
            "This is never reached.",
            title="Take away what is never reached",
            edits=[Edit(lines.start, lines.end, "") if lines is not None else None],
            until=rest[-1],
        )


class ConstantCondition(Refactoring):
    """``if False: …``."""

    id = "constant-condition"
    about = About(
        summary="A condition is always the same",
        before="""\
def area(width, height):
    if False:
        print(width, height)
    return width * height
""",
        after="""\
def area(width, height):
    return width * height
""",
        why="What is never run misleads those who read it.",
        preconditions=("what goes away makes no name local and no function a generator",),
    )
    nodes = (ast.If, ast.While)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``if`` or ``while``."""
        assert isinstance(node, (ast.If, ast.While))
        if not isinstance(node.test, ast.Constant) or not isinstance(
            node.test.value, (bool, int, type(None))
        ):
            return
        said = bool(node.test.value)
        if isinstance(node, ast.While):
            if said or node.orelse:
                return
            edits: list[Edit | None] = [_taken(node, module)]
            gone: list[ast.stmt] = node.body
        else:
            gone = node.orelse if said else node.body
            edits = _chosen(node, said, module)
        if not edits or (gone and not _without_traces(gone, module)):
            return
        yield module.finding(
            self,
            node,
            f"This condition is always {'true' if said else 'false'}.",
            title="Keep only what is run",
            edits=edits,
        )


def _taken(node: ast.stmt, module: Module) -> Edit | None:
    if len(module.block(node)) == 1:
        return Edit(module.start(node), module.end(node), "pass") if module.indent(node) is not None else None
    return module.delete(node)


def _chosen(node: ast.If, said: bool, module: Module) -> list[Edit | None]:
    """Edits that leave one arm of an ``if``; nothing where they cannot be made."""
    indent = module.indent(node)
    if indent is None:
        return []
    if not said and not node.orelse:
        return [_taken(node, module)]
    found = arms(node, module)
    if not found or any(arm.block is None for arm in found):
        return []
    start, last = module.line_start(found[0].head), found[-1].block
    if not said and found[1].test is not None:
        return [Edit(found[0].head, found[1].head + len("el"), "")]
    kept = found[0] if said else found[1]
    if kept.block is None or last is None or header_comment(found[0], module):
        return []
    up = shifted(module, kept.block, indent)
    if up is None:
        return []
    after = [Edit(kept.block.end, last.end, "")] if kept.block.end < last.end else []
    return [Edit(start, whole_lines(module, kept.head, kept.colon)[1], ""), *up, *after]


class RedundantPass(Refactoring):
    """``pass`` beside other statements."""

    id = "redundant-pass"
    about = About(
        summary="pass stands beside other statements",
        before="""\
def reset(counts):
    counts.clear()
    pass
""",
        after="""\
def reset(counts):
    counts.clear()
""",
        why="`pass` says that there is nothing to do, but there is.",
        preconditions=("other statements stand in the same block",),
    )
    nodes = (ast.Pass,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``pass``."""
        assert isinstance(node, ast.Pass)
        others = [part for part in module.block(node) if not isinstance(part, ast.Pass)]
        if not others:
            return
        yield module.finding(
            self,
            node,
            "This `pass` does nothing.",
            title="Take `pass` away",
            edits=[module.delete(node)],
        )


def _last_in(node: ast.stmt, owner: tuple[type[ast.AST], ...], module: Module) -> ast.AST | None:
    """The function or loop that ends with a statement, through the arms of ``if`` statements."""
    at: ast.AST = node
    while True:
        parent = module.parent(at)
        if not isinstance(parent, (ast.If, *owner)):
            return None
        if isinstance(parent, ast.If):
            if parent.body[-1] is not at and not (parent.orelse and parent.orelse[-1] is at):
                return None
        else:
            body: list[ast.stmt] = getattr(parent, "body", [])
            return parent if body[-1] is at else None
        at = parent


class RedundantContinue(Refactoring):
    """``continue`` at the end of a loop's body."""

    id = "redundant-continue"
    about = About(
        summary="continue stands where the next round begins anyway",
        before="""\
def printed(lines):
    for line in lines:
        print(line)
        continue
""",
        after="""\
def printed(lines):
    for line in lines:
        print(line)
""",
        why="It looks as if something were skipped.",
        preconditions=("nothing comes after it in the loop's body",),
    )
    nodes = (ast.Continue,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``continue``."""
        assert isinstance(node, ast.Continue)
        if len(module.block(node)) == 1 or _last_in(node, (ast.For, ast.AsyncFor, ast.While), module) is None:
            return
        yield module.finding(
            self,
            node,
            "The next round begins here anyway.",
            title="Take `continue` away",
            edits=[module.delete(node)],
        )


class RedundantReturn(Refactoring):
    """``return`` at the end of a function."""

    id = "redundant-return"
    about = About(
        summary="return stands where the function ends anyway",
        before="""\
def reset(counts):
    counts.clear()
    return
""",
        after="""\
def reset(counts):
    counts.clear()
""",
        why="It looks as if something were skipped.",
        preconditions=("nothing comes after it in the function", "the function never returns a value"),
    )
    nodes = (ast.Return,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At a ``return`` without a value."""
        assert isinstance(node, ast.Return)
        if not _nothing(node) or len(module.block(node)) == 1 or not alone_on_lines(node, module):
            return
        function = _last_in(node, _FUNCTIONS, module)
        if function is None:
            return
        returns = (part for part in ast.walk(function) if isinstance(part, ast.Return))
        if not all(_nothing(part) for part in returns if module.function(part) is function):
            return
        yield module.finding(
            self,
            node,
            "The function ends here anyway.",
            title="Take `return` away",
            edits=[module.delete(node)],
        )


def _nothing(node: ast.Return) -> bool:
    return node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
