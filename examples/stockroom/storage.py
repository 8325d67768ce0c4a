"""Reading and writing stockrooms as CSV and JSON files."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

from stockroom.inventory import Inventory
from stockroom.items import ItemError, Movement, item_from_record, item_to_record

COLUMNS = ["sku", "name", "price", "quantity", "reorder_at", "tags"]


def load_csv(path: Path) -> Inventory:
    """Read an inventory; a bad line is reported with its number."""
    inventory = Inventory()
    with path.open(newline="", encoding="utf-8") as file:
        for number, record in enumerate(csv.DictReader(file), start=2):
            try:
                inventory.add(item_from_record(record))
            except (ItemError, ValueError) as error:
                raise ItemError(f"{path.name}, line {number}: {error}") from error
    return inventory


def save_csv(inventory: Inventory, path: Path) -> None:
    """Write an inventory so that :func:`load_csv` can read it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        for item in inventory:
            writer.writerow(item_to_record(item))


def movement_to_json(movement: Movement) -> dict[str, Any]:
    return {
        "sku": movement.sku,
        "amount": movement.amount,
        "day": movement.day.isoformat(),
        "note": movement.note,
    }


def movement_from_json(data: dict[str, Any]) -> Movement:
    return Movement(
        sku=data["sku"],
        amount=int(data["amount"]),
        day=date.fromisoformat(data["day"]),
        note=data.get("note", ""),
    )


def save_movements(movements: list[Movement], path: Path) -> None:
    """Write movements as JSON, one to a line."""
    text = ""
    for movement in movements:
        text += json.dumps(movement_to_json(movement)) + "\n"
    path.write_text(text, encoding="utf-8")


def load_movements(path: Path) -> list[Movement]:
    """Read what :func:`save_movements` wrote."""
    movements: list[Movement] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            movements = movements + [movement_from_json(json.loads(line))]
    return movements


def merge(first: Inventory, second: Inventory) -> Inventory:
    """One inventory from two; quantities of items in both are added up."""
    merged = Inventory()
    for item in first:
        merged.add(item)
    for item in second:
        if item.sku in merged:
            merged.get(item.sku).quantity += item.quantity
        else:
            merged.add(item)
    return merged
