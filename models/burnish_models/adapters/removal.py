"""Taking adapters away for good, because what they learned from was erased or the user says so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from burnish_models.adapters.errors import UnknownAdapterError
from burnish_models.adapters.records import AdapterRecord
from burnish_models.adapters.registry import Registry, registry_file

__all__ = ["remove_adapters"]


def remove_adapters(home: Path, ids: Iterable[str], reason: str) -> list[AdapterRecord]:
    """Remove adapters' files and what is known of their data; one that is served is rolled back first.

    Ids that no adapter has, and adapters that were removed before, are passed over.

    Args:
        home: Burnish's home folder.
        ids: ids or names, see :meth:`Registry.find`.
        reason: kept in each adapter's history.

    Returns:
        The adapters that were removed, in the order of ``ids``.

    Raises:
        AmbiguousAdapterError: one of ``ids`` is a name that several adapters have.
        RegistryError: the registry cannot be used, or a file not be removed. Those before the one that failed are
            removed.
    """
    if not registry_file(home).exists():
        return []
    registry = Registry(home)
    removed = []
    for identity in dict.fromkeys(ids):
        try:
            record = registry.find(identity)
        except UnknownAdapterError:
            continue
        if record.path is not None or registry.has_file(record.id):
            removed.append(registry.erase(record.id, reason))
    return removed
