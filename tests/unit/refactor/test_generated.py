"""Generated functions: every extraction that is allowed keeps what they do, and its edits can be taken back."""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Iterator

import pytest

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks import extract_block
from burnish_analysis.refactor.dataflow import own_nodes

NAMES = "abcde"
INPUTS = ((0, 0), (1, 2), (3, 0), (2, 3, 5))


class Writer:
    """Writes a function at random: branches, loops, handlers, closures, deletions, early ways out."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def function(self) -> str:
        given = [
            f"    {name} = {self.chance.choice('xy0123')}" for name in NAMES[1:] if self.chance.random() < 0.8
        ]
        lines = [*given, *self.block("    ", 0, False), "    return (a, x)"]
        return "def f(x, y, a=1):\n" + "\n".join(lines) + "\n"

    def expression(self, depth: int = 0) -> str:
        name, kind = self.chance.choice(NAMES), self.chance.randrange(9 if depth < 2 else 3)
        inner = [self.expression(depth + 1) for _ in range(3)] if kind > 2 else []
        return [
            lambda: name, lambda: self.chance.choice("xy"), lambda: str(self.chance.randrange(4)),
            lambda: f"({inner[0]} + {inner[1]})", lambda: f"log({inner[0]})", lambda: f"({inner[0]} if {inner[1]} else {inner[2]})",
            lambda: f"(lambda: {name})()", lambda: f"({name} := {inner[0]})", lambda: f"sum(q + {name} for q in range(2))",
        ][kind]()  # fmt: skip

    def block(self, indent: str, depth: int, loop: bool) -> list[str]:
        count = self.chance.randrange(1, 3 if depth else 6)
        return [line for _ in range(count) for line in self.statement(indent, depth, loop)]

    def statement(self, indent: str, depth: int, loop: bool) -> list[str]:
        name, value = self.chance.choice(NAMES), self.expression()
        simple = [
            f"{name} = {value}", f"{name} += {value}", f"log({value})", f"return {value}", f"raise ValueError({value})",
            f"{name}, {self.chance.choice(NAMES)} = {value}, {self.expression()}", f"del {name}", "break" if loop else "pass",
            "continue" if loop else "pass",
        ]  # fmt: skip
        if depth > 2 or self.chance.random() < 0.4:
            weights = [9, 5, 5, 1, 1, 2, 1, 1, 1]
            return [indent + self.chance.choices(simple, weights)[0]]
        inner = lambda looping=loop: self.block(indent + "    ", depth + 1, looping)  # noqa: E731
        lines = self.chance.choice([
            lambda: [f"if {value}:", *inner()], lambda: [f"if {value}:", *inner(), f"{indent}else:", *inner()],
            lambda: [f"for {name} in range({self.chance.randrange(4)}):", *inner(True)],
            lambda: [f"for {name} in range(2):", *inner(True), f"{indent}else:", *inner()],
            lambda: ["while tick():", *inner(True)], lambda: ["try:", *inner(), f"{indent}except Exception:", *inner()],
            lambda: ["try:", *inner(), f"{indent}except ValueError as {name}:", *inner(), f"{indent}finally:", *inner(False)],
            lambda: [f"with quiet({value}) as {name}:", *inner()],
            lambda: [f"def g({name}):", f"{indent}    return {value}", f"{indent}log(g(1))"],
        ])()  # fmt: skip
        return [indent + lines[0], *lines[1:]]


class _Quiet:
    def __init__(self, value: object) -> None:
        self.value = value

    def __enter__(self) -> object:
        return self.value

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return self.value == 1 and kind is not None and issubclass(kind, Exception)


class _Enough(BaseException):
    pass


def _run(source: str, arguments: tuple[int, ...]) -> tuple[object, ...]:
    said: list[str] = []
    ticks = iter(range(60))

    def log(value: object) -> object:
        said.append(repr(value))
        return value

    def tick() -> int:
        number = next(ticks, None)
        if number is None:
            raise _Enough
        return number % 4

    space: dict[str, object] = {"log": log, "tick": tick, "quiet": _Quiet}
    exec(compile(source, "generated", "exec"), space)
    try:
        return "returned", repr(space["f"](*arguments)), said  # type: ignore[operator]
    except (_Enough, Exception) as error:  # noqa: BLE001
        return "raised", type(error).__name__, str(error) if not isinstance(error, NameError) else "", said


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for node in (function, *own_nodes(*function.body)):
        if node is function or not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block:
                    yield block


@pytest.mark.parametrize("seed", range(40))
def test_extractions_keep_behaviour(seed: int) -> None:
    warnings.simplefilter("ignore", SyntaxWarning)
    chance = random.Random(seed)
    module = Module(Writer(chance).function())
    function = module.tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    before = [_run(module.source, arguments) for arguments in INPUTS]
    places = [(b, i, j) for b in _blocks(function) for i in range(len(b)) for j in range(i + 1, len(b) + 1)]
    for block, first, last in chance.sample(places, min(len(places), 12)):
        try:
            edits = extract_block(module, function, block[first:last], "_helper", method=False).edits
        except RefactoringError:
            continue
        after = module.edited(edits)
        assert [_run(after, arguments) for arguments in INPUTS] == before, after
