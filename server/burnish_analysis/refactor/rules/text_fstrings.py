"""``%`` and ``format`` as f-strings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from burnish_analysis.perf.facts.tables import IMMUTABLE
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import offer
from burnish_analysis.refactor.rules.text_parts import (
    Field,
    literal_of,
    percent_fields,
    pieces_of_format,
    written,
)

__all__ = ["FString"]

_WIDTH = 120
_REFUSED = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.JoinedStr, ast.Starred)


class FString(Refactoring):
    """``"…%s…" % x`` and ``"…{}…".format(x)``."""

    id = "f-string"
    about = About(
        summary="A text is put together by `%` or `format`",
        before="""\
def greeting(name: str, age: int) -> str:
    return "%s is %d years old" % (name, age)
""",
        after="""\
def greeting(name: str, age: int) -> str:
    return f"{name} is {age:d} years old"
""",
        why="In an f-string every value stands where it will appear; nobody must count places.",
        preconditions=(
            "what `%` is given is not a tuple by surprise",
            "it makes no difference whether all values are worked out before the first is formatted",
        ),
        references=("https://docs.python.org/3/reference/lexical_analysis.html#f-strings",),
    )
    nodes = (ast.BinOp, ast.Call)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``%`` of a literal, and at calls of a literal's ``format``."""
        evidence = Evidence()
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mod)
            and isinstance(node.left, ast.Constant)
        ):
            made = _percent(node, module, evidence)
            word = "%"
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        ):
            made = _format(node, module, evidence)
            word = "format"
        else:
            return
        assert isinstance(node, ast.expr)
        if made is None or _too_long(node, made, module) or _beside_text(node, module):
            return
        yield from offer(
            self,
            module,
            node,
            f"The text is put together by `{word}`.",
            evidence,
            "Make it an f-string",
            [Edit(module.start(node), module.end(node), made)],
        )


def _percent(node: ast.BinOp, module: Module, evidence: Evidence) -> str | None:
    literal = literal_of(node.left, module)
    if literal is None:
        return None
    if isinstance(node.right, ast.Tuple):
        given = list(node.right.elts)
    else:
        given = [node.right]
        kind = module.types.of(node.right)
        if kind is not None and kind.name == "tuple":
            return None
        evidence.require(Known.of(kind is not None), f"`{_short(node.right, module)}` is not a tuple")
    if isinstance(node.right, ast.Dict) or "%(" in literal.body:
        return None
    pieces = percent_fields(literal.body, [module.types.of(part) for part in given])
    return _made(literal, pieces, dict(enumerate(given)), given, module, evidence)


def _format(node: ast.Call, module: Module, evidence: Evidence) -> str | None:
    assert isinstance(node.func, ast.Attribute)
    literal = literal_of(node.func.value, module)
    if literal is None or any(keyword.arg is None for keyword in node.keywords):
        return None
    arguments: dict[int | str, ast.expr] = dict(enumerate(node.args))
    arguments.update({keyword.arg: keyword.value for keyword in node.keywords if keyword.arg})
    return _made(
        literal, pieces_of_format(literal.body), arguments, list(arguments.values()), module, evidence
    )


def _made(
    literal: object,
    pieces: Sequence[str | Field] | None,
    arguments: dict[int | str, ast.expr],
    given: list[ast.expr],
    module: Module,
    evidence: Evidence,
) -> str | None:
    if pieces is None or literal is None:
        return None
    fields = [piece for piece in pieces if isinstance(piece, Field)]
    places = [field.place for field in fields]
    if not fields or set(places) != set(arguments):
        return None
    if any(isinstance(part, _REFUSED) for value in given for part in ast.walk(value)):
        return None
    order = [arguments[place] for place in places]
    for place in set(places):
        if places.count(place) > 1 and not isinstance(arguments[place], (ast.Name, ast.Constant)):
            return None
    _order(order, given, fields, module, evidence)
    return written(literal, pieces, arguments, module)  # type: ignore[arg-type]


def _order(
    order: list[ast.expr], given: list[ast.expr], fields: list[Field], module: Module, evidence: Evidence
) -> None:
    """Require that values may be formatted before the later ones are worked out, and worked out in another order."""
    plain = [isinstance(value, (ast.Name, ast.Constant)) for value in order]
    if all(plain) or len(given) == 1:
        return
    moved = [value for value in order if not isinstance(value, ast.Name)] != [
        value for value in given if not isinstance(value, ast.Name)
    ]
    pure = module.effects.pure(*given) is Known.YES
    # Formatting a value that is not a plain one may run code, and a format that does not fit the value raises.
    settled = all(
        isinstance(value, ast.Constant) or _unchanging(value, module) or (pure and not field.spec)
        for value, field in zip(order[:-1], fields, strict=False)
    )
    evidence.require(
        Known.of((pure or settled) and not (moved and not pure) and settled),
        "it makes no difference when the values are worked out",
    )


def _unchanging(value: ast.expr, module: Module) -> bool:
    kind = module.types.of(value)
    return kind is not None and kind.name in IMMUTABLE


def _short(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    return text if len(text) < 40 and "\n" not in text else "the value"


def _too_long(node: ast.expr, made: str, module: Module) -> bool:
    start, end = module.start(node), module.end(node)
    lead, rest = start - module.line_start(start), len(module.source[end : module.line_end(end)].rstrip())
    before = max(
        len(line) for line in module.source[module.line_start(start) : module.line_end(end)].splitlines()
    )
    return lead + len(made) + rest > max(_WIDTH, before)


def _beside_text(node: ast.expr, module: Module) -> bool:
    """Whether it stands where an f-string means something else: as the text of a statement, or inside another f-string."""
    return isinstance(module.parent(node), ast.Expr) or any(
        isinstance(outer, (ast.JoinedStr, ast.FormattedValue)) for outer in module.ancestors(node)
    )
