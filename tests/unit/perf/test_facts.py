"""What is shown, what is not, and what is shown to be otherwise."""

from __future__ import annotations

import ast
import textwrap

import pytest

from burnish_analysis.perf.facts.numbers import at_least
from burnish_analysis.perf.facts.patterns import nonnegative
from burnish_analysis.perf.model import Known
from burnish_analysis.perf.module import Module


def parse(source: str) -> Module:
    return Module(textwrap.dedent(source))


def marked(module: Module) -> ast.expr:
    """The argument of the call ``here(…)``."""
    for node in module.structure.nodes[ast.Call]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "here":
            return node.args[0]
    raise AssertionError("no mark")


def kind(source: str) -> str:
    module = parse(source)
    return module.types.name(marked(module))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("here([])", "list"),
        ("here([1] + [2])", "list"),
        ("here('a' % 3)", "str"),
        ("here(1 / 2)", "float"),
        ("here(a == b)", ""),
        ("here(1 == 2)", "bool"),
        ("here(x.y)", ""),
        ("def f(xs: list[int]):\n    here(xs[0])", "int"),
        ("def f(xs: 'list'):\n    here(xs)", "list"),
        ("from typing import Sequence\ndef f(xs: Sequence[int]):\n    here(xs)", ""),
        ("def f(xs: list | None):\n    here(xs)", ""),
        ("def f(xs=[]):\n    here(xs)", ""),
        ("def f(xs):\n    xs = list(xs)\n    here(xs)", ""),
        ("def f(ys):\n    xs = list(ys)\n    here(xs)", "list"),
        ("def f(xs):\n    if isinstance(xs, list):\n        here(xs)", "list"),
        ("def f(xs):\n    if isinstance(xs, (list, tuple)):\n        here(xs)", ""),
        ("def f(xs):\n    if isinstance(xs, list):\n        xs = g()\n        here(xs)", ""),
        ("def f(n):\n    x = 0\n    if n:\n        x = 'a'\n    here(x)", ""),
        ("def f():\n    s = ''\n    for p in 'ab':\n        s += p\n    here(s)", "str"),
        ("def f(p):\n    s = 0\n    s += p\n    here(s)", ""),
        ("def f(*args):\n    here(args)", "tuple"),
        ("def f(d: dict[str, int]):\n    for k, v in d.items():\n        here(v)", "int"),
        ("def f(t: str):\n    here(t.split(',')[0].strip())", "str"),
        ("x = 1\ndef f():\n    global x\n    x = 'a'\ndef g():\n    here(x)", ""),
        ("here(open('a').read())", "str"),
        ("here(open('a', 'rb').read())", "bytes"),
        ("here(open('a', mode='rb').readline())", "bytes"),
        ("def f(m):\n    here(open('a', m).read())", ""),
        ("def f(m):\n    here(open('a', **m).read())", ""),
        ("def f(m):\n    here(open(*m).read())", ""),
        ("with open('a', 'rb') as f:\n    here(f.readlines()[0])", "bytes"),
        ("import re\nhere(re.compile('a').sub('b', x))", "str"),
        ("import re\nhere(re.compile(b'a').sub(b'b', x))", "bytes"),
        ("import re\ndef f(p):\n    here(re.compile(p).sub('b', x))", ""),
        ("def f(d: dict[str, str]):\n    here(d.pop('a'))", "str"),
        ("def f(d: dict[str, str]):\n    here(d.pop('a', ''))", "str"),
        ("def f(d: dict[str, str]):\n    here(d.pop('a', None))", ""),
    ],
)
def test_types(source: str, name: str) -> None:
    assert kind(source) == name


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("def f():\n    xs = []\n    xs.append('a')\n    here(xs)", Known.UNKNOWN),
        ("def f():\n    xs = []\n    xs.append('a')\n    here(xs[:])", Known.YES),
        ("here(['a', 'b'])", Known.YES),
        ("here([[1], [2]])", Known.NO),
        ("here([(1, 'a'), (2, 'b')])", Known.YES),
        ("here([(1, [])])", Known.NO),
        ("def f(xs: list[str]):\n    here(xs)", Known.YES),
        ("def f(xs: list):\n    here(xs)", Known.UNKNOWN),
        ("def f(xs: dict):\n    here(xs)", Known.YES),
    ],
)
def test_hashability_of_what_a_value_holds(source: str, known: Known) -> None:
    module = parse(source)
    assert module.types.holds_hashable(marked(module)) is known


