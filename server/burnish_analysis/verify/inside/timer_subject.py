"""What is timed: a version of the module, its inputs, and whether it keeps anything from one call to the next."""

from __future__ import annotations

import collections
import pickle
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Input", "Unfit", "Version", "picture"]

_clock, _loads = time.perf_counter_ns, pickle.loads
_NODES, _DEPTH, _ELEMENTS = 4000, 5, 300
_PLAIN_DEPTH = 12
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


class Unfit(Exception):
    """These calls cannot be timed; the text says why."""


class Version:
    """One version of the module: run once, or anew for every call where it keeps state between calls."""

    def __init__(self, source: str, function: str, module: str, helpers: dict[str, Any]) -> None:
        self.code = compile(source, "<code under test>", "exec", dont_inherit=True)
        self.function, self.module, self.helpers = function, module, helpers
        self.keeps_state = False
        self.space, self.call = self.load()

    def load(self) -> tuple[dict[str, Any], Callable[..., Any]]:
        """A new namespace and the function in it."""
        module = types.ModuleType(self.module)
        space = module.__dict__
        space["__file__"] = f"{self.module}.py"
        space["__package__"] = self.module.rpartition(".")[0]
        sys.modules[self.module] = module
        exec(self.code, space)
        space.update(self.helpers)
        first, *rest = self.function.split(".")
        found = space[first]
        for name in rest:
            found = getattr(found, name)
        return space, getattr(found, "fget", None) or getattr(found, "func", None) or found

    def entry(self, call: Input) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        """The function and fresh arguments."""
        space, function = self.load() if self.keeps_state else (self.space, self.call)
        args, kwargs = call.make(space)
        return function, args, kwargs


class Input:
    """One input: its expression, or, where that is quicker and the values are plain, a pickle of its values."""

    def __init__(self, source: str, space: dict[str, Any]) -> None:
        self.code = compile(source, "<call>", "eval", dont_inherit=True)
        begun = _clock()
        value = eval(self.code, space)
        seconds = _clock() - begun
        self.size = _size(*value)
        self.data = pickle.dumps(value, -1) if _is_plain(value) else b""
        begun = _clock()
        if self.data and (_loads(self.data), _clock() - begun)[1] > seconds:
            self.data = b""

    def make(self, space: dict[str, Any]) -> Any:
        """Fresh arguments: ``(args, kwargs)``."""
        return _loads(self.data) if self.data else eval(self.code, space)


def _is_plain(value: Any) -> bool:
    """Whether there is nothing in it but the builtin containers and values, exactly those types, and not too deep."""
    rest, depth = [value], 0
    while rest and depth < _PLAIN_DEPTH:
        inner: list[Any] = []
        for part in rest:
            kind = type(part)
            if kind in (list, tuple, set, frozenset, collections.deque):
                inner.extend(part)
            elif kind is dict:
                inner.extend(part.keys())
                inner.extend(part.values())
            elif kind not in _PLAIN:
                return False
        rest, depth = inner, depth + 1
    return not rest


def _size(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """How large an input is: the lengths of its arguments together, else its largest number."""
    values = [*args, *kwargs.values()]
    lengths = [len(value) for value in values if hasattr(type(value), "__len__")]
    if any(lengths):
        return float(sum(lengths))
    return float(max((abs(value) for value in values if type(value) is int), default=0))


def picture(version: Version) -> list[Any] | None:
    """A bounded picture of what the module keeps between calls; None where there is something that cannot be seen."""
    found: list[Any] = []
    seen: set[int] = set()
    ignored = {"__builtins__", *version.helpers}
    try:
        for name, value in list(version.space.items()):
            if name not in ignored and not name.startswith("_b_"):
                found.append(name)
                _walk(value, version.module, found, seen, 0)
    except (Unfit, RecursionError):
        return None
    return found


def _walk(value: Any, module: str, found: list[Any], seen: set[int], depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        found.append((kind, value if kind is not float else repr(value)))
        return
    if id(value) in seen or depth > _DEPTH or len(found) > _NODES:
        return
    seen.add(id(value))
    if isinstance(value, types.ModuleType):
        return
    for part in _parts(value, kind, module, found):
        _walk(part, module, found, seen, depth + 1)


def _parts(value: Any, kind: type, module: str, found: list[Any]) -> Iterator[Any]:
    if hasattr(kind, "cache_info"):
        found.append(tuple(value.cache_info()))
    elif isinstance(value, types.FunctionType):
        if value.__module__ == module:
            yield from (value.__defaults__, value.__kwdefaults__, value.__dict__)
            for cell in value.__closure__ or ():
                try:
                    yield cell.cell_contents
                except ValueError:
                    continue
    elif isinstance(value, type):
        if value.__module__ == module:
            yield from [part for name, part in list(vars(value).items()) if name != "__weakref__"]
    elif isinstance(value, (list, tuple, set, frozenset, dict, collections.deque)):
        found.append((kind.__name__, len(value)))
        if len(value) <= _ELEMENTS and not isinstance(value, (set, frozenset)):
            yield from list(value.items()) if isinstance(value, dict) else list(value)
    elif hasattr(kind, "__next__"):
        raise Unfit("an iterator")
    elif (content := _content(value)) is not None:
        found.append(content)
    elif kind.__module__ not in {"builtins", "types", "typing", "re"}:
        yield getattr(value, "__dict__", None)
        for base in kind.__mro__:
            slots = [part for part in vars(base).values() if isinstance(part, types.MemberDescriptorType)]
            yield from [getattr(value, slot.__name__, None) for slot in slots]


def _content(value: Any) -> int | None:
    """A hash of what an array of any kind holds; None of everything else."""
    try:
        return hash(memoryview(value).tobytes())
    except (TypeError, ValueError, NotImplementedError):
        return None
