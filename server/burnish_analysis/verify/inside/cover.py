"""Which branches of a function were taken, from the interpreter's own instructions.

A branch is one of the two ways on from a conditional jump or a loop's head. Conditional expressions, comprehensions
and the parts of ``and``/``or`` count as well; the jumps the compiler adds to leave ``with`` do not.
"""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Callable
from typing import Any

__all__ = ["Cover", "code_of"]


def code_of(function: Any) -> types.CodeType | None:
    """The code behind a callable: decorators that keep ``__wrapped__`` are looked through; a class's ``__init__``."""
    for _ in range(20):
        inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None)
        if inner is None:
            break
        function = inner
    if isinstance(function, type):
        function = function.__init__  # type: ignore[misc]
    code = getattr(function, "__code__", None)
    return code if isinstance(code, types.CodeType) else None


class Cover:
    """Counts branches of ``code`` and of all code inside it, while :attr:`on` wraps a call."""

    def __init__(self, code: types.CodeType | None) -> None:
        self.branches: dict[types.CodeType, dict[int, int]] = {}
        #: A number for each piece of code: the module may be loaded anew, which gives equal code elsewhere.
        self.numbers: dict[types.CodeType, int] = {}
        self.taken: set[tuple[int, int, bool]] = set()
        self.entered = False
        pending = [code] if code is not None else []
        while pending:
            item = pending.pop()
            self.branches[item] = _conditionals(item)
            self.numbers[item] = len(self.numbers)
            pending += [inner for inner in item.co_consts if isinstance(inner, types.CodeType)]
        self.last: dict[int, int] = {}

    @property
    def total(self) -> int:
        """How many branches there are."""
        return 2 * sum(map(len, self.branches.values()))

    @property
    def share(self) -> float:
        """Share of the branches that were taken; of a function without any, whether it was entered."""
        return len(self.taken) / self.total if self.total else float(self.entered)

    def run(self, function: Callable[[], Any]) -> Any:
        """Call ``function`` and count."""
        previous = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return function()
        finally:
            sys.settrace(previous)
            self.last.clear()

    def _enter(self, frame: types.FrameType, event: str, _arg: Any) -> Any:
        if frame.f_code not in self.branches:
            return None
        self.entered = True
        frame.f_trace_lines = False
        frame.f_trace_opcodes = bool(self.branches[frame.f_code])
        return self._step if event == "call" else None

    def _step(self, frame: types.FrameType, event: str, _arg: Any) -> Any:
        at = id(frame)
        if event == "opcode":
            jumps = self.branches[frame.f_code]
            last = self.last.pop(at, None)
            if last is not None:
                straight = last < frame.f_lasti <= jumps[last]
                self.taken.add((self.numbers[frame.f_code], last, straight))
            if frame.f_lasti in jumps:
                self.last[at] = frame.f_lasti
        elif event in {"exception", "return"}:
            self.last.pop(at, None)
        return self._step


def _conditionals(code: types.CodeType) -> dict[int, int]:
    """Offset of each conditional jump, and of the instruction after it."""
    found: dict[int, int] = {}
    instructions = [
        i for i in dis.get_instructions(code) if i.opname not in {"CACHE", "EXTENDED_ARG", "NOT_TAKEN"}
    ]
    for index, instruction in enumerate(instructions[:-1]):
        name = instruction.opname
        if not (name == "FOR_ITER" or ("JUMP" in name and "_IF_" in name)):
            continue
        earlier = {i.opname for i in instructions[max(0, index - 2) : index]}
        if "WITH_EXCEPT_START" in earlier:
            continue
        found[instruction.offset] = instructions[index + 1].offset
    return found
