"""Tests of the example; run them with ``python -m pytest`` in this folder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stockroom.inventory import Inventory, NotEnough, UnknownItem
from stockroom.items import Item, ItemError, parse_price, parse_tags
from stockroom.reports import best_sellers, running_totals, sales_by_item
from stockroom.storage import load_csv, load_movements, merge, save_csv, save_movements


@pytest.fixture
def inventory() -> Inventory:
    return Inventory(
        [
            Item("B-7", "Broom", Decimal("9.90"), quantity=3),
            Item("P-3", "Clay pot", Decimal("4.50"), quantity=18, tags=["garden"]),
        ]
    )


def test_total_value(inventory: Inventory) -> None:
    assert inventory.total_value() == Decimal("110.70")


def test_selling_takes_items_off_the_shelf(inventory: Inventory) -> None:
    inventory.sell("P-3", 8)
    assert inventory.get("P-3").quantity == 10
    assert sales_by_item(inventory.movements) == {"P-3": 8}


def test_selling_too_many_is_refused(inventory: Inventory) -> None:
    with pytest.raises(NotEnough, match="only 3 of Broom left"):
        inventory.sell("B-7", 4)
    assert inventory.get("B-7").quantity == 3


def test_unknown_item(inventory: Inventory) -> None:
    with pytest.raises(UnknownItem, match="Z-1"):
        inventory.get("Z-1")


def test_history_starts_with_the_latest(inventory: Inventory) -> None:
    inventory.move("B-7", 2, date(2026, 3, 1))
    inventory.move("B-7", -1, date(2026, 3, 2))
    assert [movement.amount for movement in inventory.history("B-7")] == [-1, 2]


@pytest.mark.parametrize(("text", "price"), [("4.50", "4.50"), ("1,299.00", "1299.00"), (" 12 ", "12")])
def test_prices(text: str, price: str) -> None:
    assert parse_price(text) == Decimal(price)


@pytest.mark.parametrize("text", ["", "free", "-1", "1.999"])
def test_bad_prices(text: str) -> None:
    with pytest.raises(ItemError):
        parse_price(text)


def test_tags_are_cleaned() -> None:
    assert parse_tags("Tools;  garden ; tools;;") == ["tools", "garden"]


def test_csv_round_trip(inventory: Inventory, tmp_path: Path) -> None:
    save_csv(inventory, tmp_path / "stock.csv")
    assert list(load_csv(tmp_path / "stock.csv")) == list(inventory)


def test_movements_round_trip(inventory: Inventory, tmp_path: Path) -> None:
    inventory.sell("B-7", 1)
    save_movements(inventory.movements, tmp_path / "movements.jsonl")
    assert load_movements(tmp_path / "movements.jsonl") == inventory.movements


def test_merge_adds_quantities(inventory: Inventory) -> None:
    other = Inventory([Item("B-7", "Broom", Decimal("9.90"), quantity=2)])
    assert merge(inventory, other).get("B-7").quantity == 5


def test_best_sellers(inventory: Inventory) -> None:
    for sku in ["P-3", "B-7", "P-3"]:
        inventory.sell(sku, 1)
    assert best_sellers(inventory.movements) == ["P-3", "B-7"]


def test_running_totals() -> None:
    assert running_totals([5, -2, 4]) == [5, 3, 7]
