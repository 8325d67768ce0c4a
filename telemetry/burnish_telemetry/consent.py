"""What the user agreed to: two switches, off by default, in a file of their own, with when and to which text.

An unreadable file is no consent. What was agreed to under an older text does not cover a newer one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cattrs import transform_error
from cattrs.errors import BaseValidationError
from filelock import FileLock, Timeout

from burnish_telemetry.codec import strict_converter
from burnish_telemetry.disclosure import TEXT_VERSION, Switch
from burnish_telemetry.errors import ConsentError
from burnish_telemetry.exclusions import check_glob

__all__ = ["CONSENT_FILE", "DEFAULT_RETENTION_DAYS", "Agreement", "Consent", "ConsentFile"]

CONSENT_FILE = "consent.json"
DEFAULT_RETENTION_DAYS = 90
_MOST_RETENTION_DAYS = 3650
_LOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """One switch. ``text_version`` and ``at`` say what was agreed to and when; ``through`` which dialog asked."""

    on: bool = False
    text_version: int = 0
    at: datetime | None = None
    through: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is on, and for the present text."""
        return self.on and self.text_version == TEXT_VERSION

    @property
    def outdated(self) -> bool:
        """Whether it was on for an older text, so that the user must be asked again."""
        return self.on and self.text_version != TEXT_VERSION


@dataclass(frozen=True, slots=True)
class Consent:
    """Everything the user decided about recording. ``retention_days``: how long events are kept."""

    record: Agreement = Agreement()
    train: Agreement = Agreement()
    excluded_folders: tuple[str, ...] = ()
    excluded_globs: tuple[str, ...] = ()
    retention_days: int = field(default=DEFAULT_RETENTION_DAYS)


class ConsentFile:
    """The file below Burnish's home folder (mode 0600), read and changed by every process of the user's.

    Args:
        home: Burnish's home folder; it is made when something is first written.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / CONSENT_FILE
        self._seen: tuple[tuple[int, int, int], Consent] | None = None

    def read(self) -> Consent:
        """What the user decided; all off where nothing was decided. Costs one ``stat`` when nothing has changed.

        Raises:
            ConsentError: the file is there but cannot be read; nothing may be recorded then.
        """
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._seen is not None and self._seen[0] == stamp:
                return self._seen[1]
            consent = _parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._seen = None
            return Consent()
        except OSError as error:
            raise ConsentError(
                f"Cannot read {self.path}: {error.strerror or error}. Nothing is recorded until it can be read."
            ) from error
        except (ValueError, TypeError, AttributeError, BaseValidationError) as error:
            raise ConsentError(
                f"{self.path} is damaged ({_reason(error)}). Nothing is recorded. Decide anew with "
                "'burnish telemetry on' or 'burnish telemetry off'."
            ) from error
        self._seen = stamp, consent
        return consent

    def agree(self, switch: Switch, *, through: str) -> Consent:
        """Turn a switch on: the user has seen its present text and said yes, in the dialog named ``through``."""
        agreement = Agreement(True, TEXT_VERSION, datetime.now(UTC), through)
        return self._change(lambda consent: _with(consent, switch, agreement))

    def withdraw(self, switch: Switch, *, through: str) -> Consent:
        """Turn a switch off; no process records (or trains) from the next event on."""
        agreement = Agreement(False, TEXT_VERSION, datetime.now(UTC), through)
        return self._change(lambda consent: _with(consent, switch, agreement))

    def configure(
        self,
        *,
        excluded_folders: tuple[str, ...] | None = None,
        excluded_globs: tuple[str, ...] | None = None,
        retention_days: int | None = None,
    ) -> Consent:
        """Change what is left out and how long events are kept; ``None`` leaves a setting as it is.

        Raises:
            ConsentError: a value is impossible, or the file cannot be written.
        """

        def change(consent: Consent) -> Consent:
            if excluded_folders is not None:
                consent = replace(consent, excluded_folders=excluded_folders)
            if excluded_globs is not None:
                consent = replace(consent, excluded_globs=excluded_globs)
            if retention_days is not None:
                consent = replace(consent, retention_days=retention_days)
            try:
                return _checked(consent)
            except ValueError as error:
                raise ConsentError(f"Not changed: {error}.") from error

        return self._change(change)

    def _change(self, change: Callable[[Consent], Consent]) -> Consent:
        """Read, change and write as one step among all processes. A damaged file is put aside and begun anew."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, mode=0o600):
                try:
                    before = self.read()
                except ConsentError:
                    self.path.replace(self.path.with_suffix(".damaged.json"))
                    before = Consent()
                after = change(before)
                _write(self.path, json.dumps(_CONVERTER.unstructure(after), indent=2) + "\n")
        except Timeout as error:
            raise ConsentError(f"Cannot change {self.path}: another process holds it. Try again.") from error
        except OSError as error:
            raise ConsentError(
                f"Cannot write {self.path}: {error.strerror or error}. Nothing has changed; check the folder and the disk."
            ) from error
        self._seen = None
        return after


def _with(consent: Consent, switch: Switch, agreement: Agreement) -> Consent:
    return replace(consent, record=agreement) if switch == "record" else replace(consent, train=agreement)


def _checked(consent: Consent) -> Consent:
    if not 1 <= consent.retention_days <= _MOST_RETENTION_DAYS:
        raise ValueError(f"retention must be 1 to {_MOST_RETENTION_DAYS} days, not {consent.retention_days}")
    for folder in consent.excluded_folders:
        if not Path(folder).expanduser().is_absolute():
            raise ValueError(f"an excluded folder must be an absolute path, not {folder!r}")
    for pattern in consent.excluded_globs:
        check_glob(pattern)
    return consent


def _parse(text: str) -> Consent:
    return _checked(_CONVERTER.structure(json.loads(text), Consent))


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it is not JSON"
    return "; ".join(transform_error(error)) if isinstance(error, BaseValidationError) else str(error)


def _write(path: Path, text: str) -> None:
    """Replace a file so that a reader sees the old content or the new; readable by its owner only."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


_CONVERTER = strict_converter()