def changed(body: str, parameters: str = "xs: list[int], ys: list[int]") -> Known:
    """Whether ``xs`` stays the same in the first loop of a function."""
    module = parse(f"def f({parameters}):\n" + textwrap.indent(textwrap.dedent(body), "    "))
    loop = module.structure.nodes[ast.For][0]
    name = next(n for n in module.structure.nodes[ast.Name] if isinstance(n, ast.Name) and n.id == "xs")
    assert isinstance(loop, ast.For)
    return module.flow.unchanged(name, loop)


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("for y in ys:\n    print(xs)\n", Known.UNKNOWN),
        ("for y in ys:\n    a = y in xs\n", Known.YES),
        ("for y in ys:\n    a = len(xs) + xs[0]\n", Known.YES),
        ("for y in ys:\n    xs.append(y)\n", Known.NO),
        ("for y in ys:\n    xs[0] = y\n", Known.NO),
        ("for y in ys:\n    del xs[0]\n", Known.NO),
        ("for y in ys:\n    xs = [y]\n", Known.NO),
        ("for y in ys:\n    xs += [y]\n", Known.NO),
        ("for xs in ys:\n    pass\n", Known.NO),
        ("for y in ys:\n    a = y in xs\n    unknown()\n", Known.UNKNOWN),
        ("for y in ys:\n    a = y in xs\n    yield y\n", Known.UNKNOWN),
        ("for y in ys:\n    a = y in xs\n    ys.append(1)\n", Known.UNKNOWN),
        ("for y in ys:\n    ys[0] = y\n    a = y in xs\n", Known.UNKNOWN),
        ("rows = g()\nfor y in ys:\n    rows[0][1] = y\n    a = y in xs\n", Known.UNKNOWN),
        ("zs = g()\nfor y in ys:\n    zs += [y]\n    a = y in xs\n", Known.UNKNOWN),
        ("n = 0\nfor y in ys:\n    n += y in xs\n", Known.YES),
        ("d = {}\nfor y in ys:\n    d[y] = y in xs\n", Known.YES),
        ("for y in ys:\n    zs = xs\n    zs.append(1)\n", Known.UNKNOWN),
        ("for y in ys:\n    [xs.pop() for _ in ys]\n", Known.NO),
    ],
)
def test_a_parameter_in_a_loop(body: str, known: Known) -> None:
    assert changed(body) is known


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("xs = [1]\nfor y in ys:\n    unknown(y)\n    a = y in xs\n", Known.YES),
        ("xs = [1]\nkeep(xs)\nfor y in ys:\n    unknown(y)\n    a = y in xs\n", Known.UNKNOWN),
        ("xs = [1]\ndef g():\n    xs.append(1)\nfor y in ys:\n    g()\n    a = y in xs\n", Known.UNKNOWN),
        ("zs = xs = [1]\nfor y in ys:\n    zs.append(1)\n    a = y in xs\n", Known.UNKNOWN),
        ("xs = [1]\nz = zip(xs)\nfor y in ys:\n    unknown()\n    a = y in xs\n", Known.UNKNOWN),
        ("xs = [1]\nkeep(enumerate(xs))\nfor y in ys:\n    unknown()\n    a = y in xs\n", Known.UNKNOWN),
        ("xs = [1]\nz = list(zip(xs, ys))\nfor y in ys:\n    unknown()\n    a = y in xs\n", Known.YES),
        ("xs = 3\nfor y in ys:\n    unknown(xs)\n", Known.YES),
    ],
)
def test_a_local_in_a_loop(body: str, known: Known) -> None:
    assert changed(body, "ys: list[int]") is known


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("here(len(x) + max(y))", Known.YES),
        ("here(unknown(x))", Known.UNKNOWN),
        ("here(print(x))", Known.NO),
        ("import random\nhere(random.random())", Known.NO),
        ("def f(xs: list):\n    here(xs.pop())", Known.NO),
        ("def f(s: str):\n    here(s.upper())", Known.YES),
        ("def f(s):\n    here(s.upper())", Known.UNKNOWN),
        ("here(sorted(x, key=unknown))", Known.UNKNOWN),
        ("here(sorted(x, key=len))", Known.YES),
        ("here(sorted(x, key=lambda v: unknown(v)))", Known.UNKNOWN),
        ("def f():\n    here((yield))", Known.NO),
        ("async def f(g):\n    here([x async for x in g])", Known.NO),
        ("def f(d: dict[str, int]):\n    here(d['a'])", Known.YES),
        (
            "from collections import defaultdict\ndef f(d: defaultdict[str, int]):\n    here(d['a'])",
            Known.UNKNOWN,
        ),
    ],
)
def test_purity(source: str, known: Known) -> None:
    module = parse(source)
    assert module.effects.pure(marked(module)) is known


