"""Expressions for inputs: from a spec and a source of choices to Python text.

Every choice comes from an object with the methods of :class:`random.Random`; Hypothesis can stand behind it as well.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Draw", "Parameter", "call_text", "edge_calls", "make"]

_WORDS = ("a", "b", "ab", "abc", "A", "x1", "foo", "bar baz", "a,b", " a ", "")
_ODD = ("\u00e9", "e\u0301", "\U0001f600", "\n", "\t", "\x00", "ß", "İ", "\ud800", "%s", "{}", "-", "0", "'\"")
_FLOATS = ("0.1", "0.2", "0.3", "0.7", "1.0", "2.5", "-1.5", "1e16", "-1e16", "1e-9", "3.0", "0.0", "-0.0")
_EDGE_FLOATS = ("_b_nan", "_b_inf", "-_b_inf", "-0.0", "5e-324", "1.7976931348623157e308")
_BIG = ("2**31", "-2**31", "2**63", "10**20", "-10**20", "2**53 + 1")
_BROAD = ("None", "True", "False", "1.0", "0", "1", "-0.0", "_b_nan", "''", "'a'", "b'a'", "()", "(1,)", "frozenset()", "(1, 2)")
_UNHASHABLE = ("[]", "[1]", "{}", "set()", "{1}", "[[]]", "{'a': 1}")
_DEEPEST = 4
#: The name of an object that comes twice.
_NAMED = re.compile(r"_b_\d")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, how it is passed, its spec, whether it may be left out, whether its type is declared."""

    name: str
    spec: Any
    kind: str = "positional"
    optional: bool = False
    declared: bool = False


@dataclass
class Draw:
    """Where the choices of one call come from, and what the code mentions.

    Attributes:
        random: the source of choices. literals: by type name. big: whether very big numbers may come.
        longest: most items of a collection.
    """

    random: random.Random
    literals: dict[str, list[Any]] = field(default_factory=dict)
    big: bool = True
    longest: int = 7
    #: Whether the same object may come twice. Only where every text made becomes part of one expression, in order.
    share: bool = True
    aliases: dict[str, list[str]] = field(default_factory=dict)
    named: int = 0
    #: One type for each type variable of this call, and one pool of small numbers.
    variables: dict[str, Any] = field(default_factory=dict)

    def chance(self, share: float) -> bool:
        """True with the probability ``share``."""
        return self.random.random() > 1.0 - share

    def pick(self, options: Any) -> Any:
        """One of ``options``."""
        return options[self.random.randrange(len(options))]


def call_text(parameters: list[Parameter], draw: Draw, odd: float = 0.15) -> str:
    """A whole call; with the probability ``odd`` one argument whose type is not declared is an edge of another kind."""
    args: list[str] = []
    kwargs: list[str] = []
    skipped = False
    open_ones = [p.name for p in parameters if not p.declared and p.kind == "positional"]
    strange = draw.pick(open_ones) if open_ones and draw.chance(odd) else None
    for parameter in parameters:
        if parameter.kind == "args":
            count = draw.random.randint(0, 3)
            args += [make(parameter.spec, draw) for _ in range(0 if skipped else count)]
            continue
        if parameter.kind == "kwargs":
            if draw.chance(0.3):
                kwargs.append(f"'extra': {make(parameter.spec, draw)}")
            continue
        if parameter.optional and draw.chance(0.4):
            skipped = True
            continue
        text = _strange(parameter.spec, draw) if parameter.name == strange else make(parameter.spec, draw)
        if parameter.kind == "keyword" or skipped:
            kwargs.append(f"{parameter.name!r}: {text}")
        else:
            args.append(text)
    return f"(({', '.join(args)}{',' if len(args) == 1 else ''}), {{{', '.join(kwargs)}}})"


def edge_calls(parameters: list[Parameter], draw: Draw, most: int = 24) -> list[str]:
    """Calls with the smallest and oddest arguments of each kind: all of the same rank first, then mixtures."""
    draw = Draw(draw.random, draw.literals, draw.big, draw.longest, share=False)
    wanted = [p for p in parameters if p.kind in {"positional", "keyword"} and not p.optional]
    ranked = [edges(p.spec, draw) for p in wanted]
    rows = [[options[rank % len(options)] for options in ranked] for rank in range(max(map(len, ranked), default=1))]
    for row in itertools.islice(itertools.product(*(options[:3] for options in ranked)), most):
        rows.append(list(row))
    found = []
    for row in rows:
        named = [(p.name, text) for p, text in zip(wanted, row, strict=True) if p.kind == "keyword"]
        args = [text for p, text in zip(wanted, row, strict=True) if p.kind != "keyword"]
        kwargs = ", ".join(f"{name!r}: {text}" for name, text in named)
        found.append(f"(({', '.join(args)}{',' if len(args) == 1 else ''}), {{{kwargs}}})")
    return list(dict.fromkeys(found))[:most]


