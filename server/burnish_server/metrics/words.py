"""What users read of figures."""

from __future__ import annotations

from collections.abc import Callable

from burnish_server.metrics.model import Function

__all__ = ["figures", "hover_text", "lens_title"]

#: Drivers that are named one by one in a hover.
_NAMED = 6


def figures(function: Function) -> str:
    """``complexity 14 · C``."""
    return f"complexity {function.complexity} · {function.rank}"


def lens_title(function: Function) -> str:
    """``complexity 14 · C · 32 lines``."""
    return f"{figures(function)} · {_count(function.lines, 'line')}"


def hover_text(function: Function, line_of: Callable[[int], int], uri: str) -> str:
    """Markdown: a function's figures, and what drives its complexity.

    Args:
        line_of: the line, from 0, of an offset.
    """
    asked = {name: f" (below {limit} is asked for)" for name, limit in function.limits}
    complexity = f"**Complexity {function.complexity} · {function.rank}**{asked.get('complexity', '')}"
    nesting = f"nesting {function.nesting}{asked.get('nesting', '')}"
    parts = [f"{complexity} · {nesting} · {_count(function.lines, 'line')}"]
    named = [
        f"- +{one.points} `{one.what}` in [line {line + 1}]({uri}#L{line + 1})"
        + (f", {one.nesting} deep" if one.nesting else "")
        for one in function.decisions[:_NAMED]
        for line in [line_of(one.start)]
    ]
    rest = function.decisions[_NAMED:]
    if rest:
        named.append(f"- +{sum(one.points for one in rest)} in {_count(len(rest), 'more place')}")
    if named:
        parts.append("\n".join(named))
    return "\n\n".join(parts)


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
