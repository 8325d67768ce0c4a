"""Reading the same text again and again, and reading dates the long way."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan, read_only
from burnish_analysis.perf.rules.hoisting_edits import kept_local, moved

__all__ = ["InvariantParse", "StrptimeIsoInLoop"]

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

#: A fraction with an exponent written with more characters is not tried: its digits are all worked out.
_LONGEST_EXPONENT = 5


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
        preconditions=(
            "the text stays the same while the loop runs",
            "it can be parsed",
            "the value is not changed, if it can be",
        ),
    )
    nodes = (ast.Call,)
    repeated = True
    imports = ("json", "datetime", "decimal", "fractions", "pathlib", "ipaddress", "uuid")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of known parsers in a loop."""
        if not isinstance(node, ast.Call) or not node.args or node.keywords:
            return
        called = module.qualified(node.func) or ""
        if called not in _PARSERS or not module.loops(node):
            return
        if (
            any(module.types.name(part) in ("int", "float") for part in node.args)
            and called != "fractions.Fraction"
        ):
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
    values = [
        part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    if len(values) != len(node.args):
        return False
    known = {
        "json.loads": json.loads,
        "datetime.datetime.strptime": datetime.strptime,
        "decimal.Decimal": Decimal,
        "fractions.Fraction": Fraction,
    }
    if called not in known:
        return False
    if called == "fractions.Fraction" and any(_exponent(text) > _LONGEST_EXPONENT for text in values):
        return False
    try:
        known[called](*values)  # type: ignore[operator]
    except (ValueError, TypeError, ArithmeticError, RecursionError, re.error):
        return False  # `re.error`: a format that asks for the same part twice
    # The names of months and time zones depend on the place the program runs at.
    return not called.endswith("strptime") or not any(f"%{letter}" in values[1] for letter in "aAbBpcxXZ")


def _exponent(text: str) -> int:
    """How many characters a number's exponent is written with."""
    return len(text.lower().partition("e")[2])


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
        preconditions=(
            "every text is written in full (`fromisoformat` also reads other ISO forms, `strptime` also reads `2024-1-5`)",
        ),
        references=("https://docs.python.org/3/library/datetime.html#datetime.datetime.fromisoformat",),
    )
    nodes = (ast.Call,)
    calls = ("strptime",)
    imports = ("datetime",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``datetime.strptime(text, "%Y-%m-%d…")`` in a loop."""
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 2
            or node.keywords
            or isinstance(node.args[0], (ast.Constant, ast.Starred))
        ):
            return
        form = node.args[1]
        if (
            not isinstance(form, ast.Constant)
            or form.value not in _ISO
            or not module.calls(node, "datetime.datetime.strptime")
        ):
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
    "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
})  # fmt: skip
