"""A picture of an experiment: each day's figures by arm, and the ablations of the last day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["plot"]

_ARMS = {"none": "neither", "memory": "memory", "adapter": "adapter", "both": "memory and adapter"}
_COLOURS = {"none": "#6b7280", "memory": "#0f766e", "adapter": "#b45309", "both": "#1d4ed8"}
_SHIFT = 0.06


def plot(packages: Sequence[Mapping[str, Any]], figures: Mapping[str, str], file: Path) -> None:
    """Write a picture of ``packages`` as the experiment gives them; one row a package, one column a figure.

    Args:
        packages: results with ``package`` and ``days``.
        figures: names of figures and their titles.
        file: where to; its ending says the format.

    Raises:
        SystemExit: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SystemExit("A plot needs matplotlib: pip install matplotlib") from error
    canvas = Figure(figsize=(4.4 * len(figures), 3.2 * len(packages)), layout="constrained")
    axes = canvas.subplots(len(packages), len(figures), squeeze=False)
    for row, found in zip(axes, packages, strict=True):
        for panel, (figure, title) in zip(row, figures.items(), strict=True):
            _panel(panel, found["days"], figure)
            panel.set_title(f"{found['package']}: {title}", fontsize=9)
            panel.set_xlabel("day", fontsize=8)
    axes[0][0].legend(fontsize=8)
    canvas.savefig(file)


def _panel(panel: Any, days: Sequence[Mapping[str, Any]], figure: str) -> None:
    numbers = range(1, len(days) + 1)
    for place, (arm, label) in enumerate(_ARMS.items()):
        values = [day["arms"][arm][figure] for day in days]
        shifted = [number + (place - 1.5) * _SHIFT for number in numbers]
        middle = [value for value, _, _ in values]
        errors = [
            [value - low for value, low, _ in values],
            [high - value for value, _, high in values],
        ]
        panel.errorbar(
            shifted,
            middle,
            yerr=errors,
            label=label,
            color=_COLOURS[arm],
            marker="o",
            markersize=3,
            capsize=2,
        )
    panel.set_xticks(list(numbers))
    panel.tick_params(labelsize=8)
    panel.grid(axis="y", alpha=0.3)
