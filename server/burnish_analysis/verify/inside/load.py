"""Load a module under test from its text, and find the function in it."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

__all__ = ["Missing", "clear_caches", "find", "load"]

#: What the module is called where its own name is not known.
NAME = "subject"


class Missing(LookupError):
    """There is no such function in the module."""


def load(source: str, name: str = NAME, module: str = "") -> types.ModuleType:
    """Run ``source`` as a module of its own. Whatever its code raises comes through."""
    full = module or name
    made = types.ModuleType(full)
    made.__file__ = f"{full}.py"
    made.__package__ = full.rpartition(".")[0]
    if made.__package__:
        # A package may well import the module: it must find it whole, not half-loaded.
        with contextlib.suppress(Exception):
            importlib.import_module(made.__package__)
    sys.modules[full] = made
    exec(compile(source, made.__file__, "exec", dont_inherit=True), made.__dict__)
    return made


def find(module: types.ModuleType, function: str) -> Callable[..., Any]:
    """The callable that ``function`` (dotted) names; a property gives its getter.

    Raises:
        Missing: nothing callable has that name.
    """
    found: Any = module
    for part in function.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise Missing(f"there is no {function} in the module") from None
    if isinstance(found, property) and found.fget is not None:
        found = found.fget
    if hasattr(found, "func") and type(found).__name__ == "cached_property":
        found = found.func
    if not callable(found):
        raise Missing(f"{function} cannot be called")
    return found  # type: ignore[no-any-return]


def clear_caches(module: types.ModuleType) -> None:
    """Empty the caches of memoised functions, in the module and in its classes."""
    for value in list(vars(module).values()):
        _clear(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner in list(vars(value).values()):
                _clear(getattr(inner, "__func__", inner))


def _clear(value: Any) -> None:
    if type(value).__name__ == "_lru_cache_wrapper":
        value.cache_clear()
