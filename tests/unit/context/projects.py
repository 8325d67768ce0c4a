"""A small workspace for the tests of context."""

from __future__ import annotations

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.syntax import SyntaxTree

FILES = {
    "shop/__init__.py": "",
    "shop/stock.py": '''"""Stock."""

class Store:
    """Where goods lie."""

    limit: int = 10

    def __init__(self, path: str) -> None:
        self.path = path

    def reserve(self, sku: str, count: int = 1) -> "Receipt":
        """Put goods aside."""
        return Receipt(sku, count)


class Receipt:
    """What was put aside."""

    def __init__(self, sku: str, count: int) -> None:
        self.sku = sku

    def undo(self) -> None:
        """Give the goods back."""


def open_store(name: str) -> Store:
    """Open a store by its name."""
    return Store(name)
''',
    "shop/prices.py": "def price_of(sku: str) -> int: ...\n\n\nTAX = 0.2\n",
    "shop/main.py": """from shop.prices import price_of
from shop.stock import Store, open_store


def first(store: Store) -> None:
    price = price_of("a")
    store.

def second():
    opened = open_store("x")
    opened.reserve("a").
""",
}


def graph_of(files: dict[str, str] | None = None) -> CodeGraph:
    graph = CodeGraph()
    for path, text in (FILES if files is None else files).items():
        graph.put(path, extract(SyntaxTree(text)))
    return graph
