"""Stockroom: what a small shop has on its shelves, what it sells, and what it should order."""

from stockroom.inventory import Inventory
from stockroom.items import Item, Movement

__all__ = ["Inventory", "Item", "Movement"]
