"""Whether two versions do the same on every path, by their structure alone."""

from __future__ import annotations

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.refactor.structure import same_structure

SAME = {
    "guard clause": ("if x:\n  g()\n  h()", "if not x:\n  return\n g()\n h()"),
    "merged ifs": ("if x:\n  if y:\n   g()", "if x and y:\n  g()"),
    "De Morgan": ("if not (x and y):\n  g()\n else:\n  h()", "if not x or not y:\n  g()\n else:\n  h()"),
    "ternary": ("if x:\n  a = 1\n else:\n  a = 2\n return a", "a = 1 if x else 2\n return a"),
    "continue": (
        "for a in x:\n  if a is not None:\n   g(a)\n else:\n  h()",
        "for a in x:\n  if a is None:\n   continue\n  g(a)\n else:\n  h()",
    ),
    "else after return": ("if x:\n  return 1\n else:\n  return y()", "if x:\n  return 1\n return y()"),
}
OTHER = {
    "order of calls": ("a = g()\n b = h()\n return a, b", "b = h()\n a = g()\n return a, b"),
    "call dropped on one path": ("if x:\n  g()\n h()", "if x:\n  pass\n h()"),
    "name not bound on one path": ("if x:\n  a = 1\n else:\n  a = 2\n return a", "if x:\n  a = 1\n return a"),
    "handler lost": ("try:\n  a = g()\n except E:\n  a = 1\n return a", "a = g()\n return a"),
    "handler narrower": ("try:\n  g()\n except (E, F):\n  h()", "try:\n  g()\n except E:\n  h()"),
    "finally lost": ("try:\n  return g()\n finally:\n  h()", "return g()"),
    "out of the try": ("try:\n  g()\n  h()\n except E:\n  k()", "g()\n try:\n  h()\n except E:\n  k()"),
    "else of a loop": (
        "for a in x:\n  if a:\n   break\n else:\n  h()",
        "for a in x:\n  if a:\n   break\n h()",
    ),
    "condition turned": ("if x:\n  g()", "if not x:\n  g()"),
    "both evaluated": ("if x() and y():\n  g()", "a = y()\n if x() and a:\n  g()"),
    "another value": ("return g(x)", "return g(y)"),
    "store": ("x.a = 1\n g()", "g()\n x.a = 1"),
    "default mutated": ("x += [1]\n return x", "x = x + [1]\n return x"),
}


def _f(body: str) -> str:
    return f"def f(x, y):\n {body}\n"


@pytest.mark.parametrize("case", SAME)
def test_same(case: str) -> None:
    one, other = map(_f, SAME[case])
    assert same_structure(one, other, "f").same
    assert same_structure(other, one, "f").same


@pytest.mark.parametrize("case", OTHER)
def test_other(case: str) -> None:
    one, other = map(_f, OTHER[case])
    found = same_structure(one, other, "f")
    assert not found.same and found.reason
    assert not same_structure(other, one, "f").same


LOOP = "def f(x):\n n = 0\n for a in x:\n  n += a\n return n\n"


def test_new_functions_are_looked_into() -> None:
    helper = "def h(x, n):\n for a in x:\n  n += a\n return n\n\n"
    assert same_structure(LOOP, helper + "def f(x):\n n = 0\n n = h(x, n)\n return n\n", "f").same
    lost = helper + "def f(x):\n n = 0\n h(x, n)\n return n\n"
    assert not same_structure(LOOP, lost, "f").same
    other = helper + "def f(x):\n n = 0\n m = h(x, n)\n return n\n"
    assert not same_structure(LOOP, other, "f").same


def test_a_helpers_own_variables_are_not_the_callers() -> None:
    before = "def f(x):\n a = 1\n for a in x:\n  g(a)\n return a\n"
    after = "def h(x):\n for a in x:\n  g(a)\n\ndef f(x):\n a = 1\n h(x)\n return a\n"
    assert not same_structure(before, after, "f").same
    free = before.replace("return a", "return x"), after.replace("return a", "return x")
    assert same_structure(*free, "f").same


def test_methods() -> None:
    before = "class A:\n def f(self, x):\n  g(x)\n  self.n = h(x)\n  return self.n\n"
    after = "class A:\n def f(self, x):\n  self._m(x)\n  return self.n\n\n def _m(self, x):\n  g(x)\n  self.n = h(x)\n"
    assert same_structure(before, after, "A.f").same
    assert not same_structure(before, after.replace("g(x)", "g(1)"), "A.f").same


def test_heads_count() -> None:
    assert "parameters" in same_structure("def f(a): pass\n", "def f(a, b): pass\n", "f").reason
    assert "asynchronous" in same_structure("def f(a): pass\n", "async def f(a): pass\n", "f").reason
    assert "generator" in same_structure("def f(a): pass\n", "def f(a):\n yield\n", "f").reason


def test_what_is_not_there() -> None:
    with pytest.raises(SourceError, match="no function g"):
        same_structure(LOOP, LOOP, "g")
    with pytest.raises(SourceError):
        same_structure(LOOP, "def f(", "f")
