"""Regular expressions: compiled once, or not needed at all."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan

__all__ = ["ReInLoop", "ReLiteral"]

#: Functions of ``re``, and the position of their flags.
_FLAGS = {"match": 2, "search": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "sub": 4, "subn": 4, "split": 3}
_BETWEEN = re.compile(r"\s*,\s*")


def _called(node: ast.AST, module: Module) -> str:
    """The name of the ``re`` function that is called with a pattern, or the empty text."""
    if not isinstance(node, ast.Call) or len(node.args) < 1 or isinstance(node.func, ast.Call):
        return ""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if module.qualified(node.func) not in {f"re.{known}" for known in _FLAGS}:
        return ""
    if any(isinstance(part, ast.Starred) for part in node.args) or any(keyword.arg is None for keyword in node.keywords):
        return ""
    meant = module.qualified(node.func) or ""
    return meant.partition(".")[2] or name


def _flags(node: ast.Call, name: str) -> ast.expr | None:
    if len(node.args) > _FLAGS[name]:
        return node.args[_FLAGS[name]]
    return next((keyword.value for keyword in node.keywords if keyword.arg == "flags"), None)


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
        preconditions=("the pattern and the flags stay the same while the loop runs", "the pattern compiles without an error or a warning"),
        references=("https://docs.python.org/3/library/re.html#re.compile",),
    )
    nodes = (ast.Call,)
    imports = ("re",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of functions of ``re`` in a loop."""
        name = _called(node, module)
        if not name or not isinstance(node, ast.Call) or not module.loops(node):
            return
        pattern, flags = node.args[0], _flags(node, name)
        if module.types.name(pattern) == "re.Pattern" or isinstance(pattern, ast.JoinedStr):
            return
        if flags is not None and not _constant_flags(flags, module):
            return
        plain = _plain_call(node, name, module)
        if plain is not None and module.types.name(plain[2]) == "str":
            return  # plain text needs no pattern at all
        said = module.text(flags) if flags is not None else ""
        evidence = Evidence()
        hoist = plan(
            pattern,
            module,
            evidence,
            lambda _loop: Known.of(_compiles(_value(pattern, module), flags)),
            lambda spot: _same_call(spot, said, module),
        )
        if hoist is None:
            return
        text = module.text(pattern)
        if isinstance(pattern, ast.Name):
            fresh = module.fresh_name(node, f"{pattern.id.lower().strip('_')}_re")
        else:
            fresh = module.fresh_name(node, "pattern", "compiled")
        compiled = f"{module.imported('re', at=node)}.compile({text}{', ' + said if said else ''})"
        edits: list[Edit | None] = [module.insert_before(hoist.statement, f"{fresh} = {compiled}") if "\n" not in compiled else None]
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
            imports=[Import("re")],
        )


def _same_call(spot: ast.expr, said: str, module: Module) -> bool:
    call = module.parent(spot)
    name = _called(call, module) if call is not None else ""
    if not name or not isinstance(call, ast.Call) or call.args[0] is not spot:
        return False
    flags = _flags(call, name)
    return (module.text(flags) if flags is not None else "") == said


def _constant_flags(flags: ast.expr, module: Module) -> bool:
    """Whether flags are written out: ``re.I | re.M``."""
    if isinstance(flags, ast.BinOp) and isinstance(flags.op, ast.BitOr):
        return _constant_flags(flags.left, module) and _constant_flags(flags.right, module)
    meant = module.qualified(flags) or ""
    return meant.startswith("re.") and meant[3:] in re.RegexFlag.__members__


def _value(pattern: ast.expr, module: Module) -> str | bytes | None:
    """The pattern, where it is written here or is a constant of the module."""
    if isinstance(pattern, ast.Name):
        bindings = module.flow.bindings(pattern)
        if len(bindings) != 1 or bindings[0].value is None:
            return None
        pattern = bindings[0].value
    value = getattr(pattern, "value", None)
    return value if isinstance(pattern, ast.Constant) and isinstance(value, (str, bytes)) else None


def _compiles(value: str | bytes | None, flags: ast.expr | None) -> bool:
    if value is None:
        return False
    number = 0
    for part in ast.walk(flags) if flags is not None else ():
        if isinstance(part, (ast.Attribute, ast.Name)) and (part.attr if isinstance(part, ast.Attribute) else part.id) in re.RegexFlag.__members__:
            number |= re.RegexFlag[part.attr if isinstance(part, ast.Attribute) else part.id]
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
    name = _called(call, module)
    flags = _flags(call, name)
    rest = sorted([*call.args[1:], *call.keywords], key=module.start)
    if not rest or rest[0] is flags or not re.fullmatch(r"\(\s*", module.source[module.end(call.func) : module.start(spot)]):
        return [None]
    if not _BETWEEN.fullmatch(module.source[module.end(spot) : module.start(rest[0])]):
        return [None]
    edits: list[Edit | None] = [module.replace(call.func, f"{fresh}.{name}"), Edit(module.start(spot), module.start(rest[0]), "")]
    for before, part in zip(rest, rest[1:], strict=False):
        if part is flags or isinstance(part, ast.keyword) and part.value is flags:
            start, end = module.end(before), module.end(part)
            if not _BETWEEN.fullmatch(module.source[start : module.start(part)]):
                return [None]
            edits.append(Edit(start, end, ""))
    if isinstance(rest[0], ast.keyword) and rest[0].value is flags:
        return [None]
    return edits


