"""Small sources that show what radon does with unusual Python, and a way to ask radon itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["BROKEN", "SOURCES", "radon_says"]

SOURCES: dict[str, str] = {
    "empty": "",
    "blank": "\n\n   \n",
    "comment": "# only a comment",
    "docstring": '"""Text\n\n  over lines\n"""\n',
    "one-line": "if a: x = 1; y = 2\n",
    "semicolons": "x = 1; y = 2;\ndef f(): return 1\nlam = lambda q: q if q else 0\n",
    "nested": '''\
"""Module."""
import os

def outer(a, b=1 if os else 2, *c):
    """Doc."""
    def inner(x):
        if x and a or b:
            return [y for y in c if y if x]
        def innermost():
            assert x and a
        return lambda: x if a else b
    class Local:
        def method(self):
            while self:
                pass
            else:
                return not self
    for i in c:
        try:
            a += i
        except ValueError:
            a -= -i
        except KeyError:
            pass
        else:
            return inner
        finally:
            print(a)
    return Local
''',
    "classes": """\
class A(B if C else D, metaclass=M + N):
    x = 1 if B else 2
    @property
    def p(self):
        return self._p or 1

    @p.setter
    def p(self, value):
        if value < 0 < 2 <= self._p:
            raise ValueError(
                "negative"
            )
    class Inner(A):
        y = [z for z in x]
        def q(self): return 1
        class Innermost:
            def r(self):
                assert self, "x" \\
                    "y"
    if x:
        def conditional(self): pass
        class Also: z = 3
    else:
        async def conditional(self):
            async for i in x:
                async with i as j: await j

class Empty: pass
class One:
    def only(self):
        return 1 == 1.0 == True
""",
    "conditional definitions": """\
try:
    import x
except ImportError:
    def f(a): return a and a
    class K:
        def m(self): return 1 < 2
else:
    def f(a): return not a
""",
    "match": """\
def f(x):
    match x:
        case 1 | 2: return 1
        case {"a": b} if b: return 2
        case [*_]: return 3
        case _: return 4
    match x:
        case other: pass
""",
    "except group": "def f():\n    try:\n        g()\n    except* ValueError:\n        if a: b()\n",
    "elif": (
        "def f(a):\n    if a:\n        pass\n    elif b:\n        pass\n"
        "    elif c:\n        if d:\n            pass\n    else:\n        if e: pass\n"
    ),
    "continuation": "x = 1 + \\\n    2\ny = 'a\\\nb'\nz = (1,\n\n  # inside\n  2)\n",
    "texts": 'x = """a\n# no comment\n\n  b"""\n"""alone"""\n("""in\nbrackets""")\n"a" \\\n"b"\n\'\'\'c\nd\'\'\'; y = 2\n',
    "f-strings": 'def f(a):\n    return f"""\n{a if a else 1}\n {a + 1!r:>{a}}\n"""\nx = f"{a}" f"{b and c}"\n',
    "form feed": "x = 1\n\x0c\ndef f():\n    '''a\x0cb\u2028c'''\n    return 1\n",
    "unicode": "é = 'ß' + \"𝄞\"\ndef ö(ü): return ü and é\n",
    "decorators": "@a.b(c if d else e)\n@(lambda f: f)\ndef g(x: int = 1 + 2) -> str | None:\n    return x\n\n@a\nclass C: pass\n",
    "tabs": "class T:\n\tdef f(self):\n\t\tif self:\n\t\t\treturn 1\n",
    "crlf": "def f(a):\r\n    if a:\r\n        return '''x\r\n\r\ny'''\r\n\r\n# end\r\n",
    "carriage returns": "def f(a):\r    if a:\r        return 1\r",
    "walrus": "while (n := f()) and n > 1: print(n, -n, ~n, not n)\nx += 1\nx **= 2\ny = x if (z := 1) else ...\n",
    "same names": "def f(): return 1\ndef f(): return 1 + 2\nclass A:\n    def f(self): return 1 < 2 < 3\n",
    "no end of line": "x = {\n 'a': 1,\n}",
}

#: Texts that are not Python.
BROKEN = ("def f(:\n", "x = (\n", "'''open", "if x:\n", "a\x00b", "  x = 1\n y = 2\n", "x = $\n")


def radon_says(folder: Path) -> dict[str, dict[str, Any]]:
    """What radon's command line says of every file in a folder, by command and file name."""
    commands = {"cc": ["-s", "-j"], "mi": ["-s", "-j"], "hal": ["-j"], "raw": ["-j"]}
    return {
        command: {
            Path(path).name: said
            for path, said in json.loads(
                subprocess.run(
                    [sys.executable, "-m", "radon", command, *options, "."],
                    cwd=folder,
                    check=True,
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                ).stdout
            ).items()
        }
        for command, options in commands.items()
    }
