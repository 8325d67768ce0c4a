"""Values as Python expressions that make them again, the same objects shared where they were shared.

The names in the expressions are those of the module under test, builtins, and the helpers ``_b_mod``, ``_b_nan``, ``_b_inf``.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import re
import types
from typing import Any

__all__ = ["Strange", "encode", "names"]

_MOST_NODES, _MOST_DEPTH, _MOST_ITEMS = 3000, 30, 400
_EXACT = (type(None), bool, int, str, bytes, type(Ellipsis), type(NotImplemented))
_BY_REPR = {"datetime": ("datetime", "date", "time", "timedelta", "timezone"), "decimal": ("Decimal",)}
_BY_REPR |= {"fractions": ("Fraction",), "uuid": ("UUID",)}
_BY_REPR |= {"pathlib": ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath")}


class Strange(ValueError):
    """There is no expression for this value."""


def names() -> dict[str, Any]:
    """What the helper names stand for."""
    return {"_b_mod": importlib.import_module, "_b_nan": float("nan"), "_b_inf": float("inf")}


def encode(value: Any, homes: set[str]) -> str:
    """``value`` as an expression.

    Args:
        value: anything. homes: names of the module under test, whose own names need no import.

    Raises:
        Strange: it holds something that cannot be made again, or too much.
    """
    counted = _Encoder(homes, {})
    counted.text(value, 0)
    shared = {key for key, count in counted.counts.items() if count > 1}
    return _Encoder(
        homes, {key: f"_b_{number}" for number, key in enumerate(sorted(shared, key=counted.order.index))}
    ).text(value, 0)


class _Encoder:
    def __init__(self, homes: set[str], shared: dict[int, str]) -> None:
        self.homes, self.shared = homes, shared
        self.counts: dict[int, int] = {}
        self.order: list[int] = []
        self.active: set[int] = set()
        self.nodes = 0

    def text(self, value: Any, depth: int) -> str:
        """The expression for ``value``."""
        self.nodes += 1
        if self.nodes > _MOST_NODES or depth > _MOST_DEPTH:
            raise Strange("too much")
        kind = type(value)
        if kind in _EXACT:
            return repr(value)
        if kind is float:
            return _number(value)
        if kind is complex:
            return f"complex({_number(value.real)}, {_number(value.imag)})"
        key = id(value)
        if key in self.active:
            raise Strange("a cycle")
        seen = self.counts.get(key, 0)
        self.counts[key] = seen + 1
        if seen and (key in self.shared or not self.shared):
            return self.shared.get(key, "0")
        self.order.append(key)
        self.active.add(key)
        try:
            found = (
                self._container(value, kind, depth + 1)
                or self._named(value)
                or self._object(value, kind, depth + 1)
            )
        finally:
            self.active.discard(key)
        # Names and immutable values are the same object anyway.
        plain = kind in (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType) or isinstance(
            value, enum.Enum
        )
        return f"({self.shared[key]} := {found})" if key in self.shared and not plain else found

    def _container(self, value: Any, kind: type, depth: int) -> str:
        if kind in (list, tuple, set, frozenset, dict, bytearray) and len(value) > _MOST_ITEMS:
            raise Strange("too long")
        if kind is list:
            return f"[{self._items(value, depth)}]"
        if kind is tuple:
            return f"({self._items(value, depth)}{',' if len(value) == 1 else ''})"
        if kind in (set, frozenset):
            inner = ", ".join(sorted(self.text(item, depth) for item in value))
            made = f"{{{inner}}}" if inner else "set()"
            return made if kind is set else f"frozenset({made if inner else ''})"
        if kind is dict:
            return f"{{{self._pairs(value, depth)}}}"
        if kind in (bytearray, range, slice):
            return repr(value)
        return self._collection(value, kind, depth)

    def _collection(self, value: Any, kind: type, depth: int) -> str:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name == "collections.deque":
            end = "" if value.maxlen is None else f", {value.maxlen}"
            return f"_b_mod('collections').deque([{self._items(value, depth)}]{end})"
        if name == "collections.OrderedDict":
            return f"_b_mod('collections').OrderedDict({{{self._pairs(value, depth)}}})"
        if name == "collections.Counter":
            return f"_b_mod('collections').Counter({{{self._pairs(value, depth)}}})"
        if name == "collections.defaultdict":
            factory = self.text(value.default_factory, depth)
            return f"_b_mod('collections').defaultdict({factory}, {{{self._pairs(value, depth)}}})"
        if name == "re.Pattern":
            return f"_b_mod('re').compile({value.pattern!r}, {value.flags})"
        if name == "numpy.ndarray" and value.size <= _MOST_ITEMS and value.dtype.kind in "biufU":
            return f"_b_mod('numpy').array({self.text(value.tolist(), depth)}, dtype={str(value.dtype)!r})"
        for module, kinds in _BY_REPR.items():
            if kind.__module__.partition("._")[0] == module and kind.__name__ in kinds:
                # The representation of these is their construction, with or without the module's name in front.
                return re.sub(
                    rf"\b(?:{module}\.)?({'|'.join(kinds)})\(", rf"_b_mod({module!r}).\1(", repr(value)
                ).replace("datetime.timezone.utc", "_b_mod('datetime').timezone.utc")
        return ""

    def _items(self, values: Any, depth: int) -> str:
        return ", ".join(self.text(item, depth) for item in values)

    def _pairs(self, value: Any, depth: int) -> str:
        if len(value) > _MOST_ITEMS:
            raise Strange("too long")
        return ", ".join(f"{self.text(key, depth)}: {self.text(item, depth)}" for key, item in value.items())

    def _named(self, value: Any) -> str:
        """Modules, classes and functions, by their names."""
        if isinstance(value, types.ModuleType):
            return f"_b_mod({value.__name__!r})"
        if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            return ""
        module, name = getattr(value, "__module__", None), value.__qualname__
        if not isinstance(module, str) or not all(part.isidentifier() for part in name.split(".")):
            raise Strange(name)
        if module == "builtins":
            return name
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not value:
            raise Strange(name)
        return name if module in self.homes else f"_b_mod({module!r}).{name}"

    def _object(self, value: Any, kind: type, depth: int) -> str:
        owner = self._named(kind)
        if isinstance(value, enum.Enum):
            name = value.name
            if not isinstance(name, str) or "|" in name:
                return f"{owner}({value.value!r})"
            return f"{owner}[{name!r}]"
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return f"{owner}({self._items(tuple(value), depth)})"
        if kind.__module__ == "builtins" or isinstance(
            value, (int, float, str, bytes, list, dict, set, tuple, BaseException)
        ):
            raise Strange(owner)
        state = getattr(value, "__dict__", None)
        if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            if all(field.init for field in fields) and (
                state is None or set(state) == {field.name for field in fields}
            ):
                return self._construct(
                    owner, {field.name: getattr(value, field.name) for field in fields}, depth
                )
        if not isinstance(state, dict) or any(hasattr(base, "__slots__") for base in kind.__mro__[:-1]):
            raise Strange(owner)
        if set(state) == _parameters(kind):
            return self._construct(owner, state, depth)
        if "__new__" in {name for base in kind.__mro__[:-1] for name in vars(base)}:
            raise Strange(owner)
        made = f"_b_new_{len(self.order)}"
        return (
            f"({made} := object.__new__({owner}), {made}.__dict__.update({{{self._pairs(state, depth)}}}))[0]"
        )

    def _construct(self, owner: str, values: dict[str, Any], depth: int) -> str:
        return f"{owner}({', '.join(f'{name}={self.text(item, depth)}' for name, item in values.items())})"


def _number(value: float) -> str:
    if value != value:
        return "_b_nan"
    return {float("inf"): "_b_inf", float("-inf"): "-_b_inf"}.get(value) or repr(value)


def _parameters(kind: type) -> set[str]:
    """Names of what the constructor takes by name; what no object has where it takes anything else."""
    start: Any = vars(kind).get("__init__") or getattr(kind, "__init__")  # noqa: B009 - of any class, unbound
    if start is object.__init__:
        return set()
    try:
        parameters = list(inspect.signature(start).parameters.values())[1:]
    except (TypeError, ValueError):
        return {""}
    allowed = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {parameter.name if parameter.kind in allowed else "" for parameter in parameters}
