"""Finding items: by words, by pairs, by what is missing."""

from __future__ import annotations

import re

from stockroom.inventory import Inventory
from stockroom.items import Item, Movement


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"[a-z0-9]+", text.lower())


def find(inventory: Inventory, query: str) -> list[Item]:
    """Items whose name or tags hold every word of the query."""
    wanted = words(query)
    found = []
    for item in inventory:
        known = words(item.name) + item.tags
        if all(word in known for word in wanted):
            found.append(item)
    return found


def common_items(first: list[str], second: list[str]) -> list[str]:
    """Numbers that are in both lists, in the order of the first."""
    return [sku for sku in first if sku in second]


def missing_items(expected: list[str], found: list[str]) -> list[str]:
    """Numbers that a stocktaking should have seen and did not."""
    missing = []
    for sku in expected:
        if sku not in found:
            missing.append(sku)
    return missing


def never_moved(items: list[Item], movements: list[Movement]) -> list[Item]:
    """Items that were neither delivered nor sold: perhaps nobody wants them."""
    moved = [movement.sku for movement in movements]
    return [item for item in items if item.sku not in moved]


def pair_for_budget(items: list[Item], budget: int) -> tuple[Item, Item] | None:
    """Two items that cost exactly the budget together."""
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            if items[i].price + items[j].price == budget:
                return items[i], items[j]
    return None


def process_in_order(orders: list[str], inventory: Inventory) -> list[str]:
    """Sell one of each ordered item, first come, first served; returns what could not be sold."""
    waiting = list(orders)
    refused = []
    while waiting:
        sku = waiting.pop(0)
        if sku in inventory and inventory.get(sku).quantity > 0:
            inventory.sell(sku, 1)
        else:
            refused.append(sku)
    return refused


def ways_to_pack(count: int) -> int:
    """How many ways there are to pack ``count`` items into boxes of one and two."""
    if count <= 1:
        return 1
    return ways_to_pack(count - 1) + ways_to_pack(count - 2)


def discount(quantity: int, is_member: bool, is_sale: bool) -> int:
    """The discount in percent."""
    if quantity >= 100:
        if is_member:
            return 20
        else:
            if is_sale:
                return 15
            else:
                return 10
    else:
        if is_member:
            if is_sale:
                return 10
            else:
                return 5
        else:
            return 0
