"""Replays recorded editing sessions against a server in this process, with a scripted model and a clock of its own.

A session is a file of JSON lines. Every line but the first and the last is a message of the client's with its time in seconds:

- ``{"open": path, "text": …}``: a document (the first line; more may follow; ``at`` is 0 where it is missing);
- ``{"at": …, "change": [[line, character, line, character, text], …]}``: one ``didChange``; ``[text]`` is the whole document;
- ``{"at": …, "ask": [line, character], "model": text}``: ``inlineCompletion``, and what the model writes if it is asked;
  ``"selected": [line, character, line, character, text]`` is the item of the editor's own list, ``"invoked": true`` a gesture,
  ``"draws"`` what the model writes then when it is asked again, and ``"shows"`` the texts that the server must offer;
- ``{"at": …, "accept": true}``: the command of the item that was answered last; a number chooses among the items;
- ``{"at": …, "report": event}``: ``burnish/outcome``; with ``"named": true`` (or a number) it names the suggestion;
- ``{"at": …, "cursor": [line, character]}``, ``{"at": …, "save": true}``, ``{"at": …, "disk": true}``, ``{"at": …, "close": true}``;
- ``{"at": …}``: time goes by.

Each may name a document by ``"in": path``. The last line, ``{"expect": [[kinds of events, verdict, reason, completion], …]}``, says
what is in the store then: a list for each suggestion, in the order in which they were made.
"""

from __future__ import annotations

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from burnish_models.engine.base import FimPrompt
from burnish_server.completion.pipeline import Pipeline
from burnish_server.engine_host import EngineHost
from burnish_server.engine_parts import ServedModel
from burnish_server.learning.clock import Clock
from burnish_server.learning.service import Learning
from burnish_server.server import BurnishServer, create_server
from burnish_server.settings import CompletionSettings
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.events import Event
from burnish_telemetry.labels import Label
from burnish_telemetry.recorder import Recorder
from burnish_telemetry.store import Store, store_file
from tests.unit.server.scripted import Believer, ScriptedEngine

SESSIONS = Path(__file__).parents[3] / "lsp" / "sessions"
ROOT = "/project"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeTime:
    """A clock that stands still until it is told to go on, and then wakes whoever waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, Any]] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: START + timedelta(seconds=self.now))

    def later(self, delay: float, work: Any) -> Any:
        entry = (self.now + delay, work)
        self._waiting.append(entry)
        return _Handle(self._waiting, entry)

    def go_to(self, time: float) -> None:
        while self._waiting and (first := min(self._waiting, key=lambda entry: entry[0]))[0] <= time:
            self._waiting.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = max(self.now, time)


class _Handle:
    def __init__(self, waiting: list[Any], entry: Any) -> None:
        self._waiting, self._entry = waiting, entry

    def cancel(self) -> None:
        if self._entry in self._waiting:
            self._waiting.remove(self._entry)


class Writer:
    """Keeps what the server sends."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self) -> None:
        """Nothing to close."""


def agree(home: Path) -> None:
    """Turn recording on, without ever erasing by age."""
    file = ConsentFile(home)
    file.agree("record", through="a test")
    file.configure(retention_days=3650)


