"""Fixes in oddly written files: line ends, byte order marks, tabs, wide characters, unusual syntax."""

from __future__ import annotations

import ast
import sys

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.analyse import analyse
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.fixing import FixResult, apply_fixes
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings

from ..manners import WIDE, WRITTEN, widened
from .cases import Case, every_case

EVERY = PerfSettings(select=frozenset(all_rules()))
FIXES = [case for case in every_case() if case.after is not None]


def fixed(source: str, settings: PerfSettings = EVERY) -> FixResult:
    return apply_fixes(source, "", settings, lambda *_: True)


@pytest.mark.parametrize("manner", WRITTEN)
@pytest.mark.parametrize("case", FIXES, ids=lambda case: f"{case.rule}: {case.words}")
def test_a_fix_keeps_how_a_file_is_written(case: Case, manner: str) -> None:
    """The fixed text in another manner is the other manner's text, fixed."""
    write = WRITTEN[manner]
    settings = PerfSettings(select=frozenset({case.rule}))
    plain = fixed(case.before, settings)
    other = fixed(write(case.before), settings)
    if manner == WIDE:  # an import is added in another place
        assert len(other.applied) == len(plain.applied)
        compile(other.source, "odd", "exec", dont_inherit=True)
    else:
        assert other.source == write(plain.source)
    assert not fixed(other.source, settings).applied


@pytest.mark.parametrize("case", FIXES, ids=lambda case: f"{case.rule}: {case.words}")
def test_wide_names_shift_nothing(case: Case) -> None:
    result = fixed(widened(case.before))
    compile(result.source, "odd", "exec", dont_inherit=True)
    assert not fixed(result.source).applied


def test_a_text_over_several_lines_is_not_indented() -> None:
    source = (
        "import re\n\n\ndef found(lines: list[str]) -> list[str]:\n    out = []\n    for line in lines:\n"
        '        out.append(re.sub("""a\nb+""", "", line))\n    return out\n'
    )
    result = fixed(source)
    texts = {node.value for node in ast.walk(ast.parse(result.source)) if isinstance(node, ast.Constant)}
    assert "a\nb+" in texts


ODD = {
    "nothing": "",
    "a byte order mark": "\ufeff",
    "a comment without an end": "#",
    "form feeds": "\f\ndef f(xs):\n    \f\n    return [x for x in xs]\n\f\n",
    "one line": "import re; xs = [1, 2]; ys = [x for x in xs if x in list(xs)]; print(sorted(xs)[0]);",
    "one line of bodies": (
        "def f(xs): return [x for x in xs]\nfor a in f([1]): b = f([a]); c = b[0]\nif c: pass\n"
        "else: del c\n"
    ),
    "continued lines": (
        "def f(xs):\n    out \\\n      = []\n    for x in \\\n        xs:\n        out \\\n"
        "          .append(x)\n    return out\n"
    ),
    "match": (
        "def f(xs: list[int], command):\n    out = []\n    for x in xs:\n        match command:\n"
        "            case [first, *rest] if x in rest:\n                out.append(first)\n"
        "            case {'a': a, **others}:\n                out += [a]\n            case str() | None as y:\n"
        "                out = out + [y]\n            case _:\n                pass\n    return out\n"
    ),
    "type comments": (
        "def f(xs):\n    # type: (list[int]) -> list[int]\n    out = []  # type: list[int]\n"
        "    for x in xs:  # type: int\n        out.append(x)\n    return out\n"
    ),
    "async comprehensions": (
        "async def f(xs, ys: list[int]):\n    out = [x async for x in xs if x in ys]\n    out += [y for y in ys]\n"
        "    async for x in xs:\n        out.append(x)\n    async with xs as z:\n        return sorted(out)[0], {k async for k in z}\n"
    ),
    "stars": (
        "def f(*xs, **ys):\n    a, *b = [*xs, *ys]\n    for c, *d in [(1, 2, 3)]:\n"
        "        print(*[x for x in b], **{**ys})\n    return [*b][0], {*xs}, b[:], (*b, *d)\n"
    ),
    "walruses": (
        "def f(xs: list[int]):\n    out = []\n    while (n := len(xs)) > 1 and (m := xs.pop(0)):\n        if (y := m) in [z := 3, n]:\n"
        "            out.append(y)\n    return [last := x for x in out], last, (k := [x for x in out])[0]\n"
    ),
    "exception groups": (
        "def f(xs):\n    out = []\n    try:\n        for x in xs:\n            out.append(x)\n"
        "    except* ValueError as e:\n        out = out + [e]\n    return out\n"
    ),
    "global and nonlocal": (
        "total = ''\ndef f(xs: list[str]):\n    global total\n    n = ''\n    def g():\n        nonlocal n\n        for x in xs:\n"
        "            n += x\n    for x in xs:\n        total += x\n    return g\n"
    ),
    "lambdas in defaults": (
        "def f(xs=[x for x in [1]], key=lambda a, *b, c=[y for y in ()], **d: [a, b, c, d][0]):\n"
        "    return sorted(xs, key=lambda x: key(x))[0]\n"
    ),
    "class bodies": (
        "class A:\n    xs = [1, 2]\n    ys = []\n    for x in xs:\n        ys.append(x)\n"
        "    zs = [y for y in xs if y in ys]\n    del x\n"
    ),
    "format specifications": 'def f(xs: list[int], w):\n    return [f"{x:{w}} {sorted(xs)[0]!r:>{len([y for y in xs])}}" for x in xs]\n',
    "unused names": (
        "from os import *\nfor _ in __builtins__: _\nfor _, _ in (): pass\ntry: pass\n"
        "except Exception as e: pass\n"
    ),
}  # fmt: skip
if sys.version_info >= (3, 12):
    ODD["type parameters"] = (
        "type Pair[T] = tuple[T, T]\ndef f[T: int](xs: list[T]) -> list[T]:\n    out = []\n"
        "    for x in xs:\n        out.append(x)\n    return out\n"
        "class A[*Ts, **P]:\n    def g(self, xs: list[int]):\n        return [x for x in xs if x in list(xs)]\n"
    )


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_odd_syntax(source: str) -> None:
    result = fixed(source)
    compile(result.source.removeprefix("\ufeff"), "odd", "exec", dont_inherit=True)
    assert not fixed(result.source).applied


