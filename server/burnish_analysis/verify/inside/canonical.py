"""A value as text: the same text exactly where two values cannot be told apart by what they hold and share.

Exact types, floats by their shortest exact form, order of dicts, members of sets in a fixed order, aliasing by labels:
``#3=[1]`` is where an object is met first, ``@3`` where it is met again (``#3=[1, 2]`` where it may have changed meanwhile:
between two items of an iterator, for example). Iterators are used up.
"""

from __future__ import annotations

import builtins
import collections
import enum
import hashlib
import io
import itertools
import operator
import re
import struct
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Encoder", "Opaque", "TooBig", "shorten"]

_ATOMS = (bool, bytes, complex, str, type(None), type(Ellipsis), type(NotImplemented), range)
#: By identity: a metaclass may call its classes equal to any.
_ATOM_IDS = frozenset(map(id, _ATOMS))
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
#: Modules whose public types have a ``repr`` that says everything; what else such objects hold are caches of theirs.
_TOLD = {"datetime", "decimal", "fractions", "uuid", "pathlib", "zoneinfo", "ipaddress", "array"}
#: Where an object lies, as messages show it: another place in every process.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}>")
_MOST_ITEMS = 2_000
_MOST_NODES = 40_000
_LONGEST = 4_000
_KEPT = 1_500
#: Classes made by a ``class`` statement have this flag (Py_TPFLAGS_HEAPTYPE); it is asked for past any metaclass.
_HEAP_TYPE = 1 << 9
_flags = type.__dict__["__flags__"].__get__
_size = type.__dict__["__basicsize__"].__get__
_item_size = type.__dict__["__itemsize__"].__get__
_POINTER = struct.calcsize("P")


class Opaque(Exception):
    """There is something in the value that cannot be compared."""


class TooBig(Exception):
    """The value is too big to be compared."""


def shorten(text: str) -> str:
    """``text``, or, when it is long, its beginning and a digest of all of it."""
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:_KEPT]}… ({len(text)} characters, sha256 {digest})"


def type_name(cls: type) -> str:
    """Module and qualified name of a class; builtins without their module. A class that only says that it is that one is marked."""
    if cls.__module__ != "builtins":
        # Not by ``getattr``: a module may have code for names that it does not hold.
        named = getattr(sys.modules.get(cls.__module__), "__dict__", {}).get(cls.__qualname__, cls)
        return f"{cls.__module__}.{cls.__qualname__}{'' if named is cls else ' (not the one of that name)'}"
    made = _flags(cls) & _HEAP_TYPE and getattr(builtins, cls.__qualname__, None) is not cls
    return f"{cls.__qualname__} (no built-in one)" if made else cls.__qualname__


