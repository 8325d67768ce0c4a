from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from burnish_analysis.verify.cache import VerdictCache, cache_key
from burnish_analysis.verify.model import (
    Call,
    Counterexample,
    Coverage,
    Scaling,
    Speedup,
    Verdict,
    VerifyOptions,
)

OPTIONS = VerifyOptions()
FULL = Verdict(
    "equivalent",
    "tested",
    inputs=214,
    coverage=Coverage(0.96, 1.0),
    speedup=Speedup(12.3, 11.1, 13.6, 120, 1.4),
    scaling=Scaling(2.0, 1.0),
    sandbox="namespaces",
    faster=True,
    evidence="12.3× faster \ud800",
    seconds=1.5,
)
DIFFERENT = Verdict("different", reason="x", counterexample=Counterexample("f(1)", "1", "2", "print(1)"))


def source(body: str) -> str:
    return f"import os\n\n\ndef f(x):\n    return {body}\n\n\ndef g():\n    return 1\n"


@pytest.fixture
def cache(tmp_path: Path) -> VerdictCache:
    return VerdictCache(tmp_path / "cache" / "verdicts.sqlite3")


def test_a_verdict_comes_back_as_it_was(cache: VerdictCache) -> None:
    for number, verdict in enumerate((FULL, DIFFERENT)):
        assert cache.get(source("x"), source(f"x + {number}"), "f", OPTIONS) is None
        assert cache.put(source("x"), source(f"x + {number}"), "f", OPTIONS, verdict)
        assert cache.get(source("x"), source(f"x + {number}"), "f", OPTIONS) == verdict


def test_only_what_the_function_reaches_matters(cache: VerdictCache) -> None:
    cache.put(source("x"), source("+x"), "f", OPTIONS, FULL)
    moved = "# a comment\n\n" + source("x").replace("return 1", "return 2")
    assert cache.get(moved, source("( +x )"), "f", OPTIONS) == FULL
    assert cache.get(source("x"), source("-x"), "f", OPTIONS) is None
    assert cache.get(source("+x"), source("x"), "f", OPTIONS) is None
    assert cache.get(source("x"), source("+x"), "g", OPTIONS) is None
    assert cache.get(source("1"), source("True"), "f", OPTIONS) is None


@pytest.mark.parametrize(
    "shown", ["\n\ndef show():\n    return f(Square(2))\n", ""], ids=["call site", "captured"]
)
def test_classes_that_only_the_inputs_use_matter(shown: str) -> None:
    square = "class Square:\n    def __init__(self, a):\n        self.a = a\n    def area(self):\n        return self.a ** 2\n"
    before = f"{square}\n\ndef f(shape):\n    return shape.area()\n{shown}"
    after = before.replace("return shape.area()", "area = shape.area()\n    return area")
    options = OPTIONS if shown else replace(OPTIONS, calls=(Call("((Square(2),), {})", "test"),))
    key = cache_key(before, after, "f", options)
    assert key == cache_key(before + "\n# a comment", after, "f", options)
    changed = (text.replace("** 2", "** 3") for text in (before, after))
    assert key != cache_key(*changed, "f", options)


def test_options_that_change_the_outcome_are_part_of_the_key() -> None:
    keys = {
        cache_key(source("x"), source("+x"), "f", options)
        for options in (
            OPTIONS,
            replace(OPTIONS, inputs=7),
            replace(OPTIONS, seconds=3.0),
            replace(OPTIONS, measure=False),
        )
    }
    assert len(keys) == 4
    assert cache_key(source("x"), source("+x"), "f", replace(OPTIONS, trusted=False)) in keys


def test_a_change_in_an_imported_module_of_the_project_is_noticed(
    cache: VerdictCache, tmp_path: Path
) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "near.py").write_text("from .far import thing\n")
    (tmp_path / "pkg" / "far.py").write_text("thing = 1\n")
    before = "from pkg.near import thing\ndef f():\n    return thing\n"
    options = replace(OPTIONS, path=(tmp_path,))
    cache.put(before, before + "#", "f", options, FULL)
    assert cache.get(before, before, "f", options) == FULL
    (tmp_path / "pkg" / "far.py").write_text("thing = 2\n")
    assert cache.get(before, before, "f", options) is None


def test_what_is_no_python_is_not_kept(cache: VerdictCache) -> None:
    assert not cache.put("def f(:", source("x"), "f", OPTIONS, FULL)
    assert cache.get("def f(:", source("x"), "f", OPTIONS) is None


def test_the_oldest_go(tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path / "v", most=5)
    for number in range(5):
        cache.put(source("x"), source(f"x + {number}"), "f", OPTIONS, FULL)
    assert cache.get(source("x"), source("x + 0"), "f", OPTIONS) == FULL
    for number in range(5, 11):
        cache.put(source("x"), source(f"x + {number}"), "f", OPTIONS, FULL)
    assert len(cache) == 5
    assert cache.get(source("x"), source("x + 1"), "f", OPTIONS) is None
    assert cache.get(source("x"), source("x + 10"), "f", OPTIONS) == FULL


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside(cache: VerdictCache, damage: bytes) -> None:
    cache.put(source("x"), source("+x"), "f", OPTIONS, FULL)
    cache.file.write_bytes(damage)
    assert cache.get(source("x"), source("+x"), "f", OPTIONS) is None
    assert cache.put(source("x"), source("+x"), "f", OPTIONS, FULL)
    assert cache.get(source("x"), source("+x"), "f", OPTIONS) == FULL
    assert cache.file.with_name(cache.file.name + ".damaged").read_bytes() == damage


def test_a_damaged_row_is_no_verdict(cache: VerdictCache) -> None:
    cache.put(source("x"), source("+x"), "f", OPTIONS, FULL)
    with sqlite3.connect(cache.file) as connection:
        connection.execute("UPDATE verdicts SET body = '{\"verdict\": 3}'")
    connection.close()
    assert cache.get(source("x"), source("+x"), "f", OPTIONS) is None


def test_where_nothing_can_be_kept_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = VerdictCache(tmp_path / "file" / "below")
    assert not cache.put(source("x"), source("+x"), "f", OPTIONS, FULL)
    assert cache.get(source("x"), source("+x"), "f", OPTIONS) is None


WRITER = """
import sys
from pathlib import Path
from burnish_analysis.verify.cache import VerdictCache
from burnish_analysis.verify.model import Verdict, VerifyOptions
cache = VerdictCache(Path(sys.argv[1]))
for number in range(40):
    text = f"def f():\\n    return {number + int(sys.argv[2])}\\n"
    assert cache.put(text, text, "f", VerifyOptions(), Verdict("equivalent"))
"""


def test_two_processes_at_once(cache: VerdictCache) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(cache.file), str(start)]) for start in (0, 1000)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(cache) == 80
