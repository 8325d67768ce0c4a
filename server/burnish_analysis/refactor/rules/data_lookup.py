"""Dictionaries that are asked twice: ``get`` and ``setdefault``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import offer

__all__ = ["DictGet", "SetDefault", "plain_key", "tested_entry"]

_DICTS = ("dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict")
_EMPTY = tuple(
    f"builtins.{name}" for name in ("bytearray", "dict", "frozenset", "list", "set", "str", "tuple")
)


class DictGet(Refactoring):
    """``x = d[k] if k in d else default``, as an expression or over several lines."""

    id = "dict-get"
    about = About(
        summary="A dictionary is asked for a key before its value is read",
        before="""\
def price(prices: dict[str, int], name: str) -> int:
    if name in prices:
        found = prices[name]
    else:
        found = 0
    return found
""",
        after="""\
def price(prices: dict[str, int], name: str) -> int:
    found = prices.get(name, 0)
    return found
""",
        why="`get` says in one place what is looked up and what holds where there is nothing, and looks the key up once.",
        preconditions=(
            "it is a dictionary",
            "the default can be made at any time: it changes nothing and cannot raise",
        ),
        references=("https://docs.python.org/3/library/stdtypes.html#dict.get",),
    )
    nodes = (ast.If, ast.IfExp)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``if k in d`` and conditional expressions."""
        if not isinstance(node, (ast.If, ast.IfExp)):
            return
        entry = tested_entry(node.test)
        if entry is None:
            return
        key, owner, inside = entry
        found = self._values(node, module, inside=inside)
        if found is None:
            return
        read, default, span = found
        if not _is_entry(read, key, owner, module):
            return
        evidence = _known_of(owner, key, default, module)
        text = module.text(owner)
        call = f"{text}.get({_alone(key, module)}"
        if not (isinstance(default, ast.Constant) and default.value is None):
            call += f", {_alone(default, module)}"
        yield from offer(
            self,
            module,
            node,
            f"`{text}` is asked whether it has a key before its value is read.",
            evidence,
            "Use `get`",
            self._edits(node, f"{call})", read, span, module),
            until=span
            if isinstance(span, ast.stmt) and span is not module.previous(module.statement(node))
            else None,
        )

    @staticmethod
    def _edits(
        node: ast.If | ast.IfExp, call: str, read: ast.expr, span: ast.AST, module: Module
    ) -> list[Edit | None]:
        if isinstance(node, ast.IfExp):
            return [module.replace(node, call)]
        if module.indent(node) is None:
            return [None]
        statement = module.statement(read)
        head = module.source[module.start(statement) : module.start(read)]
        tail = module.source[module.end(read) : module.end(statement)]
        if "\n" in head or "\r" in head or tail.strip():
            return [None]
        start, end = module.start(node), module.end(node)
        return [Edit(min(start, module.start(span)), max(end, module.end(span)), head + call)]

    @staticmethod
    def _values(
        node: ast.If | ast.IfExp, module: Module, *, inside: bool
    ) -> tuple[ast.expr, ast.expr, ast.AST] | None:
        """What is read, the default, and the statement that the whole begins or ends with."""
        if isinstance(node, ast.IfExp):
            one, other = node.body, node.orelse
            return (one, other, node) if inside else (other, one, node)
        if len(node.body) != 1 or len(node.orelse) > 1:
            return None
        first = node.body[0]
        second: ast.stmt | None = node.orelse[0] if node.orelse else None
        span: ast.AST = node
        if second is None and isinstance(first, ast.Return) and (after := module.following(node)):
            second = span = after[0]
        elif (
            second is None and isinstance(first, ast.Assign) and (before := module.previous(node)) and inside
        ):
            second = span = before
            if not _untouched(first, node.test):
                return None
        values = _stored(first, second, module)
        if values is None:
            return None
        return (*values, span) if inside else (values[1], values[0], span)


def _untouched(first: ast.Assign, test: ast.expr) -> bool:
    """Whether the default that is put first can be put with the value: nothing reads the variable in between."""
    target = first.targets[0]
    return isinstance(target, ast.Name) and not any(
        isinstance(part, ast.Name) and part.id == target.id
        for part in (*ast.walk(test), *ast.walk(first.value))
    )


def _stored(first: ast.stmt, second: ast.stmt | None, module: Module) -> tuple[ast.expr, ast.expr] | None:
    """The values of two statements that return, or give to the same place."""
    if isinstance(first, ast.Return) and isinstance(second, ast.Return) and first.value:
        return first.value, second.value or ast.Constant(None)
    if isinstance(first, ast.Assign) and isinstance(second, ast.Assign):
        alike = len(first.targets) == len(second.targets) == 1 and module.same(
            first.targets[0], second.targets[0]
        )
        return (first.value, second.value) if alike else None
    return None


def tested_entry(test: ast.expr) -> tuple[ast.expr, ast.expr, bool] | None:
    """Key, dictionary and whether ``k in d`` (or ``k not in d``) is tested."""
    if (
        not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], (ast.In, ast.NotIn))
    ):
        return None
    owner = test.comparators[0]
    if not isinstance(owner, (ast.Name, ast.Attribute)) or isinstance(test.left, ast.Starred):
        return None
    return test.left, owner, isinstance(test.ops[0], ast.In)


