"""Every refactoring that crosses functions or files, where it applies."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_analysis.refactor.crossing.api import CROSSING
from tests.unit.refactor.crossing.folder import Folder

CASES = {
    "extract-function of statements": (
        "extract-function", {"name": "_sum"},
        {"a.py": "def f(xs, k):\n    §t = 0\n    for x in xs:  # each\n        t += x * k\n§    return t\n"},
        {"a.py": "def _sum(xs, k):\n    t = 0\n    for x in xs:  # each\n        t += x * k\n    return t\n\n\n"
                 "def f(xs, k):\n    t = _sum(xs, k)\n    return t\n"},
    ),
    "extract-function of an expression": (
        "extract-function", {"name": "_half"},
        {"a.py": "def f(xs, k):\n    return [§x / 2 + k§ for x in xs]\n"},
        {"a.py": "def _half(x, k):\n    return x / 2 + k\n\n\ndef f(xs, k):\n    return [_half(x, k) for x in xs]\n"},
    ),
    "extract-function that returns": (
        "extract-function", {"name": "_rest"},
        {"a.py": "def f(x):\n    y = x + 1\n§    if y > 2:\n        return 1\n    return y\n§"},
        {"a.py": "def _rest(y):\n    if y > 2:\n        return 1\n    return y\n\n\ndef f(x):\n    y = x + 1\n    return _rest(y)\n"},
    ),
    "extract-method": (
        "extract-method", {"name": "_add"},
        {"a.py": "class A:\n    def f(self, xs):\n§        for x in xs:\n            self.t += x\n§        return self.t\n"},
        {"a.py": "class A:\n    def f(self, xs):\n        self._add(xs)\n        return self.t\n\n"
                 "    def _add(self, xs):\n        for x in xs:\n            self.t += x\n"},
    ),
    "extract-variable": (
        "extract-variable", {"name": "size"},
        {"a.py": "def f(xs):\n    return §len(xs)§ + 1\n"},
        {"a.py": "def f(xs):\n    size = len(xs)\n    return size + 1\n"},
    ),
    "inline-variable of plain values": (
        "inline-variable", {},
        {"a.py": "def f(a):\n    §k = a\n    print(1)\n    return k + k\n"},
        {"a.py": "def f(a):\n    print(1)\n    return a + a\n"},
    ),
    "inline-variable into what comes next": (
        "inline-variable", {},
        {"a.py": "def f(a):\n    §k = a.b() + 1\n    return k * 2\n"},
        {"a.py": "def f(a):\n    return (a.b() + 1) * 2\n"},
    ),
    "inline-function": (
        "inline-function", {},
        {"a.py": "def §twice(n, m=2):\n    return n * m\n\n\ndef f(x):\n    return twice(x + 1) - twice(3, m=x)\n"},
        {"a.py": "def f(x):\n    return ((x + 1) * 2) - (3 * x)\n"},
    ),
    "inline-parameter": (
        "inline-parameter", {},
        {"a.py": "def f(a, §k=3):\n    return a * k\n\n\nf(1)\n", "b.py": "from a import f\nf(1, 2)\nf(2)\n"},
        {"a.py": "def f(a, k):\n    return a * k\n\n\nf(1, k=3)\n", "b.py": "from a import f\nf(1, 2)\nf(2, k=3)\n"},
    ),
    "rename in all files": (
        "rename", {"name": "total"},
        {"a.py": "def §f(a):\n    return a\n", "p/b.py": "import a\nfrom a import f as g\nprint(a.f(1), g, 'f')\n"},
        {"a.py": "def total(a):\n    return a\n", "p/b.py": "import a\nfrom a import total as g\nprint(a.total(1), g, 'f')\n"},
    ),
    "rename of an attribute": (
        "rename", {"name": "size"},
        {"a.py": "class A:\n    def __init__(self):\n        self.§n = 1\n\n    def get(self):\n        return self.n\n"},
        {"a.py": "class A:\n    def __init__(self):\n        self.size = 1\n\n    def get(self):\n        return self.size\n"},
    ),
    "move-symbol": (
        "move-symbol", {"module": "b"},
        {"a.py": "import math\nimport os\n\n\ndef §f(x):\n    return math.floor(x)\n\n\nprint(os.sep)\n",
         "b.py": "K = 1\n", "c.py": "from a import f\nprint(f(1))\n"},
        {"a.py": "import math\nimport os\n\n\nprint(os.sep)\n", "b.py": "import math\n\n\ndef f(x):\n    return math.floor(x)\n\n\nK = 1\n",
         "c.py": "import b\nprint(b.f(1))\n"},
    ),
    "move-symbol below the docstring": (
        "move-symbol", {"module": "b"},
        {"a.py": "K = 1\n\n\ndef §f(x):\n    return x + K\n", "b.py": '#!/bin/sh\n"""Docs.\n\nMore.\n"""\n\nL = 1\n'},
        {"a.py": "K = 1\n", "b.py": '#!/bin/sh\n"""Docs.\n\nMore.\n"""\n\nfrom a import K\n\n\n'
                                      "def f(x):\n    return x + K\n\n\nL = 1\n"},
    ),
    "move-symbol below the licence": (
        "move-symbol", {"module": "b"},
        {"a.py": "def §f(x):\n    return x\n", "b.py": "# Licence\n\n# The number.\nL = 1\n"},
        {"a.py": "", "b.py": "# Licence\n\n\ndef f(x):\n    return x\n\n\n# The number.\nL = 1\n"},
    ),
    "move-symbol into a module of a docstring": (
        "move-symbol", {"module": "b"},
        {"a.py": "def §f(x):\n    return x\n", "b.py": '"""Docs."""\n'},
        {"a.py": "", "b.py": '"""Docs."""\n\n\ndef f(x):\n    return x\n'},
    ),
    "introduce-parameter": (
        "introduce-parameter", {"name": "limit"},
        {"a.py": "def f(x):\n    return x > §10§\n"},
        {"a.py": "def f(x, limit=10):\n    return x > limit\n"},
    ),
    "add-parameter keeps types": (
        "add-parameter", {"name": "k", "default": "None"},
        {"a.py": "def §f(\n    x: int,  # first\n    *,\n    y: str = \"\",\n) -> int:\n    return x\n"},
        {"a.py": "def f(\n    x: int,  # first\n    *,\n    y: str = \"\", k: object = None,\n) -> int:\n    return x\n"},
    ),
    "remove-parameter": (
        "remove-parameter", {},
        {
            "a.py": "def f(a: int, §b: str = \"x\", *, c: int = 1) -> int:\n    return a + c\n",
         "b.py": "import a\na.f(1, 'y', c=2)\na.f(1, b=0)\n"},
        {"a.py": "def f(a: int, *, c: int = 1) -> int:\n    return a + c\n", "b.py": "import a\na.f(1, c=2)\na.f(1)\n"},
    ),
    "reorder-parameters": (
        "reorder-parameters", {"order": "b, a"},
        {"a.py": "def §f(a: int, b: str):\n    return a\n\n\nf(1, 2)\nf(a=1, b=2)\n", "b.py": "from a import f\nf(len(''), open(''))\n"},
        {"a.py": "def f(b: str, a: int):\n    return a\n\n\nf(2, 1)\nf(a=1, b=2)\n", "b.py": "from a import f\nf(a=len(''), b=open(''))\n"},
    ),
    "local-to-field": (
        "local-to-field", {},
        {"a.py": "class A:\n    def f(self, x):\n        §n = x\n        return n + 1\n"},
        {"a.py": "class A:\n    def f(self, x):\n        self.n = x\n        return self.n + 1\n"},
    ),
    "method-object": (
        "method-object", {"name": "Adding"},
        {"a.py": "def §add(a, b):\n    c = a + b\n    return c\n"},
        {"a.py": "def add(a, b):\n    return Adding(a, b)()\n\n\nclass Adding(object):\n\n    def __init__(self, a, b):\n"
                 "        self.a = a\n        self.b = b\n\n    def __call__(self):\n        c = self.a + self.b\n        return c\n"},
    ),
    "introduce-factory": (
        "introduce-factory", {"name": "make"},
        {"a.py": "class §A:\n    def __init__(self, n):\n        self.n = n\n", "b.py": "from a import A\nx = A(1)\n"},
        {"a.py": "class A:\n    def __init__(self, n):\n        self.n = n\n\n    @staticmethod\n"
                 "    def make(*args, **kwds):\n        return A(*args, **kwds)\n", "b.py": "from a import A\nx = A.make(1)\n"},
    ),
    "encapsulate-field": (
        "encapsulate-field", {},
        {"a.py": "class A:\n    def __init__(self):\n        self.§n = 1\n", "b.py": "from a import A\nx = A()\nx.n = x.n + 1\n"},
        {"a.py": "class A:\n    def __init__(self):\n        self.n = 1\n\n    def get_n(self):\n        return self.n\n\n"
                 "    def set_n(self, value):\n        self.n = value\n", "b.py": "from a import A\nx = A()\nx.set_n(x.get_n() + 1)\n"},
    ),
    "use-function": (
        "use-function", {},
        {"a.py": "def §double(n):\n    return n + n\n\n\ndef f(v):\n    return v + v\n"},
        {"a.py": "def double(n):\n    return n + n\n\n\ndef f(v):\n    return double(v)\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_it_makes(case: str, tmp_path: Path) -> None:
    id, answers, files, wanted = CASES[case]
    folder = Folder(tmp_path, files)
    offer = folder.offers()[id]
    assert not offer.refused
    assert folder.perform(id, **answers) == wanted


@pytest.mark.parametrize("case", CASES)
def test_it_asks_for_what_it_needs(case: str, tmp_path: Path) -> None:
    id, answers, files, _ = CASES[case]
    needs = {question.name for question in Folder(tmp_path, files).offers()[id].needs}
    assert set(answers) <= needs


def test_what_only_rope_vouches_for_says_that_it_is_not_run(tmp_path: Path) -> None:
    unproved = {id for id, each in CROSSING.items() if each.unproved}
    assert unproved == {
        "local-to-field", "encapsulate-field", "introduce-factory", "method-object", "use-function"
    }  # fmt: skip
    found = Folder(tmp_path, {"a.py": "class §A:\n    pass\n"}).offers()
    assert found["introduce-factory"].unproved.startswith("Not run")
    assert found["rename"].unproved == ""