def edges(spec: Any, draw: Draw) -> list[str]:
    """The smallest and oddest values that fit ``spec``."""
    if isinstance(spec, str):
        return list(_EDGES.get(spec, ("None", "0", "''", "[]", "1.5")))
    form = spec[0]
    if form in _EMPTY:
        single = make(spec[1], draw, 2) if form not in {"dict", "ordereddict", "defaultdict", "counter"} else ""
        made = [make(spec, draw, 1) for _ in range(2)]
        if not single:
            return [_EMPTY[form], *made]
        kind = "tuple" if form == "tuple" else "set" if form == "set" else "list"
        wrap = "{}" if form in {"list", "seq", "iter", "tuple", "set"} else _EMPTY[form].replace("[]", "{}")
        items = ([single], [single, single], [edges(spec[1], draw)[0]])
        return [_EMPTY[form], *(wrap.replace("{}", _collection(kind, item)) for item in items), *made]
    if form == "union":
        return [text for part in spec[1:] for text in edges(part, draw)[:4]]
    if form == "texts":
        return list(spec[1:9])
    if form == "fixed":
        return [_collection("tuple", [edges(part, draw)[0] for part in spec[1:]]), make(spec, draw)]
    return [make(spec, draw) for _ in range(4)]


_EMPTY = {
    "list": "[]",
    "seq": "[]",
    "iter": "[]",
    "tuple": "()",
    "set": "set()",
    "dict": "{}",
    "frozenset": "frozenset([])",
    "gen": "_b_gen([])",
    "deque": "_b_mod('collections').deque([])",
    "counter": "_b_mod('collections').Counter([])",
}
_EDGES = {
    "int": ("0", "1", "-1", "2", "True", "10**20"),
    "size": ("0", "1", "2", "-1", "3"),
    "index": ("0", "-1", "1", "100"),
    "num": ("0", "1.0", "-0.0", "1", "_b_nan", "True", "_b_inf"),
    "float": ("0.0", "1.0", "-0.0", "_b_nan", "-1.5", "_b_inf"),
    "str": ("''", "'a'", "' '", "'A b'", "'\\n'", "'\u00e9'", "'\\ud800'"),
    "char": ("'a'", "' '", "'Z'", "'0'"),
    "bytes": ("b''", "b'a'", "b'\\xff'"),
    "bool": ("True", "False"),
    "none": ("None",),
    "key": ("0", "''", "1", "True", "1.0", "()"),
    "complex": ("0j", "1j", "complex(_b_nan, 0)"),
}


def _strange(spec: Any, draw: Draw) -> str:
    """An edge for a parameter that anything may be given for: the same shape made of other things, or another shape."""
    if isinstance(spec, list) and spec[0] in {"list", "seq", "iter", "tuple", "set", "deque"} and draw.chance(0.75):
        kind = draw.random.randrange(6)
        items = [_broad(draw, hashable=spec[0] == "set" or kind > 2) for _ in range(draw.random.randint(1, 4))]
        if kind == 0 and spec[0] != "set":
            items = [make(draw.pick(_UNHASHABLE_SPECS), draw, 2) for _ in items]
        elif kind == 5:
            items = [make(spec[1], draw, 1) for _ in items]
            return draw.pick(_WRAPPERS)(", ".join(items) + ("," if items else ""))  # type: ignore[no-any-return]
        return _collection(draw.pick(("list", "list", "tuple")) if spec[0] != "set" else "set", items)
    if isinstance(spec, list) and spec[0] == "dict" and draw.chance(0.7):
        pairs = (f"{_broad(draw, hashable=True)}: {make(spec[2], draw, 1)}" for _ in range(draw.random.randint(0, 3)))
        return draw.pick(("{}", "_b_Dict({})")).replace("{}", "{" + ", ".join(pairs) + "}")  # type: ignore[no-any-return]
    if spec in ("int", "num", "size", "index"):
        return draw.pick(("True", "1.0", "-1", "0", "2.5", "_b_Int(3)", "_b_nan", "None"))  # type: ignore[no-any-return]
    if spec == "str" and draw.chance(0.6):
        return draw.pick(("_b_Str('ab')", "b'ab'", "''", "['a', 'b']", "None", "'\\ud800'"))  # type: ignore[no-any-return]
    return _broad(draw, hashable=False)


