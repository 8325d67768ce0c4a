"""Reading files and folders in one piece where one line or one call is enough."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import comprehended, is_name, method_call
from burnish_analysis.perf.facts.tables import IMMUTABLE
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["AllLinesAtOnce", "EveryEntryAsked"]


class AllLinesAtOnce(Rule):
    """``for line in f.readlines()``."""

    id = "all-lines-at-once"
    about = About(
        summary="All lines of a file are read into a list that is only gone through",
        before="""\
def longest(path: str) -> int:
    found = 0
    with open(path) as file:
        for line in file.readlines():
            found = max(found, len(line))
    return found
""",
        after="""\
def longest(path: str) -> int:
    found = 0
    with open(path) as file:
        for line in file:
            found = max(found, len(line))
    return found
""",
        why="A file gives its lines one by one; a list of all of them takes memory for the whole file.",
        preconditions=(
            "the file comes from `open` and nothing else uses it",
            "nothing in the loop can change files, and nobody sees what it did before an error in a later line",
        ),
        references=("https://docs.python.org/3/tutorial/inputoutput.html#methods-of-file-objects",),
    )
    nodes = (ast.For, ast.comprehension)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``….readlines()``."""
        if not isinstance(node, (ast.For, ast.comprehension)):
            return
        read = method_call(node.iter, "readlines", arguments=0)
        if read is None or not isinstance(read[0], ast.Name):
            return
        file = read[0]
        kind = module.types.name(file)
        if kind not in ("", "file") or (not kind and module.qualified(file) is not None):
            return
        evidence = Evidence()
        evidence.require(Known.of(kind == "file"), f"`{file.id}` is a file")
        parts = module.flow.parts(node)
        uses = [use for use in module.flow.uses(file) if use in module.flow.region(node)]
        later = module.flow.used_after(file, module.statement(node)) and not _runs_out(node, module)
        evidence.require(Known.of(not uses and not later), f"`{file.id}` is not used otherwise")
        evidence.require(
            Known.of(not module.effects.unknown_calls(*parts)), "nothing in the loop changes the file"
        )
        evidence.require(
            Known.of(_unseen(node, module)),
            "an error in a later line may come after earlier lines were worked on",
        )
        yield module.finding(
            self, node.iter, "All lines are read before the first is looked at.", evidence, title="Go through the file itself",
            edits=[Edit(module.start(node.iter), module.end(node.iter), file.id)],
        )  # fmt: skip


def _runs_out(loop: ast.For | ast.comprehension, module: Module) -> bool:
    """Whether the loop reads to the end of the file."""
    return isinstance(loop, ast.comprehension) or not any(
        isinstance(part, (ast.Break, ast.Return)) for part in module.walk(*loop.body)
    )


def _unseen(loop: ast.For | ast.comprehension, module: Module) -> bool:
    """Whether what the loop did is lost if it raises: it changes only what this function alone can reach, and nothing catches."""
    function = module.function(loop)
    if function is None or any(isinstance(outer, (ast.Try, ast.TryStar)) for outer in module.ancestors(loop)):
        return False
    for outer in module.ancestors(loop):
        if outer is function:
            break
        if isinstance(outer, (ast.GeneratorExp, ast.Lambda)):
            return False
    for part in module.flow.region(loop):
        if isinstance(part, ast.Name):
            if not isinstance(part.ctx, ast.Load) and (
                not module.flow.local(part) or module.flow.owner(part).node is not _frame(loop, module)
            ):
                return False
            if module.flow.mutates(part) and not module.flow.private(part):
                return False
        elif isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.value, ast.Name):
            if not isinstance(part.ctx, ast.Load) or (
                isinstance(module.parent(part), ast.Call) and not _of_text(part, module)
            ):
                return False
        elif (
            (isinstance(part, ast.AugAssign) and module.types.name(part.target) not in IMMUTABLE)
            or isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await))
            or module.calls(part, "builtins.print", "builtins.next")
        ):
            return False
    return True


def _of_text(node: ast.Attribute | ast.Subscript, module: Module) -> bool:
    return module.types.name(node.value) in ("str", "bytes")


def _frame(loop: ast.For | ast.comprehension, module: Module) -> ast.AST:
    """What holds the names that the loop binds."""
    if isinstance(loop, ast.comprehension):
        return module.structure.parents[loop]
    return module.scope(loop).node


class EveryEntryAsked(Rule):
    """``[n for n in os.listdir(p) if os.path.isdir(os.path.join(p, n))]``."""

    id = "every-entry-asked"
    about = About(
        summary="Every entry of a folder is asked for its kind by its path",
        before="""\
import os


def folders(path: str) -> list[str]:
    return [name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name))]
""",
        after="""\
import os


def folders(path: str) -> list[str]:
    return [entry.name for entry in os.scandir(path) if entry.is_dir()]
""",
        why="`scandir` learns the kind of every entry while it reads the folder; `isdir` asks the system again for each.",
        preconditions=(
            "nothing changes the folder meanwhile",
            "links that lead nowhere or in a circle do not matter",
        ),
        references=(
            "https://docs.python.org/3/library/os.html#os.scandir",
            "https://peps.python.org/pep-0471/",
        ),
    )
    nodes = (ast.ListComp, ast.GeneratorExp)
    imports = ("os",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comprehensions over ``os.listdir(…)``."""
        over = comprehended(node)
        if (
            over is None
            or len(over.tests) != 1
            or not module.calls(over.iterated, "os.listdir")
            or not isinstance(over.iterated, ast.Call)
        ):
            return
        folder = over.iterated.args[0] if len(over.iterated.args) == 1 else None
        test = over.tests[0]
        if (
            not isinstance(folder, (ast.Name, ast.Attribute, ast.Constant))
            or not isinstance(test, ast.Call)
            or len(test.args) != 1
        ):
            return
        asked = {"os.path.isdir": "is_dir", "os.path.isfile": "is_file", "os.path.islink": "is_symlink"}.get(
            module.qualified(test.func) or ""
        )
        path = test.args[0]
        if (
            asked is None
            or not isinstance(path, ast.Call)
            or not module.calls(path, "os.path.join")
            or len(path.args) != 2
        ):
            return
        if not module.same(path.args[0], folder) or not is_name(path.args[1], over.target.id):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, "nothing changes the folder meanwhile, and links that lead nowhere do not matter"
        )
        entry = module.fresh_name(node, "entry", "found")
        whole = is_name(over.element, over.target.id)
        joined = isinstance(over.element, ast.Call) and module.same(over.element, path)
        if not whole and not joined:
            return
        scan = (
            module.imported("os", "scandir", at=node)
            if "scandir" in module.source
            else module.text(over.iterated.func).replace("listdir", "scandir")
        )
        edits = [
            module.replace(over.element, f"{entry}.{'name' if whole else 'path'}"),
            module.replace(over.target, entry),
            module.replace(over.iterated, f"{scan}({module.text(folder)})"),
            module.replace(test, f"{entry}.{asked}()"),
        ]
        imports = [Import("os", "scandir")] if not scan.endswith(".scandir") else []
        yield module.finding(
            self, node, "The system is asked for every entry although reading the folder told already.", evidence,
            title="Use `os.scandir`", edits=edits, imports=imports,
        )  # fmt: skip
