"""Reading and selecting from a pandas table again and again in a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import is_name, method_call, plain_name, text_constant
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["PandasScalarReads", "PandasSelectEach"]

_TABLE = "pandas.DataFrame"


class PandasScalarReads(Rule):
    """``df["a"].iloc[i]`` in a loop."""

    id = "pandas-scalar-reads"
    about = About(
        summary="Single values of a column are read through pandas in a loop",
        before="""\
import pandas as pd


def rises(prices: pd.DataFrame) -> int:
    found = 0
    for place in range(1, len(prices)):
        if prices["close"].iloc[place] > prices["close"].iloc[place - 1]:
            found += 1
    return found
""",
        after="""\
import pandas as pd


def rises(prices: pd.DataFrame) -> int:
    found = 0
    close_values = prices["close"].to_numpy()
    for place in range(1, len(prices)):
        if close_values[place] > close_values[place - 1]:
            found += 1
    return found
""",
        why="Every read looks the column up, makes an indexer and checks the place; an array of the column is read at once.",
        preconditions=(
            "the column holds plain numbers (dates and texts come out of an array differently)",
            "the loop does not change the table",
        ),
        references=("https://pandas.pydata.org/docs/reference/api/pandas.Series.to_numpy.html",),
    )
    nodes = (ast.Subscript,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``df["a"].iloc[i]``."""
        read = _scalar_read(node, module)
        if read is None or not isinstance(node, ast.Subscript):
            return
        table, column = read
        loop: ast.For | ast.While | None = None
        for outer in module.loops(node):
            if not isinstance(outer, (ast.For, ast.While)) or module.flow.rebound(
                table, module.flow.region(outer)
            ):
                break
            if any(_changes(part, table.id) for part in module.flow.region(outer)):
                break
            loop = outer
        if loop is None:
            return
        reads = sorted(
            (
                part
                for part in walk(loop)
                if isinstance(part, ast.Subscript)
                and _scalar_read(part, module)
                and module.same(part.value, node.value)
            ),
            key=module.start,
        )
        if (
            not reads
            or reads[0] is not node
            or any(module.function(part) is not module.function(loop) for part in reads)
        ):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, f'`{table.id}["{column}"]` holds plain numbers, and nothing changes it meanwhile'
        )
        values = module.fresh_name(node, f"{plain_name(column)}_values")
        whole = module.text(node.value.value) if isinstance(node.value, ast.Attribute) else ""
        edits: list[Edit | None] = [module.insert_before(loop, f"{values} = {whole}.to_numpy()")]
        edits += [Edit(module.start(part.value), module.end(part.value), values) for part in reads]
        yield module.finding(
            self, node, "Every read goes through pandas' indexing.", evidence, title="Read from an array of the column", edits=edits,
        )  # fmt: skip


def _scalar_read(node: ast.AST, module: Module) -> tuple[ast.Name, str] | None:
    """Table and column of ``df["a"].iloc[i]`` and ``df["a"].iat[i]``."""
    if (
        not isinstance(node, ast.Subscript)
        or not isinstance(node.ctx, ast.Load)
        or isinstance(node.slice, (ast.Slice, ast.Tuple, ast.List))
    ):
        return None
    if not isinstance(node.value, ast.Attribute) or node.value.attr not in ("iloc", "iat"):
        return None
    owner = node.value.value
    if (
        not isinstance(owner, ast.Subscript)
        or not isinstance(owner.value, ast.Name)
        or not module.readable(node)
    ):
        return None
    column = text_constant(owner.slice)
    numbered = isinstance(node.slice, (ast.Name, ast.BinOp))
    return (
        (owner.value, column)
        if column is not None and numbered and module.types.name(owner.value) in ("", _TABLE)
        else None
    )


def _changes(node: ast.AST, table: str) -> bool:
    """Whether a table, or a part of it, is stored to or handed out."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return any(is_name(part, table) for part in walk(node.value))
    if isinstance(node, ast.Call):
        return any(is_name(part, table) for part in node.args) and not is_name(node.func, "len")
    return False


class PandasSelectEach(Rule):
    """``for key in df["k"].unique(): part = df[df["k"] == key]``."""

    id = "pandas-select-each"
    about = About(
        summary="A table is searched anew for every value of a column",
        before="""\
import pandas as pd


def largest(orders: pd.DataFrame) -> dict[str, float]:
    found = {}
    for city in orders["city"].unique():
        part = orders[orders["city"] == city]
        found[city] = part["price"].max()
    return found
""",
        after="""\
import pandas as pd


def largest(orders: pd.DataFrame) -> dict[str, float]:
    found = {}
    for city, part in orders.groupby("city", sort=False):
        found[city] = part["price"].max()
    return found
""",
        why="Every comparison reads the whole column; `groupby` sorts the rows out once.",
        preconditions=("the column has no missing values", "the loop does not change the table"),
        references=("https://pandas.pydata.org/docs/user_guide/groupby.html",),
    )
    nodes = (ast.For,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``df[…].unique()``."""
        if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name) or len(node.body) < 2:
            return
        values = method_call(node.iter, "unique", arguments=0)
        part = node.body[0]
        if (
            values is None
            or not isinstance(part, ast.Assign)
            or len(part.targets) != 1
            or not isinstance(part.targets[0], ast.Name)
        ):
            return
        table = _selected(part.value, values[0], node.target.id, module)
        name = part.targets[0]
        if (
            table is None
            or name.id == node.target.id
            or module.flow.rebound(table, module.flow.region(node))
            or name.id == table.id
        ):
            return
        if any(isinstance(inner, ast.Name) and inner.id == name.id and isinstance(inner.ctx, ast.Store) and inner is not name
               for inner in module.flow.region(node)) or any(_changes(inner, table.id) for inner in module.flow.region(node)):  # fmt: skip
            return
        column = module.text(values[0].slice) if isinstance(values[0], ast.Subscript) else ""
        evidence = Evidence()
        if not evidence.require(
            Known.UNKNOWN,
            f"`{table.id}[{column}]` has no missing values, and nothing changes `{table.id}` meanwhile",
        ):
            return
        yield module.finding(
            self, part, f"All of `{table.id}` is searched for every value.", evidence, title="Use `groupby`",
            edits=[
                Edit(module.start(node.target), module.end(node.target), f"{node.target.id}, {name.id}"),
                module.replace(node.iter, f"{table.id}.groupby({column}, sort=False)"),
                module.delete(part),
            ],
        )  # fmt: skip


def _selected(node: ast.expr, column: ast.expr, key: str, module: Module) -> ast.Name | None:
    """``df`` of ``df[df["k"] == key]`` where ``column`` is ``df["k"]``."""
    if (
        not isinstance(node, ast.Subscript)
        or not isinstance(node.value, ast.Name)
        or not isinstance(node.slice, ast.Compare)
    ):
        return None
    test = node.slice
    if (
        len(test.ops) != 1
        or not isinstance(test.ops[0], ast.Eq)
        or not is_name(test.comparators[0], key)
        or not module.same(test.left, column)
    ):
        return None
    whole = (
        isinstance(column, ast.Subscript)
        and is_name(column.value, node.value.id)
        and text_constant(column.slice) is not None
    )
    return node.value if whole and module.types.name(node.value) in ("", _TABLE) else None