_UNHASHABLE_SPECS: list[Any] = [["list", "int"], ["list", "any"], ["dict", "key", "int"], ["set", "key"]]
_WRAPPERS = (
    lambda inner: f"({inner})" if inner else "()",
    lambda inner: f"_b_List([{inner}])",
    lambda inner: f"_b_Tuple([{inner}])",
    lambda inner: f"_b_gen([{inner}])",
    lambda inner: f"iter([{inner}])",
)


def _broad(draw: Draw, *, hashable: bool) -> str:
    if not hashable and draw.chance(0.2):
        return draw.pick(_UNHASHABLE)  # type: ignore[no-any-return]
    if draw.chance(0.1):
        return f"_b_Eq({draw.random.randint(0, 2)}, {draw.random.randint(0, 9)})"
    return draw.pick(_BROAD)  # type: ignore[no-any-return]


def _collection(kind: str, items: list[str]) -> str:
    inner = ", ".join(items)
    if kind == "tuple":
        return f"({inner}{',' if len(items) == 1 else ''})"
    if kind == "set":
        return f"{{{inner}}}" if items else "set()"
    return f"[{inner}]"


def make(spec: Any, draw: Draw, depth: int = 0) -> str:
    """An expression that fits ``spec``."""
    if isinstance(spec, str):
        return _SIMPLE.get(spec, _any)(draw, depth)
    return _FORMS[spec[0]](spec, draw, depth)


def _int(draw: Draw, depth: int = 0) -> str:
    del depth
    kind = draw.random.randrange(20)
    known = draw.literals.get("int", [])
    if kind < 11:
        return str(draw.random.randint(-2, 6))
    if kind < 16 and known:
        return str(draw.pick(known) + draw.random.randint(-1, 1))
    if kind == 19 and draw.big:
        return draw.pick(_BIG)  # type: ignore[no-any-return]
    return str(draw.random.randint(-30, 120))


def _size(draw: Draw, depth: int = 0) -> str:
    del depth
    known = [v for v in draw.literals.get("int", []) if 0 <= v <= 200]
    if known and draw.chance(0.25):
        return str(draw.pick(known) + draw.random.randint(-1, 1))
    return str(draw.random.randint(-1, 12) if draw.chance(0.85) else draw.random.randint(10, 60))


def _index(draw: Draw, depth: int = 0) -> str:
    del depth
    return str(draw.random.randint(-3, 5))


def _float(draw: Draw, depth: int = 0) -> str:
    del depth
    kind = draw.random.randrange(20)
    known = draw.literals.get("float", [])
    if kind < 11:
        return draw.pick(_FLOATS)  # type: ignore[no-any-return]
    if kind < 13 and known:
        return repr(draw.pick(known))
    if kind == 19:
        return draw.pick(_EDGE_FLOATS)  # type: ignore[no-any-return]
    return repr(draw.random.randint(-1000, 1000) / draw.pick((2, 3, 7, 10, 100)))


def _num(draw: Draw, depth: int = 0) -> str:
    return _int(draw, depth) if draw.chance(0.45) else _float(draw, depth)


def _str(draw: Draw, depth: int = 0) -> str:
    del depth
    kind = draw.random.randrange(12)
    known = draw.literals.get("str", [])
    if kind < 3 and known:
        return repr(draw.pick(known))
    if kind < 6:
        return repr(draw.pick(_WORDS))
    if kind < 8:
        return repr("".join(draw.pick("abcAB 01") for _ in range(draw.random.randint(0, 8))))
    if kind == 8:
        parts = [*known, *_WORDS, *_ODD]
        return repr("".join(draw.pick(parts) for _ in range(draw.random.randint(1, 4))))
    if kind < 11:
        words = [*(known or _WORDS), *_WORDS]
        gap = draw.pick((" ", " ", ",", "  ", "\n", *[k for k in known if 0 < len(k) < 3]))
        return repr(gap.join(draw.pick(words) for _ in range(draw.random.randint(1, 5))))
    return repr(draw.pick(_ODD))


def _char(draw: Draw, depth: int = 0) -> str:
    del depth
    known = [k for k in draw.literals.get("str", []) if len(k) == 1]
    return repr(draw.pick([*known, *"abAB01 zé"]))


def _digits(draw: Draw, depth: int = 0) -> str:
    del depth
    return repr(str(draw.random.randint(-20, 200))) if draw.chance(0.85) else draw.pick(("' 7 '", "'x'", "''", "'1.5'"))


