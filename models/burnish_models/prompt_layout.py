"""Where the middle of a served prompt begins.

A fill-in-the-middle prompt shows the text before the cursor, then the text after it, then the model goes on from the
middle marker. The lines next to the cursor matter most, and a small model uses them best where they stand next to what
it writes. So the middle begins some lines above the cursor: what was already written there is given as the beginning
of the answer. It also makes typing cheap: a new line only appends to the prompt, until the start moves on by a step.
``benchmarks/layout_quality.py`` measures what this is worth.
"""

from __future__ import annotations

__all__ = ["LEAST_LINES", "STEP_LINES", "middle_start"]

#: The middle holds at least this many whole lines above the cursor's line, where the file has them.
LEAST_LINES = 4
#: The middle's start moves by this many lines at once.
STEP_LINES = 16


def middle_start(line: int, step: int = STEP_LINES) -> int:
    """The 0-based line that the middle begins at for a cursor on 0-based ``line``."""
    return max(0, line - LEAST_LINES) // step * step
