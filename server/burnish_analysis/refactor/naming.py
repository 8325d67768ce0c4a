"""Names for what is taken out of a function: from the comment above it, from what it assigns, from what it calls."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence

from burnish_analysis.perf.module import Module

__all__ = ["name_of_block", "name_of_expression"]

_WORD = re.compile(r"[A-Za-z]+")
_IDLE = frozenset(
    (
        "a", "an", "the", "this", "that", "these", "those", "of", "to", "for", "in", "on", "at", "by", "with", "from", "and", "or", "if",
        "is", "are", "be", "we", "it", "its", "as", "into", "our", "all", "each", "every", "then", "now", "so",
    )
)  # fmt: skip
_COMPUTING = frozenset(
    {"len", "sum", "min", "max", "sorted", "range", "enumerate", "zip", "isinstance", "print", "str", "int"}
)
_LONGEST = 4


def name_of_block(module: Module, block: Sequence[ast.stmt], outputs: Sequence[str]) -> str:
    """A name for a function that does what ``block`` does, nowhere used in the module."""
    wish = (
        _from_comment(module, block[0])
        or _from_tests(block)
        or _from_outputs(block, outputs)
        or _from_calls(block)
    )
    name = _joined(wish.split("_")) or "step"
    return module.fresh_name(block[0], f"_{name}")


def name_of_expression(module: Module, node: ast.expr, *, variable: bool) -> str:
    """A name for an expression's value (or for a function that computes it), nowhere used in the module."""
    base = _of_value(node)
    return (
        module.fresh_name(node, _joined(base.split("_")) or "value")
        if variable
        else module.fresh_name(node, f"_{_joined(('compute_' + base).split('_'))}" if base else "_compute")
    )


def _of_value(node: ast.expr) -> str:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return re.sub(r"^(get|find|compute|make|load|read|to)_(?=\w)", "", name.strip("_").lower())
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_").lower()
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name.lower() if name.isidentifier() else ""
        case ast.Compare() | ast.BoolOp():
            return "condition"
        case ast.JoinedStr():
            return "text"
        case ast.Constant(value=str()):
            return "text"
    return ""


def _from_comment(module: Module, first: ast.stmt) -> str:
    """From the comment lines right above: their first sentence without idle words."""
    at = module.line_start(module.start(first))
    lines: list[str] = []
    while at > module.starts[0]:
        above = module.line_start(at - 1)
        text = module.source[above:at].strip()
        if not text.startswith("#"):
            break
        lines.insert(0, text.lstrip("#! "))
        at = above
    sentence = re.split(r"[.:;,(]", " ".join(lines), maxsplit=1)[0]
    return "_".join(word.lower() for word in _WORD.findall(sentence) if word.lower() not in _IDLE)


def _from_tests(block: Sequence[ast.stmt]) -> str:
    """``check_x`` for statements that only test and raise."""
    raising = [
        statement
        for statement in block
        if isinstance(statement, ast.If)
        and not statement.orelse
        and isinstance(statement.body[-1], ast.Raise)
    ]
    if len(raising) != len(block):
        return ""
    tests = [statement.test for statement in raising]
    names = [node.id for test in tests for node in ast.walk(test) if isinstance(node, ast.Name)]
    usual = [name for name in names if name not in _COMPUTING]
    return f"check_{max(usual, key=usual.count)}" if usual else "check"


def _from_outputs(block: Sequence[ast.stmt], outputs: Sequence[str]) -> str:
    if not outputs:
        return ""
    verb = "collect" if any(isinstance(statement, (ast.For, ast.While)) for statement in block) else "find"
    return f"{verb}_{'_and_'.join(outputs[:2])}"


def _from_calls(block: Sequence[ast.stmt]) -> str:
    """The verb and object of the last call: ``report.add_row(x)`` gives ``add_row``; else what a loop goes through."""
    for statement in reversed(block):
        if isinstance(statement, ast.For):
            over = [node for node in ast.walk(statement.iter) if isinstance(node, (ast.Name, ast.Attribute))]
            for node in over:
                word = node.attr if isinstance(node, ast.Attribute) else node.id
                if word not in _COMPUTING and word not in ("items", "values", "keys", "self"):
                    return f"handle_{word.strip('_')}"
    calls = [node for statement in block for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for call in reversed(calls):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called and called not in _COMPUTING:
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            thing = (
                owner.id if isinstance(owner, ast.Name) and owner.id != "self" and "_" not in called else ""
            )
            return f"{called.strip('_')}_{thing}".strip("_")
    return ""


def _joined(words: Sequence[str]) -> str:
    parts = [word for word in words if word][:_LONGEST]
    while parts and parts[-1] in ("and", "by"):
        parts.pop()
    name = re.sub(r"\W", "", "_".join(parts)).lower()
    while name and name[0].isdigit():
        name = name[1:].lstrip("_")
    return f"{name}_" if keyword.iskeyword(name) else name
