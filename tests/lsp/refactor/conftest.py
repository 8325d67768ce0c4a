"""Editors for tests of refactorings: those of performance findings."""

from __future__ import annotations

from tests.lsp.perf.conftest import editor

__all__ = ["editor"]
