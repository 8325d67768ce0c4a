"""Names and attributes that do not exist; ``«…»`` marks the code that is asked about."""

from __future__ import annotations

import argparse
import configparser
import dataclasses
import json
import shutil
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from burnish_analysis.members import unknown_attributes
from burnish_analysis.names import unknown_names
from burnish_analysis.syntax import SyntaxTree


def marked(text: str) -> tuple[SyntaxTree, int, int]:
    start = text.index("«")
    end = text.index("»") - 1
    return SyntaxTree(text.replace("«", "").replace("»", "")), start, end


def names(text: str) -> list[str]:
    return unknown_names(*marked(text))


def attributes(text: str) -> list[str]:
    return unknown_attributes(*marked(text))


@pytest.mark.parametrize(
    "text",
    [
        "import os\n«os.path.join(len(str(1)))»\n",
        "import os.path as p\n«p.join»\n",
        "from a import b, c as d\n«b(d)»\n",
        "from a import *\n«whatever()»\n",
        "def f(a, *b, c=1, d: int = 2, **e):\n    «return a, b, c, d, e»\n",
        "def f(a: int, b):\n    «return lambda x, y=b: x + y + a»\n",
        "x = 1\ndef f():\n    «return x + later»\nlater = 2\n",
        "def z(): ...\nfor i, (a, *b) in z():\n    pass\n«print(i, a, b)»\n",
        "with open('x') as handle:\n    «handle.read()»\n",
        "try:\n    pass\nexcept ValueError as error:\n    «raise error»\n",
        "«total = sum(n for n in range(3) if n)»\n",
        "«values = {k: v for k, v in {}.items()}»\n",
        "if (m := print()):\n    «m»\n",
        "class A:\n    x = 1\n    «y = x»\n",
        "def f():\n    global g\n    g = 1\n    «g»\n",
        "match 1:\n    case [first, *rest]:\n        «print(first, rest)»\n",
        "def outer():\n    n = 1\n    def inner():\n        «return n»\n",
        "«def new(a):\n    return new(a)»\n",
        "def call(**kw): ...\n«call(key=1)»\n",
        "def f():\n    while 1:\n        «print(last)»\n        last = 1\n",
        "def f():\n    return late()\ndef g():\n    «return late()»\ndef late(): ...\n",
        "class B:\n    def m(self):\n        «return B, self»\n",
        "«print(f'{__name__}')»\n",
        "n = 0\n«n += 1»\n",
        "def f[T](x: T) -> T:\n    «y: T = x»\n",
    ],
)
def test_names_that_exist(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("«foo(1)»\n", ["foo"]),
        ("«json.dumps(data)»\n", ["json", "data"]),
        ("def f():\n    local = 1\n\ndef g():\n    «return local»\n", ["local"]),
        ("class A:\n    x = 1\n    def m(self):\n        «return x»\n", ["x"]),
        ("def process(x): ...\n«result = process(result)»\n", ["result"]),
        ("def f():\n    «print(last)»\n    last = 1\n", ["last"]),
        ("«call()»\ndef call(): ...\n", ["call"]),
        ("«for row in rows:\n    print(row, col)»\n", ["rows", "col"]),
        ("def call(**kw): ...\n«call(key=value)»\n", ["value"]),
        ("def f(a):\n    «b: Missing = a»\n", ["Missing"]),
        ("«print(f'{nothing}')»\n", ["nothing"]),
        ("«count += 1»\n", ["count"]),
        ("# word\nx = 'word'\n«word»\n", ["word"]),
        ("«größe + 1»\n", ["größe"]),
        ("«@decorate\ndef f(): ...»\n", ["decorate"]),
    ],
)
def test_names_that_do_not(text: str, unknown: list[str]) -> None:
    assert names(text) == unknown


def test_a_name_that_the_user_finished_typing_is_theirs() -> None:
    assert names("typed«(1)»\n") == []
    assert names("ty«ped(1)»\n") == ["typed"]


def test_half_written_code_around_is_given_the_benefit_of_the_doubt() -> None:
    assert names("def f(alpha:\n    x = (1,\n    «y = alpha»\n") == []


@pytest.mark.parametrize(
    "module", [argparse, configparser, dataclasses, json.decoder, json.encoder, shutil, textwrap]
)
def test_lines_of_real_modules_are_known(module: ModuleType) -> None:
    text = Path(module.__file__ or "").read_text(encoding="utf-8")
    tree = SyntaxTree(text)
    at = 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        if number % 7 == 0:
            assert unknown_names(tree, at, at + len(line)) == [], line
            assert unknown_attributes(tree, at, at + len(line)) == [], line
        at += len(line)


CLASS = "class A({bases}):\n    kind = 1\n    def __init__(self):\n        self.x = 1\n    def m(self):\n        «{code}»\n"


@pytest.mark.parametrize(
    ("bases", "code", "unknown"),
    [
        ("", "return self.x + self.kind + self.m()", []),
        ("", "return self.y", ["y"]),
        ("", "return self.__class__, self.__dict__", []),
        ("", "self.new = 1", []),
        ("", "self.a, self.b = 1, 2", []),
        ("ABC", "return self.y", ["y"]),
        ("Unknown", "return self.y", []),
        ("", "return other.y", []),
        ("", "return self.x.y", []),
        ("", "return [self.y for _ in ()]", ["y"]),
    ],
)
def test_attributes_of_self(bases: str, code: str, unknown: list[str]) -> None:
    assert attributes(CLASS.format(bases=bases, code=code)) == unknown


def test_bases_in_the_same_file_are_looked_into() -> None:
    base = "class Base:\n    def up(self): ...\n\n"
    child = "class C(Base):\n    def m(self):\n        «return self.up(), self.down»\n"
    assert attributes(base + child) == ["down"]
    assert attributes("class Base(Other): ...\n\n" + child) == []


@pytest.mark.parametrize(
    "text",
    [
        "@magic\nclass A:\n    def m(self):\n        «return self.y»\n",
        "class A:\n    def __getattr__(self, n): ...\n    def m(self):\n        «return self.y»\n",
        "class A(metaclass=M):\n    def m(self):\n        «return self.y»\n",
        "class A(A):\n    def m(self):\n        «return self.y»\n",
        "def f(self):\n    «return self.y»\n",
        "class A:\n    @staticmethod\n    def m(this):\n        «return this.y»\n",
    ],
)
def test_what_cannot_be_told_is_not_reported(text: str) -> None:
    assert attributes(text) == []
