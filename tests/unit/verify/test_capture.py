from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import math
import pathlib
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.verify.capture import Captured, FunctionAt, capture
from burnish_analysis.verify.inside.capture_values import Strange, encode, names

SHARED = [1]
VALUES: list[Any] = [
    *(None, True, 3, -(10**30), "ü\n'\"", b"\0x", 1.5, -0.0, 1e300, complex(-0.0, 2)),
    *([], [1, [2]], (), (1,), (1, 2), {}, {"a": [1]}, set(), {3, 1, 2}, frozenset(), frozenset({1})),
    *(bytearray(b"x"), range(1, 9, 2), slice(1, None), ...),
    *(collections.deque([1, 2], 5), collections.OrderedDict(b=1, a=2), collections.Counter("aab")),
    collections.defaultdict(list, {1: [2]}),
    *(
        datetime.date(2020, 1, 2),
        datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.UTC),
        datetime.timedelta(1, 2),
    ),
    *(
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        pathlib.PurePosixPath("a/b"),
        re.compile("a+", re.I),
    ),
    *(len, int, collections.deque, math, math.sqrt),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:20])
def test_values_come_back(value: Any) -> None:
    text = encode(value, set())
    again = eval(text, names())
    assert type(again) is type(value)
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_special_floats_come_back(value: float) -> None:
    assert repr(eval(encode([value], set()), names())) == repr([value])


def test_sharing_is_kept() -> None:
    first, second = eval(encode((SHARED, [SHARED, SHARED]), set()), names())
    assert first is second[0] is second[1]
    assert first == [1]


def test_equal_is_not_shared() -> None:
    first, second = eval(encode(([1], [1]), set()), names())
    assert first is not second


MODULE = """
import dataclasses, enum, typing
class Color(enum.Enum):
    RED = 1
class Bits(enum.Flag):
    A = 1
    B = 2
@dataclasses.dataclass
class Point:
    x: int
    y: list
@dataclasses.dataclass(frozen=True)
class Cold:
    x: int = 0
class Pair(typing.NamedTuple):
    a: int
    b: int
class Plain:
    def __init__(self, size, name="n"):
        self.size = size
        self.name = name
class Grown:
    def __init__(self):
        self.items = []
    def __eq__(self, other):
        return self.items == other.items
class Slotted:
    __slots__ = ("x",)
class Num(int):
    pass
def function():
    pass
"""


@pytest.fixture
def module() -> Any:
    made = types.ModuleType("captured_from")
    sys.modules["captured_from"] = made
    exec(MODULE, made.__dict__)
    yield made
    del sys.modules["captured_from"]


def test_objects_of_the_module_come_back_by_their_names(module: Any) -> None:
    grown = module.Grown()
    grown.items.append(grown.items.__class__([1]))
    for value, text in (
        (module.Color.RED, "Color['RED']"),
        (module.Point(1, [2]), "Point(x=1, y=[2])"),
        (module.Cold(4), "Cold(x=4)"),
        (module.Pair(1, 2), "Pair(1, 2)"),
        (module.Plain([1], "m"), "Plain(size=[1], name='m')"),
        (module.function, "function"),
        (module.Point, "Point"),
    ):
        assert encode(value, {"captured_from"}) == text
        again = eval(text, {**vars(module), **names()})
        assert encode(again, {"captured_from"}) == text
    again = eval(encode(grown, {"captured_from"}), {**vars(module), **names()})
    assert again == grown
    assert encode(module.Color.RED, set()) == "_b_mod('captured_from').Color['RED']"
    both = module.Bits.A | module.Bits.B
    assert eval(encode(both, {"captured_from"}), vars(module)) is both


def test_what_cannot_be_made_again_is_left_out(module: Any) -> None:
    circle: list[Any] = []
    circle.append(circle)
    strange = [circle, lambda: 1, (x for x in ""), module.Slotted(), module.Num(3), object, iter([]), open]
    for value in (*strange[:5], strange[6], sys.stdin, [0] * 5000):
        with pytest.raises(Strange):
            encode([value], {"captured_from"})


SOURCE = """
import dataclasses
@dataclasses.dataclass
class Box:
    items: list
    def total(self, *more, scale=1, **extra):
        return sum(self.items, *more) * scale
    @classmethod
    def of(cls, *items): return cls(list(items))
    @staticmethod
    def twice(x): return 2 * x
def count(xs, seen=()):
    xs.append(0)
    return len(xs) + len(seen)
def steps(n):
    for i in range(n):
        yield i
def near(f): return f(1)
def unused(): pass
"""
TESTS = """
import unittest
from pkg.code import *
import pytest
@pytest.mark.parametrize("n", [1, 2, 2])
def test_count(n):
    shared = [n]
    assert count(shared, (shared,)) == n * 0 + 3
    assert count([]) == 1
def test_box():
    assert Box([1, 2]).total(0, scale=2, other="x") == 6
    assert Box.of(1, 2).items == [1, 2]
    assert Box.twice(4) == 8
def test_steps(): assert list(steps(3)) == [0, 1, 2]
def test_near():
    assert near(lambda x: x) == 1
def test_outside():
    with pytest.raises(OSError): open("/etc/passwd")
def test_fails(): assert False
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    (folder / "pkg" / "code.py").write_text(SOURCE)
    (folder / "tests" / "test_code.py").write_text(TESTS)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    return folder


def captured(project: Path, name: str, *tests: str) -> Captured:
    return capture(project, FunctionAt(project / "pkg" / "code.py", name), tests)


def test_calls_are_recorded_as_they_were_made(project: Path) -> None:
    found = captured(project, "count")
    assert [call.source for call in found.calls] == [
        "(((_b_0 := [1]), (_b_0,)), {})",
        "(([], ()), {})",
        "(((_b_0 := [2]), (_b_0,)), {})",
    ]
    assert {call.origin for call in found.calls} == {"test"}
    assert (found.seen, found.lost, found.reason) == (6, 0, "")
    assert found.ran == "pytest: exit status 1"
    assert sorted(path.name for path in project.rglob("*") if path.is_dir()) == ["pkg", "tests"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Box.total", "((Box(items=[1, 2]), 0), {'scale': 2, 'other': 'x'})"),
        ("Box.of", "((1, 2), {})"),
        ("steps", "((3,), {})"),
    ],
)
def test_methods_and_generators(project: Path, name: str, source: str) -> None:
    assert [call.source for call in captured(project, name, "tests/test_code.py").calls] == [source]


def test_no_calls_say_why(project: Path) -> None:
    assert "do not call unused" in captured(project, "unused", "tests").reason
    assert "none of the 1 recorded calls" in captured(project, "near", "tests/test_code.py::test_near").reason
    endless = project / "tests" / "test_loop.py"
    endless.write_text("def test_loop():\n    while True: pass\n")
    endless.chmod(0o755)
    found = capture(
        project, FunctionAt(project / "pkg" / "code.py", "count"), ["tests/test_loop.py"], seconds=3.0
    )
    assert "took too long" in found.reason