def test_others_run_between_the_rounds_of_an_asynchronous_loop() -> None:
    module = parse("async def f(xs: list[int], ys):\n    async for y in ys:\n        a = y in xs\n")
    loop = module.structure.nodes[ast.AsyncFor][0]
    name = next(n for n in module.structure.nodes[ast.Name] if isinstance(n, ast.Name) and n.id == "xs")
    assert isinstance(loop, ast.AsyncFor)
    assert module.flow.unchanged(name, loop) is Known.UNKNOWN


def test_others_run_within_an_asynchronous_comprehension() -> None:
    module = parse(
        "async def f(xs: list[int], ys, g):\n    for y in ys:\n        a = y in xs, [z async for z in g]\n"
    )
    assert unchanged(module, "xs") is Known.UNKNOWN


def unchanged(module: Module, name: str) -> Known:
    loop = module.structure.nodes[ast.For][0]
    assert isinstance(loop, ast.For)
    found = next(n for n in module.structure.nodes[ast.Name] if isinstance(n, ast.Name) and n.id == name)
    return module.flow.unchanged(found, loop)


@pytest.mark.parametrize(
    ("made", "known"), [("{}", Known.YES), ("defaultdict(int)", Known.NO), ("Counter()", Known.YES)]
)
def test_reading_an_item_of_a_defaultdict_may_put_one_in(made: str, known: Known) -> None:
    module = parse(
        f"from collections import Counter, defaultdict\ndef f(ks):\n    d = {made}\n    for k in ks:\n        a = d[k]\n"
    )
    assert unchanged(module, "d") is known


@pytest.mark.parametrize(
    ("expression", "change", "known"),
    [
        ("max(rows)", "row.append(1)", Known.UNKNOWN),
        ("[len(x) for x in rows]", "row.clear()", Known.UNKNOWN),
        ("[len(x) for x in rows]", "rows[0].clear()", Known.UNKNOWN),
        ("[len(x) for x in rows]", "row[0] = 1", Known.UNKNOWN),
        ("len(rows)", "row.append(1)", Known.YES),
        ("max(rows)", "out.append(row)", Known.YES),
        ("max(rows)", "names.append(1)", Known.UNKNOWN),
        ("max(words)", "row.append(1)", Known.YES),
        ("max(rows)", "counts['a'] = 1", Known.YES),
    ],
)
def test_what_a_container_holds_may_change(expression: str, change: str, known: Known) -> None:
    module = parse(
        "def f(n: int, given: list[str], names: list[int], counts: dict[str, int]):\n"
        "    rows = [[0] for _ in range(n)]\n    words = sorted(given)\n    out = []\n"
        f"    for row in rows:\n        here({expression})\n        {change}\n    return out\n"
    )
    loop = module.structure.nodes[ast.For][0]
    assert isinstance(loop, ast.For)
    assert module.flow.invariant(marked(module), loop) is known


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("for i in range(3):\n    here(i)", Known.YES),
        ("for i in range(*b):\n    here(i)", Known.UNKNOWN),
        ("for i in range(0, *b):\n    here(i)", Known.UNKNOWN),
        ("for i, x in enumerate(xs):\n    here(i)", Known.YES),
        ("for i, x in enumerate(*b):\n    here(i)", Known.UNKNOWN),
    ],
)
def test_how_small_a_counter_is(source: str, known: Known) -> None:
    module = parse(source)
    assert at_least(marked(module), 0, marked(module), module) is known
    assert nonnegative(marked(module), module) <= (known is Known.YES)


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("not s", Known.YES),
        ("-n", Known.YES),
        ("~n", Known.YES),
        ("~x", Known.UNKNOWN),
        ("-s", Known.UNKNOWN),
    ],
)
def test_what_cannot_raise(expression: str, known: Known) -> None:
    module = parse(f"def f(s: str, n: int, x: float):\n    here({expression})")
    assert module.effects.total(marked(module)) is known