class Encoder:
    """Encodes values that may share objects; one encoder for everything seen in one observation."""

    def __init__(self, progress: Callable[[], Any] = lambda: None) -> None:
        self.labels: dict[int, int] = {}
        self.kept: list[Any] = []
        self.shown: set[int] = set()
        self.nodes = 0
        #: Gives what else moved while an iterator was advanced (items drawn so far).
        self.progress = progress

    def number(self, value: Any) -> None:
        """Give the objects inside ``value`` labels now, in a fixed order, without using up iterators."""
        pending: list[Any] = [value]
        met: set[int] = set()
        while pending and len(met) < _MOST_NODES:
            item = pending.pop()
            if id(item) in met or isinstance(item, (int, float, *_ATOMS)):
                continue
            met.add(id(item))
            if not isinstance(item, (tuple, frozenset)):
                self._label(item)
            pending.extend(reversed(list(_inner(item))))
            self.kept.append(item)

    def encode(self, value: Any) -> str:
        """``value`` as text.

        Raises:
            Opaque: it cannot be compared. TooBig: it is too big, or too deep.
        """
        try:
            return self._text(value)
        except RecursionError:
            raise TooBig("a value is nested too deeply") from None

    def look_again(self) -> None:
        """From now on show what objects hold once more, as it may have changed; their labels stay."""
        self.shown, self.nodes = set(), 0

    def _label(self, value: Any) -> int:
        if id(value) not in self.labels:
            self.labels[id(value)] = len(self.labels)
            self.kept.append(value)
        return self.labels[id(value)]

    def _text(self, value: Any) -> str:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise TooBig("a value is too big")
        cls = type(value)
        if cls is int:
            return repr(value) if value.bit_length() < 10_000 else hex(value)
        if cls is float or id(cls) in _ATOM_IDS:
            return repr(value)
        if cls is tuple:
            return f"({', '.join(map(self._text, value))}{',' if len(value) == 1 else ''})"
        if cls is frozenset:
            return f"frozenset({self._members(value)})"
        if isinstance(value, enum.Enum):
            return f"<{type_name(cls)}.{value._name_} {self._text(value._value_)}>"
        named = self._named(value)
        if named is not None:
            return named
        known = id(value) in self.labels
        label = self._label(value)
        if known and id(value) in self.shown:
            return f"@{label}"
        self.shown.add(id(value))
        return f"#{label}={self._content(value, cls)}"

    def _named(self, value: Any) -> str | None:
        if isinstance(value, type):
            return f"<class {type_name(value)}>"
        if isinstance(value, types.ModuleType):
            return f"<module {value.__name__}>"
        if isinstance(value, _FUNCTIONS):
            name = f"{getattr(value, '__module__', None) or ''}.{value.__qualname__}"
            if "<locals>" in name or "<lambda>" in name:
                raise Opaque("it gives back a function, which cannot be compared")
            bound = getattr(value, "__self__", None)
            inner = "" if bound is None or isinstance(bound, types.ModuleType) else f" of {self._text(bound)}"
            return f"<function {name}{inner}>"
        if isinstance(value, types.MethodType):
            return f"<method {value.__qualname__} of {self._text(value.__self__)}>"
        return None

    def _content(self, value: Any, cls: type) -> str:
        if cls is list:
            return f"[{', '.join(map(self._text, value))}]"
        if cls is dict:
            return self._items(value)
        if cls is set:
            return self._members(value) if value else "set()"
        if cls.__module__ == "numpy" or cls.__module__.startswith("pandas."):
            return self._array(value, cls)
        if isinstance(value, BaseException):
            more = f" {self._items(vars(value))}" if vars(value) else ""
            # The arguments of these do not tell the file.
            args = OSError.__reduce__(value)[1] if isinstance(value, OSError) else value.args
            return _ADDRESS.sub(" at 0x…>", f"{type_name(cls)}{self._text(args)}{more}")
        if isinstance(value, (Iterator, types.CoroutineType)) and not isinstance(value, io.IOBase):
            parts = filter(None, (self._advance(value), self._attributes(value, cls)))
            return f"<{type_name(cls)} {'; '.join(parts)}>"
        return f"{type_name(cls)}({self._state(value, cls)})"

    def _items(self, value: Any) -> str:
        pairs = (f"{self._text(k)}: {self._text(v)}" for k, v in _pairs(value))
        return "{" + ", ".join(pairs) + "}"

    def _members(self, value: Any) -> str:
        """The members in an order that neither hashes nor labels of new objects decide."""
        ranked: list[tuple[str, int, Any]] = []
        for item in set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value):
            alone = Encoder()
            alone.labels, alone.nodes = dict(self.labels), self.nodes
            ranked.append((alone._text(item), len(ranked), item))
            self.nodes = alone.nodes
        ranked.sort(key=lambda entry: entry[:2])
        return "{" + ", ".join(self._text(item) for _, _, item in ranked) + "}"

    def _advance(self, value: Any) -> str:
        """What the iterator still gives, and what moved elsewhere between one item and the next."""
        if isinstance(value, types.CoroutineType):
            raise Opaque("it gives back a coroutine")
        if isinstance(
            value, (itertools.count, itertools.cycle, itertools.repeat)
        ) and not operator.length_hint(value):
            value = itertools.islice(value, 50)
        found: list[str] = []
        # Between two items, what was shown before may change.
        shown = self.shown
        try:
            for item in value:
                self.shown = set(shown)
                found.append(f"{self._text(item)}{self._moved()}")
                if len(found) >= _MOST_ITEMS:
                    found.append("…")
                    if hasattr(value, "close"):
                        value.close()
                    break
        except (Opaque, TooBig, RecursionError):
            raise
        except Exception as error:  # noqa: BLE001 - what an iterator raises is part of what it gives
            self.shown = set(shown)
            found.append(f"raises {self._text(error)}")
        self.shown = shown
        return ", ".join(found) + f"; end{self._moved()}"

    def _moved(self) -> str:
        drawn = self.progress()
        return f"~{drawn}" if drawn else ""

    def _state(self, value: Any, cls: type) -> str:
        if cls.__module__.partition(".")[0] in _TOLD and not cls.__name__.startswith("_"):
            return repr(value)
        parts = list(self._payload(value))
        if not parts and _holds_more(cls):
            parts.append(self._native(value, cls))
        return "; ".join(filter(None, [*parts, self._attributes(value, cls)]))

    def _attributes(self, value: Any, cls: type) -> str:
        slots = [name for base in cls.__mro__ for name in _slots(base)]
        found = {name: getattr(value, name) for name in slots if hasattr(value, name)}
        found |= getattr(value, "__dict__", None) or {}
        return ", ".join(f"{name}={self._text(item)}" for name, item in sorted(found.items()))

    def _payload(self, value: Any) -> Iterator[str]:
        """What a value holds as an instance of a builtin type's subclass (or of one of collections)."""
        for base, read in _PAYLOADS:
            if isinstance(value, base):
                yield read(self, value)
                break
        if isinstance(value, collections.defaultdict):
            yield self._text(value.default_factory)
        if isinstance(value, collections.deque):
            yield f"maxlen={value.maxlen}"

    def _native(self, value: Any, cls: type) -> str:
        if isinstance(value, re.Match):
            return self._text((value.re, value.string, value.regs))
        if isinstance(value, re.Pattern):
            return self._text((value.pattern, value.flags))
        if cls.__name__ in {"dict_keys", "dict_values", "dict_items", "mappingproxy", "odict_keys"}:
            return self._text(list(value.items()) if cls.__name__ == "mappingproxy" else list(value))
        if isinstance(value, (io.StringIO, io.BytesIO)):
            return "closed" if value.closed else self._text((value.getvalue(), value.tell()))
        if isinstance(value, memoryview):
            return self._text((value.tobytes(), value.format, value.shape))
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:  # noqa: BLE001 - whatever it raises, it cannot be taken apart
            raise Opaque(f"there is a {type_name(cls)} in the result, which cannot be compared") from None
        return self._text(reduced)

    def _array(self, value: Any, cls: type) -> str:
        name = type_name(cls)
        if hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "tolist"):
            extra = (
                f", index={self._text(value.index)}, name={value.name!r}" if hasattr(value, "index") else ""
            )
            items = value.tolist()
            return f"{name}({value.dtype!s}, {tuple(value.shape)}, {self._text(items)}{extra})"
        if cls.__name__ == "DataFrame":
            columns = [(repr(key), str(column.dtype), column.tolist()) for key, column in value.items()]
            return f"{name}({self._text(columns)}, {self._text(value.index)})"
        if (
            cls.__name__ in {"Timestamp", "Timedelta", "NAType", "NaTType", "dtype"}
            or cls.__module__ == "numpy"
        ):
            return f"{name}({value!r})"
        raise Opaque(f"there is a {name} in the result, which cannot be compared")


