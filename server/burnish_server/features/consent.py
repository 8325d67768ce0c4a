"""``burnish.server.consent`` and the other commands about the record: what was agreed to, exporting it, erasing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pygls.exceptions import JsonRpcInvalidParams

from burnish_models.errors import ModelsError
from burnish_telemetry.consent import Agreement, Consent, ConsentFile
from burnish_telemetry.disclosure import SWITCHES, Disclosure, Switch, disclosure
from burnish_telemetry.errors import ConsentError, TelemetryError
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.store import Store, store_file

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_telemetry.erasure import Selection

__all__ = ["consent_document", "register"]

T = TypeVar("T")

_FORMATS = {"jsonl": "events", "kto": "kto", "supervised": "supervised"}


def register(server: BurnishServer) -> None:
    """Register the commands."""
    home = server.host.home

    @server.command("burnish.server.consent")
    async def consent() -> dict[str, Any]:
        return await _document(server)

    @server.command("burnish.server.setConsent")
    async def set_consent(*arguments: Any) -> dict[str, Any]:
        options = _Options.of(arguments, "setConsent")
        switch, on = options.switch(), options.flag("on")
        through = options.text("through") or "the editor"
        file = ConsentFile(home)
        await _work(lambda: (file.agree if on else file.withdraw)(switch, through=through))
        return await _document(server)

    @server.command("burnish.server.configureRecording")
    async def configure_recording(*arguments: Any) -> dict[str, Any]:
        options = _Options.of(arguments, "configureRecording")
        folders, globs = options.texts("excludedFolders"), options.texts("excludedGlobs")
        days = options.number("retentionDays")
        file = ConsentFile(home)
        await _work(
            lambda: file.configure(excluded_folders=folders, excluded_globs=globs, retention_days=days)
        )
        return await _document(server)

    @server.command("burnish.server.exportRecord")
    async def export_record(*arguments: Any) -> dict[str, Any]:
        options = _Options.of(arguments, "exportRecord")
        path, form = Path(options.text("path")), options.text("format") or "jsonl"
        if not path.is_absolute():
            raise options.bad("path must be an absolute path of a file")
        if form not in _FORMATS:
            raise options.bad(f"format must be one of {', '.join(_FORMATS)}")
        return {"path": str(path), "events": await _work(lambda: _export(home, path, form))}

    @server.command("burnish.server.eraseRecord")
    async def erase_record(*arguments: Any) -> dict[str, Any]:
        options = _Options.of(arguments, "eraseRecord")
        selection, adapters = options.selection(), options.flag("adapters", default=False)
        await server.learning.forget()
        erased = await _work(lambda: _erase(home, selection, adapters=adapters))
        server.adapters.look()
        return erased


def consent_document(home: Path) -> dict[str, Any]:
    """What was agreed to, as the commands answer it; reads files.

    A file that cannot be read is no consent; ``problem`` then says what is wrong with it.
    """
    problem = None
    try:
        decided = ConsentFile(home).read()
    except ConsentError as error:
        decided, problem = Consent(), str(error)
    days = decided.retention_days
    return {
        "record": _agreement(decided.record),
        "train": _agreement(decided.train),
        "file": str(store_file(home)),
        "retentionDays": days,
        "excludedFolders": list(decided.excluded_folders),
        "excludedGlobs": list(decided.excluded_globs),
        "problem": problem,
        "disclosure": {switch: _told(disclosure(switch, home, days)) for switch in SWITCHES},
    }


async def _document(server: BurnishServer) -> dict[str, Any]:
    document = await asyncio.to_thread(consent_document, server.host.home)
    telemetry = server.learning.editor_telemetry
    # The recorder itself may take a second to see what has just been decided.
    document |= {"recording": telemetry and document["record"]["on"], "editorTelemetry": telemetry}
    asyncio.get_running_loop().call_later(1.1, server.recording_watch.look)
    return document


def _agreement(agreement: Agreement) -> dict[str, Any]:
    at = None if agreement.at is None else agreement.at.isoformat(timespec="seconds")
    return {
        "on": agreement.holds,
        "outdated": agreement.outdated,
        "at": at,
        "through": agreement.through,
    }


def _told(text: Disclosure) -> dict[str, Any]:
    heading = "Recorded:" if text.switch == "record" else "What happens:"
    paragraphs = [text.summary, "\n".join([heading, *(f"- {item}" for item in text.items)])]
    if text.never:
        paragraphs.append("\n".join(["Never:", *(f"- {item}" for item in text.never)]))
    paragraphs += [f"File: {text.file}", f"Kept: {text.retention}", f"Way out: {text.way_out}"]
    brief = [text.brief, f"File: {text.file}", f"Kept: {text.retention}"]
    return {"title": text.title, "brief": brief, "paragraphs": paragraphs}


def _export(home: Path, path: Path, form: str) -> int:
    from burnish_telemetry.export import export_lines, write_export

    file = store_file(home)
    if not file.exists():
        return write_export((), path)
    with Store(file) as store:
        return write_export(export_lines(store, _FORMATS[form]), path)  # type: ignore[arg-type]


def _erase(home: Path, selection: Selection, *, adapters: bool) -> dict[str, Any]:
    from burnish_models.adapters.registry import Registry, registry_file
    from burnish_telemetry.database import damaged_files

    file = store_file(home)
    if not file.exists() and not damaged_files(file):
        return {"events": 0, "adapters": [], "logEmptied": True}
    with Store(file) as store:
        registry = Registry(home) if registry_file(home).exists() else None
        known = {record.id: record for record in (registry.records() if registry is not None else ())}
        events, origins = store.would_erase(selection)
        learned = set(origins)
        if registry is not None:
            learned |= {record.id for record in registry.learned_from(events)}
        told = []
        # Adapters first: whoever interrupts this finds the events, and with them the adapters, again.
        for identity in sorted(learned):
            record = known.get(identity)
            there = record is not None and record.path is not None
            if adapters and registry is not None and there:
                registry.erase(identity, "what it learned from was erased")
            name = record.name if record is not None else identity[:12]
            told.append({"id": identity, "name": name, "removed": adapters or not there})
        erased = store.erase(selection)
        for identity in learned if adapters else ():
            store.forget_adapter(identity)
    return {"events": len(erased.events), "adapters": told, "logEmptied": erased.log_emptied}


async def _work(work: Callable[[], T]) -> T:
    """Do something that waits for disks and locks, off the event loop; what it says of a failure goes to the user."""
    try:
        return await asyncio.to_thread(work)
    except (TelemetryError, ModelsError) as error:
        raise JsonRpcInvalidParams(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Options:
    """The one argument of a command: an object. Every method raises JsonRpcInvalidParams that names what is wrong."""

    command: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, arguments: tuple[Any, ...], command: str) -> _Options:
        given = arguments[0] if len(arguments) == 1 else None
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        if not isinstance(given, Mapping):
            raise JsonRpcInvalidParams(f"burnish.server.{command} needs one argument: an object.")
        return cls(command, given)

    def bad(self, what: str) -> JsonRpcInvalidParams:
        """The error that says what is wrong."""
        return JsonRpcInvalidParams(f"burnish.server.{self.command}: {what}.")

    def switch(self) -> Switch:
        """The switch that is meant."""
        for switch in SWITCHES:
            if self.values.get("switch") == switch:
                return switch
        raise self.bad("switch must be one of record, train")

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.bad(f"{key} must be true or false")
        return value

    def text(self, key: str) -> str:
        """A text, empty where there is none."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise self.bad(f"{key} must be a text")
        return value or ""

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, or ``None`` where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.bad(f"{key} must be a list of texts")
        return tuple(value)

    def number(self, key: str) -> int | None:
        """A whole number, or ``None`` where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise self.bad(f"{key} must be a whole number")
        return int(value)

    def time(self, key: str) -> datetime | None:
        """A time in ISO 8601 (UTC where it names no zone), or ``None`` where there is none."""
        text = self.text(key)
        if not text:
            return None
        try:
            time = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.bad(f"{key} must be a time in ISO 8601") from error
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)

    def selection(self) -> Selection:
        """What to erase; everything only where that was said."""
        from burnish_telemetry.erasure import Selection

        folder = self.text("folder")
        if folder and not Path(folder).is_absolute():
            raise self.bad("folder must be an absolute path")
        found = Selection(
            Path(location_of("", folder)) if folder else None, self.time("since"), self.time("until")
        )
        if found.everything != self.flag("all", default=False):
            raise self.bad("say what to erase: since, until or folder, or else all")
        return found
