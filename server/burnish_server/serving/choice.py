"""What a model is to be served with: the user's setting, or what the registry says, as far as the files are sound.

Everything here reads files and may start a process: never call it in an event loop.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from burnish_models.adapters.check import CheckedAdapter, check_in_process
from burnish_models.adapters.errors import AdapterRefusedError
from burnish_models.adapters.records import AdapterRecord
from burnish_models.adapters.registry import Registry, registry_file
from burnish_models.errors import ModelsError
from burnish_models.gguf_file import file_sha256
from burnish_server.serving.digest import model_sha256

__all__ = ["BASE", "NO_ADAPTER", "Choice", "Chooser", "ServedAdapter"]

log = logging.getLogger(__name__)

#: The value of the setting that serves the model alone.
NO_ADAPTER = "none"


@dataclass(frozen=True, slots=True)
class ServedAdapter:
    """What answers come from: an adapter (``id`` is its file's SHA-256), or the model alone (``id`` is ``None``).

    ``comparison``: the model serves alone for a while, on purpose, though an adapter is active.
    """

    id: str | None = None
    name: str | None = None
    comparison: bool = False


BASE = ServedAdapter()


@dataclass(frozen=True, slots=True)
class Choice:
    """What to serve with. ``path`` is ``None`` for the model alone; ``detail`` says what was passed over, and why.

    ``by_registry``: the registry chose it, so the model alone may take turns with it.
    """

    served: ServedAdapter = BASE
    path: Path | None = None
    detail: str = ""
    base_sha256: str = ""
    by_registry: bool = False


class Chooser:
    """Chooses for one home folder. Remembers what it has checked."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._registry: Registry | None = None
        self._checked: dict[tuple[str, str], CheckedAdapter | ModelsError] = {}

    def forget(self) -> None:
        """Check a file of the user's again, even if it has not changed."""
        self._checked.clear()

    def stamp(self) -> object:
        """Changes whenever the registry does; costs one ``stat``."""
        try:
            stat = registry_file(self._home).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    @property
    def registry(self) -> Registry | None:
        """The registry, if anything was ever written to it.

        Raises:
            RegistryError: its folder cannot be used.
        """
        if self._registry is None and registry_file(self._home).exists():
            self._registry = Registry(self._home)
        return self._registry

    def choose(self, model: Path, setting: str, refused: Collection[str] = ()) -> Choice:
        """What to serve the model file ``model`` with.

        Args:
            model: the model's file.
            setting: empty (what the registry serves), :data:`NO_ADAPTER`, or the path of an adapter file.
            refused: ids of adapters that the engine did not take.

        Raises:
            RegistryError: the registry cannot be read just now.
            ModelsError: the model's file cannot be read.
        """
        base = model_sha256(self._home, model)
        if setting == NO_ADAPTER:
            return Choice(base_sha256=base)
        if setting:
            return self._by_path(Path(setting).expanduser().absolute(), model, base, refused)
        return self._by_registry(base, refused)

    def _by_path(self, path: Path, model: Path, base: str, refused: Collection[str]) -> Choice:
        try:
            identity = file_sha256(path)
            if identity in refused:
                raise AdapterRefusedError(f"The engine does not take {path.name}.")
            name = self._check(path, identity, model, base).name
        except ModelsError as error:
            detail = f"burnish.engine.adapter: {error} The model is served without it."
            return Choice(detail=detail, base_sha256=base)
        return Choice(ServedAdapter(identity, name), path, base_sha256=base)

    def _check(self, path: Path, identity: str, model: Path, base: str) -> CheckedAdapter:
        """Check a file once for each of its contents."""
        if (identity, base) not in self._checked:
            try:
                self._checked[identity, base] = check_in_process(path, model)
            except ModelsError as error:
                self._checked[identity, base] = error
        found = self._checked[identity, base]
        if isinstance(found, ModelsError):
            raise found
        return found

    def _by_registry(self, base: str, refused: Collection[str]) -> Choice:
        registry = self.registry
        if registry is None:
            return Choice(base_sha256=base)
        passed: list[str] = []
        for record in registry.promoted(base):
            if record.id in refused:
                passed.append(f"the engine does not take the adapter {record.name}")
            elif not _sound(record):
                passed.append(f"the file of the adapter {record.name} is gone or damaged")
            else:
                served = ServedAdapter(record.id, record.name)
                return Choice(served, record.path, _detail(passed, record.name), base, by_registry=True)
        return Choice(detail=_detail(passed, ""), base_sha256=base)


def _sound(record: AdapterRecord) -> bool:
    """Whether the file is there with the bytes that were checked; read again only when it changes."""
    if record.path is None:
        return False
    try:
        return file_sha256(record.path) == record.id
    except ModelsError as error:
        log.debug("%s", error)
        return False


def _detail(passed: list[str], instead: str) -> str:
    if not passed:
        return ""
    reason = "; ".join(passed)
    served = f"{instead} serves instead" if instead else "the model serves without an adapter"
    return f"{reason[0].upper()}{reason[1:]}: {served}. See: burnish adapters list"
