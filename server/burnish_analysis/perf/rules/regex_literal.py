"""Regular expressions without anything special in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import quoted
from burnish_analysis.perf.model import About, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module

__all__ = ["ReLiteral", "called_function", "flags_of", "plain_call"]

#: Functions of ``re``, and the position of their flags.
_FLAGS = {
    "match": 2,
    "search": 2,
    "fullmatch": 2,
    "findall": 2,
    "finditer": 2,
    "sub": 4,
    "subn": 4,
    "split": 3,
}


def called_function(node: ast.AST, module: Module) -> str:
    """The name of the ``re`` function that is called with a pattern, or the empty text."""
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    if isinstance(node.func, ast.Attribute):
        if node.func.attr not in _FLAGS:
            return ""
    elif not isinstance(node.func, ast.Name):
        return ""
    meant = module.qualified(node.func) or ""
    if not meant.startswith("re.") or meant[3:] not in _FLAGS:
        return ""
    plain = not any(isinstance(part, ast.Starred) for part in node.args) and all(
        part.arg for part in node.keywords
    )
    return meant[3:] if plain else ""


def flags_of(node: ast.Call, name: str) -> ast.expr | None:
    """The flags that a call of a ``re`` function is given."""
    if len(node.args) > _FLAGS[name]:
        return node.args[_FLAGS[name]]
    return next((keyword.value for keyword in node.keywords if keyword.arg == "flags"), None)


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
        name = called_function(node, module)
        if name not in ("sub", "split", "match", "search", "fullmatch") or not isinstance(node, ast.Call):
            return
        made = plain_call(node, name, module)
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


def plain_call(node: ast.Call, name: str, module: Module) -> tuple[ast.expr, str, ast.expr] | None:
    """What is replaced, by which text, and the expression that is searched."""
    literal = _literal(node.args[0])
    if literal is None or (
        node.keywords and {keyword.arg for keyword in node.keywords} - {"count", "maxsplit"}
    ):
        return None
    text, tied = literal
    if name == "sub":
        return None if tied or len(node.args) not in (3, 4) else _substitution(node, text, module)
    if len(node.args) not in ((2, 3) if name == "split" else (2,)):
        return None
    searched = node.args[1]
    if isinstance(searched, ast.Constant):
        return None
    owner = _owner(searched, module)
    if name == "split":
        limit = _limit(node, 2, "maxsplit")
        if tied or limit is None:
            return None
        return node, f"{owner}.split({quoted(text)}{f', {limit}' if limit else ''})", searched
    if node.keywords:
        return None
    place, negated = _asked(node, module)
    if place is None:
        return None
    if name == "fullmatch":
        made = f"{owner} {'!=' if negated else '=='} {quoted(text)}"
    elif name == "match" or tied:
        made = f"{'not ' if negated else ''}{owner}.startswith({quoted(text)})"
    else:
        made = f"{quoted(text)} {'not in' if negated else 'in'} {owner}"
    return place, made, searched


def _substitution(node: ast.Call, text: str, module: Module) -> tuple[ast.expr, str, ast.expr] | None:
    new, limit = node.args[1], _limit(node, 3, "count")
    if (
        not isinstance(new, ast.Constant)
        or not isinstance(new.value, str)
        or "\\" in new.value
        or limit is None
    ):
        return None
    if isinstance(node.args[2], ast.Constant):
        return None
    owner = _owner(node.args[2], module)
    return (
        node,
        f"{owner}.replace({quoted(text)}, {module.text(new)}{f', {limit}' if limit else ''})",
        node.args[2],
    )


def _limit(node: ast.Call, place: int, name: str) -> int | None:
    """The number of replacements: 0 for all, None where it is not written."""
    given = (
        node.args[place]
        if len(node.args) > place
        else next((k.value for k in node.keywords if k.arg == name), None)
    )
    if given is None:
        return 0
    value = given.value if isinstance(given, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _owner(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    return (
        text
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.JoinedStr))
        else f"({text})"
    )


def _asked(node: ast.Call, module: Module) -> tuple[ast.expr | None, bool]:
    """The expression of which only the truth is asked (the call, or its comparison with None), and whether it is true for no match."""
    parent = module.parent(node)
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1 and parent.left is node:
        other = parent.comparators[0]
        if (
            isinstance(other, ast.Constant)
            and other.value is None
            and isinstance(parent.ops[0], (ast.Is, ast.IsNot))
        ):
            return parent, isinstance(parent.ops[0], ast.Is)
        return None, False
    if isinstance(parent, ast.Call) and module.calls(parent, "builtins.bool") and len(parent.args) == 1:
        return parent, False
    place: ast.AST = node
    while isinstance(parent, ast.BoolOp):
        place, parent = parent, module.parent(parent)
    tested = (
        (isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)) and parent.test is place)
        or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
        or (isinstance(parent, ast.comprehension) and parent.iter is not place)
    )
    return (node, False) if tested else (None, False)
