"""Functions made at random that have places for refactorings, and what running them does.

``t(x)`` notes that it was called and gives ``x`` back, so the order and number of evaluations can be seen.
"""

from __future__ import annotations

from random import Random
from types import CodeType
from typing import Any

from hypothesis import strategies as st

__all__ = ["behaviour", "functions"]

NAMES = ("a", "b", "c", "s", "k")
CONSTANTS = ("0", "1", "2", "'x'", "''", "None", "True")
#: What the parameters are called with: ``a`` and ``b`` are whole numbers, ``s`` is a text, ``c`` and ``k`` anything.
ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (0, 1, None, "x", 2), (1, 1, "x", "", "y"), (2, 0, [1], "y", 1.5), (-1, 2, 1, "x", float("nan")), (1, 0, True, "z", None),
    (0, 0, 0.5, "", [0]), (2, 2, (), "x", "x"), (3, 1, {}, "yy", False),
)  # fmt: skip
HEAD = "def f(a: int, b: int, c, s: str, k):\n"


class _Noted(Exception):
    """Too much was done."""


Lines = list[str]


class _Maker:
    """Makes one function; everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._pick = self._random.choice

    def function(self) -> str:
        """A module with one function ``f``."""
        lines = self._block(self._pick((1, 2, 2, 3)), loop=False)
        if self._one_in(3):
            lines.append(self._pick(("return x", "return lambda: x", "yield a", "return k")))
        return HEAD + "".join(f"{line}\n" for line in _indented(lines))

    def _one_in(self, many: int) -> bool:
        return self._random.randrange(many) == 0

    # Expressions -------------------------------------------------------------------------------------------------------

    def _operand(self) -> str:
        name = self._pick(NAMES)
        return self._pick((name, name, self._pick(CONSTANTS), f"t({name})"))

    def _comparison(self) -> str:
        name = self._pick(NAMES)
        match self._random.randrange(6):
            case 0:
                return f"isinstance({name}, {self._pick(('int', 'str', '(int, str)', 'list'))})"
            case 1:
                return f"{name} {self._pick(('in', 'not in'))} (1, 'x')"
            case 2:
                return self._operand()
        sign = self._pick(("==", "==", "!=", "is", "is not", "<", ">=", ">"))
        return f"{self._operand()} {sign} {self._operand()}"

    def _related(self) -> str:
        """Two conditions on one name."""
        name, word = self._pick(NAMES), self._pick(("and", "or"))
        one, other = self._pick(CONSTANTS), self._pick(CONSTANTS)
        return self._pick((
            f"{name} == {one} or {name} == {other}",
            f"{name} != {one} and {other} != {name}",
            f"{name} >= {one} {word} {name} < {other}",
            f"isinstance({name}, int) {word} isinstance({name}, (str, list))",
            f"not isinstance({name}, str) {word} not isinstance({name}, int)",
            f"not t({name}) {word} not {self._pick(NAMES)}",
        ))  # fmt: skip

    def _part(self, depth: int) -> str:
        """A condition that can be an operand."""
        if depth <= 0 or self._one_in(2):
            return self._comparison()
        one, other = self._part(depth - 1), self._part(depth - 1)
        return self._pick((
            f"({one} and {other})", f"({one} or {other})", f"not ({one} and {other})", f"not {one}", f"({self._related()})",
            f"(\n            {one} or  # one\n  {other})", f"({one} and\n {other} and\n {self._comparison()})",
        ))  # fmt: skip

    def _condition(self) -> str:
        one, other = self._part(1), self._part(1)
        return self._pick(
            (
                one,
                one,
                self._part(2),
                f"{one} and {other}",
                f"{one} or {other}",
                self._related(),
                f"not {one}",
            )
        )

    def _value(self) -> str:
        return self._pick((
            self._operand(), self._pick(CONSTANTS), self._condition(), f"[{self._operand()}, {self._operand()}]",
            f"{self._operand()} if {self._condition()} else {self._operand()}", '"""\n    text\nover lines"""',
        ))  # fmt: skip

    # Statements --------------------------------------------------------------------------------------------------------

    def _simple(self) -> Lines:
        one, other = self._pick("ab"), self._pick("ck")
        return self._pick((
            [f"{self._pick('ckxy')} = {self._value()}"],
            [f"{self._pick('xy')} = {self._value()}  # kept"],
            [f"t({self._value()})"],
            ["# said", "t('noted')"],
            ["pass"],
            [f"x = {one}", f"{one} = {other}", f"{other} = x"],
        ))  # fmt: skip

    def _leaving(self, *, loop: bool) -> Lines:
        ways = [
            [f"return {self._value()}"], [f"x = {self._value()}", "return x"], ["return"], ["raise ValueError(a)"],
            ["return True"], ["return False"],
        ]  # fmt: skip
        return self._pick([*ways, ["continue"], ["break"], ["continue"]] if loop else ways)

    def _block(self, depth: int, *, loop: bool) -> Lines:
        """Some statements; the last may leave, or not be the last."""
        lines: Lines = []
        for _ in range(self._pick((1, 1, 2, 3))):
            lines += self._statement(depth - 1, loop=loop)
        if self._one_in(3):
            lines += self._leaving(loop=loop)
            if self._one_in(5):
                lines += self._simple()
        return lines

    def _arm(self, depth: int, *, loop: bool) -> Lines:
        return self._leaving(loop=loop) if self._one_in(3) else self._block(depth, loop=loop)

    def _if(self, depth: int, *, loop: bool) -> Lines:
        if self._one_in(8):
            return self._answer()
        shared = self._simple() if self._one_in(4) else []
        first = self._simple() if self._one_in(6) else []
        body = [*first, *self._arm(depth, loop=loop), *shared]
        lines = [f"if {self._condition()}:", *_indented(body)]
        for _ in range(self._pick((0, 0, 1, 2))):
            if not self._one_in(3):
                body = [*first, *self._arm(depth, loop=loop), *shared]
            lines += [f"elif {self._condition()}:", *_indented(body)]
        if not self._one_in(3):
            lines += ["else:", *_indented([*first, *self._arm(depth, loop=loop), *shared])]
        return lines

    def _answer(self) -> Lines:
        """An ``if`` that only says ``True`` or ``False``, or chooses."""
        one, other = self._pick((("True", "False"), ("False", "True"), ("1", "t(2)")))
        head = self._pick(("return ", "x = ", "c = "))
        return [f"if {self._condition()}:", f"    {head}{one}", "else:", f"    {head}{other}"]

    def _chain(self) -> Lines:
        """One variable compared with constants."""
        name = self._pick(NAMES)
        keys = self._random.sample(
            ("1", "2", "3", "-1") if self._one_in(2) else ("'x'", "'y'", "'z'", "1"), 3
        )
        head = self._pick(("x = ", "return "))
        values = ("1", "'one'", "None", "(1, 2)")
        lines: Lines = []
        for place, key in enumerate(keys):
            lines += [f"{'el' if place else ''}if {name} == {key}:", f"    {head}{self._pick(values)}"]
        return [*lines, "else:", f"    {head}0"] if self._one_in(2) else lines

    def _statement(self, depth: int, *, loop: bool) -> Lines:
        chosen = self._random.randrange(10)
        if chosen < 2 or depth <= 0:
            return self._chain() if self._one_in(4) else self._simple()
        if chosen < 7:
            return self._if(depth, loop=loop)
        if chosen == 7:
            other = self._pick(([], [], ["else:", "    t('else')"]))
            return [f"for {self._pick('ix')} in range(3):", *_indented(self._block(depth, loop=True)), *other]
        if chosen == 8:
            return ["try:", *_indented(self._block(depth, loop=loop)), "finally:", *_indented(self._simple())]
        return [self._pick(("if False:", "if 1:", "while 0:")), *_indented(self._block(depth, loop=loop))]


def _indented(lines: Lines) -> Lines:
    return ["    " + line for line in lines]


def functions() -> st.SearchStrategy[str]:
    """Modules with one function ``f``."""
    return st.integers(0, 2**32 - 1).map(lambda seed: _Maker(seed).function())


def behaviour(source: str) -> list[Any]:
    """What the function does with each of the arguments: what it notes, and what it returns or raises."""
    code = compile(source, "generated", "exec", dont_inherit=True)
    return [_run(code, arguments) for arguments in ARGUMENTS]


def _run(code: CodeType, arguments: tuple[Any, ...]) -> Any:
    noted: list[str] = []

    def t(value: Any) -> Any:
        noted.append(repr(value))
        if len(noted) > 2000:
            raise _Noted
        return value

    space: dict[str, Any] = {"t": t}
    exec(code, space)
    given = tuple(value.copy() if isinstance(value, (list, dict)) else value for value in arguments)
    try:
        result = space["f"](*given)
        if hasattr(result, "__next__"):
            result = ["generated", *result]
        elif callable(result):
            result = ["called", result()]
    except _Noted:
        return noted, "too much"
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
        # The words of an unbound variable's error name it; the place in the line is none of the matter.
        return noted, type(error), repr(error.args), repr(given)
    return noted, type(result), repr(result), repr(given)
