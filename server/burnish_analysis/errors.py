"""Errors of the analysis package.

::

    AnalysisError          a question about source code that cannot be answered
    ├── FileError          a file cannot be read or written as Python source
    ├── RefactoringError   a refactoring cannot be done as asked
    ├── SandboxError       a program cannot even be handed to the sandbox as described
    └── SourceError        a text cannot be parsed as Python
"""

from __future__ import annotations

__all__ = ["AnalysisError", "FileError", "RefactoringError", "SandboxError", "SourceError"]


class AnalysisError(Exception):
    """Base of every error this package raises on purpose."""


class FileError(AnalysisError):
    """A file cannot be read or written as Python source; the message names it."""


class RefactoringError(AnalysisError):
    """A refactoring cannot be done as asked: the message says why, and what would help."""


class SandboxError(AnalysisError):
    """A program cannot be handed to the sandbox as described."""


class SourceError(AnalysisError):
    """A text cannot be parsed as Python."""