def _key(draw: Draw, depth: int = 0) -> str:
    kind = draw.random.randrange(10)
    if kind < 5:
        return str(draw.random.randint(0, 4))
    if kind < 8:
        return repr(draw.pick(_WORDS))
    return f"({draw.random.randint(0, 2)}, {draw.random.randint(0, 2)})" if kind == 8 else _broad(draw, hashable=True)


def _any(draw: Draw, depth: int = 0) -> str:
    kind = draw.random.randrange(12)
    if kind < 5:
        return str(draw.random.randint(0, 4))
    if kind < 8:
        return repr(draw.pick(_WORDS))
    if kind == 8:
        return _float(draw)
    if kind == 9 and depth < _DEEPEST:
        return make(["list", "int"], draw, depth + 1)
    return _broad(draw, hashable=False)


def _bytes(draw: Draw, depth: int = 0) -> str:
    del depth
    known = draw.literals.get("bytes", [])
    if known and ":=" not in text and draw.chance(0.3):
        return repr(draw.pick(known))
    return repr(bytes(draw.random.choice(b"ab \n\x00\xff0") for _ in range(draw.random.randint(0, 6))))


def _bool(draw: Draw, depth: int = 0) -> str:
    del depth
    return draw.pick(("True", "False"))  # type: ignore[no-any-return]


_SIMPLE: dict[str, Any] = {
    "int": _int,
    "size": _size,
    "index": _index,
    "float": lambda draw, depth=0: _float(draw) if draw.chance(0.9) else _int(draw),
    "num": _num,
    "str": _str,
    "char": _char,
    "digits": _digits,
    "key": _key,
    "any": _any,
    "bytes": _bytes,
    "bool": _bool,
    "none": lambda _draw, _depth=0: "None",
    "complex": lambda draw, _depth=0: f"complex({_float(draw)}, {_float(draw)})",
}


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
    return _shared(_collection("list", _items(spec[1], draw, depth)), spec, draw, depth)


def _make_seq(spec: Any, draw: Draw, depth: int) -> str:
    if draw.chance(0.75):
        return make(["list", *spec[1:]], draw, depth)
    items = _items(spec[1], draw, depth)
    if draw.chance(0.8):
        return _collection("tuple", items)
    return f"_b_List([{', '.join(items)}])"


def _make_iter(spec: Any, draw: Draw, depth: int) -> str:
    kind = draw.random.randrange(20)
    if kind < 11:
        return make(["list", *spec[1:]], draw, depth)
    items = _items(spec[1], draw, depth)
    if kind < 14:
        return _collection("tuple", items)
    inner = ", ".join(items)
    if kind < 17:
        return f"_b_gen([{inner}])"
    if kind < 18 and spec[1] in ("int", "num", "any", "key"):
        return f"range({draw.random.randint(0, 6)})"
    if kind < 19 and spec[1] in ("str", "char", "key", "any"):
        return _str(draw)
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
    }.get(wanted if isinstance(wanted, str) else "", ("first", "neg", "mod", "even", "str", "double", "one", "none", "len", "add"))
    if isinstance(wanted, list) and wanted[0] in {"list", "seq", "iter"}:
        names = ("list",)
    return f"_b_Fn({draw.pick(names)!r})"


_FORMS: dict[str, Any] = {
    "list": _make_list,
    "seq": _make_seq,
    "iter": _make_iter,
    "gen": lambda s, d, n: f"_b_gen([{', '.join(_items(s[1], d, n))}])",
    "tuple": lambda s, d, n: _collection("tuple", _items(s[1], d, n)),
    "set": lambda s, d, n: _shared(_collection("set", _items(s[1], d, n)), s, d, n),
    "frozenset": lambda s, d, n: f"frozenset([{', '.join(_items(s[1], d, n))}])",
    "deque": lambda s, d, n: f"_b_mod('collections').deque([{', '.join(_items(s[1], d, n))}])",
    "counter": lambda s, d, n: f"_b_mod('collections').Counter([{', '.join(_items(s[1], d, n))}])",
    "defaultdict": lambda s, d, n: f"_b_mod('collections').defaultdict({s[3]}, {_make_dict(s, d, 9)})",
    "ordereddict": lambda s, d, n: f"_b_mod('collections').OrderedDict({_make_dict(s, d, 9)})",
    "dict": _make_dict,
    "fixed": lambda s, d, n: _collection("tuple", [make(part, d, n + 1) for part in s[1:]]),
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
