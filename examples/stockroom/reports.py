"""Reports in plain text."""

from __future__ import annotations

from decimal import Decimal

from stockroom.inventory import Inventory
from stockroom.items import Item, Movement

WIDTH = 60


def heading(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n"


def stock_line(item: Item) -> str:
    """One line of the stock report."""
    mark = "!" if item.is_low else " "
    return f"{mark} {item.sku:<8} {item.name:<28} {item.quantity:>5} {item.value:>12}"


def stock_report(inventory: Inventory) -> str:
    """Everything on the shelf, with a total."""
    report = heading("Stock")
    for item in sorted(inventory, key=lambda item: item.name):
        report += stock_line(item) + "\n"
    report += "-" * WIDTH + "\n"
    report += f"{'Total':<43} {inventory.total_value():>14}\n"
    return report


def order_list(inventory: Inventory) -> str:
    """What to order, and how much of it."""
    lines = [heading("To order")]
    for item in inventory.low():
        missing = 2 * item.reorder_at - item.quantity
        lines.append(f"{item.name}: {missing}")
    return "\n".join(lines)


def sales_by_item(movements: list[Movement]) -> dict[str, int]:
    """How many of each item were sold."""
    sold: dict[str, int] = {}
    for movement in movements:
        if movement.is_sale:
            sold[movement.sku] = sold.get(movement.sku, 0) - movement.amount
    return sold


def best_sellers(movements: list[Movement], count: int = 3) -> list[str]:
    """The numbers of the items that sold most often."""
    sales = [movement.sku for movement in movements if movement.is_sale]
    distinct: list[str] = []
    for sku in sales:
        if sku not in distinct:
            distinct.append(sku)
    return sorted(distinct, key=lambda sku: sales.count(sku), reverse=True)[:count]


def bookings_by_item(movements: list[Movement]) -> dict[str, int]:
    """How often each item was booked in or out."""
    booked = [movement.sku for movement in movements]
    return {sku: booked.count(sku) for sku in booked}


def running_totals(amounts: list[int]) -> list[int]:
    """The stock after each movement."""
    return [sum(amounts[: index + 1]) for index in range(len(amounts))]


def average_price(items: list[Item]) -> Decimal:
    """The mean price, zero when there are no items."""
    if not items:
        return Decimal(0)
    total = Decimal(0)
    for item in items:
        total += item.price
    return total / len(items)


def cheapest(items: list[Item]) -> Item:
    """The item with the lowest price."""
    return sorted(items, key=lambda item: item.price)[0]


def render_table(rows: list[list[str]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text = ""
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        text += "  ".join(cells).rstrip() + "\n"
    return text
