from __future__ import annotations

import asyncio
import random
import threading
import time

import pytest

from burnish_analysis.sandbox.model import Isolation, Kind, Level, Limits, Outcome, Program
from burnish_analysis.verify.measure import MeasureOptions, _judge, measure
from burnish_analysis.verify.measure_statistics import SizeTimes, is_faster, scaling_of, speedup_of
from burnish_analysis.verify.model import Call, Scaling, Speedup
from burnish_analysis.verify.stoppable import run_stoppable

QUICK = MeasureOptions(seconds=0.4, packages=False)
LISTS = "((list(range({n})), list(range({n}, 2 * {n}))), {{}})"
SLOW = "def f(xs, ys):\n    return [x for x in xs if x in ys]\n"
FAST = "def f(xs, ys):\n    ys = set(ys)\n    return [x for x in xs if x in ys]\n"


def groups(template: str, *sizes: int) -> list[list[Call]]:
    return [[Call(template.format(n=n))] for n in sizes]


def noisy(draw: random.Random, base: float, count: int, size: float = 1000.0, gain: float = 1.0) -> SizeTimes:
    """Pairs as a busy machine gives them: drift, a disadvantage of going first, and interruptions."""
    before, after, first = [], [], []
    drift, order = 1.0, 0
    for number in range(count):
        drift = min(3.0, max(0.5, drift * draw.lognormvariate(0, 0.05)))
        order = draw.randrange(2) if number % 2 == 0 else 1 - order
        times = []
        for place in range(2):
            spike = draw.choice([1.5, 2.0, 8.0]) if draw.random() < 0.15 else 1.0
            times.append(base * drift * draw.lognormvariate(0, 0.04) * spike * (1.08 if place == 0 else 1.0))
        one, two = times if order == 0 else reversed(times)
        before.append(one)
        after.append(two / gain)
        first.append(order)
    return SizeTimes(size, tuple(before), tuple(after), tuple(first))


def test_of_200_identical_pairs_at_most_one_is_called_faster() -> None:
    draw = random.Random(5)
    offered = 0
    for number in range(200):
        sizes = [
            noisy(draw, 500.0 * 4**step, draw.choice([10, 11, 15, 40, 90]), 10.0 * 4**step)
            for step in range(3)
        ]
        offered += is_faster(speedup_of(sizes, number))
    assert offered <= 1


def test_a_real_gain_is_found_in_the_same_noise_and_its_interval_holds_it() -> None:
    draw = random.Random(6)
    found = [speedup_of([noisy(draw, 4000.0, 60, gain=1.5)], number) for number in range(40)]
    assert sum(map(is_faster, found)) >= 36
    assert sum(s is not None and s.ci_low <= 1.5 <= s.ci_high for s in found) >= 36


def test_the_largest_size_decides_and_no_size_may_be_slower() -> None:
    draw = random.Random(7)
    small, large = noisy(draw, 100, 50, 10, gain=0.8), noisy(draw, 9000, 50, 1000, gain=9.0)
    found = speedup_of([small, large])
    assert found is not None
    assert 8 < found.median < 10
    assert 0.7 < found.slowest < 0.9
    assert not is_faster(found)
    assert is_faster(speedup_of([large]))


def test_noise_alone_is_no_veto() -> None:
    small = SizeTimes(1, (0.97, 1.05, 0.94, 0.98, 1.04, 0.96) * 4, (1.0,) * 24, (0, 1) * 12)
    large = SizeTimes(9, (9.0,) * 24, (1.0,) * 24, (0, 1) * 12)
    found = speedup_of([small, large])
    assert found is not None
    assert found.slowest == 1.0
    steady = SizeTimes(1, (0.94,) * 24, (1.0,) * 24, (0, 1) * 12)
    assert not is_faster(speedup_of([steady, large]))


def test_too_few_pairs_say_nothing() -> None:
    few = SizeTimes(1, (9.0,) * 5, (1.0,) * 5, (0, 1, 0, 1, 0))
    assert speedup_of([]) is None
    assert speedup_of([few]) is None
    assert not is_faster(None)


@pytest.mark.parametrize(
    ("low", "slowest", "faster"), [(1.1, 2, False), (1.11, 0.95, True), (9, 0.94, False)]
)
def test_the_rule_of_offering(low: float, slowest: float, faster: bool) -> None:
    assert is_faster(Speedup(20.0, low, 30.0, 10, slowest)) is faster


