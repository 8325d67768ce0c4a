"""The editors of the tests of performance findings, which show figures, too."""

from tests.lsp.perf.conftest import editor

__all__ = ["editor"]
