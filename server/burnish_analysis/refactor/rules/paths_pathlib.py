"""``os.path`` functions as methods of ``pathlib.Path``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import offer

__all__ = ["UsePathlib"]

_ALIKE = "the path is a text and not empty, and `./a`, `a//b` or a final `/` make no difference"
_READABLE = "a path that cannot be asked about raises no error that matters"
_NAME = "nothing needs the name of the open file as a text"
_TESTS = frozenset({"os.path.exists", "os.path.isdir", "os.path.isfile"})

#: What asks something about a path, and how a ``Path`` is asked.
_ASKED = {
    "os.path.exists": "exists()",
    "os.path.isfile": "is_file()",
    "os.path.isdir": "is_dir()",
    "os.path.getsize": "stat().st_size",
    "os.path.basename": "name",
}
#: Functions whose first argument may be any path, and that give nothing of it back.
_TAKING = frozenset({
    "os.access", "os.chmod", "os.listdir", "os.lstat", "os.mkdir", "os.readlink", "os.remove", "os.rmdir", "os.stat",
    "os.truncate", "os.unlink", "os.utime", "shutil.rmtree",
})  # fmt: skip
#: Those whose second argument may be one, too.
_TAKING_TWO = frozenset({"os.link", "os.rename", "os.renames", "os.replace"})
#: Types that ``Path`` does not take.
_NO_PATHS = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "int", "list", "set", "tuple"}
)
_OPENED = frozenset({"mode", "buffering", "encoding", "errors", "newline"})


class UsePathlib(Refactoring):
    """``os.path.join``, ``exists``, ``basename`` … whose result is used at once."""

    id = "pathlib"
    suggest = False
    about = About(
        summary="A path is handled as a text by `os.path`",
        before="""\
import os


def load(folder: str, name: str) -> str:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()
""",
        after="""\
import os
from pathlib import Path


def load(folder: str, name: str) -> str:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with Path(folder, name).open(encoding="utf-8") as file:
        return file.read()
""",
        why="A `Path` says what a text only may be, and what is done to it reads from left to right.",
        preconditions=(
            "the path is a text, written without what `Path` leaves out: `./`, `//`, a final `/`",
        ),
        references=("https://docs.python.org/3/library/pathlib.html#corresponding-tools",),
    )
    nodes = (ast.Call, ast.Subscript)
    imports = ("os",)
    calls = tuple(
        sorted(
            name.rpartition(".")[2]
            for name in (*_ASKED, *_TAKING, *_TAKING_TWO, "os.makedirs", "builtins.open")
        )
    )

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls and at ``splitext(…)[…]`` whose result is no path, or that take any path."""
        if isinstance(node, ast.Call):
            called = module.qualified(node.func) or ""
            made = _call(node, called, module)
        elif (
            isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not _in_text(node, module)
        ):
            made = _ending(node, module)
            called = "os.path.splitext"
        else:
            return
        if not made or _in_text(node, module):
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, _ALIKE)
        if called in _TESTS:
            evidence.require(Known.UNKNOWN, _READABLE)
        elif called == "builtins.open":
            evidence.require(Known.UNKNOWN, _NAME)
        yield from offer(
            self,
            module,
            node,
            f"The path is handled as a text by `{_shown(node, called, module)}`.",
            evidence,
            "Use `pathlib`",
            made,
            [Import("pathlib", "Path")],
        )


def _call(node: ast.Call, called: str, module: Module) -> list[Edit]:
    if called in _ASKED and _plain(node, 1):
        path = _path(node.args[0], module)
        return [_edit(node, f"{path}.{_ASKED[called]}", module)] if path else []
    if called == "os.makedirs":
        return _made(node, module)
    if called == "builtins.open":
        return _opened(node, module)
    if called in _TAKING or called in _TAKING_TWO:
        count = 2 if called in _TAKING_TWO else 1
        paths = [(part, _derived(part, module)) for part in node.args[:count]]
        return [_edit(part, path, module) for part, path in paths if path]
    return []


def _made(node: ast.Call, module: Module) -> list[Edit]:
    """``os.makedirs(path, exist_ok=…)``."""
    names = [keyword.arg for keyword in node.keywords]
    if len(node.args) != 1 or names not in ([], ["exist_ok"]):
        return []
    path = _path(node.args[0], module)
    exist = f", exist_ok={module.text(node.keywords[0].value)}" if names else ""
    return [_edit(node, f"{path}.mkdir(parents=True{exist})", module)] if path else []