def powers(before: float, after: float, *sizes: float) -> list[SizeTimes]:
    return [SizeTimes(n, (400 * n**before,) * 10, (400 * n**after,) * 10, (0, 1) * 5) for n in sizes]


def test_slopes_need_three_doublings() -> None:
    found = scaling_of(powers(2, 1, 8, 16, 32, 64))
    assert (found.before, found.after) == (pytest.approx(2), pytest.approx(1))
    assert scaling_of(powers(2, 1, 8, 16, 32)) == Scaling()
    assert scaling_of(powers(2, 1, 8, 9, 10, 11)) == Scaling()
    assert scaling_of([]) == Scaling()


# From here on real runs.


def test_a_gain_is_measured_with_its_slopes() -> None:
    options = MeasureOptions(seconds=3.0, packages=False)
    found = measure(SLOW, FAST, "f", groups(LISTS, 16, 32, 64, 128, 256, 512), options)
    assert found.faster, found
    assert found.speedup is not None
    assert found.speedup.median > 10
    assert found.scaling.before is not None
    assert found.scaling.after is not None
    assert found.scaling.before - found.scaling.after > 0.5


def test_arguments_are_fresh_for_every_call() -> None:
    drained = (
        "def f(xs):\n    n = 0\n    while xs:\n        xs.pop()\n        n += 1\n    assert n\n    return n\n"
    )
    cheat = "def f(xs):\n    n = len(xs)\n    xs.clear()\n    return n\n"
    found = measure(drained, cheat, "f", groups("((list(range({n})),), {{}})", 64, 1024), QUICK)
    assert found.faster, found


FIB = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
KEPT = "def f(n):\n    if n in _kept: return _kept[n]\n    _kept[n] = sum(range(n))\n    return _kept[n]\n_kept = {}\n"


@pytest.mark.parametrize(
    "kept",
    [
        "import functools\n@functools.cache\ndef f(n):\n    return sum(range(n))\n",
        KEPT,
        KEPT.replace("(n):", "(n, _kept={}):").replace("_kept = {}\n", ""),
        "class A:\n    kept = {}\n" + KEPT.replace("_kept = {}\n", "").replace("_kept", "A.kept"),
        "def outer():\n    _kept = {}\n" + KEPT.replace("_kept = {}\n", "").replace("\n", "\n    ").replace("def", "    def", 1)
        + "return f\nf = outer()\n",
        "class A:\n    __slots__ = ('kept',)\nA = A()\nA.kept = {}\n" + KEPT.replace("_kept = {}\n", "").replace("_kept", "A.kept"),
        KEPT.replace("if n in _kept", "if _kept[n]").replace("{}", "__import__('array').array('q', bytes(8 * 30000))"),
    ],
    ids=["lru_cache", "global", "default", "class", "closure", "slot", "array"],
)  # fmt: skip
def test_a_cache_is_empty_for_every_call(kept: str) -> None:
    plain = "def f(n):\n    return sum(range(n))\n"
    found = measure(plain, kept, "f", groups("(({n},), {{}})", 1000, 20000), QUICK)
    assert found.speedup is not None, found
    assert found.speedup.median < 1.3, found


def test_a_cache_that_pays_within_one_call_is_a_gain() -> None:
    cached = f"import functools\n@functools.cache\n{FIB}"
    found = measure(FIB, cached, "f", groups("(({n},), {{}})", 13, 16), QUICK)
    assert found.faster, found


def test_generators_and_coroutines_are_run_to_their_end() -> None:
    eager = "def f(n):\n    yield from [sum(range(n)) for _ in range(20)]\n"
    lazy = "def f(n):\n    for _ in range(20):\n        yield sum(range(n))\n"
    found = measure(eager, lazy, "f", groups("(({n},), {{}})", 100, 1000), QUICK)
    assert found.speedup is not None
    assert 0.7 < found.speedup.median < 1.4
    wait = "async def f(n):\n    return sum(range(n))\n"
    found = measure(wait, wait, "f", groups("(({n},), {{}})", 1000), QUICK)
    assert found.speedup is not None
    assert found.sizes[0].before[0] > 1000


