"""Whole calls: arguments that fit, edges, and now and then something else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from .draw import Draw, broad
from .generate import collection, make

__all__ = ["Parameter", "call_text", "edge_calls"]


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, how it is passed, its spec, whether it may be left out, whether its type is declared."""

    name: str
    spec: Any
    kind: str = "positional"
    optional: bool = False
    declared: bool = False


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
    rows = [
        [options[rank % len(options)] for options in ranked]
        for rank in range(max(map(len, ranked), default=1))
    ]
    rows.append([_with_nan(p.spec) or options[0] for p, options in zip(wanted, ranked, strict=True)])
    rows += map(list, itertools.islice(itertools.product(*(options[:3] for options in ranked)), most))
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
        single = (
            make(spec[1], draw, 2) if form not in {"dict", "ordereddict", "defaultdict", "counter"} else ""
        )
        made = [make(spec, draw, 1) for _ in range(2)]
        if not single:
            return [_EMPTY[form], *made]
        kind = "tuple" if form == "tuple" else "set" if form == "set" else "list"
        wrap = "{}" if form in {"list", "seq", "iter", "tuple", "set"} else _EMPTY[form].replace("[]", "{}")
        items = ([single], [single, single], [edges(spec[1], draw)[0]])
        return [_EMPTY[form], *(wrap.replace("{}", collection(kind, item)) for item in items), *made]
    if form == "union":
        return [text for part in spec[1:] for text in edges(part, draw)[:4]]
    if form == "texts":
        return list(spec[1:9])
    if form == "fixed":
        return [collection("tuple", [edges(part, draw)[0] for part in spec[1:]]), make(spec, draw)]
    return [make(spec, draw) for _ in range(4)]


def _with_nan(spec: Any) -> str:
    """A value with the NaN in it, which is found in a collection though it equals nothing; empty where none fits."""
    if spec in ("float", "num"):
        return "_b_nan"
    if isinstance(spec, list) and spec[0] in {"list", "seq", "iter", "tuple"} and spec[1] in ("float", "num"):
        return collection("tuple" if spec[0] == "tuple" else "list", ["1.0", "_b_nan", "0.0"])
    return ""


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
    if (
        isinstance(spec, list)
        and spec[0] in {"list", "seq", "iter", "tuple", "set", "deque"}
        and draw.chance(0.75)
    ):
        kind = draw.random.randrange(6)
        items = [broad(draw, hashable=spec[0] == "set" or kind > 2) for _ in range(draw.random.randint(1, 4))]
        if kind == 0 and spec[0] != "set":
            items = [make(draw.pick(_UNHASHABLE_SPECS), draw, 2) for _ in items]
        elif kind == 5:
            items = [make(spec[1], draw, 1) for _ in items]
            return draw.pick(_WRAPPERS)(", ".join(items) + ("," if items else ""))  # type: ignore[no-any-return]
        return collection(draw.pick(("list", "list", "tuple")) if spec[0] != "set" else "set", items)
    if isinstance(spec, list) and spec[0] == "dict" and draw.chance(0.7):
        pairs = (
            f"{broad(draw, hashable=True)}: {make(spec[2], draw, 1)}"
            for _ in range(draw.random.randint(0, 3))
        )
        return draw.pick(("{}", "_b_Dict({})")).replace("{}", "{" + ", ".join(pairs) + "}")  # type: ignore[no-any-return]
    if spec in ("int", "num", "size", "index"):
        return draw.pick(("True", "1.0", "-1", "0", "2.5", "_b_Int(3)", "_b_nan", "None"))  # type: ignore[no-any-return]
    if spec == "str" and draw.chance(0.6):
        return draw.pick(("_b_Str('ab')", "b'ab'", "''", "['a', 'b']", "None", "'\\ud800'"))  # type: ignore[no-any-return]
    return broad(draw, hashable=False)


_UNHASHABLE_SPECS: list[Any] = [["list", "int"], ["list", "any"], ["dict", "key", "int"], ["set", "key"]]
_WRAPPERS = (
    lambda inner: f"({inner})" if inner else "()",
    lambda inner: f"_b_List([{inner}])",
    lambda inner: f"_b_Tuple([{inner}])",
    lambda inner: f"_b_gen([{inner}])",
    lambda inner: f"iter([{inner}])",
)
