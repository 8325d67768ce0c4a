"""Refactorings within one function or module. Each module here is found by itself: see :mod:`burnish_analysis.refactor.catalogue`."""
