from __future__ import annotations

import ast
from pathlib import Path

import pytest

from burnish_analysis.verify.screen import screen, slice_module

REFUSED = {
    "return open(x).read()": "works with files",
    "import os\n    os.remove(x)": "os.remove",
    "from os import path\n    return path.exists(x)": "os.path.exists",
    "from pathlib import Path\n    return Path(x).read_text()": ".read_text()",
    "import time\n    return time.time()": "reads the clock",
    "from datetime import datetime as d\n    return d.now()": "reads the clock",
    "import random\n    return random.random()": "draws random numbers",
    "import random\n    return random.Random().random()": "without a seed",
    "import numpy as np\n    return np.random.rand(x)": "draws random numbers",
    "import uuid\n    return uuid.uuid4()": "uuid.uuid4",
    "import secrets\n    return secrets.token_hex()": "draws random numbers",
    "import threading\n    threading.Thread(target=x).start()": "uses threads",
    "from concurrent.futures import ThreadPoolExecutor\n    ThreadPoolExecutor()": "uses threads",
    "import subprocess\n    subprocess.run(x)": "processes",
    "import socket\n    socket.socket()": "network",
    "import urllib.request\n    urllib.request.urlopen(x)": "network",
    "import asyncio\n    asyncio.run(x)": "event loop",
    "import ctypes\n    ctypes.CDLL(None)": "below Python",
    "import gc\n    return gc.get_objects()": "interpreter's objects",
    "import sys\n    return sys._getframe()": "interpreter's objects",
    "return ().__class__.__base__.__subclasses__()": "__subclasses__",
    "import json\n    json.dumps = x": "replaces json.dumps",
    "import builtins\n    builtins.len = x": "replaces builtins.len",
    "import json\n    setattr(json, 'dumps', x)": "replaces a part of json",
    "import os\n    return getattr(os, 'rem' + 'ove')(x)": "works with files",
    "return __import__('os').remove(x)": "os",
    "return input()": "standard input",
    "import sys\n    sys.__stdout__.write(x)": "past",
    "import os\n    return os.environ['HOME']": "environment",
    "import signal\n    signal.alarm(1)": "signals",
    "import atexit\n    atexit.register(x)": "end of the process",
    "return __builtins__": "builtins",
}
ALLOWED = [
    "import os.path\n    return os.path.join(x, 'a')",
    "from pathlib import PurePath\n    return PurePath(x).name",
    "import random\n    return random.Random(3).random()",
    "import datetime\n    return datetime.date(2020, 1, x)",
    "import json, re, math, collections\n    return json.dumps(math.log(x))",
    "print(x)\n    return x",
    "import urllib.parse\n    return urllib.parse.quote(x)",
    "open = len\n    return open(x)",
    "return x.read_text()",
    "return x.info()",
]


