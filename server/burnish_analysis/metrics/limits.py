"""Figures above a project's thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.metrics.model import Block, FileMetrics
from burnish_analysis.metrics.rules import COMPLEX, NESTED, UNMAINTAINABLE
from burnish_analysis.metrics.settings import MetricSettings
from burnish_analysis.metrics.visitors import complexity_rank

__all__ = ["Excess", "complex_sentence", "exceeded", "low_sentence", "nested_sentence"]


@dataclass(frozen=True, slots=True)
class Excess:
    """A figure above its threshold.

    Attributes:
        rule: an id of ``METRIC_RULES``. block: the function; None where it is the file. message: a sentence.
    """

    rule: str
    block: Block | None
    message: str


def exceeded(metrics: FileMetrics, settings: MetricSettings) -> Iterator[Excess]:
    """What is to be told of a file, functions in source order."""
    if settings.maintainability and metrics.mi < settings.maintainability:
        yield Excess(UNMAINTAINABLE, None, low_sentence(metrics, settings.maintainability))
    for block in metrics.functions:
        if settings.complexity and block.complexity >= settings.complexity:
            said = complex_sentence(block.name, block.complexity, settings.complexity)
            yield Excess(COMPLEX, block, said)
        if settings.nesting and block.nesting >= settings.nesting:
            yield Excess(NESTED, block, nested_sentence(block.name, block.nesting, settings.nesting))


def complex_sentence(name: str, complexity: int, threshold: int, drivers: str = "") -> str:
    """What is said of a function with many paths; ``drivers`` says in a few words what they come from."""
    about = f": {drivers}" if drivers else ""
    rank = complexity_rank(complexity)
    return f"`{name}` has a cyclomatic complexity of {complexity} (rank {rank}, at most {threshold - 1} is asked for){about}."


def nested_sentence(name: str, nesting: int, threshold: int) -> str:
    """What is said of a function with deep nesting."""
    return f"`{name}` nests blocks {nesting} deep (at most {threshold - 1} is asked for)."


def low_sentence(metrics: FileMetrics, threshold: float) -> str:
    """What is said of a file with a low maintainability index."""
    return (
        f"The maintainability index of this file is {metrics.mi:.1f} (rank {metrics.mi_rank}, at least {threshold:g} is asked for): "
        f"{metrics.raw.sloc:,} lines of code with a complexity of {metrics.total_complexity:,} in all."
    )
