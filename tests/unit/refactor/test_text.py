"""Opposites of conditions, and blocks behind another indentation."""

from __future__ import annotations

import ast

import pytest

from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import block, moved, shifted
from burnish_analysis.refactor.branching import arms
from burnish_analysis.refactor.conditions import negate

OPPOSITES = {
    "x": "not x",
    "not x": "x",
    "x is None": "x is not None",
    "x is not None": "x is None",
    "x in y": "x not in y",
    "x not in y": "x in y",
    "x == y": "not x == y",
    "x == 'y'": "x != 'y'",
    "n == m": "n != m",
    "n < m": "n >= m",
    "n >= 2": "n < 2",
    "q < 2.0": "not q < 2.0",
    "x < y < z": "not x < y < z",
    "x and y": "not (x and y)",
    "not x and y is None": "x or y is not None",
    "x is y or n > m and not z": "x is not y and (n <= m or z)",
    "not (x and y)": "x and y",
    "(x := y)": "(not (x := y))",
    "not (x := y)": "(x := y)",
    "x if y else z": "not (x if y else z)",
    "lambda: x": "not (lambda: x)",
    "True": "False",
    "x == '#' and y is z": "x != '#' or y is not z",
    "(x is y and  # why\n       z)": "(not (x is y and  # why\n       z))",
    "(x is y and\n       not z)": "(x is not y or\n       z)",
    "f(\n  x) is y": "(f(\n  x) is not y)",
}


@pytest.mark.parametrize("condition", OPPOSITES)
def test_the_opposite_of_a_condition(condition: str) -> None:
    module = Module(f"def f(x, y, z, n: int, m: int, q: float):\n    if {condition}:\n        pass\n")
    node = next(part for part in ast.walk(module.tree) if isinstance(part, ast.If))
    result = module.edited([negate(node.test, module)])
    ast.parse(result)
    assert result.split("if ", 1)[1].removesuffix(":\n        pass\n") == OPPOSITES[condition]


def test_words_do_not_grow_together() -> None:
    module = Module("if[x]:\n    pass\n")
    node = module.tree.body[0]
    assert isinstance(node, ast.If)
    assert module.edited([negate(node.test, module)]) == "if not [x]:\n    pass\n"


SOURCE = '''\
if x:
    # first
  # less deep
    a = """one
    two""" + f"{b}" """
three"""
    c = ("four"
         "five",
  6)

    # last
# outside
d = 1
'''


def test_a_block_keeps_its_texts_and_takes_its_comments_along() -> None:
    module = Module(SOURCE)
    node = module.tree.body[0]
    assert isinstance(node, ast.If)
    found = arms(node, module)
    assert found is not None
    body = found[0].block
    assert body is not None
    assert module.source[body.start : body.end].endswith("    # last\n")
    expected = '''\
  # first
  # less deep
  a = """one
    two""" + f"{b}" """
three"""
  c = ("four"
       "five",
  6)

  # last
'''
    assert moved(module, body, "  ") == expected
    edits = shifted(module, body, "  ")
    assert edits is not None
    assert module.edited(edits) == SOURCE.replace(module.source[body.start : body.end], expected)


@pytest.mark.parametrize("source", ["if x: y = 1\n", "if x:\n    y = 1; z = 2\n", "if x:\n    a; y = 1\n"])
def test_statements_that_share_lines_are_no_block(source: str) -> None:
    module = Module(source)
    node = module.tree.body[0]
    assert isinstance(node, ast.If)
    assert block(module, node.body[-1:]) is None
