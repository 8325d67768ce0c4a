"""Regular expressions in loops: compiled once."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import pairwise

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan
from burnish_analysis.perf.rules.regex_literal import called_function, flags_of, plain_call
from burnish_analysis.perf.walking import walk

__all__ = ["ReInLoop"]

_BETWEEN = re.compile(r"\s*,\s*")


class ReInLoop(Rule):
    """``re.search(pattern, s)`` in a loop."""

    id = "re-in-loop"
    about = About(
        summary="A function of `re` looks its pattern up in a cache in every round of a loop",
        before="""\
import re


def numbers(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        match = re.match(r"\\s*(\\d+)", line)
        if match:
            found.append(match[1])
    return found
""",
        after="""\
import re


def numbers(lines: list[str]) -> list[str]:
    found = []
    pattern = re.compile(r"\\s*(\\d+)")
    for line in lines:
        match = pattern.match(line)
        if match:
            found.append(match[1])
    return found
""",
        why="The functions of `re` find the compiled pattern by its text and flags on every call; a compiled pattern's own methods do not.",
        preconditions=(
            "the pattern and the flags stay the same while the loop runs",
            "the pattern compiles without an error or a warning",
        ),
        references=("https://docs.python.org/3/library/re.html#re.compile",),
    )
    nodes = (ast.Call,)
    repeated = True
    imports = ("re",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of functions of ``re`` in a loop."""
        name = called_function(node, module)
        if not name or not isinstance(node, ast.Call) or not module.loops(node):
            return
        pattern, flags = node.args[0], flags_of(node, name)
        if module.types.name(pattern) == "re.Pattern" or isinstance(pattern, ast.JoinedStr):
            return
        if flags is not None and not _constant_flags(flags, module):
            return
        plain = plain_call(node, name, module)
        if plain is not None and module.types.name(plain[2]) == "str":
            return  # plain text needs no pattern at all
        said = module.text(flags) if flags is not None else ""
        evidence = Evidence()
        hoist = plan(
            pattern,
            module,
            evidence,
            lambda _loop: Known.of(_compiles(_value(pattern, module), flags, module)),
            lambda spot: _same_call(spot, said, module),
        )
        if hoist is None:
            return
        text = module.text(pattern)
        if isinstance(pattern, ast.Name):
            fresh = module.fresh_name(node, f"{pattern.id.lower().strip('_')}_re")
        else:
            fresh = module.fresh_name(node, "pattern", "compiled")
        owner, needed = _library(node, hoist.statement, module)
        compiled = f"{owner}.compile({text}{', ' + said if said else ''})"
        edits: list[Edit | None] = [
            module.insert_before(hoist.statement, f"{fresh} = {compiled}") if "\n" not in compiled else None
        ]
        for spot in hoist.spots:
            edits += _rewritten(spot, fresh, module)
        shown = " ".join(text.split())
        yield module.finding(
            self,
            node,
            f"`re.{name}` looks the pattern `{shown}` up again in every round of the loop.",
            evidence,
            title=f"Compile `{shown}` once, before the loop",
            edits=edits,
            imports=needed,
        )


def _library(node: ast.Call, statement: ast.stmt, module: Module) -> tuple[str, list[Import]]:
    """How ``re`` is written before ``statement``, and the import for it."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and module.flow.bound_before(owner, statement) is Known.YES:
        return owner.id, []
    return module.imported("re", at=node), [Import("re")]


def _same_call(spot: ast.expr, said: str, module: Module) -> bool:
    call = module.parent(spot)
    name = called_function(call, module) if call is not None else ""
    if not name or not isinstance(call, ast.Call) or call.args[0] is not spot:
        return False
    flags = flags_of(call, name)
    return (module.text(flags) if flags is not None else "") == said


def _constant_flags(flags: ast.expr, module: Module) -> bool:
    """Whether flags are written out: ``re.I | re.M``."""
    if isinstance(flags, ast.BinOp) and isinstance(flags.op, ast.BitOr):
        return _constant_flags(flags.left, module) and _constant_flags(flags.right, module)
    return _flag(flags, module) is not None


def _flag(node: ast.AST, module: Module) -> re.RegexFlag | None:
    """The one flag that a name or attribute means; not ``DEBUG``, with which every call prints the pattern."""
    owner, _, name = (module.qualified(node) or "").rpartition(".")
    flag = re.RegexFlag.__members__.get(name) if owner == "re" else None
    return None if flag is re.DEBUG else flag


def _value(pattern: ast.expr, module: Module) -> str | bytes | None:
    """The pattern, where it is written here or is a constant of the module."""
    if isinstance(pattern, ast.Name):
        bindings = module.flow.bindings(pattern)
        if len(bindings) != 1 or bindings[0].value is None:
            return None
        pattern = bindings[0].value
    value = getattr(pattern, "value", None)
    return value if isinstance(pattern, ast.Constant) and isinstance(value, (str, bytes)) else None


def _compiles(value: str | bytes | None, flags: ast.expr | None, module: Module) -> bool:
    """Whether a pattern is shown to compile with flags that are written out."""
    if value is None:
        return False
    number = re.RegexFlag(0)
    for part in walk(flags) if flags is not None else ():
        number |= _flag(part, module) or 0
    if number & re.LOCALE:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(value, number)
    except (re.error, ValueError, RecursionError, OverflowError, Warning):
        return False
    return True


def _rewritten(spot: ast.expr, fresh: str, module: Module) -> list[Edit | None]:
    """``re.search(pattern, s, flags)`` → ``fresh.search(s)``."""
    call = module.parent(spot)
    assert isinstance(call, ast.Call)
    name = called_function(call, module)
    flags = flags_of(call, name)
    rest = sorted([*call.args[1:], *call.keywords], key=module.start)
    if (
        not rest
        or rest[0] is flags
        or not re.fullmatch(r"\(\s*", module.source[module.end(call.func) : module.start(spot)])
    ):
        return [None]
    if not _BETWEEN.fullmatch(module.source[module.end(spot) : module.start(rest[0])]):
        return [None]
    edits: list[Edit | None] = [
        module.replace(call.func, f"{fresh}.{name}"),
        Edit(module.start(spot), module.start(rest[0]), ""),
    ]
    for before, part in pairwise(rest):
        if part is flags or (isinstance(part, ast.keyword) and part.value is flags):
            start, end = module.end(before), module.end(part)
            if not _BETWEEN.fullmatch(module.source[start : module.start(part)]):
                return [None]
            edits.append(Edit(start, end, ""))
    if isinstance(rest[0], ast.keyword) and rest[0].value is flags:
        return [None]
    return edits
