"""Calling Python for every value of a pandas column whose arithmetic works on the whole column."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin, is_name, method_call, operand, text_constant
from burnish_analysis.perf.facts.vector import Vector, parameter_and_body
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["PandasApplyRows", "PandasApplyValues", "PandasBuiltinReduction", "PandasCountRows"]

_TABLE, _COLUMN = "pandas.DataFrame", "pandas.Series"


class PandasApplyRows(Rule):
    """``df.apply(lambda row: row["a"] + row["b"], axis=1)``."""

    id = "pandas-apply-rows"
    about = About(
        summary="A function is called for every row although its arithmetic works on whole columns",
        before="""\
import pandas as pd


def values(orders: pd.DataFrame) -> pd.Series:
    return orders.apply(lambda row: row["price"] * row["count"], axis=1)
""",
        after="""\
import pandas as pd


def values(orders: pd.DataFrame) -> pd.Series:
    return orders["price"] * orders["count"]
""",
        why="`apply` makes a `Series` for every row and calls Python; columns are combined in C.",
        preconditions=(
            "the columns hold numbers without missing values",
            "no division by zero: columns give infinity, Python an error",
        ),
        references=("https://pandas.pydata.org/docs/user_guide/enhancingperf.html",),
    )
    nodes = (ast.Call,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``….apply(…, axis=1)``."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or node.func.attr != "apply"
            or len(node.args) != 1
        ):
            return
        if (
            len(node.keywords) != 1
            or node.keywords[0].arg != "axis"
            or not isinstance(node.keywords[0].value, ast.Constant)
        ):
            return
        table, function = node.func.value, parameter_and_body(node.args[0])
        if (
            node.keywords[0].value.value not in (1, "columns")
            or function is None
            or not isinstance(table, (ast.Name, ast.Attribute))
        ):
            return
        name, body = function
        whole = module.text(table)

        def column(part: ast.expr) -> str | None:
            if (
                isinstance(part, ast.Subscript)
                and is_name(part.value, name)
                and text_constant(part.slice) is not None
            ):
                return f"{whole}[{module.text(part.slice)}]"
            return None

        vector = Vector(module, node, column, {name}, choices=False)
        text = vector.text(body)
        if text is None or module.types.name(table) not in ("", _TABLE):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN,
            f"the columns of `{whole}` hold numbers without missing values, and nothing is divided by zero",
        )
        yield module.finding(
            self, node, "Python is called for every row.", evidence, title="Combine the columns", edits=[module.replace(node, text)],
            imports=vector.imports,
        )  # fmt: skip


class PandasApplyValues(Rule):
    """``df["a"].apply(lambda x: x * 2 + 1)``."""

    id = "pandas-apply-values"
    about = About(
        summary="A function is called for every value although its arithmetic works on the whole column",
        before="""\
import pandas as pd


def prices(orders: pd.DataFrame) -> pd.Series:
    return orders["price"].apply(lambda price: price * 1.19 + 2)
""",
        after="""\
import pandas as pd


def prices(orders: pd.DataFrame) -> pd.Series:
    return orders["price"] * 1.19 + 2
""",
        why="`apply` and `map` call Python for every value; arithmetic on the column is done in C.",
        preconditions=(
            "the column holds numbers",
            "no division by zero: a column gives infinity, Python an error",
        ),
        references=("https://pandas.pydata.org/docs/user_guide/enhancingperf.html",),
    )
    nodes = (ast.Call,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``….apply(lambda …)`` and ``….map(lambda …)``."""
        asked = method_call(node, "apply", "map", arguments=1)
        function = parameter_and_body(asked[1].args[0]) if asked else None
        if asked is None or function is None or not isinstance(node, ast.Call):
            return
        column = asked[0]
        literal = (
            isinstance(column, ast.Subscript)
            and isinstance(column.value, ast.Name)
            and text_constant(column.slice) is not None
        )
        kind = module.types.name(column)
        if kind not in ("", _COLUMN) or (not literal and kind != _COLUMN):
            return
        name, body = function
        whole = operand(column, module)
        vector = Vector.of(name, whole, module, node, choices=False)
        text = vector.text(body)
        if text is None or is_name(body, name):
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"`{whole}` is a column of numbers, and nothing is divided by zero")
        yield module.finding(
            self, node, "Python is called for every value.", evidence, title="Work on the whole column", edits=[module.replace(node, text)],
            imports=vector.imports,
        )  # fmt: skip


class PandasCountRows(Rule):
    """``len(df[df["a"] > limit])``."""

    id = "pandas-count-rows"
    about = About(
        summary="The rows that fulfil a condition are copied only to be counted",
        before="""\
import pandas as pd


def expensive(orders: pd.DataFrame, limit: float) -> int:
    return len(orders[orders["price"] > limit])
""",
        after="""\
import pandas as pd


def expensive(orders: pd.DataFrame, limit: float) -> int:
    return int((orders["price"] > limit).sum())
""",
        why="The condition already holds a truth value for every row; selecting copies all columns of those rows.",
        preconditions=("the table has one column of that name",),
    )
    nodes = (ast.Call,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``len(df[…])``."""
        if (
            not isinstance(node, ast.Call)
            or not is_name(node.func, "len")
            or len(node.args) != 1
            or not isinstance(node.args[0], ast.Subscript)
        ):
            return
        table, test = node.args[0].value, node.args[0].slice
        if (
            not isinstance(table, ast.Name)
            or not isinstance(test, ast.Compare)
            or len(test.ops) != 1
            or not module.calls(node, "builtins.len")
        ):
            return
        if (
            not isinstance(test.left, ast.Subscript)
            or not is_name(test.left.value, table.id)
            or isinstance(test.ops[0], (ast.In, ast.NotIn, ast.Is, ast.IsNot))
        ):
            return
        if module.types.name(table) not in ("", _TABLE) or text_constant(test.left.slice) is None:
            return
        if not builtin(node, module, "int"):
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"`{table.id}` is a table with one column of that name")
        yield module.finding(
            self, node, "Rows are copied only to be counted.", evidence, title="Add up the condition",
            edits=[module.replace(node, f"int(({module.text(test)}).sum())")],
        )  # fmt: skip


class PandasBuiltinReduction(Rule):
    """``sum(df["a"])``."""

    id = "pandas-builtin-reduction"
    about = About(
        summary="A built-in function goes through a column value by value",
        before="""\
import pandas as pd


def total(orders: pd.DataFrame) -> float:
    return sum(orders["price"])
""",
        after="""\
import pandas as pd


def total(orders: pd.DataFrame) -> float:
    return orders["price"].sum()
""",
        why="The built-in functions take every value out as an object of Python; the column's own methods work in C.",
        preconditions=(
            "no missing values: the methods pass over them",
            "the last digit of a sum does not matter",
        ),
    )
    nodes = (ast.Call,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum``, ``min`` and ``max`` of one column."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in ("sum", "min", "max")
        ):
            return
        if (
            not is_call(node, module, f"builtins.{node.func.id}")
            or module.types.name(node.args[0]) != _COLUMN
        ):
            return
        evidence = Evidence()
        given = operand(node.args[0], module)
        evidence.require(
            Known.UNKNOWN,
            f"`{given}` has no missing values and is not empty, and the last digit of a sum does not matter",
        )
        yield module.finding(
            self, node, f"`{node.func.id}` takes every value out as an object of Python.", evidence,
            title=f"Use the column's `{node.func.id}`",
            edits=[module.replace(node, f"{given}.{node.func.id}()")],
        )  # fmt: skip
