"""Inputs that grow: for timing."""

from __future__ import annotations

from typing import Any

from .arguments import Parameter
from .draw import Draw
from .generate import make

__all__ = ["grows", "sized_text"]

_COLLECTIONS = {
    "list",
    "seq",
    "iter",
    "gen",
    "tuple",
    "set",
    "frozenset",
    "deque",
    "dict",
    "counter",
    "array",
    "ordereddict",
}


def grows(spec: Any) -> bool:
    """Whether there are bigger and smaller ones."""
    if spec in ("str", "size", "bytes"):
        return True
    if not isinstance(spec, list):
        return False
    if spec[0] in {"fixed", "union"}:
        return any(map(grows, spec[1:]))
    if spec[0] == "do":
        return grows(spec[1])
    if spec[0] == "make":
        return any(grows(part[1]) for part in spec[2])
    return spec[0] in _COLLECTIONS


def sized_text(parameters: list[Parameter], n: int, draw: Draw) -> str:
    """A call whose collections and strings have about ``n`` items."""
    args, kwargs = [], []
    for parameter in parameters:
        if parameter.kind in {"args", "kwargs"} or (parameter.optional and not grows(parameter.spec)):
            continue
        text = _sized(parameter.spec, n, draw) if grows(parameter.spec) else make(parameter.spec, draw)
        if parameter.kind == "keyword" or parameter.optional:
            kwargs.append(f"{parameter.name!r}: {text}")
        else:
            args.append(text)
    return f"(({', '.join(args)}{',' if len(args) == 1 else ''}), {{{', '.join(kwargs)}}})"


def _sized(spec: Any, n: int, draw: Draw) -> str:
    if spec == "size":
        return str(n)
    if spec == "str":
        return f"_b_text({n}, {draw.random.randrange(1000)})"
    if spec == "bytes":
        return f"_b_text({n}, {draw.random.randrange(1000)}).encode()"
    form = spec[0]
    if form == "fixed":
        return "(" + "".join(f"{_sized(s, n, draw) if grows(s) else make(s, draw)}, " for s in spec[1:]) + ")"
    if form == "union":
        return _sized(next(s for s in spec[1:] if grows(s)), n, draw)
    if form == "do":
        return _sized(spec[1], n, draw)
    if form == "make":
        parts = [
            f"{name}={_sized(inner, n, draw) if grows(inner) else make(inner, draw)}"
            for name, inner, _, optional in spec[2]
            if grows(inner) or not optional
        ]
        return f"{spec[1]}({', '.join(parts)})"
    if form in {"dict", "ordereddict"}:
        return f"dict(zip({_many(spec[1], n, draw, 4)}, {_many(spec[2], n, draw)}))"
    if form in {"set", "frozenset"}:
        return f"{form}({_many(spec[1], n, draw, 4)})"
    items = _many(spec[1], n, draw)
    wrapped = {
        "tuple": f"tuple({items})",
        "gen": f"_b_gen({items})",
        "deque": f"_b_mod('collections').deque({items})",
        "counter": f"_b_mod('collections').Counter({items})",
        "array": f"_b_mod('numpy').array({items}, dtype={spec[-1]!r})",
    }
    return wrapped.get(form, items)


def _many(spec: Any, n: int, draw: Draw, spread: int = 1) -> str:
    """A list of ``n`` items."""
    seed = draw.random.randrange(1000)
    if isinstance(spec, list) and spec[0] == "var":
        spec = draw.variables.setdefault(spec[1], "int")
    if spec in ("int", "any", "key", "index", "size"):
        return f"_b_ints({n}, {seed}, 0, {n * spread})"
    if spec in ("num", "float"):
        return f"_b_floats({n}, {seed})"
    if spec == "str":
        return f"_b_strs({n}, {seed})"
    short = Draw(draw.random, draw.literals, big=False, longest=4, share=False, variables=draw.variables)
    texts = [make(spec, short, 2) for _ in range(min(n, 24))]
    # Written out, so that every item is an object of its own.
    whole, rest = divmod(n, len(texts))
    return f"[{', '.join(texts * whole + texts[:rest])}]"
