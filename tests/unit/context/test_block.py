"""What is shown for a cursor: definitions from other files, one hop out, not what the prompt shows anyway."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_analysis.graph.extract import read_imports
from burnish_analysis.syntax import SyntaxTree
from burnish_models.engine.base import ContextFile
from burnish_server.context.block import Shown, compose
from burnish_server.context.select import CHARACTERS_PER_TOKEN, size_of
from tests.unit.context.projects import FILES, graph_of

MAIN = FILES["shop/main.py"]


def shown(text: str, offset: int, tokens: int = 300, *, start: int = 0, path: str = "shop/main.py") -> str:
    return "".join(
        f"### {file.path}\n{file.text}" for file in files(text, offset, tokens, start=start, path=path)
    )


def files(
    text: str, offset: int, tokens: int = 300, *, start: int = 0, path: str = "shop/main.py"
) -> tuple[ContextFile, ...]:
    imports = read_imports(SyntaxTree(text))
    lines = {name: content.split("\n") for name, content in FILES.items()}
    return compose(
        graph_of(),
        Shown(path, text, start, len(text)),
        offset,
        imports,
        tokens,
        lambda name, first, last: "\n".join(lines[name][first : last + 1]),
    )


def test_the_class_of_an_annotated_parameter_with_its_methods() -> None:
    found = shown(MAIN, MAIN.index("store.\n") + len("store."))
    assert "### shop/stock.py" in found
    assert "class Store:" in found and "def reserve(self, sku: str, count: int = 1)" in found
    assert "def price_of(sku: str) -> int" in found


def test_what_a_call_returns_one_hop_out() -> None:
    found = shown(MAIN, MAIN.index('reserve("a").') + len('reserve("a").'))
    assert "class Receipt:" in found and "def undo(self) -> None" in found


def test_what_is_shown_is_python_and_in_the_order_of_the_file() -> None:
    for file in files(MAIN, MAIN.index("store.\n") + len("store.")):
        ast.parse(file.text)
    text = files(MAIN, MAIN.index("store.\n") + 6)[-1].text
    assert text.index("class Store") < text.index("def reserve")


def test_the_best_file_stands_last() -> None:
    found = files(MAIN, MAIN.index("store.\n") + len("store."))
    assert [file.path for file in found] == ["shop/prices.py", "shop/stock.py"]


def test_nothing_that_the_window_shows() -> None:
    text = FILES["shop/stock.py"] + "\nstore = Store('x')\nstore."
    assert files(text, len(text), path="shop/stock.py") == ()
    hidden = shown(text, len(text), path="shop/stock.py", start=text.index("store = "))
    assert "def reserve" in hidden


def test_nothing_known_gives_nothing() -> None:
    assert files("import os\nos.path.", len("import os\nos.path.")) == ()
    assert files("", 0) == ()


def test_an_import_written_a_moment_ago_counts() -> None:
    text = "from shop.stock import open_store\nopen_store("
    assert "def open_store(name: str) -> Store" in shown(text, len(text), path="shop/new.py")


@pytest.mark.parametrize("tokens", [16, 40, 80, 160, 320, 2000])
@pytest.mark.parametrize("place", [20, 100, 150, len(MAIN) - 1])
def test_the_budget_is_never_exceeded(tokens: int, place: int) -> None:
    assert size_of(files(MAIN, place, tokens)) <= tokens * CHARACTERS_PER_TOKEN


@given(
    st.integers(0, len(MAIN)),
    st.text(alphabet="sS.(): \n\ud83d\U0001f600é", max_size=12),
    st.integers(0, 400),
)
def test_half_written_text_anywhere(offset: int, inserted: str, tokens: int) -> None:
    text = MAIN[:offset] + inserted + MAIN[offset:]
    found = files(text, offset + len(inserted), tokens)
    assert size_of(found) <= tokens * CHARACTERS_PER_TOKEN
    assert {file.path for file in found} <= FILES.keys()