def test_methods_take_their_instance_first() -> None:
    source = "class A:\n    def __init__(self, n):\n        self.n = n\n    def f(self, k):\n        return sum(range(self.n + k))\n"
    found = measure(source, source, "A.f", [[Call("((A(500), 1), {})")], [Call("((A(1000), 1), {})")]], QUICK)
    assert found.speedup is not None, found


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import time\ndef f(n):\n    return time.time()\n", "reads the clock"),
        (
            "def f(n):\n    try:\n        open('x')\n    except BaseException:\n        pass\n",
            "opens the file x",
        ),
        (
            "import builtins\ndef f(n):\n    builtins.len = len\n    builtins.min = max\n",
            "replaces the builtin min",
        ),
        ("import os\ndef f(n):\n    os.abort()\n", "ends its process"),
        (
            "async def f(n):\n    class W:\n        def __await__(self): yield 1\n    await W()\n",
            "event loop",
        ),
        ("async def f(n):\n    yield 1\n", "asynchronous generator"),
        (
            "import time\ndef f(n):\n    s = 0\n    for i in range(n): s += i\n    return s\n",
            "one call takes",
        ),
        ("def f(n):\n    while True:\n        pass\n", "time was up"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def g(n):\n    pass\n", "KeyError"),
        ("import sys\nsys.exit()\n", "SystemExit"),
        ("import ctypes\nctypes.string_at(0)\n", "uses ctypes"),
    ],
)
def test_what_cannot_be_timed_says_why(source: str, words: str) -> None:
    options = MeasureOptions(seconds=0.05, packages=False)
    size = 5 * 10**5 if "one call" in words else 5
    found = measure(source, source, "f", [[Call(f"(({size},), {{}})")]], options)
    assert found.speedup is None
    assert not found.faster
    assert words in found.reason, found


@pytest.mark.parametrize("name", ["time", "timeit"])
def test_the_clock_cannot_be_changed(name: str) -> None:
    patch = (
        f"import {name}, time, sys\nfor m in list(sys.modules.values()):\n"
        "    for k in ('perf_counter', 'perf_counter_ns', 'process_time_ns', 'default_timer', 'monotonic'):\n"
        "        if m is not sys.modules['__main__'] and hasattr(m, k): setattr(m, k, lambda: 0)\n"
    )
    source = "def f(n):\n    return sum(range(n))\n"
    found = measure(source, patch + source, "f", groups("(({n},), {{}})", 100, 1000), QUICK)
    assert found.speedup is None or found.speedup.median < 1.1, found


def judged(text: str, seconds: float = 1.0, kind: Kind = Kind.OK) -> str:
    outcome = Outcome(kind, Isolation(Level.NAMESPACES), stdout=text, seconds=seconds)
    return _judge(outcome, "nonce", QUICK).reason


def test_times_that_do_not_fit_the_run_are_not_believed() -> None:
    rows = ", ".join(f"[1000.0, 10.0, {n % 2}]" for n in range(20))
    group = f'nonce {{"group": 0, "size": 5, "repeat": [100, 100], "times": [{rows}]}}\n'
    assert judged(group + 'nonce {"done": 900000000}\n') == ""
    assert "accounted for" in judged(group + 'nonce {"done": 900000000}\n', seconds=9.0)
    assert "inside a run" in judged(group + 'nonce {"done": 2900000000}\n')
    assert "inside a run" in judged(group.replace("1000.0", "9e9") + 'nonce {"done": 900000000}\n')
    assert "no times" in judged(group.replace("10.0", "0.0") + 'nonce {"done": 900000000}\n')
    assert "no times" in judged(group.replace("10.0", "NaN") + 'nonce {"done": 900000000}\n')


def test_lines_without_the_nonce_are_not_believed() -> None:
    rows = ", ".join(f"[1000.0, 10.0, {n % 2}]" for n in range(20))
    text = f'other {{"group": 0, "size": 5, "repeat": [1, 1], "times": [{rows}]}}\nother {{"done": 1}}\n'
    assert "no times came back" in judged(text)
    assert "opens" in judged('nonce {"effect": "opens a file"}\nnonce {"done": 900000000}\n')


def test_it_can_be_stopped() -> None:
    stop = threading.Event()
    timer = threading.Timer(0.7, stop.set)
    timer.start()
    begun = time.monotonic()
    loop = "def f(n):\n    while True:\n        pass\n"
    found = measure(loop, loop, "f", [[Call("((1,), {})")]], MeasureOptions(seconds=10.0), stop=stop)
    assert "cancelled" in found.reason
    assert time.monotonic() - begun < 15


def test_it_can_be_run_inside_an_event_loop() -> None:
    async def inside() -> Outcome:
        stop = threading.Event()
        return run_stoppable(Program("pass"), Limits(seconds=20.0), least=Level.PROCESS, stop=stop)

    assert asyncio.run(inside()).kind is Kind.OK


def test_nothing_to_time_is_said() -> None:
    assert "no input" in measure(SLOW, FAST, "f", []).reason
