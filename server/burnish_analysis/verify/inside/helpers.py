"""Names that the expressions of inputs may use, beside those of the module under test. All begin with ``_b_``."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["LOG", "namespace", "reset"]

#: What the code under test did with the objects it was given: items drawn from generators, calls of callables.
LOG: list[tuple[str, Any]] = []
_MOST_LOGGED = 20_000
NAN, INF = float("nan"), float("inf")


def reset() -> None:
    """Forget what was logged."""
    LOG.clear()


def _note(kind: str, what: Any) -> None:
    if len(LOG) < _MOST_LOGGED:
        LOG.append((kind, what))


def gen(items: Iterable[Any]) -> Iterator[Any]:
    """A generator over ``items`` that logs each item drawn."""
    for item in items:
        _note("drew", None)
        yield item


class List(list):  # type: ignore[type-arg]
    """A list of another type."""


class Tuple(tuple):  # type: ignore[type-arg]
    """A tuple of another type."""

    __slots__ = ()


class Dict(dict):  # type: ignore[type-arg]
    """A dict of another type."""


class Str(str):
    """A string of another type."""

    __slots__ = ()


class Int(int):
    """A whole number of another type."""

    __slots__ = ()


class Obj:
    """An object with the attributes it is given."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __repr__(self) -> str:
        return f"Obj({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Eq:
    """Equal and hashed by its value, ordered by it, and still an object of its own; ``tag`` tells equals apart."""

    def __init__(self, value: Any, tag: Any = None) -> None:
        self.value, self.tag = value, tag

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Eq) and self.value == other.value

    def __lt__(self, other: Eq) -> bool:
        return bool(self.value < other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Eq({self.value!r}, {self.tag!r})"


def _first(*args: Any, **_: Any) -> Any:
    return args[0] if args else None


def _truth(*args: Any, **_: Any) -> bool:
    return bool(args and args[0])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "first": _first,
    "last": lambda *a, **_: a[-1] if a else None,
    "neg": lambda *a, **_: -a[0],
    "double": lambda *a, **_: a[0] + a[0],
    "add": lambda *a, **_: a[0] + a[-1],
    "mod": lambda *a, **_: a[0] % 3,
    "even": lambda *a, **_: a[0] % 2 == 0,
    "truth": _truth,
    "none": lambda *_a, **_: None,
    "one": lambda *_a, **_: 1,
    "str": lambda *a, **_: str(_first(*a)),
    "len": lambda *a, **_: len(a[0]),
    "true": lambda *_a, **_: True,
    "false": lambda *_a, **_: False,
    "list": lambda *a, **_: list(a),
}


class Fn:
    """A callable that logs what it is called with."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Fn({self.name!r})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _note("called", (self.name, args, kwargs))
        return _FUNCTIONS[self.name](*args, **kwargs)


def do(made: Any, *calls: tuple[str, tuple[Any, ...]]) -> Any:
    """``made`` after its methods were called one after the other; what they raise is passed over."""
    for name, args in calls:
        try:
            getattr(made, name)(*args)
        except Exception:  # noqa: BLE001 - an object may refuse a step on its way to an interesting state
            continue
    return made


def ints(n: int, seed: int = 0, low: int = 0, high: int | None = None) -> list[int]:
    """``n`` whole numbers from ``low`` to ``high`` (by default about ``n``), the same ones for the same seed."""
    draw = random.Random(seed)
    top = n if high is None else high
    return [draw.randint(low, max(low, top)) for _ in range(n)]


def floats(n: int, seed: int = 0) -> list[float]:
    """``n`` numbers between -1000 and 1000, the same ones for the same seed."""
    draw = random.Random(seed)
    return [draw.uniform(-1000.0, 1000.0) for _ in range(n)]


def strs(n: int, seed: int = 0, length: int = 4) -> list[str]:
    """``n`` short lower-case strings, the same ones for the same seed."""
    draw = random.Random(seed)
    return ["".join(draw.choices("abcdefgh", k=length)) for _ in range(n)]


def text(n: int, seed: int = 0) -> str:
    """A string of ``n`` characters, words and lines in it."""
    return "".join(random.Random(seed).choices("abcde  \nfgh,.", k=n))


def namespace() -> dict[str, Any]:
    """All helper names."""
    found = (gen, List, Tuple, Dict, Str, Int, Obj, Eq, Fn, do, ints, floats, strs, text)
    names: dict[str, Any] = {f"_b_{item.__name__}": item for item in found}
    return names | {"_b_nan": NAN, "_b_inf": INF, "_b_mod": importlib.import_module}
