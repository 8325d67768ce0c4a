"""Answers of models read strictly, and put into the file so that nothing else changes."""

from __future__ import annotations

import ast

import pytest

from burnish_server.rewrite.answers import code_in
from burnish_server.rewrite.model import RefusedError
from burnish_server.rewrite.parsing import proposal_in
from burnish_server.rewrite.placing import placed
from burnish_server.rewrite.screening import screened
from burnish_server.rewrite.target import Target, target_at, target_named

MODULE = '''"""Words."""

from __future__ import annotations

import re  # for words

LIMIT = 3


# About the next one.
@staticmethod
def missing(
    expected: list[int],  # in order
    found: list[int] = (),
) -> list[int]:
    """Numbers that are not found.

    >>> missing([1], [])
    [1]
    """
    # slow
    return [n for n in expected if n not in found]  # here
    # behind


class Shelf:
    items: list[int]

    def total(self) -> int:
        total = 0
        for item in self.items:
            total += item
        return total


def short(x): return x + 1
'''
BETTER = '''def missing(expected, found=()):
    """Another docstring."""
    known = set(found)
    # fast
    return [n for n in expected if n not in known]
'''


def fenced(code: str, mark: str = "python") -> str:
    return f"```{mark}\n{code.strip()}\n```"


def target(name: str = "missing", text: str = MODULE) -> Target:
    found = target_named(text, name)
    assert found is not None
    return found


def put(answer: str, name: str = "missing", text: str = MODULE) -> str:
    one = target(name, text)
    return placed(proposal_in(answer, one), one)


def refused(answer: str, name: str = "missing", text: str = MODULE) -> str:
    one = target(name, text)
    with pytest.raises(RefusedError) as caught:
        proposal = proposal_in(answer, one)
        screened(proposal, one, placed(proposal, one))
    return caught.value.word


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("def f():\n    pass", "def f():\n    pass"),
        ("    def f():\n        pass\n", "def f():\n    pass"),
        ("Here:\n```python\ndef f(): ...\n```\nDone.", "def f(): ..."),
        ("```\r\ndef f(): ...\r\n```", "def f(): ..."),
        ("~~~py\nx = '''\n```\n'''\n~~~", "x = '''\n```\n'''"),
        ("<think>```python\nno\n```</think>\n```python\nyes\n```", "yes"),
        ("```python\ndef f(): ...", "def f(): ..."),
    ],
)
def test_code_in_an_answer(answer: str, code: str) -> None:
    assert code_in(answer) == code


@pytest.mark.parametrize(
    ("answer", "finished", "word"),
    [
        ("```python\na\n```\n```python\nb\n```", True, "several blocks"),
        ("```js\na\n```", True, "not Python"),
        ("```python\ndef f():", False, "unfinished"),
        ("def f():", False, "unfinished"),
        ("", True, "no code"),
        ("```python\n\n```", True, "no code"),
    ],
)
def test_no_code_in_an_answer(answer: str, finished: bool, word: str) -> None:
    with pytest.raises(RefusedError) as caught:
        code_in(answer, finished=finished)
    assert caught.value.word == word


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("I would use a set.", "not Python"),
        ("def missing(expected, found=())\n    return []", "not Python"),
        ("def missing(expected, found=()):\n    def f(x, x): ...\n    return []", "not Python"),
        ("def missing(expected, found=()):\n    nonlocal n\n    return []", "not Python"),
        ("x = 1", "more than the function"),
        (BETTER + "\nprint(missing([1], []))", "more than the function"),
        (BETTER + BETTER, "more than the function"),
        (BETTER.replace("missing", "lacking"), "no such function"),
        ("async " + BETTER, "another kind of function"),
        ("def missing(expected, found=()):\n    yield from expected", "another kind of function"),
        ("@cache\n" + BETTER, "other decorators"),
        (BETTER.replace("found=()", "found"), "other parameters"),
        (BETTER.replace("expected, ", "expected, *, "), "other parameters"),
        (BETTER.replace("expected", "wanted"), "other parameters"),
        ('def missing(expected, found=()):\n    """Nothing."""', "no code"),
        ("import numpy\n\n" + BETTER.replace("set(", "numpy.unique("), "foreign import"),
        ("from os.path import *\n" + BETTER.replace("set(", "join("), "several blocks"),
        ("def LIMIT():\n    return 1\n\n\n" + BETTER.replace("set(found)", "LIMIT()"), "name clash"),
        ("from math import pow\n" + BETTER.replace("set(found)", "{pow(n, 1) for n in found}"), "name clash"),
        ("from functools import cache\n\n\n@cache\ndef _h(n):\n    return n\n\n\n" + BETTER, "keeps state"),
    ],
)
def test_what_is_no_version_of_the_function(code: str, word: str) -> None:
    # A star import binds no name that is used: it goes, and the name is unknown.
    word = "unknown name" if word == "several blocks" else word
    assert refused(fenced(code)) == word


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_the_body_changes(newline: str, mark: str) -> None:
    text = mark + MODULE.replace("\n", newline)
    after = put(fenced(BETTER), text=text)
    old = "    # slow\n    return [n for n in expected if n not in found]  # here"
    new = "    known = set(found)\n    # fast\n    return [n for n in expected if n not in known]"
    assert after == mark + MODULE.replace(old, new).replace("\n", newline)


