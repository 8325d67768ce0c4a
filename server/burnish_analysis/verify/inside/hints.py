"""From type hints to specs of what to generate."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import inspect
import sys
import types
import typing
from typing import Any

__all__ = ["Unknown", "class_spec", "resolve", "spec_of"]

_PLAIN: dict[Any, Any] = {
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    bool: "bool",
    complex: "complex",
    None: "none",
    type(None): "none",
    object: "any",
    Any: "any",
    list: ["list", "any"],
    tuple: ["tuple", "any"],
    set: ["set", "key"],
    frozenset: ["frozenset", "key"],
    dict: ["dict", "key", "any"],
    bytearray: ["texts", "bytearray()", "bytearray(b'ab')", "bytearray(b'a\\n\\x00')"],
    range: ["texts", "range(0)", "range(5)", "range(1, 9, 2)", "range(4, 0, -1)"],
    slice: ["texts", "slice(None)", "slice(1, 3)", "slice(None, None, -1)"],
    type: ["texts", "int", "str", "list"],
    typing.Hashable: "key",
}
_MOD = "_b_mod({!r})."
_POOLS: dict[str, tuple[str, ...]] = {
    "datetime.date": ("date(2020, 2, 29)", "date(1999, 12, 31)", "date(2024, 1, 1)", "date(2020, 3, 1)"),
    "datetime.datetime": (
        "datetime(2020, 2, 29, 23, 59, 59)",
        "datetime(1999, 12, 31)",
        "datetime(2024, 1, 1, 12)",
    ),
    "datetime.timedelta": (
        "timedelta(0)",
        "timedelta(days=1)",
        "timedelta(seconds=-1)",
        "timedelta(hours=25)",
    ),
    "datetime.time": ("time(0, 0)", "time(23, 59, 59)", "time(12, 30)"),
    "decimal.Decimal": (
        "Decimal('0')",
        "Decimal('1.10')",
        "Decimal('-2')",
        "Decimal('0.1')",
        "Decimal('NaN')",
    ),
    "fractions.Fraction": ("Fraction(0)", "Fraction(1, 3)", "Fraction(-5, 2)", "Fraction(7)"),
    "uuid.UUID": ("UUID(int=0)", "UUID(int=1)", "UUID(int=2**127)"),
    "io.StringIO": ("StringIO('')", "StringIO('a\\nb\\n')", "StringIO('a b\\n\\nc')"),
    "pathlib.PurePath": (
        "PurePosixPath('a/b.txt')",
        "PurePosixPath('/')",
        "PurePosixPath('')",
        "PurePosixPath('../x')",
    ),
    "re.Pattern": ("compile('a+')", "compile(r'\\d')", "compile('')"),
}
_ABSTRACT: dict[Any, str] = {
    collections.abc.Sequence: "seq",
    collections.abc.Reversible: "seq",
    collections.abc.MutableSequence: "list",
    collections.abc.Iterable: "iter",
    collections.abc.Collection: "seq",
    collections.abc.Container: "seq",
    collections.abc.Sized: "seq",
    collections.abc.Iterator: "gen",
    collections.abc.Generator: "gen",
    collections.abc.Set: "set",
    collections.abc.MutableSet: "set",
    collections.abc.Mapping: "dict",
    collections.abc.MutableMapping: "dict",
    collections.deque: "deque",
    collections.Counter: "counter",
    collections.OrderedDict: "ordereddict",
    list: "list",
    set: "set",
    frozenset: "frozenset",
    dict: "dict",
}


class Unknown(TypeError):
    """There are no inputs known of this type."""


def resolve(function: Any) -> dict[str, Any]:
    """The hints of a callable that can be resolved: all at once, or else each for itself."""
    plain = inspect.unwrap(function)
    plain = getattr(plain, "__func__", plain)
    try:
        return typing.get_type_hints(plain, include_extras=True)
    except Exception:  # noqa: BLE001 - whatever the names in hints evaluate to
        return _each_hint(plain)


def _each_hint(function: Any) -> dict[str, Any]:
    found = {}
    names = getattr(function, "__globals__", {})
    for name, hint in (getattr(function, "__annotations__", None) or {}).items():
        try:
            found[name] = eval(hint, dict(names)) if isinstance(hint, str) else hint
        except Exception:  # noqa: BLE001 - a hint that cannot be resolved says nothing
            continue
    return found


def spec_of(hint: Any, module: types.ModuleType, depth: int = 0) -> Any:
    """The spec of a type hint.

    Raises:
        Unknown: no inputs are known for it.
    """
    if isinstance(hint, str):
        try:
            hint = eval(hint, dict(vars(module)))
        except Exception:  # noqa: BLE001 - whatever the names in hints evaluate to
            raise Unknown(hint) from None
    try:
        if hint in _PLAIN:
            return _PLAIN[hint]
    except TypeError:
        pass
    if isinstance(hint, typing.TypeVar):
        bounds = hint.__constraints__ or ((hint.__bound__,) if hint.__bound__ is not None else ())
        return (
            ["var", hint.__name__, *_possible(bounds, module, depth)]
            if not _orders(bounds)
            else ["var", hint.__name__]
        )
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None:
        return _generic(hint, origin, arguments, module, depth)
    if isinstance(hint, typing.NewType):
        return spec_of(hint.__supertype__, module, depth)
    if hasattr(typing, "TypeAliasType") and isinstance(hint, typing.TypeAliasType):
        return spec_of(hint.__value__, module, depth)
    if hint in _ABSTRACT:
        return _collection(hint, (), module, depth)
    if hint in (collections.abc.Callable, typing.Callable):
        return ["fn", "any"]
    if isinstance(hint, type):
        return class_spec(hint, module, depth)
    raise Unknown(str(hint))


def _orders(bounds: Any) -> bool:
    """Whether a bound only asks for operations (a protocol), which numbers and strings have."""
    return any(getattr(bound, "_is_protocol", False) for bound in bounds)


def _possible(hints: Any, module: types.ModuleType, depth: int) -> list[Any]:
    found = []
    for hint in hints:
        try:
            found.append(spec_of(hint, module, depth + 1))
        except Unknown:
            continue
    return found


def _generic(hint: Any, origin: Any, arguments: Any, module: types.ModuleType, depth: int) -> Any:
    if origin is typing.Annotated:
        return spec_of(arguments[0], module, depth)
    if origin in (typing.Union, types.UnionType):
        found = _possible(arguments, module, depth)
        if not found:
            raise Unknown(str(hint))
        return ["union", *found]
    if origin is typing.Literal:
        return ["texts", *(_constant(value, module) for value in arguments)]
    if origin is collections.abc.Callable:
        result = arguments[-1] if arguments else Any
        try:
            return ["fn", spec_of(result, module, depth + 1)]
        except Unknown:
            return ["fn", "any"]
    if origin is tuple:
        if not arguments or arguments == ((),):
            return ["texts", "()"]
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return ["tuple", spec_of(arguments[0], module, depth + 1)]
        return ["fixed", *(spec_of(a, module, depth + 1) for a in arguments)]
    if origin in (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired, typing.Unpack):
        return spec_of(arguments[0], module, depth)
    if origin is type:
        return _PLAIN[type]
    if origin in _ABSTRACT or origin is collections.defaultdict:
        return _collection(origin, arguments, module, depth)
    if isinstance(origin, type):
        return class_spec(origin, module, depth)
    raise Unknown(str(hint))


def _collection(origin: Any, arguments: Any, module: types.ModuleType, depth: int) -> Any:
    inner = [spec_of(a, module, depth + 1) for a in arguments if a is not None][:2]
    if origin is collections.defaultdict:
        names = [a.__name__ for a in arguments[1:2] if getattr(a, "__module__", "") == "builtins"]
        return ["defaultdict", *(inner or ["key", "int"]), names[0] if names else "int"]
    form = _ABSTRACT[origin]
    if form in {"dict", "ordereddict"}:
        return [form, *(inner or ["key", "any"])]
    default = "key" if form in {"set", "frozenset", "counter"} else "any"
    return [form, inner[0] if inner else default]


def _constant(value: Any, module: types.ModuleType) -> str:
    if isinstance(value, enum.Enum):
        return f"{_path(type(value), module)}.{value.name}"
    return repr(value)


def _path(cls: type, module: types.ModuleType) -> str:
    """An expression for a class."""
    if cls.__module__ == "builtins":
        return cls.__qualname__
    if "<locals>" in cls.__qualname__:
        raise Unknown(cls.__qualname__)
    for name, value in vars(module).items():
        if value is cls and name.isidentifier():
            return name
    if cls.__module__ == module.__name__:
        return cls.__qualname__
    return _MOD.format(cls.__module__) + cls.__qualname__


def class_spec(cls: type, module: types.ModuleType, depth: int = 0) -> Any:
    """The spec of the instances of a class: known ones, members of an enum, else what its constructor takes."""
    full = f"{cls.__module__.removeprefix('_')}.{cls.__qualname__}"
    if full in _POOLS or cls.__qualname__ in {"PurePosixPath", "Path", "PosixPath"}:
        full = full if full in _POOLS else "pathlib.PurePath"
        home = _MOD.format(full.rpartition(".")[0])
        return ["texts", *(home + text for text in _POOLS[full])]
    if full == "numpy.ndarray":
        return ["union", ["array", "float", "float64"], ["array", "size", "int64"]]
    if issubclass(cls, enum.Enum):
        members = [f"{_path(cls, module)}.{name}" for name in cls.__members__]
        if not members:
            raise Unknown(full)
        return ["texts", *members]
    if typing.is_typeddict(cls):
        hints = typing.get_type_hints(cls)
        return ["record", {name: spec_of(hint, module, depth + 1) for name, hint in hints.items()}]
    if getattr(cls, "_is_protocol", False) or inspect.isabstract(cls):
        subclasses = [sub for sub in cls.__subclasses__() if not inspect.isabstract(sub)]
        found = _possible(subclasses, module, depth) if depth < 4 else []
        if not found:
            raise Unknown(full)
        return ["union", *found]
    if issubclass(cls, BaseException) and cls.__module__ == "builtins":
        return ["texts", f"{cls.__name__}('x')", f"{cls.__name__}()"]
    if cls.__module__ != module.__name__ and not hasattr(cls.__init__, "__code__"):
        raise Unknown(full)
    return _constructed(cls, module, depth)


def _constructed(cls: type, module: types.ModuleType, depth: int) -> Any:
    path = _path(cls, module)
    if depth > 4:
        raise Unknown(path)
    try:
        signature = inspect.signature(cls)
    except (ValueError, TypeError):
        return ["make", path, []]
    home = sys.modules.get(cls.__module__, module)
    hints = resolve(cls.__init__) if not dataclasses.is_dataclass(cls) else {}  # type: ignore[misc]
    if dataclasses.is_dataclass(cls) or hasattr(cls, "_fields"):
        try:
            hints = typing.get_type_hints(cls)
        except Exception:  # noqa: BLE001 - whatever the names in hints evaluate to
            hints = {}
    parts = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        optional = parameter.default is not parameter.empty
        try:
            spec = spec_of(hints[parameter.name], home, depth + 1) if parameter.name in hints else None
        except Unknown:
            if not optional:
                raise
            continue
        kind = "keyword" if parameter.kind is parameter.KEYWORD_ONLY else "positional"
        parts.append([parameter.name, spec, kind, optional])
    return ["make", path, parts]
