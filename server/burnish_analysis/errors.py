"""Errors of the analysis package.

::

    AnalysisError       a question about source code that cannot be answered
    └── SandboxError    a program cannot even be handed to the sandbox as described
"""

from __future__ import annotations

__all__ = ["AnalysisError", "SandboxError"]


class AnalysisError(Exception):
    """Base of every error this package raises on purpose."""


class SandboxError(AnalysisError):
    """A program cannot be handed to the sandbox as described."""
