"""Delivery notes: what a supplier says is in the van, held against what was ordered."""

from __future__ import annotations


def delivery_report(note: str, ordered: dict[str, int]) -> list[str]:
    """Lines that say what came, what is missing and what nobody ordered; a line that cannot be read is named.

    >>> delivery_report("A-1, 2", {"A-1": 3})
    ['2 pieces of 1 items', 'Missing:', '  A-1: 1 missing']
    >>> delivery_report("A-1, 3\\n# by hand\\nB-2, 1\\nC-3", {"A-1": 2})
    ['4 pieces of 2 items', 'Too many:', '  A-1: 1 too many', '  B-2: 1 not ordered', 'Not readable: line 4']
    """
    report: list[str] = []
    if note.strip():
        received: dict[str, int] = {}
        unreadable: list[int] = []
        # Read the note
        for number, line in enumerate(note.splitlines(), start=1):
            text = line.strip()
            if text and not text.startswith("#"):
                sku, comma, count = text.partition(",")
                if comma and count.strip().isdigit():
                    if int(count) > 0:
                        name = sku.strip().upper()
                        received[name] = received.get(name, 0) + int(count)
                else:
                    unreadable.append(number)
        # Compare with the order
        missing: list[str] = []
        surplus: list[str] = []
        for sku, amount in ordered.items():
            if sku in received:
                came = received[sku]
            else:
                came = 0
            if came < amount:
                missing.append(f"{sku}: {amount - came} missing")
            elif came > amount:
                surplus.append(f"{sku}: {came - amount} too many")
        for sku, amount in received.items():
            if sku not in ordered:
                if amount:
                    surplus.append(f"{sku}: {amount} not ordered")
        # Write it down
        report.append(f"{sum(received.values())} pieces of {len(received)} items")
        if missing:
            report.append("Missing:")
            for words in sorted(missing):
                report.append("  " + words)
        if surplus:
            report.append("Too many:")
            for words in sorted(surplus):
                report.append("  " + words)
        if unreadable:
            report.append("Not readable: " + ", ".join(f"line {number}" for number in unreadable))
    return report
