"""Errors about adapters.

::

    ModelsError
    └── AdapterError               base of everything here
        ├── AdapterFormatError     tensors or settings that a plain LoRA file cannot hold (DoRA, whole modules, …)
        ├── AdapterRefusedError    a file that must not be served; says why
        ├── AdapterUncheckedError  it could not be found out whether it may: another try may succeed
        └── RegistryError          the registry cannot be read or written
            ├── UnknownAdapterError    no adapter by that id or name
            ├── AmbiguousAdapterError  several adapters by that name or beginning of an id
            └── TransitionError        an adapter cannot go from its state to the one asked for
"""

from __future__ import annotations

from burnish_models.errors import ModelsError

__all__ = [
    "AdapterError",
    "AdapterFormatError",
    "AdapterRefusedError",
    "AdapterUncheckedError",
    "AmbiguousAdapterError",
    "RegistryError",
    "TransitionError",
    "UnknownAdapterError",
]


class AdapterError(ModelsError):
    """Base of every error about adapters."""


class AdapterFormatError(AdapterError):
    """The adapter cannot be written as, or read from, a plain LoRA file."""


class AdapterRefusedError(AdapterError):
    """The adapter must not be served."""


class AdapterUncheckedError(AdapterError):
    """The check did not come to an end; that says nothing about the adapter."""


class RegistryError(AdapterError):
    """The registry cannot be used."""


class UnknownAdapterError(RegistryError):
    """The id or name names no adapter."""


class AmbiguousAdapterError(RegistryError):
    """The name or beginning of an id names more than one adapter."""


class TransitionError(RegistryError):
    """An adapter cannot go from its state to the one asked for."""
