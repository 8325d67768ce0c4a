"""Expressions for inputs: from a spec and a source of choices to Python text.

Every choice comes from an object with the methods of :class:`random.Random`; Hypothesis can stand behind it as well.
"""

from __future__ import annotations

import re
from typing import Any

from .draw import SIMPLE, Draw, broad, real, text

__all__ = ["collection", "make"]

_DEEPEST = 4
#: The name of an object that comes twice.
_NAMED = re.compile(r"_b_\d")


def collection(kind: str, items: list[str]) -> str:
    """A list, tuple or set of ``items`` written out."""
    inner = ", ".join(items)
    if kind == "tuple":
        return f"({inner}{',' if len(items) == 1 else ''})"
    if kind == "set":
        return f"{{{inner}}}" if items else "set()"
    return f"[{inner}]"


def make(spec: Any, draw: Draw, depth: int = 0) -> str:
    """An expression that fits ``spec``."""
    if isinstance(spec, str):
        # What was given once is often given again: keys that are there, items that are found.
        recent = draw.recent.setdefault(spec, [])
        if recent and draw.chance(0.2):
            return draw.pick(recent)  # type: ignore[no-any-return]
        recent.append(_plain(spec, draw, depth))
        return recent[-1]
    return str(_FORMS[spec[0]](spec, draw, depth))


def _plain(spec: str, draw: Draw, depth: int) -> str:
    maker = _MIXED.get(spec) or SIMPLE.get(spec, _any)
    return str(maker(draw, depth))


def _key(draw: Draw, depth: int = 0) -> str:
    del depth
    kind = draw.random.randrange(10)
    if kind < 5:
        return str(draw.random.randint(0, 4))
    if kind < 8:
        return repr(draw.word())
    return (
        f"({draw.random.randint(0, 2)}, {draw.random.randint(0, 2)})"
        if kind == 8
        else broad(draw, hashable=True)
    )


def _any(draw: Draw, depth: int = 0) -> str:
    kind = draw.random.randrange(12)
    if kind < 5:
        return str(draw.random.randint(0, 4))
    if kind < 8:
        return repr(draw.word())
    if kind == 8:
        return real(draw)
    if kind == 9 and depth < _DEEPEST:
        return make(["list", "int"], draw, depth + 1)
    return broad(draw, hashable=False)


_MIXED = {"key": _key, "any": _any}


def _items(spec: Any, draw: Draw, depth: int) -> list[str]:
    """The items of a collection: often few, often with repetitions, sometimes in order."""
    most = draw.longest if depth < 2 else 3
    kind = draw.random.randrange(8)
    count = 0 if kind == 0 else 1 if kind == 1 else draw.random.randint(2, max(2, most))
    items = [make(spec, draw, depth + 1) for _ in range(count)]
    plain = [item for item in items if not _NAMED.search(item)]
    if len(plain) > 1 and draw.chance(0.4):
        items.insert(draw.random.randint(0, len(items)), draw.pick(plain))
        if draw.chance(0.5):
            items.append(draw.pick(plain))
    if kind >= 6 and len(plain) == len(items) and spec in ("int", "size", "index", "key", "str"):
        items.sort(key=_rank)
    return items


def _rank(text: str) -> tuple[int, str]:
    try:
        return int(text), ""
    except ValueError:
        return 0, text


def _shared(text: str, spec: Any, draw: Draw, depth: int) -> str:
    """Now and then the same object a second time, where a mutable one is wanted."""
    if not draw.share:
        return text
    known = draw.aliases.setdefault(repr(spec), [])
    if known and ":=" not in text and draw.chance(0.3):
        return draw.pick(known)  # type: ignore[no-any-return]
    if draw.chance(0.15) and depth < 3 and ":=" not in text:
        name = f"_b_{draw.named}"
        draw.named += 1
        known.append(name)
        return f"({name} := {text})"
    return text


def _make_list(spec: Any, draw: Draw, depth: int) -> str:
    return _shared(collection("list", _items(spec[1], draw, depth)), spec, draw, depth)


def _make_seq(spec: Any, draw: Draw, depth: int) -> str:
    if draw.chance(0.75):
        return make(["list", *spec[1:]], draw, depth)
    items = _items(spec[1], draw, depth)
    if draw.chance(0.8):
        return collection("tuple", items)
    return f"_b_List([{', '.join(items)}])"


def _make_iter(spec: Any, draw: Draw, depth: int) -> str:
    kind = draw.random.randrange(20)
    if kind < 11:
        return make(["list", *spec[1:]], draw, depth)
    items = _items(spec[1], draw, depth)
    if kind < 14:
        return collection("tuple", items)
    inner = ", ".join(items)
    if kind < 17:
        return f"_b_gen([{inner}])"
    if kind < 18 and spec[1] in ("int", "num", "any", "key"):
        return f"range({draw.random.randint(0, 6)})"
    if kind < 19 and spec[1] in ("str", "char", "key", "any"):
        return text(draw)
    return f"iter([{inner}])"


