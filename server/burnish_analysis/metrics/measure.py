"""Measure one text: the figures of radon's command line."""

from __future__ import annotations

from burnish_analysis.metrics.incremental import Known, measured
from burnish_analysis.metrics.model import FileMetrics

__all__ = ["measure"]


def measure(source: str, path: str = "") -> FileMetrics:
    """The figures that ``radon cc``, ``mi``, ``hal`` and ``raw`` give by default, and more of the same kind.

    Args:
        source: line ends may be of any kind; a byte order mark is passed over.
        path: named in the result and in errors.

    Raises:
        SourceError: the text is not Python, or its expressions are nested too deeply.
    """
    return measured(source, path, Known())[0]
