"""Decides what may be recorded: consent, the editor's switch, exclusions, secrets."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from burnish_telemetry.codec import encode_event
from burnish_telemetry.consent import Consent, ConsentFile
from burnish_telemetry.errors import ConsentError
from burnish_telemetry.events import ActionOffered, Event, Place, Suggested
from burnish_telemetry.exclusions import excluded_by

if TYPE_CHECKING:
    from burnish_telemetry.redaction import SecretScanner

__all__ = ["Admission"]

log = logging.getLogger(__name__)

_MOST_CHARACTERS = 1_000_000
_REMEMBERED_OFFERS = 512


class Admission:
    """Says of each event whether it may be recorded. For one thread; it reads the file of consent and compares texts.

    Args:
        home: Burnish's home folder.
        editor_telemetry: the state of the editor's own switch.
    """

    def __init__(self, home: Path, editor_telemetry: Callable[[], bool]) -> None:
        self._file = ConsentFile(home)
        self._editor_telemetry = editor_telemetry
        self._scanner: SecretScanner | None = None
        self._surroundings: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._complaint = ""

    def consent(self) -> Consent:
        """What the user decided; a file that cannot be read is no consent."""
        try:
            consent = self._file.read()
        except ConsentError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.error("%s", error)
            return Consent()
        self._complaint = ""
        return consent

    @property
    def readable(self) -> bool:
        """Whether the file of consent could be read the last time; where there is none, its defaults hold."""
        return not self._complaint

    def refusal(self, event: Event, consent: Consent) -> str:
        """Why an event is not recorded; empty when it may be. The reasons are those of ``Receipt``.

        Raises:
            EventError: the event is malformed.
        """
        if not consent.record.holds:
            return "not-agreed"
        if not self._editor_telemetry():
            return "editor-telemetry-off"
        prompt = event.prompt if isinstance(event, Suggested | ActionOffered) else None
        paths = [event.place.path, *(file.path for file in (prompt.context if prompt is not None else ()))]
        for path in dict.fromkeys(paths):
            place = Place(event.place.folder, path)
            if (why := excluded_by(place, consent.excluded_folders, consent.excluded_globs)) is not None:
                return why
        if len(encode_event(event)) > _MOST_CHARACTERS:
            return "too-large"
        return self._secret(event)

    def _secret(self, event: Event) -> str:
        if self._scanner is None:
            # Some tenths of a second to load: only where something is recorded.
            from burnish_telemetry.redaction import SecretScanner

            self._scanner = SecretScanner()
        typed, rest = self._surroundings.get(event.suggestion, ("", ""))
        if (sort := self._scanner.find_in_event(event, typed, rest)) is not None:
            log.info("An event was not recorded: it seems to hold a secret (%s).", sort)
            return "secret"
        if isinstance(event, Suggested):
            around = event.prompt.typed.rpartition("\n")[2], event.prompt.suffix.partition("\n")[0]
            self._surroundings[event.suggestion] = around
            if len(self._surroundings) > _REMEMBERED_OFFERS:
                self._surroundings.popitem(last=False)
        return ""
