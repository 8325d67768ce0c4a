"""The things a stockroom is about: items on a shelf and movements of items."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


class ItemError(ValueError):
    """A record that does not describe an item."""


@dataclass
class Item:
    """One kind of thing on the shelf."""

    sku: str
    name: str
    price: Decimal
    quantity: int = 0
    reorder_at: int = 5
    tags: list[str] = field(default_factory=list)

    @property
    def value(self) -> Decimal:
        """What all of it together is worth."""
        return self.price * self.quantity

    @property
    def is_low(self) -> bool:
        """Whether it is time to order more."""
        return self.quantity <= self.reorder_at

    def matches(self, text: str) -> bool:
        """Whether a search for ``text`` should find this item."""
        text = text.lower()
        return text in self.name.lower() or text == self.sku.lower()


@dataclass(frozen=True)
class Movement:
    """Some items coming in (positive) or going out (negative)."""

    sku: str
    amount: int
    day: date
    note: str = ""

    @property
    def is_sale(self) -> bool:
        return self.amount < 0


def parse_price(text: str) -> Decimal:
    """Read a price such as ``4.50``, ``1,299.00`` or ``12``."""
    cleaned = text.strip().replace(",", "")
    if not re.fullmatch(r"\d+(\.\d{1,2})?", cleaned):
        raise ItemError(f"not a price: {text!r}")
    return Decimal(cleaned)


def parse_tags(text: str) -> list[str]:
    """Split ``"tools; garden"`` into tags, without empty ones and without repeats."""
    tags: list[str] = []
    for part in text.split(";"):
        tag = re.sub(r"\s+", " ", part).strip().lower()
        if tag and tag not in tags:
            tags.append(tag)
    return tags


def item_from_record(record: dict[str, str]) -> Item:
    """Build an item from one line of a CSV file."""
    try:
        return Item(
            sku=record["sku"].strip().upper(),
            name=record["name"].strip(),
            price=parse_price(record["price"]),
            quantity=int(record.get("quantity") or 0),
            reorder_at=int(record.get("reorder_at") or 5),
            tags=parse_tags(record.get("tags") or ""),
        )
    except KeyError as error:
        raise ItemError(f"the record has no {error.args[0]}") from error


def item_to_record(item: Item) -> dict[str, str]:
    """The other way round: what is written to a CSV file."""
    return {
        "sku": item.sku,
        "name": item.name,
        "price": str(item.price),
        "quantity": str(item.quantity),
        "reorder_at": str(item.reorder_at),
        "tags": "; ".join(item.tags),
    }