def _make_dict(spec: Any, draw: Draw, depth: int) -> str:
    keys = _items(spec[1], draw, depth + 1)
    inner = ", ".join(f"{key}: {make(spec[2], draw, depth + 1)}" for key in keys)
    return _shared(f"{{{inner}}}", spec, draw, depth)


def _make_union(spec: Any, draw: Draw, depth: int) -> str:
    return make(draw.pick(spec[1:]), draw, depth)


def _make_class(spec: Any, draw: Draw, depth: int) -> str:
    """``["make", expression of the class, [[name, spec, kind, optional], ...]]``."""
    if depth > _DEEPEST:
        depth = _DEEPEST
    parts = []
    named = False
    for name, inner, kind, optional in spec[2]:
        if optional and (depth >= _DEEPEST or draw.chance(0.4)):
            named = True
            continue
        text = make(inner, draw, depth + 1) if depth < _DEEPEST else make(_flat(inner), draw, depth + 1)
        parts.append(f"{name}={text}" if kind == "keyword" or named else text)
    return _shared(f"{spec[1]}({', '.join(parts)})", spec, draw, depth)


def _make_used(spec: Any, draw: Draw, depth: int) -> str:
    """``["do", spec of the instance, [[method, [specs]], ...]]``: an instance after some calls of its methods."""
    made = make(spec[1], draw, depth)
    if not spec[2] or draw.chance(0.4):
        return made
    steps = []
    for _ in range(draw.random.randint(1, 4)):
        name, inner = draw.pick(spec[2])
        args = [make(part, draw, depth + 1) for part in inner]
        steps.append(f"({name!r}, ({', '.join(args)}{',' if len(args) == 1 else ''}))")
    return f"_b_do({made}, {', '.join(steps)})"


def _flat(spec: Any) -> Any:
    """A spec that ends: for classes that hold themselves."""
    if isinstance(spec, list) and spec[0] == "union":
        simple = [s for s in spec[1:] if isinstance(s, str)]
        return simple[-1] if simple else spec
    if isinstance(spec, list) and spec[0] in {"list", "seq", "iter"}:
        return ["texts", "[]"]
    return spec


def _make_variable(spec: Any, draw: Draw, depth: int) -> str:
    if spec[1] not in draw.variables:
        draw.variables[spec[1]] = draw.pick(spec[2:] or ("int", "int", "str", "num", "key"))
    return make(draw.variables[spec[1]], draw, depth)


def _make_function(spec: Any, draw: Draw, depth: int) -> str:
    del depth
    wanted = spec[1] if len(spec) > 1 else "any"
    names = {
        "bool": ("truth", "even", "true", "false", "none"),
        "str": ("str", "first"),
        "int": ("first", "neg", "mod", "one"),
        "num": ("first", "neg", "mod", "one", "double", "add"),
    }.get(
        wanted if isinstance(wanted, str) else "",
        ("first", "neg", "mod", "even", "str", "double", "one", "none", "len", "add"),
    )
    if isinstance(wanted, list) and wanted[0] in {"list", "seq", "iter"}:
        names = ("list",)
    return f"_b_Fn({draw.pick(names)!r})"


_FORMS: dict[str, Any] = {
    "list": _make_list,
    "seq": _make_seq,
    "iter": _make_iter,
    "gen": lambda s, d, n: f"_b_gen([{', '.join(_items(s[1], d, n))}])",
    "tuple": lambda s, d, n: collection("tuple", _items(s[1], d, n)),
    "set": lambda s, d, n: _shared(collection("set", _items(s[1], d, n)), s, d, n),
    "frozenset": lambda s, d, n: f"frozenset([{', '.join(_items(s[1], d, n))}])",
    "deque": lambda s, d, n: f"_b_mod('collections').deque([{', '.join(_items(s[1], d, n))}])",
    "counter": lambda s, d, n: f"_b_mod('collections').Counter([{', '.join(_items(s[1], d, n))}])",
    "defaultdict": lambda s, d, _n: f"_b_mod('collections').defaultdict({s[3]}, {_make_dict(s, d, 9)})",
    "ordereddict": lambda s, d, _n: f"_b_mod('collections').OrderedDict({_make_dict(s, d, 9)})",
    "dict": _make_dict,
    "fixed": lambda s, d, n: collection("tuple", [make(part, d, n + 1) for part in s[1:]]),
    "record": lambda s, d, n: "{" + ", ".join(f"{k!r}: {make(v, d, n + 1)}" for k, v in s[1].items()) + "}",
    "union": _make_union,
    "texts": lambda s, d, _n: d.pick(s[1:]),
    "make": _make_class,
    "do": _make_used,
    "var": _make_variable,
    "fn": _make_function,
    "obj": lambda s, d, n: f"_b_Obj({', '.join(f'{k}={make(v, d, n + 1)}' for k, v in s[1].items())})",
    "array": lambda s, d, n: f"_b_mod('numpy').array([{', '.join(_items(s[1], d, n))}], dtype={s[2]!r})",
}