class Player:
    """One client and its server."""

    def __init__(self, home: Path, *, agreed: bool = True, client: str = "test") -> None:
        home.mkdir(parents=True, exist_ok=True)
        if agreed:
            agree(home)
        self.home = home
        self.time = FakeTime()
        self.engine = ScriptedEngine("")
        model = home / "m.gguf"
        model.write_bytes(b"1")
        host = EngineHost(
            home,
            resolve=lambda _home, _choice: ServedModel("m", model, Believer()),
            build=lambda _model, _options, _log, _state: self.engine,
        )
        self.host = host
        pipeline = Pipeline(host, CompletionSettings(debounce_ms=0))
        self.server: BurnishServer = create_server(host, pipeline)
        self.server.learning = Learning(
            Recorder(home), self.server.surroundings, clock=self.time.clock(), later=self.time.later
        )
        self.writer = Writer()
        self.server.protocol.set_writer(self.writer)
        self.client = client
        self.items: list[dict[str, Any]] = []
        self._id = 0
        self._versions: dict[str, int] = {}
        self._first = ""

    async def start(self, **options: Any) -> None:
        params = {
            "processId": None,
            "rootUri": f"file://{ROOT}",
            "workspaceFolders": [{"uri": f"file://{ROOT}", "name": "project"}],
            "capabilities": {},
            "clientInfo": {"name": self.client, "version": "1"},
            "initializationOptions": {"settings": {"completion": {"debounceMs": 0}}, **options},
        }
        await self.request("initialize", params)
        self.notify("initialized", {})
        while self.host.status.state != "ready":
            await asyncio.sleep(0.001)

    async def request(self, method: str, params: Any) -> Any:
        self._id += 1
        self._feed({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        for _ in range(5_000):
            for message in self.writer.messages:
                if message.get("id") == self._id and ("result" in message or "error" in message):
                    self.writer.messages.remove(message)
                    assert "error" not in message, message
                    return message["result"]
            await asyncio.sleep(0.001)
        raise AssertionError(f"{method} was not answered")

    def notify(self, method: str, params: Any) -> None:
        self._feed({"jsonrpc": "2.0", "method": method, "params": params})

    async def end(self) -> None:
        self.server.disconnect()
        await asyncio.to_thread(self.server.learning.close)
        await self.host.close()

    async def play(self, line: dict[str, Any]) -> None:
        """Play one line of a session."""
        self.time.go_to(float(line.get("at", 0.0)))
        if "open" in line:
            self._open(line["open"], line["text"])
        name = f"file://{ROOT}/{line.get('in', self._first)}"
        document = {"uri": name}
        if "change" in line:
            self._versions[name] += 1
            changes = [_change(change) for change in line["change"]]
            identifier = {**document, "version": self._versions[name]}
            self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})
        if "forget" in line:
            self.server.pipeline.reset()
        if "ask" in line:
            await self._ask(document, line)
        if "accept" in line:
            item = self.items[line["accept"] if line["accept"] is not True else 0]
            await self.request("workspace/executeCommand", item["command"])
        if "report" in line:
            params = {"event": line["report"], "textDocument": document}
            if "named" in line:
                number = 0 if line["named"] is True else line["named"]
                params["suggestion"] = self.items[number]["command"]["arguments"][1]
            self.notify("burnish/outcome", params)
        if "cursor" in line:
            self.notify("burnish/cursor", {"textDocument": document, "position": _position(*line["cursor"])})
        if "save" in line:
            self.notify("textDocument/didSave", {"textDocument": document})
        if "disk" in line:
            self.notify("workspace/didChangeWatchedFiles", {"changes": [{**document, "type": 2}]})
        if "close" in line:
            self.notify("textDocument/didClose", {"textDocument": document})
        await asyncio.sleep(0)

    async def run(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            await self.play(line)

    def _open(self, path: str, text: str) -> None:
        uri = f"file://{ROOT}/{path}"
        self._first = self._first or path
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    async def _ask(self, document: dict[str, str], line: dict[str, Any]) -> None:
        written = [str(line.get("model", "")), *line.get("draws", ())]

        def script(_: FimPrompt) -> str:
            return written.pop(0) if len(written) > 1 else written[0]

        self.engine.script = script
        self.engine.logprob = float(line.get("logprob", -0.001))
        context: dict[str, Any] = {"triggerKind": 1 if line.get("invoked") else 2}
        if "selected" in line:
            *where, text = line["selected"]
            context["selectedCompletionInfo"] = {"range": _range(*where), "text": text}
        params = {"textDocument": document, "position": _position(*line["ask"]), "context": context}
        answer = await self.request("textDocument/inlineCompletion", params)
        self.items = answer["items"]
        if "shows" in line:
            assert [item["insertText"] for item in self.items] == line["shows"]

    def _feed(self, message: dict[str, Any]) -> None:
        protocol = self.server.protocol
        text = json.dumps(message)
        protocol.handle_message(json.loads(text, object_hook=protocol.structure_message))


def _position(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


def _range(line: int, character: int, last_line: int, last: int) -> dict[str, Any]:
    return {"start": _position(line, character), "end": _position(last_line, last)}


def _change(change: list[Any]) -> dict[str, Any]:
    *where, text = change
    return {"range": _range(*where), "text": text} if where else {"text": text}


def read_session(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def stored(home: Path) -> list[tuple[tuple[Event, ...], Label]]:
    """Every suggestion in the store with its label."""
    if not store_file(home).exists():
        return []
    with Store(store_file(home)) as store:
        return list(zip(store.suggestions(), store.labels(), strict=True))


def told(home: Path) -> list[list[Any]]:
    """What the store holds, in the form that a session expects."""
    found: list[list[Any]] = []
    for events, label in stored(home):
        completion = label.completion if label.verdict != "dropped" else ""
        row: list[Any] = [[_word(event) for event in events], label.verdict, label.reason, completion]
        found.append([*row, label.supervised] if label.supervised is not None else row)
    return found


def _word(event: Event) -> str:
    """An event's kind and what matters of it."""
    for name in ("after_s", "verbatim", "characters", "matched", "reason"):
        value = getattr(event, name, None)
        if event.kind == "survived":
            by = f" {event.changed_by}" if event.changed_by else ""  # type: ignore[attr-defined]
            return f"survived {event.after_s} {event.retained:.2f}{by}"  # type: ignore[attr-defined]
        if event.kind == "wrote-instead":
            return f"wrote-instead {event.text!r}"  # type: ignore[attr-defined]
        if value is not None:
            shown = (
                f"{value:.2f}"
                if isinstance(value, float) and not math.isclose(value, round(value))
                else value
            )
            return f"{event.kind} {shown:g}" if isinstance(shown, float) else f"{event.kind} {shown}"
    return event.kind + (f" {event.by}" if event.kind == "accepted" else "")  # type: ignore[attr-defined]