_PAYLOADS: tuple[tuple[type, Callable[[Encoder, Any], str]], ...] = (
    (list, lambda e, v: e._text(list(list.__iter__(v)))),
    (dict, lambda e, v: e._items(v)),
    ((set), lambda e, v: e._members(v)),
    (frozenset, lambda e, v: e._members(v)),
    (tuple, lambda e, v: e._text(tuple(tuple.__iter__(v)))),
    (collections.deque, lambda e, v: f"[{', '.join(map(e._text, v))}]"),
    (bool, lambda _e, v: repr(bool(v))),
    (int, lambda _e, v: int.__repr__(v)),
    (float, lambda _e, v: float.__repr__(v)),
    (complex, lambda _e, v: complex.__repr__(v)),
    (str, lambda _e, v: str.__repr__(v)),
    (bytes, lambda _e, v: bytes.__repr__(v)),
    (bytearray, lambda _e, v: repr(bytes(v))),
)


def _pairs(value: Any) -> Any:
    """The items of a dict in its own order (an ordered dict keeps another one than the dict below it)."""
    base = collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict
    return base.items(value)


def _holds_more(cls: type) -> bool:
    """Whether the objects of a class hold what is in no attribute: whether slots and the like do not make up their size.

    Whether a ``class`` statement made the class does not tell: many types in C look the same, and classes inherit from them.
    """
    offsets = (cls.__dictoffset__, cls.__weakrefoffset__)
    known = sum(len(_slots(base)) for base in cls.__mro__) + sum(offset > 0 for offset in offsets)
    return bool(_item_size(cls) or _size(cls) > _size(object) + _POINTER * known)


def _slots(base: type) -> list[str]:
    found = base.__dict__.get("__slots__", ())
    names = [found] if isinstance(found, str) else list(found)
    return [
        f"_{base.__name__.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name
        for name in names
        if name not in ("__dict__", "__weakref__")
    ]


def _inner(value: Any) -> Iterator[Any]:
    """The objects directly inside, without running the code of their classes."""
    if isinstance(value, dict):
        for key, item in _pairs(value):
            yield key
            yield item
    elif isinstance(value, list):
        yield from list.__iter__(value)
    elif isinstance(value, tuple):
        yield from tuple.__iter__(value)
    elif isinstance(value, collections.deque):
        yield from collections.deque.__iter__(value)
    elif isinstance(value, types.GeneratorType):
        # What a generator made for an input still holds.
        for name, item in sorted(value.gi_frame.f_locals.items() if value.gi_frame else ()):
            if not name.startswith("."):
                yield item
    if not isinstance(value, (type, types.ModuleType, types.FunctionType)) and hasattr(value, "__dict__"):
        yield from (item for _, item in sorted(vars(value).items(), key=lambda pair: str(pair[0])))
