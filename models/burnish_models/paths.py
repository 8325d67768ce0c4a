"""Where models and adapters lie in Burnish's home folder."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from burnish_models.errors import CatalogError

__all__ = ["BUNDLED", "ModelPaths", "write_atomically"]

#: The folder of the model that comes with the package.
BUNDLED = Path(__file__).parent / "bundled"
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class ModelPaths:
    """The folders below a home folder; made on demand, readable by their owner only."""

    home: Path

    @property
    def models(self) -> Path:
        """Downloaded models and the record of the selected one."""
        return self.home / "models"

    @property
    def adapters(self) -> Path:
        """Trained adapters."""
        return self.home / "adapters"

    @property
    def selected(self) -> Path:
        """The record of the selected model."""
        return self.models / "selected.json"

    def make(self) -> ModelPaths:
        """Create the folders where they are missing.

        Raises:
            CatalogError: they cannot be created.
        """
        for folder in (self.home, self.models, self.adapters):
            try:
                folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            except OSError as error:
                raise CatalogError(
                    f"Cannot make the folder {folder}: {error.strerror or error}. Check the folder above "
                    "it, or choose another home folder for Burnish."
                ) from error
        return self


def write_atomically(path: Path, text: str) -> None:
    """Write a small text file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: the folder cannot be written to; the old content is untouched.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