def _opened(node: ast.Call, module: Module) -> list[Edit]:
    """``open(path, …)`` of a path that is put together there."""
    if not node.args or not all(keyword.arg in _OPENED for keyword in node.keywords) or len(node.args) > 5:
        return []
    if any(isinstance(part, ast.Starred) for part in node.args):
        return []
    path = _derived(node.args[0], module)
    if not path:
        return []
    rest = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    if not rest:
        return [_edit(node, f"{path}.open()", module)]
    # From the first of the other arguments on everything stays as it is written.
    first = module.start(rest[0]) if len(node.args) > 1 else module.start(node.keywords[0])
    before = module.source[module.end(node.args[0]) : first]
    if before.strip(" \t\r\n") != ",":
        return []  # parentheses or comments
    return [Edit(module.start(node), first, f"{path}.open(")]


def _ending(node: ast.Subscript, module: Module) -> list[Edit]:
    """``os.path.splitext(path)[1]`` and ``os.path.splitext(os.path.basename(path))[0]``."""
    call = node.value
    if not isinstance(node.slice, ast.Constant) or not module.calls(call, "os.path.splitext"):
        return []
    assert isinstance(call, ast.Call)
    if not _plain(call, 1):
        return []
    given = call.args[0]
    if node.slice.value == 1 and node.slice.value is not True:
        path = _path(given, module)
        return [_edit(node, f"{path}.suffix", module)] if path else []
    if node.slice.value == 0 and node.slice.value is not False and module.calls(given, "os.path.basename"):
        assert isinstance(given, ast.Call)
        path = _path(given.args[0], module) if _plain(given, 1) else ""
        return [_edit(node, f"{path}.stem", module)] if path else []
    return []


def _path(node: ast.expr, module: Module) -> str:
    """An expression whose value is the ``Path`` of a path; empty where it is no path."""
    made = _derived(node, module)
    if made:
        return made
    kind = module.types.name(node)
    if kind in _NO_PATHS or isinstance(node, (ast.Starred, ast.GeneratorExp, ast.NamedExpr)):
        return ""
    text = module.text(node)
    if kind == "pathlib.Path" and isinstance(node, (ast.Name, ast.Attribute, ast.Call)) and "\n" not in text:
        return text
    return f"{_name(node, module)}({text})"


def _derived(node: ast.expr, module: Module) -> str:
    """The same for a path that is put together or taken apart; empty for any other expression."""
    if isinstance(node, ast.Subscript):
        call = node.value
        whole = (
            isinstance(node.slice, ast.Constant) and node.slice.value == 0 and node.slice.value is not False
        )
        if (
            whole
            and module.calls(call, "os.path.splitext")
            and isinstance(call, ast.Call)
            and _plain(call, 1)
        ):
            path = _path(call.args[0], module)
            return f'{path}.with_suffix("")' if path else ""
        return ""
    if not isinstance(node, ast.Call) or node.keywords or not node.args:
        return ""
    if module.calls(node, "os.path.dirname") and _plain(node, 1):
        path = _path(node.args[0], module)
        return f"{path}.parent" if path else ""
    if not module.calls(node, "os.path.join"):
        return ""
    first, *rest = node.args
    if any(module.types.name(part) in _NO_PATHS for part in rest):
        return ""
    others = ", ".join(module.text(part) for part in rest)
    base = _derived(first, module)
    if base:
        return f"{base}.joinpath({others})" if rest else base
    if isinstance(first, (ast.GeneratorExp, ast.NamedExpr)) or module.types.name(first) in _NO_PATHS:
        return ""
    listed = ", ".join(filter(None, (module.text(first), others)))
    return f"{_name(node, module)}({listed})"


def _name(node: ast.AST, module: Module) -> str:
    return module.imported("pathlib", "Path", at=node)


def _plain(call: ast.Call, count: int) -> bool:
    """Whether a call has just some arguments, each given by its place."""
    return len(call.args) == count and not call.keywords and not isinstance(call.args[0], ast.Starred)


def _edit(node: ast.expr, text: str, module: Module) -> Edit:
    return Edit(module.start(node), module.end(node), text)


def _in_text(node: ast.AST, module: Module) -> bool:
    """Whether it stands in an f-string, where quotes and lines may not be what they are elsewhere."""
    return any(isinstance(outer, ast.JoinedStr) for outer in module.ancestors(node))


def _shown(node: ast.AST, called: str, module: Module) -> str:
    """The function of ``os.path`` that it is about."""
    if called.startswith(("os.path.", "os.makedirs")):
        return called
    for part in ast.walk(node):
        found = module.qualified(part.func) if isinstance(part, ast.Call) else None
        if found and found.startswith("os.path."):
            return found
    return called
