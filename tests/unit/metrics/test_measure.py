"""The figures are radon's, and what is added to them is right."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.model import FileMetrics, Halstead

from .sources import BROKEN, SOURCES, radon_says


@pytest.fixture(scope="module")
def radon(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("radon")
    for name, source in SOURCES.items():
        (folder / f"{name}.py").write_bytes(source.encode())
    return radon_says(folder)


def blocks_of(metrics: FileMetrics) -> list[tuple[Any, ...]]:
    return sorted(
        (one.kind, one.name, one.line, one.end_line, one.column, one.complexity, one.rank)
        for one in metrics.blocks
        if not one.inner
    )


@pytest.mark.parametrize("name", SOURCES)
def test_the_figures_are_those_of_radons_command_line(name: str, radon: dict[str, dict[str, Any]]) -> None:
    metrics = measure(SOURCES[name])
    file = f"{name}.py"
    assert dataclasses.asdict(metrics.raw) == radon["raw"][file]
    assert {"mi": metrics.mi, "rank": metrics.mi_rank} == radon["mi"][file]
    assert dataclasses.asdict(metrics.halstead) == radon["hal"][file]["total"]
    # radon's JSON has one entry for a name; the last function of that name stays.
    own = {one.name.split(".")[-1]: one.halstead for one in metrics.functions if not one.closure}
    assert {key: dataclasses.asdict(said) for key, said in own.items() if said} == radon["hal"][file][
        "functions"
    ]
    theirs = radon["cc"].get(file, [])
    assert blocks_of(metrics) == sorted(
        (
            one["type"],
            ".".join(filter(None, (one.get("classname"), one["name"]))),
            one["lineno"],
            one["endline"],
            one["col_offset"],
            one["complexity"],
            one["rank"],
        )
        for one in theirs
    )
    complexities = [one["complexity"] for one in theirs]
    assert metrics.average_complexity == (sum(complexities) / len(complexities) if complexities else 0)


def test_inner_functions_and_classes_are_blocks_of_their_own() -> None:
    found = {one.name: one for one in measure(SOURCES["nested"]).blocks}
    assert list(found) == [
        "outer", "outer.inner", "outer.inner.innermost", "outer.Local", "outer.Local.method"
    ]  # fmt: skip
    assert [one.kind for one in found.values()] == ["function", "function", "function", "class", "method"]
    assert not found["outer"].inner and all(one.inner for name, one in found.items() if name != "outer")
    assert found["outer.inner"].complexity == 8 and found["outer.inner.innermost"].complexity == 2
    assert found["outer.Local.method"].complexity == 3
    assert isinstance(found["outer.inner"].halstead, Halstead)


def test_classes_in_classes_are_inner_and_no_closures() -> None:
    found = {one.name: one for one in measure(SOURCES["classes"]).blocks}
    assert found["A.Inner.Innermost.r"].inner and not found["A.Inner.Innermost.r"].closure
    assert found["A.Also"].inner and found["A.Inner"].inner and not found["A.p"].inner
    assert found["A.Inner.q"].kind == "method" and found["A.Also"].kind == "class"
    assert len(measure(SOURCES["classes"]).named("A.p")) == 2


@pytest.mark.parametrize(
    ("body", "nesting"),
    [
        ("pass", 0),
        ("if a: pass", 1),
        ("if a: pass\n elif b: pass\n elif c:\n  while d: pass", 2),
        ("if a: pass\n else:\n  if b: pass", 2),
        ("for x in y:\n  with z:\n   try: pass\n   except E:\n    if q: pass", 4),
        ("match a:\n  case 1:\n   if b: pass", 2),
        ("def g():\n  if a:\n   if b: pass", 0),
        ("x = [y for y in z if y] if a else b", 0),
    ],
)
def test_nesting_counts_statements_in_each_other(body: str, nesting: int) -> None:
    assert measure(f"def f():\n {body}\n").named("f")[0].nesting == nesting


def test_a_byte_order_mark_changes_nothing() -> None:
    assert measure("\ufeff" + SOURCES["nested"]) == measure(SOURCES["nested"])


@pytest.mark.parametrize("source", BROKEN)
def test_what_is_not_python_is_an_error_with_its_path(source: str) -> None:
    with pytest.raises(SourceError, match=r"some/file\.py"):
        measure(source, "some/file.py")


def test_expressions_too_deep_for_radon_are_an_error() -> None:
    for terms in (600, 3000):
        with pytest.raises(SourceError, match="deep"):
            measure("x = " + " + ".join(["1"] * terms))


def test_as_dict_holds_all_functions(tmp_path: Path) -> None:
    said = measure(SOURCES["nested"], "a.py").as_dict()
    assert said["path"] == "a.py" and len(said["functions"]) == 4 and len(said["classes"]) == 1
    assert said["raw"]["loc"] == 29 and said["functions"][0]["halstead"]["h1"] > 0