def _is_entry(node: ast.AST | None, key: ast.expr, owner: ast.expr, module: Module) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and not isinstance(key, ast.Slice)
        and module.same(node.value, owner)
        and module.same(node.slice, key)
    )


def plain_key(node: ast.expr, module: Module, evidence: Evidence) -> None:
    """Require that evaluating an expression once instead of twice makes no difference."""
    if isinstance(node, (ast.Name, ast.Constant)):
        return
    if any(isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)) for part in ast.walk(node)):
        evidence.require(Known.NO, "")
    evidence.require(module.effects.pure(node), f"`{module.text(node)}` gives the same every time")


def _known_of(owner: ast.expr, key: ast.expr, default: ast.expr, module: Module) -> Evidence:
    """What is known of the parts of a call that asks a dictionary for a key and has a default."""
    evidence = Evidence()
    evidence.require(module.types.is_a(owner, *_DICTS), f"`{module.text(owner)}` is a dictionary")
    plain_key(key, module, evidence)
    plain_key(owner, module, evidence)
    _harmless(default, module, evidence)
    return evidence


def _harmless(default: ast.expr, module: Module, evidence: Evidence) -> None:
    """Require that a default can be evaluated although it may not be used."""
    if isinstance(default, ast.Name):
        known = Known.of(module.qualified(default) is not None)
        if module.flow.bindings(default) and known is not Known.YES:
            known = module.flow.bound_before(default, module.statement(default))
        evidence.require(known, f"`{default.id}` always has a value")
    elif any(
        isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)) for part in ast.walk(default)
    ):
        evidence.require(Known.NO, "")
    elif not _literal(default, module):
        pure = module.effects.pure(default)
        evidence.require(
            pure if pure is Known.NO else Known.UNKNOWN,
            f"`{module.text(default)}` changes nothing and cannot raise",
        )


def _literal(node: ast.expr, module: Module) -> bool:
    """Whether a value is made of constants, or an empty container."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(_literal(part, module) for part in node.elts)
    if isinstance(node, ast.Dict):
        return not node.keys
    if isinstance(node, ast.Call):
        called = module.qualified(node.func)
        return not node.args and not node.keywords and called in _EMPTY
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
    return isinstance(node, ast.Constant)


def _alone(node: ast.expr, module: Module) -> str:
    """An expression as an argument."""
    text = module.text(node) if hasattr(node, "lineno") else ast.unparse(node)
    loose = isinstance(node, (ast.NamedExpr, ast.GeneratorExp))
    loose |= isinstance(node, ast.Tuple) and not (text.startswith("(") and text.endswith(")"))
    return f"({text})" if loose and not text.startswith("(") else text


class SetDefault(Refactoring):
    """``if k not in d: d[k] = []`` (and ``d[k].append(x)``)."""

    id = "setdefault"
    about = About(
        summary="A dictionary gets a value for a key that it does not have yet",
        before="""\
def add(groups: dict[str, list[str]], key: str, word: str) -> None:
    if key not in groups:
        groups[key] = []
    groups[key].append(word)
""",
        after="""\
def add(groups: dict[str, list[str]], key: str, word: str) -> None:
    groups.setdefault(key, []).append(word)
""",
        why="`setdefault` puts the value where there is none and gives what is there, in one step that cannot be taken apart.",
        preconditions=(
            "it is a dictionary",
            "the value can be made at any time: it changes nothing and cannot raise",
        ),
        references=("https://docs.python.org/3/library/stdtypes.html#dict.setdefault",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``if k not in d`` with one statement in it."""
        if not isinstance(node, ast.If) or node.orelse or len(node.body) != 1:
            return
        entry = tested_entry(node.test)
        made = node.body[0]
        if entry is None or entry[2] or not isinstance(made, ast.Assign) or len(made.targets) != 1:
            return
        key, owner, _ = entry
        if not _is_entry(made.targets[0], key, owner, module) or module.indent(node) is None:
            return
        evidence = _known_of(owner, key, made.value, module)
        text = module.text(owner)
        call = f"{text}.setdefault({_alone(key, module)}, {_alone(made.value, module)})"
        use = _used_next(node, key, owner, module)
        end = module.start(use) if use is not None else module.end(node)
        edits: list[Edit | None] = [Edit(module.start(node), end, "" if use is not None else call)]
        if use is not None:
            edits.append(Edit(module.start(use), module.end(use), call))
        yield from offer(
            self,
            module,
            node,
            f"`{text}` gets a value for a key that it does not have.",
            evidence,
            "Use `setdefault`",
            edits,
        )


def _used_next(node: ast.If, key: ast.expr, owner: ast.expr, module: Module) -> ast.Subscript | None:
    """The ``d[k]`` of a statement ``d[k].method(…)`` that follows."""
    after = module.following(node)
    if not after or not isinstance(after[0], ast.Expr):
        return None
    call = after[0].value
    method = call.func if isinstance(call, ast.Call) else None
    if not isinstance(method, ast.Attribute) or not _is_entry(method.value, key, owner, module):
        return None
    found = method.value
    begins = module.start(found) == module.start(after[0]) and module.indent(after[0]) == module.indent(node)
    return found if begins and isinstance(found, ast.Subscript) else None
