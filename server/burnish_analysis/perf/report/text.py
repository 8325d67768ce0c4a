"""Items as lines of text: ``path:line:column: message [rule]``."""

from __future__ import annotations

import click

from burnish_analysis.perf.report.items import Item

__all__ = ["line_of"]


def line_of(item: Item) -> str:
    """One item, coloured; the terminal's writer takes the colours away where there are none."""
    place = click.style(f"{item.path}:{item.line}:{item.column}:", bold=True)
    rule = click.style(f"[{item.rule}]", fg="cyan")
    about = []
    if item.gain is not None:
        about.append(f"{item.gain.median:.3g}× at n = {item.gain.size:,}")
    if item.certainty == "possible":
        about.append(f"possible: not shown that {' and '.join(item.unknown)}")
    elif item.fixable:
        about.append("fixable")
    detail = click.style(f" ({'; '.join(about)})", dim=True) if about else ""
    return f"{place} {item.message} {rule}{detail}"
