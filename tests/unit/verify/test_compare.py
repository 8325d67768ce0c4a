from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.verify import counterexample as shown
from burnish_analysis.verify.explore import _calls, watched_names
from burnish_analysis.verify.observers import Seen, _in_order, compare
from burnish_analysis.verify.program import _read, inside_files

ONE = {"i": 0, "end": "returned", "value": "1", "args": "()", "log": "", "out": "", "err": ""}
BEFORE = "def f(a):\n    return [a, a]\n"


def seen(*observations: dict[str, Any], share: float | None = 1.0, failed: str = "") -> Seen:
    return Seen(observations, share, failed, "namespaces")


class TestCompare:
    def test_agreement(self) -> None:
        found = compare(seen(ONE), seen(ONE), seen(ONE, share=0.5), frozenset())
        assert (found.inputs, found.returned, found.differences) == ((0,), 1, ())
        assert found.coverage is not None and (found.coverage.before, found.coverage.after) == (1.0, 0.5)

    @pytest.mark.parametrize("part", ["end", "value", "args", "log", "out", "err"])
    def test_a_difference_in_any_part(self, part: str) -> None:
        other = ONE | {part: "raised" if part == "end" else "other"}
        assert compare(seen(ONE), seen(ONE), seen(other), frozenset()).differences[0].part == part

    def test_an_original_that_does_not_agree_with_itself_is_unstable_even_where_the_versions_differ(
        self,
    ) -> None:
        found = compare(seen(ONE), seen(ONE | {"value": "2"}), seen(ONE | {"value": "3"}), frozenset())
        assert "twice" in found.unstable and not found.differences

    @pytest.mark.parametrize("end", ["late", "limit", "big", "died", "opaque", ""])
    def test_inputs_the_original_does_not_finish_fall_out(self, end: str) -> None:
        bad = {"i": 0, "end": end, "value": ""}
        found = compare(seen(bad), seen(bad), seen(ONE), frozenset())
        assert not found.inputs and not found.differences and found.skipped

    @pytest.mark.parametrize("end", ["late", "limit", "big", "died", "opaque"])
    def test_only_the_changed_version_not_finishing_is_a_difference(self, end: str) -> None:
        bad = {"i": 0, "end": end, "value": ""}
        assert compare(seen(ONE), seen(ONE), seen(bad), frozenset()).differences[0].part == "end"

    def test_no_observation_of_the_changed_version_is_no_agreement(self) -> None:
        assert not compare(seen(ONE), seen(ONE), seen({}), frozenset()).inputs

    def test_an_effect_in_either_version_stops_everything(self) -> None:
        bad = {"i": 0, "end": "impure", "value": "opens a file"}
        for seens in ((bad, bad, ONE), (ONE, ONE, bad)):
            assert "opens a file" in compare(*map(seen, seens), frozenset()).unstable

    def test_a_module_that_does_not_load(self) -> None:
        assert "no such" in compare(seen(ONE), seen(ONE), seen(failed="no such module"), frozenset()).unstable

    def test_only_data_of_the_original_counts(self) -> None:
        other = ONE | {"globals": {"memo": "#0={1: 2}"}}
        assert not compare(seen(ONE), seen(ONE), seen(other), frozenset({"data"})).differences
        assert (
            compare(seen(ONE), seen(ONE), seen(other), frozenset({"memo"})).differences[0].part == "globals"
        )


class TestDistrust:
    def test_lines_that_are_no_objects_are_dropped(self) -> None:
        assert _read(
            b'{"a": 1}\nnonsense\n[1]\n\xff\xfe\n{"b": ' + b"[" * 100_000 + b'\n{"c": 2}\n{"half'
        ) == [
            {"a": 1},
            {"c": 2},
        ]

    def test_observations_out_of_order_or_beyond_the_inputs_are_dropped(self) -> None:
        lines = [ONE, ONE | {"i": 5}, ONE | {"i": 1}, ONE | {"i": 2}]
        assert [line["i"] for line in _in_order(lines, 2)] == [0, 1]

    def test_forged_inputs_are_dropped(self) -> None:
        items: list[Any] = [
            ["((), {})", "use"],
            ["((1,), {})", "forged"],
            ["x" * 10**6, "use"],
            [3, "use"],
            "((), {})",
            {},
        ]
        assert [(call.source, call.origin) for call in _calls(items)] == [
            ("((), {})", "use"),
            ("((1,), {})", "edge"),
        ]
        assert _calls({"a": 1}) == _calls("text") == _calls(None) == []

    def test_forged_texts_do_not_break_the_words(self) -> None:
        for call in ("", "((", "-" * 100_000 + "1", "((1,), {1: 2})", "(1, 2)", "((a for a in b),)", "\x00"):
            assert shown.call_in_words(call, "f")
        for value in (None, 3, [], "x" * 10**6):
            assert len(shown.describe({"end": value, "value": value, "args": value}, "args")) < 2000


class TestCounterexample:
    def test_words(self) -> None:
        assert shown.call_in_words("((1, _b_nan), {'k': 'v'})", "f") == "f(1, float('nan'), k='v')"
        assert shown.call_in_words("((A(1), 2), {})", "A.put") == "(A(1)).put(2)"
        assert shown.describe({"end": "returned", "value": "#0=[1]"}, "value") == "returned [1]"

    @pytest.mark.parametrize("whole", [False, True])
    @pytest.mark.parametrize(
        ("after", "call"),
        [
            ("def f(a):\n    return (a, a)\n", "((1,), {})"),
            ("def f(a):\n    return [a, list(a)]\n", "(([1],), {})"),
            ("def f(a):\n    a.append(2)\n    return [a, a]\n", "(([1],), {})"),
            ("def f(a):\n    raise ValueError('\\'''quoted\"\"\" \\\\ text')\n", "((1,), {})"),
            ("def f(a):\n    print(a)\n    return [a, a]\n", "((1,), {})"),
            ("def f(a):\n    raise SystemExit(0)\n", "((1,), {})"),
            ("def f(a):\n    return [list(a), list(a)]\n", "((_b_gen([1]),), {})"),
        ],
    )
    def test_the_script_shows_the_difference_and_nothing_where_there_is_none(
        self, after: str, call: str, whole: bool, tmp_path: Path
    ) -> None:
        for changed, expected in ((after, 0), (BEFORE, 1)):
            path = tmp_path / "example.py"
            path.write_text(shown.script(BEFORE, changed, "f", call, whole=whole))
            done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == expected, done.stderr
            assert done.stdout.startswith("before:") and "\nafter:" in done.stdout


def test_watched_names_are_what_the_module_binds() -> None:
    source = "import os.path as p\nx = 1\nclass C: pass\ndef f():\n global g\n local = 1\nfor i in (): pass"
    assert {"x", "C", "g", "i", "p"} <= watched_names(source)


def test_the_inside_modules_are_handed_over_compiled() -> None:
    files = inside_files("helpers")
    assert set(files) == {"burnish_inside/__init__.pyc", "burnish_inside/helpers.pyc"}
