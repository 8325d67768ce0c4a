"""What the arms of ``if`` statements have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.facts.writing import names
from burnish_analysis.perf.model import About, Edit, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import block, moved
from burnish_analysis.refactor.branching import Arm, arms, is_elif, leaves, same_statements, whole_lines
from burnish_analysis.refactor.conditions import as_operand, negate, retested, too_wide
from burnish_analysis.refactor.model import Refactoring

__all__ = ["HoistCommonStatement", "SameArms"]


class SameArms(Refactoring):
    """``if a: X`` and ``elif b: X``."""

    id = "same-arms"
    about = About(
        summary="Two arms in a row do the same",
        before="""\
def fee(member):
    if member.child:
        return 0
    elif member.honorary:
        return 0
    return member.rate
""",
        after="""\
def fee(member):
    if member.child or member.honorary:
        return 0
    return member.rate
""",
        why="What is done is said once, so it cannot come to differ by mistake.",
        preconditions=("the arms are written alike and stand next to each other",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first of two arms, or of two ``if`` statements that both leave."""
        assert isinstance(node, ast.If)
        second = _second(node, module)
        if second is None or not same_statements(node.body, second.body, module):
            return
        one, other = arms(node, module), arms(second, module)
        if not one or not other or one[0].block is None or other[0].block is None:
            return
        body = other[0].block
        start = module.line_start(other[0].head)
        if module.source[start : other[0].head].strip():
            return
        both = f"{as_operand(node.test, module, 'or')} or {as_operand(second.test, module, 'or')}"
        if too_wide(node.test, both, module):
            return
        yield module.finding(
            self,
            node,
            "This and the next arm do the same.",
            title="Join the conditions with `or`",
            edits=[
                retested(node.test, both, module),
                Edit(one[0].block.end if not is_elif(second, module) else start, body.end, "")
                if is_elif(second, module) or not module.source[one[0].block.end : start].strip()
                else None,
            ],
            until=second,
        )


def _second(node: ast.If, module: Module) -> ast.If | None:
    if node.orelse:
        second = node.orelse[0]
        return second if isinstance(second, ast.If) and is_elif(second, module) else None
    if not leaves(node.body) or is_elif(node, module):
        return None
    following = module.following(node)[:1]
    if following and isinstance(following[0], ast.If) and not following[0].orelse:
        return following[0]
    return None


class HoistCommonStatement(Refactoring):
    """The same first or last statement in every arm."""

    id = "hoist-common-statement"
    about = About(
        summary="Every arm ends or begins with the same statement",
        before="""\
def store(item, shelf, log):
    if item.heavy:
        shelf.bottom(item)
        log.append(item)
    else:
        shelf.top(item)
        log.append(item)
""",
        after="""\
def store(item, shelf, log):
    if item.heavy:
        shelf.bottom(item)
    else:
        shelf.top(item)
    log.append(item)
""",
        why="What happens in any case stands outside the cases.",
        preconditions=(
            "there is an `else`",
            "a first statement sets a variable that the conditions do not use",
        ),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``if``."""
        assert isinstance(node, ast.If)
        if not node.orelse or module.indent(node) is None:
            return
        found = arms(node, module)
        if not found or found[-1].test is not None or any(arm.block is None for arm in found):
            return
        last = self._last(node, found, module)
        if last is not None:
            yield last
        elif (first := self._first(node, found, module)) is not None:
            yield first

    def _last(self, node: ast.If, found: list[Arm], module: Module) -> Finding | None:
        """Move what every arm ends with behind the statement."""
        many = min(len(arm.body) for arm in found)
        common = 0
        while common < many and all(
            module.same(arm.body[-1 - common], found[0].body[-1 - common]) for arm in found[1:]
        ):
            common += 1
        # No arm but the last may end up empty, or, of two, the first.
        while (
            common
            and any(len(arm.body) == common for arm in found[:-1])
            and not (len(found) == 2 and len(found[0].body) == common < len(found[1].body))
        ):
            common -= 1
        if not common:
            return None
        edits = _sunk(found, common, module)
        if not edits:
            return None
        return module.finding(
            self,
            node,
            "Every arm ends with the same statement."
            if common == 1
            else f"Every arm ends with the same {common} statements.",
            title="Move it behind the `if`" if common == 1 else "Move them behind the `if`",
            edits=edits,
        )

    def _first(self, node: ast.If, found: list[Arm], module: Module) -> Finding | None:
        """Move what every arm begins with before the statement."""
        first = found[0].body[0]
        if not all(len(arm.body) > 1 and module.same(arm.body[0], first) for arm in found):
            return None
        if not _indifferent(first, [arm.test for arm in found if arm.test is not None], module):
            return None
        return module.finding(
            self,
            node,
            "Every arm begins with the same statement.",
            title="Move it before the `if`",
            edits=[
                module.insert_before(node, module.text(first)),
                *(module.delete(arm.body[0]) for arm in found),
            ],
        )


def _sunk(found: list[Arm], common: int, module: Module) -> list[Edit | None]:
    """Edits that take the last statements out of every arm and put those of the last one behind it."""
    indent = module.source[module.line_start(found[0].head) : found[0].head]
    edits: list[Edit | None] = []
    for arm in found[:-1]:
        if len(arm.body) > common:
            part = block(module, arm.body[-common:])
            if part is None:
                return []
            edits.append(Edit(part.start, part.end, ""))
    last = found[-1]
    tail = block(module, last.body[-common:])
    if tail is None or last.block is None:
        return []
    text = moved(module, tail, indent)
    if text is None:
        return []
    if tail.end == len(module.source) and module.source[-1] not in "\r\n":
        text = text.removesuffix("\n")
    if len(found[0].body) == common:  # then there are two, and only what `else` does is left
        kept = found[0].block
        test = found[0].test
        if kept is None or test is None:
            return []
        start, _ = whole_lines(module, kept.start, kept.end)
        return [
            negate(test, module),
            Edit(start, whole_lines(module, last.head, last.colon)[1], ""),
            Edit(tail.start, tail.end, text),
        ]
    start = module.line_start(last.head) if len(last.body) == common else tail.start
    return [*edits, Edit(start, tail.end, text)]


def _indifferent(first: ast.stmt, tests: list[ast.expr], module: Module) -> bool:
    """Whether a statement may come before the tests as well as after them."""
    if not isinstance(first, ast.Assign) or len(first.targets) != 1:
        return False
    target = first.targets[0]
    if not isinstance(target, ast.Name) or not whole_local(target, module) or target.id in names(*tests):
        return False
    if not isinstance(first.value, (ast.Constant, ast.List, ast.Dict, ast.Set)):
        return False
    if any(True for _ in ast.iter_child_nodes(first.value) if not isinstance(_, ast.expr_context)):
        return False
    return all(
        module.effects.total(test) is Known.YES and module.effects.pure(test) is Known.YES for test in tests
    )