class ReLiteral(Rule):
    """A regular expression without anything special in it."""

    id = "re-literal"
    about = About(
        summary="A regular expression that is plain text is searched for with `re`",
        before="""\
import re


def clean(text: str) -> str:
    if re.match("draft: ", text):
        return ""
    return re.sub(r"\\.\\.", ".", text)
""",
        after="""\
import re


def clean(text: str) -> str:
    if text.startswith("draft: "):
        return ""
    return text.replace("..", ".")
""",
        why="The methods of `str` look for plain text directly, without the machinery of regular expressions.",
        preconditions=("what is searched is a `str`", "of a match only its truth is asked"),
        references=("https://docs.python.org/3/howto/regex.html#use-string-methods",),
    )
    nodes = (ast.Call,)
    imports = ("re",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of functions of ``re`` whose pattern is written as plain text."""
        name = _called(node, module)
        if name not in ("sub", "split", "match", "search", "fullmatch") or not isinstance(node, ast.Call):
            return
        made = _plain_call(node, name, module)
        if made is None:
            return
        place, text, searched = made
        evidence = Evidence()
        if not evidence.require(module.types.is_a(searched, "str"), f"`{module.text(searched)}` is a `str`"):
            return
        yield module.finding(
            self,
            node,
            f"`{module.text(node.args[0])}` is plain text; `{text}` finds it without a regular expression.",
            evidence,
            title=f"Use `{text}`",
            edits=[module.replace(place, text) if "\n" not in text else None],
        )


def _literal(pattern: ast.expr) -> tuple[str, bool] | None:
    """The text that a pattern stands for, and whether it is tied to the beginning; None where it has anything special in it."""
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
        return None
    found: list[str] = []
    rest = pattern.value
    tied = rest.startswith(("^", "\\A"))
    rest = rest.removeprefix("^" if rest.startswith("^") else "\\A") if tied else rest
    escaped = False
    for character in rest:
        if escaped:
            if character.isalnum() or not character.isascii():
                return None
            found.append(character)
        elif character in ".^$*+?{}[]|()":
            return None
        elif character != "\\":
            found.append(character)
        escaped = not escaped and character == "\\"
    return ("".join(found), tied) if found and not escaped else None


def _plain_call(node: ast.Call, name: str, module: Module) -> tuple[ast.expr, str, ast.expr] | None:
    """What is replaced, by which text, and the expression that is searched."""
    literal = _literal(node.args[0])
    if literal is None or node.keywords and {keyword.arg for keyword in node.keywords} - {"count", "maxsplit"}:
        return None
    text, tied = literal
    if name == "sub":
        return None if tied or len(node.args) not in (3, 4) else _substitution(node, text, module)
    if len(node.args) not in ((2, 3) if name == "split" else (2,)):
        return None
    searched = node.args[1]
    owner = _owner(searched, module)
    if name == "split":
        limit = _limit(node, 2, "maxsplit")
        if tied or limit is None:
            return None
        return node, f"{owner}.split({_quoted(text)}{f', {limit}' if limit else ''})", searched
    if node.keywords:
        return None
    place, negated = _asked(node, module)
    if place is None:
        return None
    if name == "fullmatch":
        made = f"{owner} {'!=' if negated else '=='} {_quoted(text)}"
    elif name == "match" or tied:
        made = f"{'not ' if negated else ''}{owner}.startswith({_quoted(text)})"
    else:
        made = f"{_quoted(text)} {'not in' if negated else 'in'} {owner}"
    return place, made, searched


def _substitution(node: ast.Call, text: str, module: Module) -> tuple[ast.expr, str, ast.expr] | None:
    new, limit = node.args[1], _limit(node, 3, "count")
    if not isinstance(new, ast.Constant) or not isinstance(new.value, str) or "\\" in new.value or limit is None:
        return None
    owner = _owner(node.args[2], module)
    return node, f"{owner}.replace({_quoted(text)}, {module.text(new)}{f', {limit}' if limit else ''})", node.args[2]


def _limit(node: ast.Call, place: int, name: str) -> int | None:
    """The number of replacements: 0 for all, None where it is not written."""
    given = node.args[place] if len(node.args) > place else next((k.value for k in node.keywords if k.arg == name), None)
    if given is None:
        return 0
    value = given.value if isinstance(given, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _owner(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    return text if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.JoinedStr)) else f"({text})"


def _quoted(text: str) -> str:
    made = repr(text)
    return made if '"' in text or "'" in text else f'"{made[1:-1]}"'


def _asked(node: ast.Call, module: Module) -> tuple[ast.expr | None, bool]:
    """The expression of which only the truth is asked (the call, or its comparison with None), and whether it is true for no match."""
    parent = module.parent(node)
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1 and parent.left is node:
        other = parent.comparators[0]
        if isinstance(other, ast.Constant) and other.value is None and isinstance(parent.ops[0], (ast.Is, ast.IsNot)):
            return parent, isinstance(parent.ops[0], ast.Is)
        return None, False
    if isinstance(parent, ast.Call) and module.calls(parent, "builtins.bool") and len(parent.args) == 1:
        return parent, False
    place: ast.AST = node
    while isinstance(parent, ast.BoolOp):
        place, parent = parent, module.parent(parent)
    tested = (
        isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert))
        and parent.test is place
        or isinstance(parent, ast.UnaryOp)
        and isinstance(parent.op, ast.Not)
        or isinstance(parent, ast.comprehension)
        and parent.iter is not place
    )
    return (node, False) if tested else (None, False)