@pytest.mark.parametrize(("body", "words"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_reaches_outside_is_refused(body: str, words: str) -> None:
    fine = "def f(x):\n    return x\n"
    found = screen(fine, f"def f(x):\n    {body}\n", "f")
    assert found is not None
    assert found.startswith("the new version ")
    assert words in found


@pytest.mark.parametrize("body", ALLOWED, ids=range(len(ALLOWED)))
def test_what_does_not_is_let_through(body: str) -> None:
    assert screen(f"def f(x):\n    {body}\n", f"def f(x):\n    {body}\n", "f") is None


MODULE = '''"""A script."""
from __future__ import annotations
import os, sys; import time
import logging
log = logging.getLogger(__name__)
TABLE = {}
for i in range(3):
    TABLE[i] = i
for i in range(3): print(i)
START = time.time()
LIMIT = 5; other = open("nowhere"); STEP = 2
UNUSED = [
    1,
]; def_ = STEP
import random
RNG = random.Random()
def fill():
    TABLE["x"] = 1
fill()
os.remove("nowhere")
def helper(x):
    return x + STEP
def annotated(x: logging.Logger, y: "START") -> None:
    return x
class Base:
    def write(self): open("x")
class Thing(Base):
    size = LIMIT
    def get(self, i): return TABLE[i] + self.near()
    def near(self): return helper(self.size)
    def far(self): return open("x")
def clocked(): return START
def drawn(): return RNG.random()
def defaulted(x=START): return x
def logs(): log.info("x")
def lazy(): return globals()["START"]
if __name__ == "__main__":
    sys.exit(clocked())
'''


def test_the_slice_holds_what_is_needed_on_the_same_lines() -> None:
    text = slice_module(MODULE, "Thing.get")
    assert text.count("\n") == MODULE.count("\n")
    kept = [line for line in text.split("\n") if line.strip(" ();")]
    assert kept == [
        '"""A script."""',
        "from __future__ import annotations",
        "TABLE = {}",
        "for i in range(3):",
        "    TABLE[i] = i",
        "LIMIT = 5; (); STEP = 2",
        "def fill():",
        '    TABLE["x"] = 1',
        "fill()",
        "def helper(x):",
        "    return x + STEP",
        "class Base:",
        '    def write(self): open("x")',
        "class Thing(Base):",
        "    size = LIMIT",
        "    def get(self, i): return TABLE[i] + self.near()",
        "    def near(self): return helper(self.size)",
        '    def far(self): return open("x")',
    ]
    for number, line in enumerate(text.split("\n")):
        assert line.strip() in {"", *[part.strip() for part in kept]} or "()" in line or line in "();", number
    space: dict[str, object] = {"__name__": "sliced"}
    exec(compile(text, "sliced", "exec"), space)
    assert space["Thing"]().get("x") == 8  # type: ignore[operator]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("Thing.get", None),
        ("Thing.far", "works with files"),
        ("helper", None),
        ("annotated", "clock"),
        ("clocked", "clock"),
        ("drawn", "without a seed"),
        ("defaulted", "clock"),
        ("logs", "log"),
        ("lazy", "clock"),
        ("nowhere", "has no function"),
    ],
)
def test_reasons_go_through_the_module(function: str, words: str | None) -> None:
    found = screen(MODULE, MODULE, function)
    assert (found is None) if words is None else (found is not None and words in found), found


def test_names_that_inputs_use_are_kept() -> None:
    source = "import os\nclass A:\n    pass\ndef f(x):\n    return x\n"
    assert "class A" not in slice_module(source, "f")
    assert "class A" in slice_module(source, "f", also=["A"])


def test_a_module_that_is_not_installed_is_named(tmp_path: Path) -> None:
    source = "import absent_package.sub\ndef f():\n    return absent_package.sub.x\n"
    assert "needs the module absent_package" in str(screen(source, source, "f"))
    (tmp_path / "absent_package").mkdir()
    (tmp_path / "absent_package" / "__init__.py").write_text("")
    assert screen(source, source, "f", path=[tmp_path]) is None
    caught = (
        "try:\n    import absent_package as a\nexcept ImportError:\n    a = None\ndef f():\n    return a\n"
    )
    assert screen(caught, caught, "f") is None


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines_and_wide_characters_do_not_matter(newline: str) -> None:
    source = newline.join(["naïve = 'ü'; x = 1; z = 3", "def f(): return x", "y = (", " 1,", "); q = 2", ""])
    text = slice_module(source, "f")
    assert text.split("\n") == ["(); x = 1; ()", "def f(): return x", "(", "", "); ()", ""]
    ast.parse(text)


def test_decorated_definitions_vanish_with_their_decorators() -> None:
    source = "import functools\n@functools.cache\ndef g():\n    pass\ndef f():\n    return 1\n"
    assert slice_module(source, "f") == "\n\n\n\ndef f():\n    return 1\n"


@pytest.mark.parametrize(
    "source", ["def f(:\n", "\0", "x = " + "(" * 300 + ")" * 300, "x = " + "-" * 20000 + "1\n"]
)
def test_what_is_no_python_is_said_to_be_none(source: str) -> None:
    assert screen(source, source, "f") is not None


def test_the_standard_library_can_be_looked_through() -> None:
    folder = Path(ast.__file__).parent
    for name in ("textwrap", "heapq", "json/encoder", "argparse", "dataclasses"):
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        for function in names[:: max(1, len(names) // 4)]:
            screen(text, text, function)
            compile(slice_module(text, function), name, "exec")
