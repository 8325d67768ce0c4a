"""A small project to type."""

from __future__ import annotations

from pathlib import Path

import pytest

SHOP = '''"""A shop."""

import re

PRICE = {"äpfel 🍏": 3, "pears": 4}


def total(names, *, tax=0.19):
    """What it costs."""
    amount = 0
    for name in names:
        # an emoji 🍐 counts two units
        if name == "🍏":
            amount += PRICE["äpfel 🍏"]
            continue
        amount += PRICE.get(
            name,
            0,
        )

    return round(amount * (1 + tax), 2)


class Basket:
    def __init__(self, owner):
        self.owner = owner
        self.names = []
        self.pattern = re.compile(r"[a-z]+(?P<rest>.*)")

    def add(self, name):
        """Add one."""

        def inner(value):
            return f"{value!r} of {self.owner}"

        self.names.append(inner(name))
        text = """a
  text of "lines"
"""
        return text
'''

STOCK = """def count(rows):
    found = {}
    for row in rows:
        try:
            found[row["name"]] += 1
        except KeyError:
            found[row["name"]] = 1
    return found


def names(rows):
    seen = set()
    for row in rows:
        seen.add(row["name"])
    return sorted(seen)


def widest(rows):
\tlongest = 0
\tfor row in rows:
\t\tif len(row) > longest:
\t\t\tlongest = len(row)
\treturn longest
""" + "\n".join(f"LINE_{number} = {number}" for number in range(20))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "parts").mkdir(parents=True)
    (root / "shop.py").write_bytes(SHOP.encode())
    (root / "parts" / "stock.py").write_bytes(STOCK.replace("\n", "\r\n").encode())
    (root / "parts" / "broken.py").write_text("def broken(:\n" + "    x\n" * 60)
    (root / "notes.txt").write_text("nothing")
    return root
