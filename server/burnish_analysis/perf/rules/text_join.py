"""Making a text of another one character by character."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    Over,
    builtin,
    character_set,
    comprehended,
    empty_join,
    is_name,
    mentions,
    method_call,
    operand,
    quoted,
    text_constant,
    text_like,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["JoinOfCharacters"]

#: Methods whose result for a text is their results for its characters. (``lower`` looks around a final sigma.)
_BY_CHARACTER = {"upper": True, "casefold": True, "lower": False}
#: So many characters are replaced one by one.
_FEW = 6


class JoinOfCharacters(Rule):
    """``"".join(c for c in s if c not in …)`` and other ways to change single characters."""

    id = "join-of-characters"
    about = About(
        summary="A text is taken apart and joined again to drop or change single characters",
        before="""\
def plain(text: str) -> str:
    return "".join(c for c in text if c not in "-_")
""",
        after="""\
def plain(text: str) -> str:
    return text.replace("-", "").replace("_", "")
""",
        why="`replace` and `translate` go through the text in C and make no text for every character.",
        preconditions=("what is gone through is a `str`", "so are the characters that are looked for"),
        references=("https://docs.python.org/3/library/stdtypes.html#str.translate",),
    )
    nodes = (ast.Call,)
    calls = ("join",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``"".join(…)``."""
        joined = empty_join(node)
        over = comprehended(joined) if joined is not None else None
        if over is None or (
            isinstance(over.iterated, ast.Call) and not isinstance(over.iterated.func, ast.Attribute)
        ):
            return
        known = text_like(over.iterated, module)
        if known is Known.NO or not builtin(node, module, "str", "dict"):
            return
        evidence = Evidence()
        evidence.require(known, f"`{module.text(over.iterated)}` is a text")
        if (made := _changed(over, module, evidence)) is None:
            return
        text = f"{operand(over.iterated, module)}.{made}"
        yield module.finding(
            self, node, "A text is made for every character, and all of them are joined.", evidence,
            title=f"Use `{made.partition('(')[0]}`", edits=[module.replace(node, text)],
        )  # fmt: skip


def _changed(over: Over, module: Module, evidence: Evidence) -> str | None:
    """The method call that does to the text what the comprehension does to its characters."""
    character = over.target.id
    if len(over.tests) == 1 and is_name(over.element, character):
        dropped = _compared(over.tests[0], character, ast.NotIn, ast.NotEq, module)
        return None if dropped is None else _replaced(dropped, '""', "")
    if over.tests:
        return None
    if isinstance(over.element, ast.IfExp):
        return _either(over.element, character, module)
    asked = method_call(over.element, *_BY_CHARACTER, arguments=0)
    if asked and is_name(asked[0], character) and isinstance(asked[1].func, ast.Attribute):
        evidence.require(Known.of(_BY_CHARACTER[asked[1].func.attr]), "no Greek capital sigma ends a word")
        return f"{asked[1].func.attr}()"
    looked = method_call(over.element, "get", arguments=2)
    if (
        looked
        and all(is_name(part, character) for part in looked[1].args)
        and isinstance(looked[0], ast.Name)
    ):
        known = _table(looked[0], module)
        if evidence.require(known, f"`{looked[0].id}` maps single characters to texts"):
            return f"translate(str.maketrans({looked[0].id}))"
    return None


def _replaced(found: str, new: str, value: str) -> str:
    """The call or calls that put ``new`` (of that value) in the place of every one of some characters.

    A few written characters are replaced one after another: that is fast for any text, while ``translate`` is fast only where
    the text is ASCII.
    """
    try:
        characters = list(dict.fromkeys(ast.literal_eval(f"({found})")))  # it may stand on several lines
    except ValueError:
        characters = []
    if len(characters) == 1:
        return f"replace({found}, {new})"
    if 1 < len(characters) <= _FEW and not set(value) & set(characters):
        return ".".join(f"replace({quoted(one)}, {new})" for one in characters)
    return (
        f"translate(str.maketrans(dict.fromkeys({found}, {new})))"
        if value
        else f'translate(str.maketrans("", "", {found}))'
    )


def _compared(
    test: ast.expr, character: str, many: type[ast.cmpop], one: type[ast.cmpop], module: Module
) -> str | None:
    """The characters of ``c not in "…"`` or ``c != "x"`` as written."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not is_name(test.left, character):
        return None
    right = test.comparators[0]
    if isinstance(test.ops[0], many) and not mentions(right, character):
        return character_set(right, module)
    single = text_constant(right)
    return (
        module.text(right)
        if isinstance(test.ops[0], one) and single is not None and len(single) == 1
        else None
    )


def _either(node: ast.IfExp, character: str, module: Module) -> str | None:
    """``"b" if c == "a" else c``, ``c if c not in "…" else ""``."""
    if is_name(node.orelse, character):
        found, new = _compared(node.test, character, ast.In, ast.Eq, module), node.body
    elif is_name(node.body, character):
        found, new = _compared(node.test, character, ast.NotIn, ast.NotEq, module), node.orelse
    else:
        return None
    value = text_constant(new)
    return None if found is None or value is None else _replaced(found, module.text(new), value)


def _table(name: ast.Name, module: Module) -> Known:
    """Whether a variable holds a written dictionary of single characters that nothing changes."""
    bindings = module.flow.bindings(name)
    value = bindings[0].value if len(bindings) == 1 else None
    if not isinstance(value, ast.Dict):
        return Known.NO if module.types.name(name) not in ("", "dict") else Known.UNKNOWN
    keys = [text_constant(key) for key in value.keys]
    if any(key is None or len(key) != 1 for key in keys) or any(
        text_constant(one) is None for one in value.values
    ):
        return Known.UNKNOWN
    uses = module.flow.uses(name)
    return Known.of(all(module.flow.only_reads(use) and not module.flow.mutates(use) for use in uses))
