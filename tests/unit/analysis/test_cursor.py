from __future__ import annotations

import pytest

from burnish_analysis.cursor import CursorContext, cursor_context
from burnish_analysis.syntax import SyntaxTree


def context(text: str) -> CursorContext:
    return cursor_context(SyntaxTree(text.replace("|", "")), text.index("|"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 'ab|c'", "string"),
        ("x = 'ab|", "string"),
        ('x = "|', "string"),
        ("f'{a} |'", "string"),
        ("f'{a|}'", ""),
        ("'''\nabc|\n'''\n", "string"),
        ("def f():\n    '''do|c'''\n", "string"),
        ("print('a', |)", ""),
        ("x = 'a' |", ""),
        ("|'a'", ""),
        ("'a'|", ""),
        ("# he|llo", "comment"),
        ("x = 1  # he|", "comment"),
        ("# c|\nx", "comment"),
        ("# c\n|x", ""),
        ("|# c", ""),
        ("x = '#' |", ""),
        ("😀 = 'é|'", "string"),
    ],
)
def test_strings_and_comments(text: str, expected: str) -> None:
    found = context(text)
    assert (found.in_string, found.in_comment) == (expected == "string", expected == "comment")


@pytest.mark.parametrize(
    ("text", "indent"),
    [
        ("def f(x):|", 0),
        ("def f(x):\n    |", 0),
        ("def f(x):\r\n    |\r\n", 0),
        ("def f(x):\n|\n", 0),
        ("if x:\n|\ny", 0),
        ("for i in x:  # c\n    |", 0),
        ("for i in x:\n    # c\n    |", 0),
        ("class A:\n\n    def f(self):\n        |", 4),
        ("class A:\n\tdef f(self):\n\t\t|", 8),
        ("async def f(\n  a,\n):|", 0),
        ("try:|", 0),
        ("else:|", 0),
        ("def f():\n    '''doc'''\n    |", 0),
        ('def f():\n    """doc\n\n    more\n    """\n    |\n\ndef g(): ...', 0),
        ("with open(x) as f:\n    |", 0),
        ("match x:\n    case 1:\n        |", 4),
    ],
)
def test_a_block_is_wanted(text: str, indent: int) -> None:
    found = context(text)
    assert found.wants_block
    assert found.header_indent == indent
    assert not found.after_decorator


def test_a_definition_is_wanted_below_a_decorator() -> None:
    found = context("class A:\n    @property\n    |\n")
    assert found.wants_block
    assert found.after_decorator
    assert found.header_indent == 4


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    |\n    return 1",
        "if x:|\n    y",
        "x = {'a': 1,\n 'b':|}",
        "x = {'a':|",
        "lambda x:|",
        "y: int = |",
        "x[1:|",
        "x = 1\n|",
        "|",
        "def f():\n    return 1\n    |",
        "x = 'def f():'\n|",
        "# if x:\n|",
        "'''doc'''\n|",
        "x @ y\n|",
    ],
)
def test_no_block_is_wanted(text: str) -> None:
    assert not context(text).wants_block
