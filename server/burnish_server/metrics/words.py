"""What users read of figures."""

from __future__ import annotations

from collections.abc import Callable

from burnish_server.metrics.model import Function

__all__ = ["counted", "figures", "hover_text", "lens_title"]

#: Drivers that are named one by one in a hover.
_NAMED = 6


def figures(function: Function) -> str:
    """``complexity 14 · C``."""
    return f"complexity {function.complexity} · {function.rank}"


def lens_title(function: Function) -> str:
    """``complexity 14 · C · 32 lines``."""
    return f"{figures(function)} · {counted(function.lines, 'line')}"


def hover_text(function: Function, line_of: Callable[[int], int], uri: str, named: int = _NAMED) -> str:
    """Markdown: a function's figures, and what drives its complexity.

    Args:
        line_of: the line, from 0, of an offset. named: how many drivers are named one by one.
    """
    asked = {name: f" (below {limit} is asked for)" for name, limit in function.limits}
    complexity = f"**Complexity {function.complexity} · {function.rank}**{asked.get('complexity', '')}"
    nesting = f"nesting {function.nesting}{asked.get('nesting', '')}"
    parts = [f"{complexity} · {nesting} · {counted(function.lines, 'line')}"]
    drivers = [
        f"- +{one.points} `{one.what}` in [line {line + 1}]({uri}#L{line + 1})"
        + (f", {one.nesting} deep" if one.nesting else "")
        for one in function.decisions[:named]
        for line in [line_of(one.start)]
    ]
    rest = function.decisions[named:]
    if rest:
        drivers.append(f"- +{sum(one.points for one in rest)} in {counted(len(rest), 'more place')}")
    if drivers:
        parts.append("\n".join(drivers))
    return "\n\n".join(parts)


def counted(number: int, one: str) -> str:
    """``1 line``, ``1,200 lines``."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