def repeat(text: str, times: int) -> str:
    """A text again and again, with a number in it where it says ``@``."""
    return "".join(text.replace("@", str(number)) for number in range(times))


HEAD = "def f(xs: list[int], ys: list[str]):\n    out = []\n"
LARGE = {
    "a table": "TABLE = [\n" + repeat("    (@, 'two', 3.0, b'four', None),\n", 4000) + "]\n",
    "a dictionary in one line": "TABLE = {" + repeat("'k@': [@, 'v'], ", 10_000) + "}\n",
    "one long text": f"TEXT = '{'x' * 1_000_000}'\nFIRST = TEXT.split(',')[0]\n",
    "one long line of wide characters": f"TEXT = '{'é😀' * 100_000}'; FIRST = [x for x in TEXT][0]\n",
    "a long sum": "TOTAL = 1" + repeat(" + @", 900) + "\n",
    "a sum too long to walk": "TOTAL = 1" + repeat(" + x@", 5000) + "\n",
    "many names": repeat("v@ = [@]\nw@ = [x for x in v@]\n", 1000),
    "one name, often": HEAD + repeat("    out.append(xs[0])\n    out = out + [@]\n", 500),
    "a long chain": "def f(x):\n    if x: y = 0\n" + repeat("    elif x == @:\n        y = @\n", 300) + "    return y\n",
    "deep loops": HEAD + "".join("    " * depth + f"for a{depth} in xs:\n" for depth in range(1, 19)) + "    " * 19 + "out.append(a3)\n",
    "deep brackets": "x = " + "[" * 90 + "]" * 90 + "\n",
    "deep calls": "x = " + "str(" * 90 + ")" * 90 + "\n",
    "deep functions": "".join(" " * depth + f"def f{depth}(xs):\n" for depth in range(90)) + " " * 90 + "return [x for x in xs]\n",
    "one function": HEAD + repeat("    for x in xs:\n        if x in [1, @]:\n            out.append(ys[x])\n", 200),
    "many methods": "class A:\n" + repeat(
        "    def m@(self, xs: list[int]):\n        self.a@ = []\n        for x in xs:\n            self.a@.append(x)\n", 300
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", LARGE.values(), ids=LARGE)
def test_large_files_do_not_fail(source: str) -> None:
    try:
        analyse(source, "", EVERY)
    except SourceError as error:
        assert "nested" in str(error) or "recursion" in str(error)


def test_many_fixes_in_one_function_are_all_applied_at_once() -> None:
    source = "def f(x: list[int]) -> None:\n" + "    print([y for y in x])\n" * 30
    result = fixed(source)
    assert len(result.applied) == 30
    assert not fixed(result.source).applied


@pytest.mark.parametrize("text", sorted({case.before for case in every_case()}), ids=lambda text: "")
def test_types_do_not_depend_on_what_was_asked_first(text: str) -> None:
    """Rules ask in the order of sets of nodes, which differs from run to run."""
    forward, backward = Module(text), Module(text)
    nodes = [node for node in ast.walk(forward.tree) if isinstance(node, ast.expr)]
    twins = [node for node in ast.walk(backward.tree) if isinstance(node, ast.expr)]
    found = [forward.types.of(node) for node in nodes]
    other = [backward.types.of(node) for node in reversed(twins)]
    assert found == other[::-1]
