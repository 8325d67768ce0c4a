"""Going through a pandas table row by row."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator

from burnish_analysis.perf.facts.growing import growing, joined_pair
from burnish_analysis.perf.facts.patterns import (
    builtin,
    method_call,
    plain_name,
    quoted,
    text_constant,
    usable_after,
)
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["PandasGrowing", "PandasIterrows"]

_TABLE = "pandas.DataFrame"


class PandasGrowing(Rule):
    """``df = pd.concat([df, row])`` in a loop."""

    id = "pandas-growing"
    about = About(
        summary="A table is copied in every round of a loop to make it longer",
        before="""\
import pandas as pd


def table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    result = pd.DataFrame()
    for part in parts:
        result = pd.concat([result, part], ignore_index=True)
    return result
""",
        after="""\
import pandas as pd


def table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    result = pd.DataFrame()
    result_parts = [result]
    for part in parts:
        result_parts.append(part)
    result = pd.concat(result_parts, ignore_index=True)
    return result
""",
        why="A table cannot grow: `concat` copies all of it, every time. A list grows in place, and one copy at the end does.",
        preconditions=(
            "the columns of the parts agree, in name and type",
            "nothing changes a part after it was put in",
            "the table is not used in the loop",
        ),
        references=("https://pandas.pydata.org/docs/user_guide/merging.html#concatenating-objects",),
    )
    nodes = (ast.Assign,)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``df = pd.concat(…)``."""
        if not isinstance(node, ast.Assign) or not module.calls(node.value, "pandas.concat"):
            return
        found = growing(node, module)
        piece = joined_pair(found) if found else None
        if (
            found is None
            or piece is None
            or any(word.arg not in ("ignore_index", "axis", "sort") for word in found.call.keywords)
        ):
            return
        evidence = Evidence()
        name = found.name.id
        evidence.require(
            Known.UNKNOWN,
            f"the parts have the columns of `{name}`, of the same types, and are not changed afterwards",
        )
        pieces = module.fresh_name(node, f"{name}_parts")
        given = "".join(f", {module.text(word)}" for word in found.call.keywords)
        end = f"{module.text(found.call.func)}({pieces}{given})"
        yield module.finding(
            self, node, f"Every round copies all of `{name}`; a list grows in place.", evidence, title="Collect in a list, join once",
            edits=list(found.edits(module, pieces, f"[{name}]", module.text(piece), end)),
        )  # fmt: skip


class PandasIterrows(Rule):
    """``for _, row in df.iterrows(): … row["a"] …``."""

    id = "pandas-iterrows"
    about = About(
        summary="A series is made of every row of a table although a few columns are read",
        before="""\
import pandas as pd


def value(orders: pd.DataFrame) -> float:
    total = 0.0
    for _, row in orders.iterrows():
        total += row["price"] * row["count"]
    return total
""",
        after="""\
import pandas as pd


def value(orders: pd.DataFrame) -> float:
    total = 0.0
    for price, count in zip(orders["price"], orders["count"]):
        total += price * count
    return total
""",
        why="`iterrows` makes a `Series` for every row, of a type that holds all columns; a column by itself is gone through fast.",
        preconditions=(
            "the columns keep their own types (a row has one type for all)",
            "the loop does not change the columns it reads",
        ),
        references=("https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.iterrows.html",),
    )
    nodes = (ast.For, ast.comprehension)
    imports = ("pandas",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``….iterrows()``."""
        if (
            not isinstance(node, (ast.For, ast.comprehension))
            or not isinstance(node.target, ast.Tuple)
            or len(node.target.elts) != 2
        ):
            return
        rows = method_call(node.iter, "iterrows", arguments=0)
        index, row = node.target.elts
        if (
            rows is None
            or not isinstance(rows[0], (ast.Name, ast.Attribute))
            or not isinstance(row, ast.Name)
            or not isinstance(index, ast.Name)
        ):
            return
        found = _row_reads(row, node, module)
        if not found or len(found) > 8:
            return
        scope = module.flow.owner(index)
        with_index = any(use in module.flow.region(node) for use in scope.uses.get(index.id, ()))
        if isinstance(node, ast.For) and (_left(index, node, module) or node.orelse):
            return
        evidence = Evidence()
        table = module.text(rows[0])
        kind = module.types.name(rows[0])
        if kind not in ("", _TABLE):
            return
        evidence.require(
            Known.UNKNOWN,
            f"each column of `{table}` may keep its own type, and the loop does not change what it reads",
        )
        names = {column: _name(column, node, module) for column in found}
        if len(set(names.values())) < len(names) or not builtin(node, module, "zip"):
            return
        targets = [*([index.id] if with_index else []), *names.values()]
        sources = [
            *([f"{table}.index"] if with_index else []),
            *(f"{table}[{quoted(column)}]" for column in names),
        ]
        target = ", ".join(targets)
        over = f"zip({', '.join(sources)})" if len(sources) > 1 else sources[0]
        edits = [
            Edit(module.start(node.target), module.end(node.target), target),
            module.replace(node.iter, over),
        ]
        edits += [module.replace(read, names[column]) for column, reads in found.items() for read in reads]
        yield module.finding(
            self, node.iter, "A `Series` is made of every row only to read a few columns.", evidence, title="Go through the columns",
            edits=edits,
        )  # fmt: skip


def _name(column: str, node: ast.AST, module: Module) -> str:
    """A variable's name for a column: its own where that is free."""
    plain = plain_name(column)
    used = any(plain in scope.bindings or plain in scope.uses for scope in module.structure.inner.values())
    if used or plain in dir(builtins) or keyword.iskeyword(plain) or keyword.issoftkeyword(plain):
        return module.fresh_name(node, f"{plain}_value")
    return plain


def _left(index: ast.Name, node: ast.For, module: Module) -> bool:
    if module.function(node) is None:
        return module.flow.used_after(index, node)
    return usable_after(index, node, module)


def _row_reads(row: ast.Name, node: ast.For | ast.comprehension, module: Module) -> dict[str, list[ast.expr]]:
    """The columns that are read of a row, if nothing else is done with it."""
    scope = module.flow.owner(row)
    uses = scope.uses.get(row.id, [])
    region = module.flow.region(node)
    if (
        len(
            [
                binding
                for binding in scope.bindings.get(row.id, ())
                if binding.node in region or binding.node is row
            ]
        )
        != 1
    ):
        return {}
    reads: dict[str, list[ast.expr]] = {}
    for use in uses:
        if use not in region:
            if isinstance(node, ast.For) and len(scope.bindings.get(row.id, ())) > 1:
                continue
            return {}
        parent = module.parent(use)
        if (
            not isinstance(parent, ast.Subscript)
            or parent.value is not use
            or not isinstance(parent.ctx, ast.Load)
        ):
            return {}
        column = text_constant(parent.slice)
        if column is None or not module.readable(parent):
            return {}
        reads.setdefault(column, []).append(parent)
    return reads
