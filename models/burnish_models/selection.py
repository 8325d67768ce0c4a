"""Which model is served: the one asked for, else the one selected, else the bundled one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from burnish_models.calibration import calibration_path
from burnish_models.catalog import CatalogEntry, bundled_entry, entries, find_entry
from burnish_models.errors import CatalogError, ModelMissingError
from burnish_models.paths import BUNDLED, ModelPaths, write_atomically

__all__ = [
    "RECORD_SUFFIX",
    "ResolvedModel",
    "installed_path",
    "local_models",
    "looks_like_path",
    "resolve_model",
    "select_model",
]

#: Added to a downloaded model's file name to name the record of its download.
RECORD_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """The model to serve.

    ``sha256`` is ``None`` where nobody has computed it yet; ``calibration_path`` where there is none.
    ``note`` tells the user, in a sentence or not at all, why it is not the model they selected.
    """

    name: str
    title: str
    path: Path
    sha256: str | None = None
    calibration_path: Path | None = None
    note: str = ""


def looks_like_path(choice: str) -> bool:
    """Whether ``choice`` means a file rather than a name of the catalogue."""
    return choice.lower().endswith(".gguf") or "/" in choice or "\\" in choice or choice.startswith("~")


def resolve_model(home: Path, choice: str | None = None) -> ResolvedModel:
    """Find the model to serve. Cheap: looks at files' presence, reads no model.

    Args:
        home: Burnish's home folder. choice: a catalogue name or the path of a GGUF file; ``None`` for the
        selected model, else the bundled one.

    Raises:
        CatalogError: ``choice`` is no known name, or that model is not downloaded yet.
        ModelMissingError: ``choice`` is a path without a file, or the package lacks its bundled model.
    """
    if choice is not None and choice.strip():
        return _explicit(ModelPaths(home), choice.strip())
    chosen, problem = _read_selected(ModelPaths(home))
    if chosen is None:
        return _bundled(problem)
    try:
        return _explicit(ModelPaths(home), chosen)
    except (CatalogError, ModelMissingError) as error:
        return _bundled(f"The selected model cannot be served, so the bundled one is used instead. {error}")


def select_model(home: Path, choice: str) -> ResolvedModel:
    """Make ``choice`` (a name or a path) the model that is served from now on.

    Raises:
        CatalogError: an unknown name, a model not downloaded yet, or the choice cannot be written down.
        ModelFileError: the file cannot be used.
    """
    # The check loads the GGUF tables, which a server that only resolves does not need.
    from burnish_models.gguf_file import check

    paths = ModelPaths(home).make()
    resolved = _explicit(paths, choice.strip())
    check(resolved.path, None, 1)
    stored = str(resolved.path) if looks_like_path(choice.strip()) else resolved.name
    try:
        write_atomically(paths.selected, json.dumps({"model": stored}) + "\n")
    except OSError as error:
        raise CatalogError(
            f"Cannot write {paths.selected}: {error.strerror or error}. Check the folder's mode and the disk."
        ) from error
    return resolved


def installed_path(home: Path, entry: CatalogEntry) -> Path | None:
    """The entry's file, where it is on this machine and as long as it should be."""
    path = (BUNDLED if entry.bundled else ModelPaths(home).models) / entry.file
    try:
        return path if path.stat().st_size == entry.size_bytes else None
    except OSError:
        return None


def local_models(home: Path) -> tuple[Path, ...]:
    """GGUF files in the models folder that are not the catalogue's, by name."""
    known = {entry.file for entry in entries()}
    try:
        found = [path for path in ModelPaths(home).models.iterdir() if path.suffix.lower() == ".gguf"]
    except OSError:
        return ()
    return tuple(sorted(path for path in found if path.name not in known and path.is_file()))


def _explicit(paths: ModelPaths, choice: str) -> ResolvedModel:
    if looks_like_path(choice):
        return _by_path(choice)
    entry = find_entry(choice)
    path = installed_path(paths.home, entry)
    if path is None:
        if entry.bundled:
            raise _no_bundled()
        raise CatalogError(
            f"{entry.title} is not downloaded yet. Fetch it with: burnish models pull {entry.name}"
        )
    sha256 = entry.sha256 or _recorded_sha256(path)
    return ResolvedModel(entry.name, entry.title, path, sha256, _calibration(path))


def _by_path(choice: str) -> ResolvedModel:
    path = Path(choice).expanduser().absolute()
    if not path.is_file():
        raise ModelMissingError(
            f"There is no model file at {path}. Check the path, or choose another model: burnish models list"
        )
    return ResolvedModel(path.stem, path.stem, path, _recorded_sha256(path), _calibration(path))


def _bundled(note: str) -> ResolvedModel:
    entry = bundled_entry()
    path = None if entry is None else BUNDLED / entry.file
    if entry is None or path is None or not path.is_file():
        raise _no_bundled()
    return ResolvedModel(entry.name, entry.title, path, entry.sha256, _calibration(path), note)


def _no_bundled() -> ModelMissingError:
    return ModelMissingError(
        "This installation lacks its bundled model. Install Burnish again, or fetch a model with: "
        "burnish models pull qwen2.5-coder-0.5b"
    )


def _read_selected(paths: ModelPaths) -> tuple[str | None, str]:
    """The stored choice, and what is wrong with the record where it cannot be read."""
    try:
        document = json.loads(paths.selected.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError) as error:
        return (
            None,
            f"{paths.selected} cannot be read ({error}), so the bundled model is used. Select one again.",
        )
    model = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, str) or not model:
        return None, f"{paths.selected} names no model, so the bundled one is used. Select one again."
    return model, ""


def _recorded_sha256(path: Path) -> str | None:
    try:
        record = json.loads(path.with_name(path.name + RECORD_SUFFIX).read_text(encoding="utf-8"))
        size = path.stat().st_size
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("size_bytes") != size:
        return None
    sha256 = record.get("sha256")
    return sha256 if isinstance(sha256, str) else None


def _calibration(path: Path) -> Path | None:
    candidate = calibration_path(path)
    return candidate if candidate.is_file() else None
