"""Formatted texts as literals: what a field of ``%`` or ``format`` becomes, and whether the result is what it should be."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from burnish_analysis.perf.facts.kinds import Type
from burnish_analysis.perf.module import Module

__all__ = ["Field", "Literal", "literal_of", "percent_fields", "pieces_of_format", "written"]

_LITERAL = re.compile(r"""(?P<prefix>[rRuU]?)(?P<quote>'''|\"\"\"|'|")(?P<body>.*)(?P=quote)""", re.S)
_PERCENT = re.compile(r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])")
_ESCAPED_BRACE = re.compile(r"\\(?:x7[bBdD]|u007[bBdD]|U0000007[bBdD]|17[35]|N\{|45|x25|u0025|U00000025|N)")
_WHOLE = ("int", "bool")
_NUMBERS = ("int", "float", "bool")
#: Of these, ``format(x, "")`` is ``str(x)``.
_PLAIN = ("str", "float", "list", "dict", "set", "tuple", "bytes", "frozenset", "NoneType")


@dataclass(frozen=True, slots=True)
class Literal:
    """A text literal as written, in one piece."""

    prefix: str
    quote: str
    body: str


@dataclass(frozen=True, slots=True)
class Field:
    """What stands between braces behind the expression: ``!r``, ``:>5``; ``place`` is the argument's number or name."""

    place: int | str
    conversion: str
    spec: str


def literal_of(node: ast.expr, module: Module) -> Literal | None:
    """The parts of a literal of one piece, without escapes that hide braces or percent signs."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    found = _LITERAL.fullmatch(module.text(node))
    if found is None or "\n" in found["body"]:
        return None
    body = found["body"]
    raw = found["prefix"].lower() == "r"
    if not raw and (_ESCAPED_BRACE.search(body) or _ends_inside(body, found["quote"])):
        return None
    if raw and found["quote"] in body:
        return None
    return Literal("r" if raw else "", found["quote"], body)


def _ends_inside(body: str, quote: str) -> bool:
    """Whether it is not one literal, but several one behind the other."""
    return quote in re.sub(r"\\.", "", body, flags=re.S)


def pieces_of_format(body: str) -> list[str | Field] | None:
    """Texts (braces doubled) and fields of a ``format`` text; None where a field is not a plain one."""
    pieces: list[str | Field] = []
    number = 0
    try:
        parsed = list(string.Formatter().parse(body))
    except ValueError:
        return None
    for text, name, spec, conversion in parsed:
        pieces.append(text.replace("{", "{{").replace("}", "}}"))
        if name is None:
            continue
        if spec and ("{" in spec or "\\" in spec):
            return None
        place: int | str
        if name == "":
            place, number = number, number + 1
        elif name.isdecimal() and name.isascii():
            place = int(name)
        elif name.isidentifier():
            place = name
        else:
            return None
        if conversion not in (None, "r", "s", "a"):
            return None
        pieces.append(Field(place, f"!{conversion}" if conversion else "", f":{spec}" if spec else ""))
    return pieces


def percent_fields(body: str, kinds: Sequence[Type | None]) -> list[str | Field] | None:
    """Texts and fields of a ``%`` text, given the arguments' types; None where a field cannot be written otherwise."""
    pieces: list[str | Field] = []
    at = used = 0
    for found in _PERCENT.finditer(body):
        before = body[at : found.start()]
        if "%" in before:
            return None
        pieces.append(before.replace("{", "{{").replace("}", "}}"))
        at = found.end()
        if found[0] == "%%":
            pieces.append("%")
            continue
        kind = kinds[used] if used < len(kinds) else None
        field = _field(found, used, kind.name if kind else "")
        if field is None or used >= len(kinds):
            return None
        pieces.append(field)
        used += 1
    if "%" in body[at:] or used != len(kinds):
        return None
    pieces.append(body[at:].replace("{", "{{").replace("}", "}}"))
    return pieces


def _field(found: re.Match[str], place: int, kind: str) -> Field | None:
    """One conversion as a field."""
    flags, width, precision, letter = found["flags"], found["width"], found["precision"], found["kind"]
    if letter in "sra":
        if set(flags) - {"-"}:
            return None
        spec = (("<" if "-" in flags else ">") + width if width else "") + (
            f".{precision}" if precision else ""
        )
        plain = letter == "s" and (kind == "str" or (not spec and kind in _PLAIN))
        return Field(place, "" if plain else f"!{letter}", f":{spec}" if spec else "")
    if (
        set(flags) - {"-", "+", " ", "0"}
        or len(set(flags)) != len(flags)
        or {"-", "0"} <= set(flags)
        or {"+", " "} <= set(flags)
    ):
        return None
    sign = next((flag for flag in flags if flag in "+ "), "")
    left, zero = "<" if "-" in flags and width else "", "0" if "0" in flags and width else ""
    if letter in "diuxXo" and kind in _WHOLE and not precision:
        return Field(place, "", f":{left}{sign}{zero}{width}{'d' if letter in 'diu' else letter}")
    if letter in "feEgG" and kind in _NUMBERS and not zero:
        dot = f".{precision}" if precision is not None else ""
        return Field(place, "", f":{left}{sign}{width}{dot}{letter}")
    return None


def written(
    literal: Literal, pieces: Sequence[str | Field], arguments: dict[int | str, ast.expr], module: Module
) -> str | None:
    """The f-string, in a form that every Python from 3.6 on reads; None where there is none."""
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        node = arguments[piece.place]
        text = module.text(node)
        if any(sign in text for sign in ("\\", "#", "\n")) or literal.quote[0] in text:
            return None
        if isinstance(node, (ast.Lambda, ast.NamedExpr, ast.IfExp)) or (
            isinstance(node, ast.Tuple) and not text.startswith("(")
        ):
            text = f"({text})"
        if text.startswith("{"):
            return None
        texts.append(f"{{{text}{piece.conversion}{piece.spec}}}")
    made = f"f{literal.prefix}{literal.quote}{''.join(texts)}{literal.quote}"
    return made if _as_meant(made, pieces, arguments) else None


def _as_meant(made: str, pieces: Sequence[str | Field], arguments: dict[int | str, ast.expr]) -> bool:
    """Whether the text is read as an f-string with just these fields."""
    try:
        read = ast.parse(made, mode="eval").body
    except SyntaxError:
        return False
    fields = [piece for piece in pieces if isinstance(piece, Field)]
    if not isinstance(read, ast.JoinedStr):
        return False
    values = [part for part in read.values if isinstance(part, ast.FormattedValue)]
    return len(values) == len(fields) and all(
        ast.dump(value.value) == ast.dump(arguments[field.place])
        for value, field in zip(values, fields, strict=True)
    )
