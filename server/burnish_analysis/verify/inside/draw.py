"""Where the choices of one call come from, and plain values made from them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

__all__ = ["SIMPLE", "UNHASHABLE", "Draw", "broad", "real", "text"]

_WORDS = ("a", "b", "ab", "abc", "A", "x1", "foo", "bar baz", "a,b", " a ", "")
_ODD = (
    "\u00e9",
    "e\u0301",
    "\U0001f600",
    "\n",
    "\t",
    "\x00",
    "ß",
    "İ",
    "\ud800",
    "%s",
    "{}",
    "-",
    "0",
    "'\"",
)
_FLOATS = ("0.1", "0.2", "0.3", "0.7", "1.0", "2.5", "-1.5", "1e16", "-1e16", "1e-9", "3.0", "0.0", "-0.0")
_EDGE_FLOATS = ("_b_nan", "_b_inf", "-_b_inf", "-0.0", "5e-324", "1.7976931348623157e308")
_BIG = ("2**31", "-2**31", "2**63", "10**20", "-10**20", "2**53 + 1")
_BROAD = (
    "None",
    "True",
    "False",
    "1.0",
    "0",
    "1",
    "-0.0",
    "_b_nan",
    "''",
    "'a'",
    "b'a'",
    "()",
    "(1,)",
    "frozenset()",
    "(1, 2)",
)
UNHASHABLE = ("[]", "[1]", "{}", "set()", "{1}", "[[]]", "{'a': 1}")


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

    #: A few words that come again and again in this call, as keys do.
    words: tuple[str, ...] = ()
    #: By spec, the plain values of this call so far.
    recent: dict[str, list[str]] = field(default_factory=dict)

    def word(self) -> str:
        """One of the words of this call, or any."""
        if not self.words:
            pool = (*_WORDS, *(k for k in self.literals.get("str", []) if 0 < len(k) < 12))
            self.words = tuple(self.pick(pool) for _ in range(3))
        return self.pick(self.words if self.random.random() < 0.7 else _WORDS)  # type: ignore[no-any-return]

    def chance(self, share: float) -> bool:
        """True with the probability ``share``."""
        return self.random.random() > 1.0 - share

    def pick(self, options: Any) -> Any:
        """One of ``options``."""
        return options[self.random.randrange(len(options))]


def broad(draw: Draw, *, hashable: bool) -> str:
    """A value of any kind."""
    if not hashable and draw.chance(0.2):
        return draw.pick(UNHASHABLE)  # type: ignore[no-any-return]
    if draw.chance(0.1):
        return f"_b_Eq({draw.random.randint(0, 2)}, {draw.random.randint(0, 9)})"
    return draw.pick(_BROAD)  # type: ignore[no-any-return]


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


def real(draw: Draw, depth: int = 0) -> str:
    """A number with a point: often one of those whose sums depend on the order."""
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
    return _int(draw, depth) if draw.chance(0.45) else real(draw, depth)


def text(draw: Draw, depth: int = 0) -> str:
    """A string: words, words with something between them, odd characters."""
    del depth
    kind = draw.random.randrange(12)
    known = draw.literals.get("str", [])
    if kind < 2 and known:
        return repr(draw.pick(known))
    if kind < 3 and known:
        return repr(draw.pick(known) + draw.word() + draw.pick(known))
    if kind < 6:
        return repr(draw.word())
    if kind < 8:
        return repr("".join(draw.pick("abcAB 01") for _ in range(draw.random.randint(0, 8))))
    if kind == 8:
        parts = [*known, *_WORDS, *_ODD]
        return repr("".join(draw.pick(parts) for _ in range(draw.random.randint(1, 4))))
    if kind < 11:
        words = [draw.word() for _ in range(5)]
        gap = draw.pick((" ", " ", ",", "  ", "\n", *[k for k in known if 0 < len(k) < 3]))
        return repr(gap.join(draw.pick(words) for _ in range(draw.random.randint(1, 5))))
    return repr(draw.pick(_ODD))


def _char(draw: Draw, depth: int = 0) -> str:
    del depth
    known = [k for k in draw.literals.get("str", []) if len(k) == 1]
    return repr(draw.pick([*known, *"abAB01 zé"]))


def _digits(draw: Draw, depth: int = 0) -> str:
    del depth
    return (
        repr(str(draw.random.randint(-20, 200)))
        if draw.chance(0.85)
        else draw.pick(("' 7 '", "'x'", "''", "'1.5'"))
    )


def _bytes(draw: Draw, depth: int = 0) -> str:
    del depth
    known = draw.literals.get("bytes", [])
    if known and draw.chance(0.3):
        return repr(draw.pick(known))
    return repr(bytes(draw.random.choice(b"ab \n\x00\xff0") for _ in range(draw.random.randint(0, 6))))


def _bool(draw: Draw, depth: int = 0) -> str:
    del depth
    return draw.pick(("True", "False"))  # type: ignore[no-any-return]


#: Makers by spec; those of collections are in ``generate.py``.
SIMPLE: dict[str, Any] = {
    "int": _int,
    "size": _size,
    "index": _index,
    "float": lambda draw, _depth=0: real(draw) if draw.chance(0.9) else _int(draw),
    "num": _num,
    "str": text,
    "char": _char,
    "digits": _digits,
    "bytes": _bytes,
    "bool": _bool,
    "none": lambda _draw, _depth=0: "None",
    "complex": lambda draw, _depth=0: f"complex({real(draw)}, {real(draw)})",
}
