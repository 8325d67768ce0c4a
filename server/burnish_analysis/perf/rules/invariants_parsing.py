"""Reading the same text again and again, and copying what need not be copied deeply."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan, read_only
from burnish_analysis.perf.rules.invariants import base_name, kept_local, moved

__all__ = ["DeepcopyInLoop", "DeepcopyOfFlat", "InvariantParse", "StrptimeIsoInLoop"]

_SCALARS = frozenset({"int", "float", "str", "bytes", "bool", "complex", "NoneType"})
#: Functions that make a value of text, a word for the value, and whether the value can change.
_PARSERS = {
    "json.loads": ("data", True),
    "datetime.datetime.strptime": ("moment", False),
    "datetime.datetime.fromisoformat": ("moment", False),
    "datetime.date.fromisoformat": ("day", False),
    "decimal.Decimal": ("number", False),
    "fractions.Fraction": ("number", False),
    "pathlib.Path": ("path", False),
    "pathlib.PurePath": ("path", False),
    "ipaddress.ip_address": ("address", False),
    "ipaddress.ip_network": ("network", False),
    "uuid.UUID": ("identifier", False),
}


class InvariantParse(Rule):
    """``Decimal("0.01")`` or ``json.loads(text)`` of the same text in a loop."""

    id = "invariant-parse"
    about = About(
        summary="The same text is parsed in every round of a loop",
        before="""\
from decimal import Decimal


def rounded(prices: list[Decimal]) -> list[Decimal]:
    result = []
    for price in prices:
        result.append(price.quantize(Decimal("0.01")))
    return result
""",
        after="""\
from decimal import Decimal


def rounded(prices: list[Decimal]) -> list[Decimal]:
    result = []
    number = Decimal("0.01")
    for price in prices:
        result.append(price.quantize(number))
    return result
""",
        why="Parsing reads the text character by character and makes new objects; the value is the same in every round.",
        preconditions=("the text stays the same while the loop runs", "it can be parsed", "the value is not changed, if it can be"),
    )
    nodes = (ast.Call,)
    imports = ("json", "datetime", "decimal", "fractions", "pathlib", "ipaddress", "uuid")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of known parsers in a loop."""
        if not isinstance(node, ast.Call) or not node.args or node.keywords:
            return
        called = module.qualified(node.func) or ""
        if called not in _PARSERS or not module.loops(node):
            return
        if any(module.types.name(part) in ("int", "float") for part in node.args) and called != "fractions.Fraction":
            return
        word, changes = _PARSERS[called]
        evidence = Evidence()
        hoist = plan(
            node,
            module,
            evidence,
            lambda _loop: Known.of(_parses(called, node, module)),
            lambda spot: not changes or read_only(spot, module) or kept_local(spot, module),
        )
        if hoist is None:
            return
        shown = " ".join(module.text(node).split())
        yield module.finding(
            self,
            node,
            f"`{shown}` parses the same text in every round of the loop.",
            evidence,
            title=f"Parse `{shown}` once, before the loop",
            edits=moved(hoist, module.text(node), module.fresh_name(node, word), module),
        )


def _parses(called: str, node: ast.Call, module: Module) -> bool:
    """Whether parsing cannot raise: tried here, where everything is written out."""
    if called in ("pathlib.Path", "pathlib.PurePath"):
        return all(module.types.name(part) in ("str", "pathlib.Path") for part in node.args)
    values = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if len(values) != len(node.args):
        return False
    known = {"json.loads": json.loads, "datetime.datetime.strptime": datetime.strptime, "decimal.Decimal": Decimal, "fractions.Fraction": Fraction}
    if called not in known:
        return False
    try:
        known[called](*values)  # type: ignore[operator]
    except (ValueError, TypeError, ArithmeticError, InvalidOperation, RecursionError):
        return False
    # The names of months and time zones depend on the place the program runs at.
    return not called.endswith("strptime") or not any(f"%{letter}" in values[1] for letter in "aAbBpcxXZ")


