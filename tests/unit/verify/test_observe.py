from __future__ import annotations

import collections
import enum
import functools
import io
import itertools
import pathlib
import random
import struct
import sys
import textwrap
import types
from collections.abc import Iterator

import pytest

from burnish_analysis.verify.inside.canonical import Encoder, Opaque
from burnish_analysis.verify.inside.cover import Cover, code_of
from burnish_analysis.verify.inside.differ import difference
from burnish_analysis.verify.inside.load import find, load
from burnish_analysis.verify.inside.observe import Observation, Subject


def observe(source: str, call: str, function: str = "f", *, twice: bool = False) -> Observation:
    return Subject(textwrap.dedent(source), function).observe(call, 0.5, twice=twice)


def part(before: str, after: str, call: str, *, twice: bool = False) -> str | None:
    return difference(
        observe(before, call, twice=twice), observe(after, call, twice=twice), {"data", "C", "counter"}
    )


def text(value: object) -> str:
    return Encoder().encode(value)


class TestCanonical:
    def test_tells_equal_values_of_other_types_apart(self) -> None:
        assert len({text(value) for value in (1, 1.0, True, 1 + 0j)}) == 4
        assert len({text(value) for value in ([1], (1,), {1}, frozenset({1}), {1: None})}) == 5

    def test_tells_signed_zeros_and_nan_apart(self) -> None:
        assert text(-0.0) != text(0.0)
        assert text(float("nan")) == text(float("nan")) != text(float("inf"))

    def test_floats_are_exact(self) -> None:
        assert text(0.1 + 0.2) != text(0.3)

    def test_keeps_the_order_of_dicts_and_ignores_that_of_sets(self) -> None:
        assert text({1: 2, 3: 4}) != text({3: 4, 1: 2})
        assert text({"a", "b", "c", "d"}) == text({"d", "c", "b", "a"})
        assert text({(1, "x"), (2, "y")}) == text({(2, "y"), (1, "x")})

    def test_the_order_of_ordered_dicts_is_their_own(self) -> None:
        moved = collections.OrderedDict({"a": 1, "b": 2})
        moved.move_to_end("a")
        assert text(moved) != text(collections.OrderedDict({"a": 1, "b": 2}))
        assert text(moved) == text(collections.OrderedDict({"b": 2, "a": 1}))

    def test_shows_aliasing_and_cycles(self) -> None:
        inner: list[object] = [1]
        assert text([inner, inner]) != text([[1], [1]])
        inner.append(inner)
        assert "@" in text(inner)

    def test_shows_which_of_two_equal_objects_comes_back(self) -> None:
        pair = ([1], [1])
        encoders = Encoder(), Encoder()
        for encoder in encoders:
            encoder.number(pair)
        assert encoders[0].encode(pair[0]) != encoders[1].encode(pair[1])

    def test_looks_into_objects(self) -> None:
        class Slotted:
            __slots__ = ("__hidden", "shown")

            def __init__(self, shown: int, hidden: int) -> None:
                self.shown, self.__hidden = shown, hidden

        assert text(Slotted(1, 2)) != text(Slotted(1, 3)) != text(Slotted(2, 3))

    def test_tells_subclasses_of_builtins_apart(self) -> None:
        class More(dict):  # type: ignore[type-arg]
            pass

        assert text(More({1: 2})) != text({1: 2})
        assert text(More({1: 2})) != text(More({1: 3}))

    def test_uses_up_iterators_and_tells_their_types_apart(self) -> None:
        def items() -> Iterator[int]:
            yield 1

        assert text(items()) != text(iter([1])) != text(map(int, "1"))
        assert text(iter([1])) != text(iter([1, 2]))

    def test_refuses_what_cannot_be_compared(self) -> None:
        with pytest.raises(Opaque):
            text(lambda: 1)
        with pytest.raises(Opaque):
            text(x for x in [lambda: 1])

    def test_tells_members_of_other_values_apart(self) -> None:
        one, other = (enum.Enum("Color", {"RED": value}, module=__name__) for value in (1, 2))
        assert text(one.RED) != text(other.RED)

    def test_streams_of_bytes_by_content_and_place_and_not_used_up(self) -> None:
        one, other = io.BytesIO(b"ab"), io.BytesIO(b"b")
        one.seek(1)
        assert text(one) != text(other)
        assert one.read() == b"b"
        one.close()
        assert "closed" in text(one)

    def test_a_class_that_pretends_a_name_is_marked(self) -> None:
        class Pretending(dict):  # type: ignore[type-arg]
            pass

        Pretending.__module__, Pretending.__qualname__ = "collections", "OrderedDict"
        assert text(Pretending) != text(collections.OrderedDict)

    def test_the_name_of_a_class_runs_no_code_of_its_module(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        lazy = types.ModuleType("lazy")
        lazy.__dict__["__getattr__"] = asked.append
        monkeypatch.setitem(sys.modules, "lazy", lazy)
        assert text(type("Absent", (), {"__module__": "lazy"})) == "<class lazy.Absent>"
        assert not asked

    def test_looks_into_types_that_keep_their_state_in_no_attribute(self) -> None:
        class Drawing(random.Random):
            pass

        assert text(functools.partial(int, 1)) != text(functools.partial(int, 2))
        assert text(Drawing(1)) != text(Drawing(2))
        assert text(Drawing(1)) == text(Drawing(1))
        for closed in (struct.Struct("i"), property(len), staticmethod(len)):
            with pytest.raises(Opaque):
                text(closed)

    def test_objects_of_plain_classes_hold_nothing_more(self) -> None:
        class Slots:
            __slots__ = ("__weakref__", "a")

        class Below(Slots):
            pass

        for made in (object(), Slots(), Below(), types.SimpleNamespace()):
            assert text(made).endswith("()")

    def test_what_a_path_has_cached_is_no_state(self) -> None:
        used = pathlib.PurePosixPath("a/b")
        hash(used)
        assert (used.name, str(used)) == ("b", "a/b")
        assert text(used) == text(pathlib.PurePosixPath("a/b")) != text(pathlib.PurePosixPath("a/c"))
        assert text(used.parents) != text(pathlib.PurePosixPath("a/c").parents)

    def test_bounded_repetitions_are_told_to_their_end(self) -> None:
        assert text(itertools.repeat(1, 60)) != text(itertools.repeat(1, 70))
        assert text(itertools.repeat(1)) == text(itertools.repeat(1))

    def test_iterators_that_are_objects_are_told_with_their_attributes(self) -> None:
        class Ending:
            def __init__(self, n: int) -> None:
                self.n = n

            def __iter__(self) -> Ending:
                return self

            def __next__(self) -> int:
                raise StopIteration

        assert text(Ending(1)) != text(Ending(2))

    def test_exceptions_of_the_system_name_their_file(self) -> None:
        assert text(OSError(2, "no", "a")) != text(OSError(2, "no", "b"))

    def test_big_numbers(self) -> None:
        assert text(10**5000) != text(10**5000 + 1)


class TestObserve:
    def test_a_result(self) -> None:
        seen = observe("def f(a, b): return [a, b]", "((1,), {'b': 'x'})")
        assert (seen["end"], seen["value"].partition("=")[2]) == ("returned", "[1, 'x']")

    def test_an_exception_with_its_arguments(self) -> None:
        one = "def f(a): raise ValueError('no', a)"
        assert part(one, one, "((1,), {})") is None
        assert part(one, "def f(a): raise ValueError('no')", "((1,), {})") == "value"
        assert part(one, "def f(a): raise KeyError('no', a)", "((1,), {})") == "value"

    def test_addresses_in_messages_do_not_count(self) -> None:
        source = "class A: pass\ndef f(): raise ValueError(f'bad {A()!r}')"
        first, second = (observe(source, "((), {})") for _ in range(2))
        assert first["value"] == second["value"] and "0x…" in first["value"]

    def test_the_arguments_afterwards(self) -> None:
        assert part("def f(a): a.append(1)", "def f(a): pass", "(([],), {})") == "args"
        assert part("def f(a, b): a.sort()", "def f(a, b): b.sort()", "(((x := [2, 1]), x), {})") is None

    def test_a_result_that_is_an_argument(self) -> None:
        assert part("def f(a): return a", "def f(a): return list(a)", "(([1],), {})") == "value"

    def test_what_is_printed(self) -> None:
        assert part("def f(): print('a')", "def f(): print('b')", "((), {})") == "out"

    def test_warnings_count_and_their_lines_do_not(self) -> None:
        one = "import warnings\ndef f(): warnings.warn('old')"
        assert part(one, one.replace("def", "\n\ndef"), "((), {})") is None
        assert part(one, "def f(): pass", "((), {})") == "err"

    def test_the_laziness_of_generators(self) -> None:
        lazy = "def f(a):\n for x in a: yield x"
        eager = "def f(a):\n for x in list(a): yield x"
        assert part(lazy, eager, "((_b_gen([1, 2]),), {})") == "value"
        assert part(lazy, eager, "(([1, 2],), {})") is None

    def test_what_changes_after_it_was_given(self) -> None:
        given = "def f(a):\n yield a\n a.append(1)"
        assert part(given, "def f(a):\n yield a", "(([],), {})") == "args"
        filled = "def f(a):\n out = []\n for x in a:\n  out.append(x)\n  yield out"
        doubled = filled.replace("append(x)", "append(x * 2 if out else x)")
        assert part(filled, filled, "(([1, 2],), {})") is None
        assert part(filled, doubled, "(([1, 2],), {})") == "value"
        assert part(filled, filled.replace("yield out", "yield list(out)"), "(([1, 2],), {})") == "value"

    def test_what_a_second_call_makes_of_an_object_of_the_first(self) -> None:
        kept = "def f(n, out=[]): out.append(n); return out"
        once = "def f(n, out=[]):\n if not out: out.append(n)\n return out"
        assert part(kept, once, "((1,), {})", twice=True) == "again"

    def test_an_item_that_holds_its_iterator(self) -> None:
        source = "def f():\n out = []\n def g():\n  yield out\n  yield out\n out.append(g())\n return out"
        assert part(source, source, "((), {})") is None

    def test_how_a_callable_is_used(self) -> None:
        assert (
            part("def f(g): return g(1)", "def f(g): g(2); return g(1)", "((_b_Fn('first'),), {})") == "log"
        )

    def test_module_data_and_its_reset(self) -> None:
        counting = "data = []\ndef f(): data.append(1); return len(data)"
        subject = Subject(counting, "f")
        first, second = subject.observe("((), {})", 0.5), subject.observe("((), {})", 0.5)
        assert first["value"] == second["value"] == "1"
        assert "data" in first["globals"]
        assert part(counting, "data = []\ndef f(): return 1", "((), {})") == "globals"

    def test_class_attributes(self) -> None:
        one = "class C:\n n = 0\ndef f():\n C.n += 1"
        assert part(one, "class C:\n n = 0\ndef f(): pass", "((), {})") == "globals"

    def test_an_endless_loop_is_late_even_if_it_swallows_the_interruption(self) -> None:
        assert observe("def f():\n while True: pass", "((), {})")["end"] == "late"
        swallowing = (
            "def f():\n for _ in range(3):\n  try:\n   while True: pass\n  except BaseException: pass"
        )
        assert observe(swallowing, "((), {})")["end"] == "late"

    def test_two_versions_in_one_process_are_both_interrupted(self) -> None:
        one, other = (Subject("def f():\n while True: pass", "f") for _ in range(2))
        assert one.observe("((), {})", 0.1)["end"] == other.observe("((), {})", 0.1)["end"] == "late"
        assert one.observe("((), {})", 0.1)["end"] == "late"

    def test_coroutines_that_wait_for_nothing(self) -> None:
        assert observe("async def f(): return 3", "((), {})")["value"] == "3"
        waiting = "import asyncio\nasync def f(): await asyncio.sleep(1)"
        assert observe(waiting, "((), {})")["end"] in {"opaque", "raised"}

    def test_caches_are_cleared_between_calls(self) -> None:
        source = "import functools\n@functools.cache\ndef f(n): return [n]"
        assert part(source, "def f(n): return [n]", "((1,), {})") is None

    def test_what_two_calls_share(self) -> None:
        cached = "import functools\n@functools.cache\ndef f(n): return [n]"
        assert part(cached, "def f(n): return [n]", "((1,), {})", twice=True) == "again"
        kept = "def f(n, out=[]): out.append(n); return out"
        fresh = "def f(n, out=None): out = out or []; out.append(n); return out"
        assert part(kept, fresh, "((1,), {})", twice=True) == "again"

    def test_an_argument_that_can_be_made_only_once(self) -> None:
        once = "class A:\n def __init__(self):\n  made.append(1)\n  if len(made) > 1: raise ValueError"
        source = f"made = []\n{once}\ndef f(a): return 1"
        assert observe(source, "((A(),), {})", twice=True)["again"] == "input ValueError"

    def test_methods_and_the_instance_afterwards(self) -> None:
        source = "class A:\n def __init__(self): self.n = 0\n def f(self):\n  self.n += 1\n  return self"
        seen = observe(source, "((A(),), {})", "A.f")
        assert seen["value"].startswith("#0=") and "n=1" in seen["value"]

    def test_recursion_without_end_is_no_result(self) -> None:
        assert observe("def f(n): return f(n + 1)", "((0,), {})")["end"] == "limit"


class TestCover:
    def share(self, source: str, *calls: tuple[object, ...]) -> float:
        function = find(load(textwrap.dedent(source)), "f")
        cover = Cover(code_of(function))
        for args in calls:
            cover.run(lambda args=args: function(*args))
        return cover.share

    def test_both_ways_of_an_if(self) -> None:
        source = "def f(a):\n if a: return 1\n return 2"
        assert self.share(source, (1,)) == 0.5
        assert self.share(source, (1,), (0,)) == 1.0

    def test_expressions_and_comprehensions_count(self) -> None:
        source = "def f(a): return [x for x in a if x > 1]"
        assert 0.0 < self.share(source, ([],)) < self.share(source, ([1],)) < 1.0
        assert self.share(source, ([1, 2],)) == 1.0

    def test_a_loop_that_never_ends_normally(self) -> None:
        source = "def f(a):\n for x in a:\n  return x"
        assert self.share(source, ([1],)) == 0.5
        assert self.share(source, ([1],), ([],)) == 1.0

    def test_without_branches_it_counts_whether_it_ran(self) -> None:
        assert self.share("def f(): return 1") == 0.0
        assert self.share("def f(): return 1", ()) == 1.0

    def test_the_way_out_of_with_is_no_branch(self) -> None:
        source = "import contextlib\ndef f():\n with contextlib.nullcontext(): return 1"
        assert self.share(source, ()) == 1.0
