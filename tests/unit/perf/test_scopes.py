"""What names mean, and where a place stands."""

from __future__ import annotations

import ast

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.module import Module


def name(module: Module, text: str, which: int = 0) -> ast.Name:
    return [n for n in module.structure.nodes[ast.Name] if isinstance(n, ast.Name) and n.id == text][which]


def test_class_scope_is_skipped_by_methods() -> None:
    module = Module("x = 1\nclass C:\n    x = 2\n    def f(self):\n        return x\n")
    assert module.scope(name(module, "x", -1)).find("x").kind == "module"


def test_global_and_nonlocal_bindings_belong_to_the_outer_scope() -> None:
    module = Module(
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    def h():\n        global m\n        m = 1\n"
    )
    outer = module.inside(module.tree.body[0])
    assert [binding.kind for binding in outer.bindings["n"]] == ["assign", "augment"]
    assert "m" in module.inside(module.tree).bindings


def test_the_first_iterable_of_a_comprehension_is_outside() -> None:
    module = Module("def f(xs):\n    return [x for x in xs for y in g(x)]\n")
    comprehension = module.structure.nodes[ast.ListComp][0]
    assert module.scope(name(module, "xs")).kind == "function"
    assert module.scope(name(module, "g")) is module.inside(comprehension)
    assert len(module.loops(name(module, "g"))) == 1
    assert module.loops(name(module, "xs")) == []


def test_walrus_binds_outside_the_comprehension() -> None:
    module = Module("def f(xs):\n    return [y for x in xs if (y := x)]\n")
    assert "y" in module.inside(module.tree.body[0]).bindings


def test_iterable_and_else_of_a_loop_are_not_inside_it() -> None:
    module = Module("for x in a:\n    b\nelse:\n    c\nwhile d:\n    e\n")
    assert [len(module.loops(name(module, n))) for n in "abcde"] == [0, 1, 0, 1, 1]


def test_a_very_deep_expression_is_walked() -> None:
    module = Module("x = " + " + ".join(["1"] * 600) + "\n")
    assert len(module.structure.nodes[ast.BinOp]) == 599


@pytest.mark.parametrize("text", ["def f(:\n", "x = '\0'\n", "x = '\ud800'\n", "(" * 500])
def test_what_is_not_python_is_said_so(text: str) -> None:
    with pytest.raises(SourceError, match="is not Python"):
        Module(text, "broken.py")


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        ("import numpy as np\nnp.append\n", "numpy.append"),
        ("from collections import deque as d\nd\n", "collections.deque"),
        ("import os.path\nos.path.join\n", "os.path.join"),
        ("len\n", "builtins.len"),
        ("def len(x): ...\nlen\n", None),
        ("from m import *\nlen\n", None),
        ("try:\n    import json\nexcept ImportError:\n    json = None\njson.loads\n", None),
        ("from . import deque\ndeque\n", None),
    ],
)
def test_qualified_names(source: str, meaning: str | None) -> None:
    module = Module(source)
    last = module.tree.body[-1]
    assert isinstance(last, ast.Expr)
    assert module.qualified(last.value) == meaning


def test_offsets_count_characters() -> None:
    text = "\ufeffx = '𝒳é'; y = 1\r\nz = 2\r\n"
    module = Module(text)
    assert module.text(name(module, "y")) == "y"
    assert module.text(module.tree.body[2]) == "z = 2"
    assert module.indent(module.tree.body[1]) is None
    assert module.comments_in(0, len(text)) == []
