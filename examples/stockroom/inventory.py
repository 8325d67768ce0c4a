"""The inventory: items by their number, and everything that happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from stockroom.items import Item, ItemError, Movement


class UnknownItem(KeyError):
    """Nothing with this number is on the shelf."""

    def __str__(self) -> str:
        return f"there is no item {self.args[0]}"


class NotEnough(ItemError):
    """More was to go out than is there."""


class Inventory:
    """All items of one stockroom.

    >>> inventory = Inventory()
    >>> inventory.add(Item("B-7", "Broom", Decimal("9.90"), quantity=3))
    >>> inventory.total_value()
    Decimal('29.70')
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[str, Item] = {}
        self.movements: list[Movement] = []
        for item in items:
            self.add(item)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __contains__(self, sku: str) -> bool:
        return sku in self._items

    def add(self, item: Item) -> None:
        """Put a new kind of item on the shelf."""
        if item.sku in self._items:
            raise ItemError(f"{item.sku} is there already")
        self._items[item.sku] = item

    def get(self, sku: str) -> Item:
        """The item with this number."""
        try:
            return self._items[sku]
        except KeyError:
            raise UnknownItem(sku) from None

    def remove(self, sku: str) -> Item:
        """Take an item off the shelf for good."""
        item = self.get(sku)
        del self._items[sku]
        return item

    def move(self, sku: str, amount: int, day: date | None = None, note: str = "") -> Movement:
        """Book items in or out."""
        item = self.get(sku)
        if item.quantity + amount < 0:
            raise NotEnough(f"only {item.quantity} of {item.name} left, {-amount} wanted")
        item.quantity += amount
        movement = Movement(sku, amount, day or date.today(), note)
        self.movements.append(movement)
        return movement

    def receive(self, sku: str, amount: int, note: str = "") -> Movement:
        """Book a delivery."""
        if amount <= 0:
            raise ValueError(f"a delivery has at least one item, not {amount}")
        return self.move(sku, amount, note=note)

    def sell(self, sku: str, amount: int, note: str = "") -> Movement:
        """Book a sale."""
        if amount <= 0:
            raise ValueError(f"a sale has at least one item, not {amount}")
        return self.move(sku, -amount, note=note)

    def total_value(self) -> Decimal:
        """What everything on the shelf is worth."""
        return sum((item.value for item in self), Decimal(0))

    def low(self) -> list[Item]:
        """Items to order soon, the scarcest first."""
        return sorted((item for item in self if item.is_low), key=lambda item: item.quantity)

    def tagged(self, tag: str) -> list[Item]:
        """Items that carry a tag."""
        return [item for item in self if tag in item.tags]

    def all_tags(self) -> list[str]:
        """Every tag in use, in the order of first use."""
        tags: list[str] = []
        for item in self:
            for tag in item.tags:
                if tag not in tags:
                    tags.append(tag)
        return tags

    def history(self, sku: str) -> list[Movement]:
        """What happened to one item, the latest first."""
        found: list[Movement] = []
        for movement in self.movements:
            if movement.sku == sku:
                found.insert(0, movement)
        return found