def test_a_method_with_helpers_and_imports() -> None:
    code = (
        "from itertools import accumulate\nimport re\nfrom collections import deque\n\n\n"
        "def _last(values):\n    return deque(values, 1)\n\n\n"
        "class Shelf:\n    def total(self):\n        text = '''a\n  b'''\n        last = _last(accumulate(self.items))\n"
        "        return last[0] if last else len(text) - 5\n"
    )
    after = put(fenced(code), "Shelf.total")
    ast.parse(after)
    assert (
        "import re  # for words\nfrom collections import deque\nfrom itertools import accumulate\n" in after
    )
    assert after.count("import re") == 1
    assert "\n\n\ndef _last(values):\n    return deque(values, 1)\n\n\nclass Shelf:\n    items" in after
    assert "    def total(self) -> int:\n        text = '''a\n  b'''\n        last" in after


def test_a_method_alone_and_tabs() -> None:
    text = "class Shelf:\n\tdef total(self, xs):\n\t\treturn 1 if xs else 0\n"
    after = put("def total(self, xs):\n    if xs:\n        return 1\n    return 0\n", "Shelf.total", text)
    assert after == "class Shelf:\n\tdef total(self, xs):\n\t\tif xs:\n\t\t\treturn 1\n\t\treturn 0\n"


def test_one_line_functions() -> None:
    after = put("def short(x):\n    y = x\n    return y + 1", "short")
    assert after == MODULE.replace("def short(x): return x + 1", "def short(x):\n    y = x\n    return y + 1")
    after = put("def total(self): return sum(self.items)", "Shelf.total")
    assert "    def total(self) -> int:\n        return sum(self.items)\n\n\ndef short" in after


def test_a_name_that_the_import_would_take_from_another() -> None:
    text = "def deque(x):\n    return x\n\n\ndef f(x):\n    return deque(x)\n"
    code = "from collections import deque\n\n\ndef f(x):\n    return deque(x, 1)\n"
    assert refused(fenced(code), "f", text) == "name clash"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("return [n for n in expected if n not in knwon]", "unknown name"),
        ("return eval('[]')", "reaches outside"),
        ("open('x', 'w')\n    return []", "reaches outside"),
        ("import os\n    os._exit(1)", "reaches outside"),
        ("import subprocess\n    return []", "reaches outside"),
        ("return ().__class__.__bases__[0].__subclasses__()", "reaches outside"),
        ("missing.seen = set(found)\n    return []", "keeps state"),
        ("re.sub = None\n    return []", "keeps state"),
        ("global LIMIT\n    LIMIT = 4\n    return []", "keeps state"),
        ("import functools\n    f = functools.lru_cache(len)\n    return []", "reaches outside"),
        ("\n".join(["x = 1", *["    x = 1"] * 200, "    return []"]), "too long"),
    ],
)
def test_screens(body: str, word: str) -> None:
    code = f"def missing(expected, found=()):\n    {body}\n"
    if "functools" in body:
        code = "import functools\n\n\n" + code.replace("import functools\n    ", "")
        word = "keeps state"
    assert refused(fenced(code), text=MODULE.replace("@staticmethod\n", "")) == word


def test_what_the_original_does_already_is_no_reason() -> None:
    text = "import os\n\n\ndef f(x):\n    print(x)\n    return os.getpid()\n"
    # It cannot be run and compared, which is another matter.
    code = "import os\n\n\ndef f(x):\n    print(x, end='\\n')\n    return os.getpid()\n"
    assert refused(fenced(code), "f", text) == "cannot be verified"


def test_the_function_at_a_line() -> None:
    text = MODULE.replace(
        "        total = 0\n", "        def inner():\n            return 0\n        total = inner()\n"
    )
    lines = text.split("\n")
    found = {
        name: target_at(text, lines.index(name))
        for name in ("@staticmethod", "            return 0", "LIMIT = 3")
    }
    assert [one and one.name for one in found.values()] == ["missing", "Shelf.total", None]
    assert target_at("def f(:\n", 0) is None
    twice = "def f():\n    return 1\n\n\ndef f():\n    return 2\n"
    assert target_at(twice, 1) is None
    assert (again := target_at(twice, 5)) is not None and again.first == 5
