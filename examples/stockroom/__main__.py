"""``python -m stockroom data/stock.csv report``: the stockroom on the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stockroom.items import ItemError
from stockroom.reports import order_list, stock_report
from stockroom.search import find
from stockroom.storage import load_csv, save_csv


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stockroom", description="Keep track of a small stockroom.")
    parser.add_argument("file", type=Path, help="the CSV file with the items")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("report", help="list everything")
    commands.add_parser("order", help="list what to order")

    search = commands.add_parser("search", help="find items")
    search.add_argument("words", nargs="+", help="words of the name, or tags")

    for name, text in [("receive", "book a delivery"), ("sell", "book a sale")]:
        booking = commands.add_parser(name, help=text)
        booking.add_argument("sku", help="the item's number")
        booking.add_argument("amount", type=int, help="how many")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        inventory = load_csv(arguments.file)
        if arguments.command == "report":
            print(stock_report(inventory))
        elif arguments.command == "order":
            print(order_list(inventory))
        elif arguments.command == "search":
            for item in find(inventory, " ".join(arguments.words)):
                print(f"{item.sku}: {item.name}")
        else:
            book = inventory.receive if arguments.command == "receive" else inventory.sell
            book(arguments.sku.upper(), arguments.amount)
            save_csv(inventory, arguments.file)
    except (ItemError, KeyError, OSError, ValueError) as error:
        print(f"stockroom: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
