"""Where a refactoring would not keep behaviour, or cannot be done, it says why and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_analysis.errors import RefactoringError
from tests.unit.refactor.crossing.folder import Folder

EXTRACT = {
    "cut": ("def f(x):\n    if x:§\n        y = 1\n    z =§ 2\n    return z\n", "cuts a statement"),
    "break": (
        "def f(xs):\n    for x in xs:\n§        if x:\n            break\n§",
        "`break` of a loop around it",
    ),
    "continue": (
        "def f(xs):\n    for x in xs:\n§        if x:\n            continue\n§        print(x)\n",
        "`continue`",
    ),
    "return on some ways": (
        "def f(x):\n§    if x:\n        return 1\n§    return 2\n",
        "returns on some ways",
    ),
    "yield": ("def f(x):\n§    if x:\n        yield 1\n§    print(x)\n", "yields"),
    "unbound": ("def f(x):\n§    if x:\n        y = 1\n§    print(y)\n", "`y` may have no value yet"),
    "handler sees it": (
        "def f(x):\n    n = 0\n    try:\n§        n = 1\n        x()\n§    except ValueError:\n        return n\n    return n\n",
        "read after an exception",
    ),
    "swallowed": (
        "def f(x):\n    n = 0\n    with x:\n§        n = 1\n        x()\n§    return n\n",
        "read after an exception",
    ),
    "closure outside": (
        "def f(x):\n    n = 0\n    g = lambda: n\n§    n = 1\n    x()\n§    return g\n",
        "function inside f uses `n`",
    ),
    "closure inside": (
        "def f(x):\n    n = 0\n§    g = lambda: n\n    x(g)\n§    n = 2\n    return g\n",
        "which changes outside",
    ),
    "nonlocal": (
        "def f(x):\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n§    x(g)\n    print(n)\n§    return n\n",
        "(nonlocal)",
    ),
    "global": ("def f(x):\n    global n\n§    n = 1\n    x()\n§", "which is global"),
    "delete": ("def f(x):\n§    del x\n    print()\n§", "deletes a variable"),
    "locals": ("def f(x):\n§    a = 1\n    print(locals())\n§", "`locals` looks at the function"),
    "private": (
        "class A:\n    def f(self):\n§        self.__x = 1\n        print()\n§",
        "private to its class",
    ),
    "temporary folder": (
        "import tempfile\ndef f(x):\n§    t = tempfile.TemporaryDirectory()\n    n = t.name\n§    return n\n",
        "ends with the variable",
    ),
    "only binding": (
        "def f(x):\n    if x:\n§        n = 1\n        print(n)\n§        return 1\n    return n\n",
        "only the selection gives it a value",
    ),
    "docstring": ('def f(x):\n§    """doc"""\n    print(x)\n§', "docstring"),
    "two on a line": ("def f(x):\n    a = 1; §b = 2§; print(a, b)\n", "same line"),
    "class": ("def f(x):\n§    class A:\n        pass\n§    return A\n", "class defined in a function"),
    "type parameter": ("def f(x):\n    return (§y := x§) + y\n", "assigns a variable"),
}


@pytest.mark.parametrize("case", EXTRACT)
def test_extraction(case: str, tmp_path: Path) -> None:
    source, sentence = EXTRACT[case]
    folder = Folder(tmp_path, {"a.py": source})
    with pytest.raises(RefactoringError) as told:
        folder.perform("extract-function", name="_new")
    assert sentence in str(told.value)
    offer = folder.offers().get("extract-function")
    assert offer is None or sentence in offer.refused


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("2x", "cannot be a name"),
        ("class", "word of the Python language"),
        ("", "missing"),
        ("len", "built-in"),
        ("other", "used in this file"),
    ],
)
def test_names(name: str, sentence: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "other = 1\n\n\ndef f(x):\n§    x += 1\n    x += 2\n§    return x\n"})
    with pytest.raises(RefactoringError, match=sentence):
        folder.perform("extract-function", name=name)


VARIABLES = {
    "conditional": ("def f(x):\n    return x and §x.y§\n", "only under a condition"),
    "each element": ("def f(xs, k):\n    return [§g(k)§ for x in xs]\n", "for every element"),
    "loop test": ("def f(x):\n    while §x.next()§:\n        pass\n", "every round"),
    "after a call": ("def f(x):\n    return g() + §x.y§\n", "evaluated before the selection"),
    "elif": ("def f(x):\n    if x:\n        pass\n    elif §x.y§:\n        pass\n", "elif"),
    "lambda": ("def f(x):\n    return lambda: §x.y§\n", "or later"),
}


@pytest.mark.parametrize("case", VARIABLES)
def test_extract_variable(case: str, tmp_path: Path) -> None:
    source, sentence = VARIABLES[case]
    with pytest.raises(RefactoringError, match=sentence):
        Folder(tmp_path, {"a.py": source}).perform("extract-variable", name="value")


OTHERS = {
    "rename to a taken name": ("rename", {"name": "b"}, {"a.py": "def f(§a, b):\n    return a + b\n"}, "taken"),
    "rename hides another file's": (
        "rename", {"name": "g"}, {"a.py": "def §f():\n    pass\n", "b.py": "from a import f\ndef g():\n    f()\n"}, "taken"
    ),
    "rename hides a built-in": ("rename", {"name": "list"}, {"a.py": "def f(§a):\n    return list(a)\n"}, "built-in"),
    "inline twice": ("inline-variable", {}, {"a.py": "def f():\n    §a = g()\n    return a + a\n"}, "read 2 times"),
    "inline past a call": ("inline-variable", {}, {"a.py": "def f(x):\n    §a = x.y\n    g()\n    return a\n"}, "Something stands between"),
    "inline two assignments": ("inline-variable", {}, {"a.py": "def f(x):\n    §a = x\n    a = 2\n    return a\n"}, "exactly once"),
    "inline into a loop": ("inline-variable", {}, {"a.py": "def f(x):\n    §a = x()\n    return [a for _ in x]\n"}, "for every element"),
    "inline a long function": ("inline-function", {}, {
            "a.py": "def §f(x):\n    y = x\n    return y\n\n\nf(1)\n"}, "more than one `return`"),
    "inline a changing argument": (
        "inline-function", {}, {"a.py": "def §f(x):\n    return x + x\n\n\nprint(f(g()))\n"}, "how often would change"
    ),
    "inline where a name means another": (
        "inline-function", {}, {
            "a.py": "K = 1\n\n\ndef §f(x):\n    return x + K\n\n\ndef g(K):\n    return f(1)\n"}, "means another variable"
    ),
    "inline a function of others": (
        "inline-function", {}, {"a.py": "def §f(x):\n    return x\n\n\nf(1)\n", "b.py": "from a import f\n"}, "Another file"
    ),
    "used parameter": ("remove-parameter", {}, {"a.py": "def f(§a):\n    return a\n"}, "is used in f"),
    "parameter of a value": ("remove-parameter", {}, {"a.py": "def f(§a):\n    return 1\n\n\nmap(f, [1])\n"}, "used as a value"),
    "parameter passed by a call": ("remove-parameter", {}, {
            "a.py": "def f(§a):\n    return 1\n\n\nf(print())\n"}, "computes what it passes"),
    "parameter of a starred call": ("remove-parameter", {}, {"a.py": "def f(§a):\n    return 1\n\n\nf(*xs)\n"}, "whole list"),
    "parameter of an unknown object's method": (
        "remove-parameter", {}, {"a.py": "class A:\n    def f(self, §a):\n        return 1\n\n\ndef g(x):\n    x.f(1)\n"}, "cannot be told"
    ),
    "parameter of an overriding method": (
        "remove-parameter", {}, {"a.py": "class A(B):\n    def f(self, §a):\n        return 1\n"}, "base class"
    ),
    "order of defaults": ("reorder-parameters", {"order": "b, a"}, {"a.py": "def §f(a, b=1):\n    return a\n"}, "no default value"),
    "order of others": ("reorder-parameters", {"order": "b, c"}, {"a.py": "def §f(a, b):\n    return a\n"}, "Name each of"),
    "move to nowhere": ("move-symbol", {"module": "q.r"}, {"a.py": "def §f():\n    pass\n"}, "no module q.r"),
    "move onto another": ("move-symbol", {"module": "b"}, {"a.py": "def §f():\n    pass\n", "b.py": "f = 1\n"}, "has a `f` already"),
    "move into a circle": (
        "move-symbol", {"module": "b"},
        {"a.py": "K = 1\n\n\ndef §f():\n    return K\n\n\nprint(f())\n", "b.py": "\n"}, "circle",
    ),
    "constant": ("introduce-parameter", {"name": "k"}, {"a.py": "def f(a):\n    return §a.b§\n"}, "Select a constant"),
    "method object of a generator": ("method-object", {"name": "F"}, {"a.py": "def §f(a):\n    yield a\n"}, "generator"),
    "use a function with effects": (
        "use-function", {}, {"a.py": "def §f(n):\n    return n + n\n\n\nx = g() + g()\n"}, "another number of times"
    ),
    "field that exists": (
        "local-to-field", {}, {"a.py": "class A:\n    n = 1\n    def f(self):\n        §n = 2\n        return n\n"}, "already"
    ),
    "unknown id": ("nothing", {}, {"a.py": "§x = 1\n"}, "no refactoring called"),
    "broken file": ("rename", {"name": "y"}, {"a.py": "§x = (\n"}, "mend it first"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_others(case: str, tmp_path: Path) -> None:
    id, answers, files, sentence = OTHERS[case]
    with pytest.raises(RefactoringError, match=sentence):
        Folder(tmp_path, files).perform(id, **answers)


def test_outside_names_offer_nothing(tmp_path: Path) -> None:
    for source in ("x = '§abc'\n", "# §abc\n", "x = 1§\n\n", "§(\n"):
        assert Folder(tmp_path, {"a.py": source}).offers() == {}
