"""The models Burnish knows: the bundled one and those it can fetch, and which of them suits a machine."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cattrs

from burnish_models.errors import CatalogError
from burnish_models.memory import memory_needed, readable_bytes
from burnish_models.paths import BUNDLED

if TYPE_CHECKING:
    from burnish_models.hardware import Hardware

__all__ = [
    "BUNDLED_NAME",
    "CONTEXT_TOKENS",
    "CatalogEntry",
    "Suitability",
    "bundled_entry",
    "entries",
    "find_entry",
    "load_catalog",
    "recommended_entry",
]

BUNDLED_NAME = "burnish-nano"
#: Context for which memory needs are stated.
CONTEXT_TOKENS = 4096
_CATALOG = Path(__file__).with_name("catalog.json")
_HUB = "https://huggingface.co"
_FORMAT = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.gguf")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Measured: 0.5B parameters at Q8_0 evaluate about 60 prompt tokens a second on one modern core.
_PREFILL_PER_CORE = 60.0 * 0.5e9
_PROMPT_TOKENS = 512
_PATIENCE_SECONDS = 6.0
_HEADROOM_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Suitability:
    """Whether a model suits a machine, and why in one sentence."""

    suits: bool
    why: str


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model by name. ``url`` is ``None`` for the bundled one; ``sha256`` is ``None`` where none is on
    record."""

    name: str
    title: str
    file: str
    size_bytes: int
    sha256: str | None
    licence: str
    parameters: int
    quantization: str
    context_length: int
    vocabulary_size: int
    embedding_length: int
    kv_bytes_per_token: int
    url: str | None = None
    summary: str = ""
    licence_note: str = ""
    homepage: str = ""

    def __post_init__(self) -> None:
        """Refuse names that could leave the models folder, and checksums and sizes that cannot be.

        Raises:
            CatalogError: naming the entry and the field.
        """
        if not _NAME.fullmatch(self.name) or not _FILE.fullmatch(self.file):
            raise CatalogError(
                f"The catalogue entry {self.name!r} has a name or file ({self.file!r}) that is not plain."
            )
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise CatalogError(f"The catalogue entry {self.name} has no valid sha256: {self.sha256!r}.")
        if self.size_bytes <= 0 or self.parameters <= 0:
            raise CatalogError(f"The catalogue entry {self.name} states an impossible size.")
        if self.url is not None and not self.url.startswith(("https://", "http://127.0.0.1:")):
            raise CatalogError(f"The catalogue entry {self.name} is not fetched over https: {self.url}.")

    @property
    def bundled(self) -> bool:
        """Whether the model comes with the package."""
        return self.url is None

    def memory_bytes(self, context_tokens: int = CONTEXT_TOKENS) -> int:
        """Estimate of the memory the loaded model needs."""
        return memory_needed(
            self.size_bytes,
            self.kv_bytes_per_token,
            self.vocabulary_size,
            self.embedding_length,
            context_tokens,
        )

    def suits(self, hardware: Hardware, context_tokens: int = CONTEXT_TOKENS) -> Suitability:
        """Whether the model fits into this machine's memory and answers fast enough to be useful."""
        needed = self.memory_bytes(context_tokens)
        for gpu in hardware.gpus:
            if needed <= gpu.free_bytes:
                return Suitability(True, f"fits into the {readable_bytes(gpu.free_bytes)} free on {gpu.name}")
        available = hardware.memory_available
        if needed > available:
            return Suitability(
                False, f"needs {readable_bytes(needed)}, but {readable_bytes(available)} are free"
            )
        if needed + _HEADROOM_BYTES > available and not self.bundled:
            return Suitability(
                False,
                f"needs {readable_bytes(needed)}, which leaves too little of {readable_bytes(available)}",
            )
        return self._fast_enough(hardware)

    def _fast_enough(self, hardware: Hardware) -> Suitability:
        speed = _PREFILL_PER_CORE * hardware.physical_cores / self.parameters
        x86 = hardware.machine.lower() in ("x86_64", "amd64")
        if x86 and hardware.cpu_flags and "avx2" not in hardware.cpu_flags:
            speed /= 4
        seconds = _PROMPT_TOKENS / speed
        cores = f"{hardware.physical_cores} core{'s' if hardware.physical_cores > 1 else ''}"
        if seconds > _PATIENCE_SECONDS:
            return Suitability(False, f"too slow on {cores}: about {seconds:.0f} s to read a new prompt")
        return Suitability(True, f"fits, and reads a new prompt in about {seconds:.1f} s on {cores}")


def load_catalog(path: Path = _CATALOG) -> tuple[CatalogEntry, ...]:
    """The models that can be fetched, smallest first.

    Raises:
        CatalogError: the catalogue file is missing or malformed.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise CatalogError(
                f"The model catalogue {path} has the format {document['format']}, not {_FORMAT}."
            )
        found = [_remote_entry(item) for item in document["models"]]
    except (OSError, ValueError, KeyError, TypeError, cattrs.BaseValidationError) as error:
        raise CatalogError(
            f"The model catalogue {path} cannot be read: {error}. Install Burnish again."
        ) from error
    if len({entry.name for entry in found}) != len(found):
        raise CatalogError(f"The model catalogue {path} names a model twice. Install Burnish again.")
    return tuple(sorted(found, key=lambda entry: entry.size_bytes))


def bundled_entry(folder: Path = BUNDLED) -> CatalogEntry | None:
    """The bundled model as its manifest describes it, or None where the package has none.

    Raises:
        CatalogError: the manifest is malformed.
    """
    manifest = folder / "manifest.json"
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        return _CONVERTER.structure({"name": BUNDLED_NAME, **document, "url": None}, CatalogEntry)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, cattrs.BaseValidationError) as error:
        raise CatalogError(
            f"The bundled model's manifest cannot be read: {error}. Install Burnish again."
        ) from error


def entries() -> tuple[CatalogEntry, ...]:
    """The bundled model, where there is one, then those that can be fetched, smallest first."""
    bundled = bundled_entry()
    return (*(() if bundled is None else (bundled,)), *_shipped_catalog())


def find_entry(name: str) -> CatalogEntry:
    """The entry called ``name`` (capitals do not matter).

    Raises:
        CatalogError: there is none; suggests near names.
    """
    known = {entry.name: entry for entry in entries()}
    found = known.get(name.lower())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CatalogError(
        f"There is no model called {name!r}. {hint}Known models: {', '.join(known)}. A file of your own "
        "is given by its path, for example ./model.gguf"
    )


def recommended_entry(hardware: Hardware, among: Sequence[CatalogEntry] | None = None) -> CatalogEntry | None:
    """The largest model that suits this machine and may be used for anything; None where not even one
    suits."""
    candidates = entries() if among is None else among
    suiting = [entry for entry in candidates if not entry.licence_note and entry.suits(hardware).suits]
    return max(suiting, key=lambda entry: entry.parameters, default=None)


_CONVERTER = cattrs.Converter(forbid_extra_keys=False)


@cache
def _shipped_catalog() -> tuple[CatalogEntry, ...]:
    return load_catalog()


def _remote_entry(item: dict[str, Any]) -> CatalogEntry:
    homepage = f"{_HUB}/{item['repository']}"
    url = f"{homepage}/resolve/{item['revision']}/{item['file']}"
    return _CONVERTER.structure({**item, "url": url, "homepage": homepage}, CatalogEntry)
