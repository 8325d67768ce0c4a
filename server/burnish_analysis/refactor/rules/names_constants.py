"""Literals that a module repeats: a constant with a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar
from weakref import WeakKeyDictionary

from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer

__all__ = ["NamedConstant"]

_PLAIN_NUMBERS = frozenset({-1, 0, 1, 2, 10, 100})
_LEAST, _MOST = 2, 40
_SHORTEST, _LONGEST = 4, 60


class NamedConstant(Refactoring):
    """The same literal in several places."""

    id = "named-constant"
    kind: ClassVar[str] = "refactor.extract.constant"
    suggest = False
    about = About(
        summary="A literal stands in several places",
        before="""\
def fetch(client):
    return client.get(timeout=30)


def send(client, data):
    return client.post(data, timeout=30)
""",
        after="""\
_TIMEOUT = 30


def fetch(client):
    return client.get(timeout=_TIMEOUT)


def send(client, data):
    return client.post(data, timeout=_TIMEOUT)
""",
        why="A name says what a number or text means, and there is one place to change it.",
        preconditions=("the literals stand in functions, and mean the same thing",),
    )
    nodes = (ast.Constant,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At numbers and texts that stand in functions more than once."""
        if not isinstance(node, ast.Constant) or not _telling(node):
            return
        known = _KNOWN.get(module)
        if known is None:
            known = _KNOWN[module] = _grouped(module)
        group = known.get((type(node.value), node.value))
        if group is None or not any(node is place for place in group.places):
            return
        if not group.made:
            # One change for all places, offered at each of them.
            group.made.append(next(iter(self._finding(group.places, module)), None))
        made = group.made[0]
        if made is not None:
            yield replace(
                made, start=module.start(node), end=module.end(node), function=module.dotted_function(node)
            )

    def _finding(self, places: list[ast.Constant], module: Module) -> Iterator[Finding]:
        node = places[0]
        at = _place(module)
        if at is None or any(module.start(place) < at for place in places):
            return
        name = module.fresh_name(node, *_names(node, places, module))
        shown = module.text(node)
        blank = "\n" if module.source[at : module.line_end(at)].strip() else ""
        lead = "\n" if module.source[:at].strip() and not _blank_before(at, module) else ""
        yield from offer(
            self,
            module,
            node,
            f"`{shown}` stands in {len(places)} places.",
            None,
            f"Name it `{name}`",
            [
                Edit(at, at, f"{lead}{name} = {shown}\n{blank}{blank}"),
                *(Edit(module.start(place), module.end(place), name) for place in places),
            ],
        )


@dataclass(slots=True)
class _Group:
    """The places of one literal, and (once it was asked for) what is found there."""

    places: list[ast.Constant]
    made: list[Finding | None] = field(default_factory=list)


_KNOWN: WeakKeyDictionary[Module, dict[tuple[type, object], _Group]] = WeakKeyDictionary()


def _telling(node: ast.Constant) -> bool:
    """Whether a literal is one that a name could explain."""
    value = node.value
    if isinstance(value, str):
        return _SHORTEST <= len(value) <= _LONGEST and "\n" not in value and any(map(str.isalpha, value))
    return type(value) in (int, float) and value not in _PLAIN_NUMBERS and value == value  # no NaN


def _grouped(module: Module) -> dict[tuple[type, object], _Group]:
    found: dict[tuple[type, object], list[ast.Constant]] = {}
    for node in module.structure.nodes.get(ast.Constant, ()):
        if isinstance(node, ast.Constant) and _telling(node):
            found.setdefault((type(node.value), node.value), []).append(node)
    kept: dict[tuple[type, object], _Group] = {}
    for key, places in found.items():
        if _LEAST <= len(places) <= _MOST:
            good = [place for place in places if _replaceable(place, module)]
            if len(good) >= _LEAST:
                kept[key] = _Group(good)
    return kept


def _replaceable(node: ast.Constant, module: Module) -> bool:
    """Whether a name can stand for a literal: in code of a function that is run, and not in an annotation, pattern or f-string."""
    if module.function(node) is None or isinstance(module.parent(node), ast.Expr):
        return False
    if "\n" in module.text(node) or module.text(node).count(module.text(node)[-1]) > 2:
        return False
    inner: ast.AST = node
    for outer in module.ancestors(node):
        if isinstance(outer, (ast.pattern, ast.JoinedStr, ast.AnnAssign, ast.arg, ast.arguments)):
            return isinstance(outer, ast.AnnAssign) and inner is outer.value
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return any(inner is part for part in outer.body)
        if isinstance(outer, ast.Subscript) and not isinstance(node.value, str) and outer.slice is inner:
            return False  # the place of an item in a tuple
        inner = outer
    return True


def _place(module: Module) -> int | None:
    """Where a module's constants go: after the imports and the constants behind them."""
    at = module.import_place()
    first = next((statement for statement in module.tree.body if module.start(statement) >= at), None)
    if first is None:
        return None
    if module.indent(first) is None:
        return None
    decorators = getattr(first, "decorator_list", None)
    begins = module.start(decorators[0]) if decorators else module.start(first)
    start = module.line_start(begins)
    # A comment in front of the first statement may be meant for it.
    while start > at:
        line = module.source[module.line_start(start - 1) : start]
        if not line.lstrip().startswith("#") or module.line_start(start - 1) < at:
            break
        start = module.line_start(start - 1)
    return start


def _blank_before(at: int, module: Module) -> bool:
    return not module.source[module.line_start(max(at - 1, 0)) : at].strip()


def _names(node: ast.Constant, places: list[ast.Constant], module: Module) -> list[str]:
    """Names to try: of the keyword or variable that a literal is given to, else made of the literal itself."""
    wishes = [wish for place in places if (wish := _given_to(place, module))]
    common = [wish for wish in dict.fromkeys(wishes) if wishes.count(wish) * 2 > len(places)]
    if isinstance(node.value, str):
        own = re.sub(r"[^0-9A-Za-z]+", "_", node.value).strip("_").upper()[:40].strip("_")
        own = own if own and not own[0].isdigit() else f"TEXT_{own}".strip("_")
    else:
        own = "NUMBER_" + re.sub(r"[^0-9A-Za-z]+", "_", repr(node.value)).strip("_").upper()
    # Private: a star import of the module gives no more names than before.
    return [f"_{name}" for name in (*common, own) if name.isidentifier()]


def _given_to(node: ast.Constant, module: Module) -> str:
    parent = module.parent(node)
    if isinstance(parent, ast.keyword):
        return (parent.arg or "").upper().strip("_")
    if isinstance(parent, ast.stmt):
        made = assigned(parent)
        return made[0].id.upper().strip("_") if made is not None else ""
    return ""
