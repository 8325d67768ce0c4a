"""Tests of what looks things up and counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from stockroom.items import Item, Movement
from stockroom.reports import bookings_by_item
from stockroom.search import missing_items, never_moved

BROOM = Item("B-7", "Broom", Decimal("9.90"), quantity=3)
POT = Item("P-3", "Clay pot", Decimal("4.50"), quantity=18)
MOVEMENTS = [Movement("B-7", amount, date(2026, 3, 1)) for amount in (2, -1)]


def test_never_moved() -> None:
    assert never_moved([BROOM, POT], MOVEMENTS) == [POT]


def test_bookings_by_item() -> None:
    assert bookings_by_item(MOVEMENTS) == {"B-7": 2}


def test_missing_items() -> None:
    assert missing_items(["B-7", "P-3"], ["P-3"]) == ["B-7"]
