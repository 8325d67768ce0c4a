"""Errors of the models package.

::

    ModelsError
    ├── ModelFileError              a model file cannot be used
    │   ├── ModelMissingError       no such file, or no permission to read it
    │   ├── ModelCorruptError       not GGUF, truncated, or an impossible header
    │   ├── ModelUnsupportedError   an architecture or file type that cannot complete code here
    │   └── ModelTooLargeError      needs more memory than this machine has
    ├── CatalogError                an unknown model name, or a bad catalogue entry
    ├── CalibrationError            a calibration file or its data cannot be used
    ├── DownloadError               a pull that failed; says what to do
    │   ├── ChecksumError           the bytes are not the ones the catalogue promises
    │   ├── DiskSpaceError          not enough room for the file
    │   └── DownloadCancelledError  the user stopped it; the part is kept
    └── EngineError                 the engine could not answer
        ├── EngineStartError        the worker did not start, or the model did not load
        ├── EngineCrashedError      the worker died while it worked on a request
        ├── EngineClosedError       the engine was shut down
        └── …                       a team's endpoint: see remote/errors.py

Every message says what failed, why, and what to do, in words a user can act on.
"""

from __future__ import annotations

__all__ = [
    "CalibrationError",
    "CatalogError",
    "ChecksumError",
    "DiskSpaceError",
    "DownloadCancelledError",
    "DownloadError",
    "EngineClosedError",
    "EngineCrashedError",
    "EngineError",
    "EngineStartError",
    "ModelCorruptError",
    "ModelFileError",
    "ModelMissingError",
    "ModelTooLargeError",
    "ModelUnsupportedError",
    "ModelsError",
]


class ModelsError(Exception):
    """Base of every error this package raises on purpose."""


class ModelFileError(ModelsError):
    """A model file cannot be used."""


class ModelMissingError(ModelFileError):
    """The file does not exist or cannot be read."""


class ModelCorruptError(ModelFileError):
    """The file is not GGUF, is truncated, or its header is impossible."""


class ModelUnsupportedError(ModelFileError):
    """The file is sound but cannot complete code here (architecture, type, or missing tokenizer)."""


class ModelTooLargeError(ModelFileError):
    """The model needs more memory than this machine can give."""


class CatalogError(ModelsError):
    """An unknown model name or a malformed catalogue entry."""


class CalibrationError(ModelsError):
    """A calibration file, or the data for one, cannot be used."""


class DownloadError(ModelsError):
    """A download failed; the partial file is kept for resuming."""


class ChecksumError(DownloadError):
    """The downloaded bytes do not match the catalogue's checksum; they were removed."""


class DiskSpaceError(DownloadError):
    """There is not enough free space for the file."""


class DownloadCancelledError(DownloadError):
    """The user stopped the download; the next pull resumes it."""


class EngineError(ModelsError):
    """The engine could not answer."""


class EngineStartError(EngineError):
    """The worker process did not start, or the model did not load."""


class EngineCrashedError(EngineError):
    """The worker process died while it worked on a request."""


class EngineClosedError(EngineError):
    """The engine was shut down; start it again before asking."""
