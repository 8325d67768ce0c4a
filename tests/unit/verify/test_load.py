"""Modules under verification, loaded from their texts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish_analysis.verify.inside import load as loading


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package whose ``__init__`` takes a name out of its module, which imports another of its modules."""
    folder = tmp_path / "b_shelves"
    folder.mkdir()
    (folder / "__init__.py").write_text("from b_shelves.main import Shelf\n")
    (folder / "parts.py").write_text("class Part: ...\n")
    text = "from b_shelves.parts import Part\n\n\nclass Shelf:\n    def first(self):\n        return Part\n"
    (folder / "main.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("b_shelves", "b_shelves.main", "b_shelves.parts"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return text


def test_a_package_that_imports_the_module_does_not_meet_it_half_loaded(package: str) -> None:
    made = loading.load(package.replace("return Part", "return Part, 1"), module="b_shelves.main")
    assert loading.find(made, "Shelf.first")(None)[1] == 1
    assert sys.modules["b_shelves.main"] is made


def test_a_package_that_cannot_be_imported_is_done_without(tmp_path: Path) -> None:
    made = loading.load("def f():\n    return 1\n", module="b_missing.main")
    assert loading.find(made, "f")() == 1