class StrptimeIsoInLoop(Rule):
    """``strptime`` of a format that ``fromisoformat`` reads."""

    id = "strptime-iso-in-loop"
    about = About(
        summary="ISO dates are read by `strptime` in a loop",
        before="""\
from datetime import datetime


def days(lines: list[str]) -> list[datetime]:
    return [datetime.strptime(line, "%Y-%m-%d") for line in lines]
""",
        after="""\
from datetime import datetime


def days(lines: list[str]) -> list[datetime]:
    return [datetime.fromisoformat(line) for line in lines]
""",
        why="`strptime` turns the format into a regular expression and looks up the locale; `fromisoformat` reads digits in C.",
        preconditions=("every text is written in full (`fromisoformat` also reads other ISO forms, `strptime` also reads `2024-1-5`)",),
        references=("https://docs.python.org/3/library/datetime.html#datetime.datetime.fromisoformat",),
    )
    nodes = (ast.Call,)
    imports = ("datetime",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``datetime.strptime(text, "%Y-%m-%d…")`` in a loop."""
        if not isinstance(node, ast.Call) or len(node.args) != 2 or node.keywords or isinstance(node.args[0], ast.Constant):
            return
        form = node.args[1]
        if not isinstance(form, ast.Constant) or form.value not in _ISO or not module.calls(node, "datetime.datetime.strptime"):
            return
        if not module.loops(node) or not isinstance(node.func, ast.Attribute):
            return
        evidence = Evidence()
        text = module.text(node.args[0])
        evidence.require(Known.UNKNOWN, f"`{text}` is a date in ISO form, written in full")
        yield module.finding(
            self,
            node,
            f"`strptime` with `{form.value}` is many times slower than `fromisoformat`, which reads the same.",
            evidence,
            title="Read it with `fromisoformat`",
            edits=[module.replace(node, f"{module.text(node.func.value)}.fromisoformat({text})")],
        )


_ISO = frozenset({
    "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
})  # fmt: skip


class DeepcopyInLoop(Rule):
    """``copy.deepcopy(x)`` of an unchanged object in a loop, of which every copy is only read."""

    id = "deepcopy-in-loop"
    about = About(
        summary="An unchanged object is copied deeply in every round of a loop, and the copies are only read",
        before="""\
import copy


def total(rounds: list[int], prices: dict[str, list[int]]) -> int:
    found = 0
    for number in rounds:
        for values in copy.deepcopy(prices).values():
            found += number * len(values)
    return found
""",
        after="""\
import copy


def total(rounds: list[int], prices: dict[str, list[int]]) -> int:
    found = 0
    prices_copy = copy.deepcopy(prices)
    for number in rounds:
        for values in prices_copy.values():
            found += number * len(values)
    return found
""",
        why="A deep copy visits every object inside; where nobody changes the copy, one is enough for all rounds.",
        preconditions=("the object stays the same while the loop runs", "neither the copy nor anything in it is changed or handed out"),
    )
    nodes = (ast.Call,)
    imports = ("copy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``copy.deepcopy`` in a loop."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords or not module.loops(node):
            return
        if not module.calls(node, "copy.deepcopy") or module.types.name(node.args[0]) in _SCALARS:
            return
        evidence = Evidence()
        hoist = plan(node, module, evidence, lambda _loop: Known.of(_flat(node.args[0], module)), lambda spot: _looked_at(spot, module))
        if hoist is None:
            return
        evidence.require(Known.of(_flat(node.args[0], module)), "nothing inside the copy is changed or handed out")
        shown = " ".join(module.text(node).split())
        fresh = module.fresh_name(node, f"{base_name(node.args[0])}_copy")
        yield module.finding(
            self,
            node,
            f"`{shown}` makes the same copy in every round of the loop.",
            evidence,
            title=f"Make `{shown}` once, before the loop",
            edits=moved(hoist, module.text(node), fresh, module),
        )


def _looked_at(spot: ast.expr, module: Module) -> bool:
    parent = module.parent(spot)
    views = isinstance(parent, ast.Attribute) and parent.attr in ("values", "items", "keys")
    return views or read_only(spot, module) or kept_local(spot, module)


def _flat(node: ast.expr, module: Module) -> bool:
    """Whether it is a list, set or dictionary of values that cannot change."""
    kind = module.types.of(node)
    if kind is None or kind.name not in ("list", "set", "dict", "collections.deque") or not kind.args:
        return False
    return all(part is not None and part.name in _SCALARS for part in kind.args)


class DeepcopyOfFlat(Rule):
    """``copy.deepcopy`` of a list of numbers."""

    id = "deepcopy-of-flat"
    about = About(
        summary="A container of values that cannot change is copied deeply",
        before="""\
import copy


def snapshot(values: list[int]) -> list[int]:
    return copy.deepcopy(values)
""",
        after="""\
import copy


def snapshot(values: list[int]) -> list[int]:
    return values.copy()
""",
        why="A deep copy looks at every value in Python; numbers and texts are the same objects in both copies.",
        preconditions=("it is a `list`, `set` or `dict`", "what it holds cannot change"),
        references=("https://docs.python.org/3/library/copy.html",),
    )
    nodes = (ast.Call,)
    imports = ("copy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``copy.deepcopy`` with one variable."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return
        value = node.args[0]
        if not isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) or not module.calls(node, "copy.deepcopy"):
            return
        if not _flat(value, module):
            return
        text = module.text(value)
        yield module.finding(
            self,
            node,
            f"What `{text}` holds cannot change, so that a deep copy is no other than `{text}.copy()`.",
            Evidence(),
            title=f"Use `{text}.copy()`",
            edits=[module.replace(node, f"{text}.copy()") if "\n" not in text else None],
        )
