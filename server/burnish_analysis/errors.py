"""Errors of the analysis package.

::

    AnalysisError       a question about source code that cannot be answered
"""

from __future__ import annotations

__all__ = ["AnalysisError"]


class AnalysisError(Exception):
    """Base of every error this package raises on purpose."""
