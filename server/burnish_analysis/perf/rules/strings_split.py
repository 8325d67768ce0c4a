"""Splitting a whole text for one of its parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import integer
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["SplitForOnePart"]

#: Splitting off more parts than this is hardly less than splitting all.
_MOST_PARTS = 4


class SplitForOnePart(Rule):
    """``s.split(x)[0]``, also with the list in a variable of which only the first parts are read."""

    id = "split-for-one-part"
    about = About(
        summary="A whole text is split for one of its parts",
        before="""\
def keys(lines: list[str]) -> list[str]:
    return [line.split(",")[0] for line in lines]
""",
        after="""\
def keys(lines: list[str]) -> list[str]:
    return [line.split(",", 1)[0] for line in lines]
""",
        why="Without a limit `split` makes a new text for every part; with one it stops when it has what is read.",
        preconditions=(
            "the value is a `str` or `bytes`",
            "from the other end only if the separator cannot overlap itself",
            "nothing else is done with the list of parts",
        ),
        references=("https://docs.python.org/3/library/stdtypes.html#str.split",),
    )
    nodes = (ast.Call,)
    calls = ("split", "rsplit")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``split`` and ``rsplit`` without a limit."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or node.func.attr not in ("split", "rsplit")
        ):
            return
        separator = _separator(node)
        if separator is _LIMITED or module.qualified(node.func) is not None:
            return
        owner = node.func.value
        kind = module.types.name(owner)
        if kind not in ("", "str", "bytes") or (isinstance(owner, ast.Attribute) and owner.attr == "str"):
            return
        if not kind and not _text_separator(separator, owner):
            return
        wanted = _wanted(node, module)
        if wanted is None:
            return
        evidence = Evidence()
        evidence.require(Known.of(bool(kind)), f"`{module.text(owner)}` is a text")
        first, last = min(wanted), max(wanted)
        method, most = ("split", last + 1) if first >= 0 else ("rsplit", -first)
        if first < 0 <= last or most > _MOST_PARTS:
            return
        if method != node.func.attr:
            evidence.require(_plain(separator), "the separator cannot overlap itself")
        if evidence.violated:
            return
        arguments = [module.text(part) for part in (*node.args, *node.keywords)]
        if not arguments:
            arguments.append("None")  # a keyword costs more than it saves in a short text
        arguments.append(f"maxsplit={most}" if node.keywords else str(most))
        name_end = module.end(node.func)
        edit = Edit(name_end - len(node.func.attr), module.end(node), f"{method}({', '.join(arguments)})")
        yield module.finding(
            self, node, "All of the text is split, but only a part at one end is read.", evidence,
            title=f"Split {most} time{'s' if most > 1 else ''} at most", edits=[edit],
        )  # fmt: skip


_LIMITED = ast.Constant(value=0)


def _separator(node: ast.Call) -> ast.expr | None:
    """What is split at; None for white space, ``_LIMITED`` where there is a limit already."""
    if any(isinstance(part, ast.Starred) for part in node.args) or len(node.args) + len(node.keywords) > 1:
        return _LIMITED
    if node.keywords:
        return node.keywords[0].value if node.keywords[0].arg == "sep" else _LIMITED
    if not node.args or (isinstance(node.args[0], ast.Constant) and node.args[0].value is None):
        return None
    if isinstance(node.args[0], ast.Constant) and not isinstance(node.args[0].value, (str, bytes)):
        return _LIMITED
    return node.args[0]


def _text_separator(separator: ast.expr | None, owner: ast.expr) -> bool:
    """Whether the call looks like that of a text although nothing shows its owner's type."""
    if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
        return False
    return separator is None or (
        isinstance(separator, ast.Constant) and isinstance(separator.value, (str, bytes))
    )


def _plain(separator: ast.expr | None) -> Known:
    """Whether splitting from the other end cuts at the same places: no proper beginning of the separator is its end."""
    if separator is None:
        return Known.YES
    if (
        not isinstance(separator, ast.Constant)
        or not isinstance(separator.value, (str, bytes))
        or not separator.value
    ):
        return Known.UNKNOWN
    text = separator.value
    return Known.NO if any(text[:size] == text[-size:] for size in range(1, len(text))) else Known.YES


def _wanted(node: ast.Call, module: Module) -> list[int] | None:
    """The places of the parts that are read; None where more is done with the list."""
    parent = module.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return _places(parent)
    if (
        not isinstance(parent, ast.Assign)
        or len(parent.targets) != 1
        or not isinstance(parent.targets[0], ast.Name)
    ):
        return None
    name = parent.targets[0]
    owner = module.flow.owner(name)
    uses = owner.uses.get(name.id, [])
    if (
        owner.kind != "function"
        or len(owner.bindings.get(name.id, ())) != 1
        or not uses
        or "locals(" in module.source
    ):
        return None
    found: list[int] = []
    for use in uses:
        place = module.parent(use)
        places = _places(place) if isinstance(place, ast.Subscript) and place.value is use else None
        if places is None:
            return None
        found += places
    return found


def _places(node: ast.Subscript) -> list[int] | None:
    """The places that ``[0]``, ``[-1]`` and ``[:2]`` read."""
    if not isinstance(node.ctx, ast.Load):
        return None
    if isinstance(node.slice, ast.Slice):
        upper = integer(node.slice.upper)
        return (
            [upper - 1]
            if node.slice.lower is None and node.slice.step is None and upper is not None and upper > 0
            else None
        )
    place = integer(node.slice)
    return None if place is None else [place]
