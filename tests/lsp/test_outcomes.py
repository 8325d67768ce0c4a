"""What becomes of suggestions, from a real client to the record; the model's own words are taken as they come."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from burnish_models.adapters.records import AdapterRecord, Lineage, State
from burnish_models.adapters.registry import Registry
from burnish_telemetry.events import Event, Suggested
from burnish_telemetry.labels import Label
from burnish_telemetry.store import Store, store_file
from tests.adapter_maker import write_random
from tests.lsp.conftest import RECORDER, Session, Start
from tests.no_network import REFUSE

pytestmark = pytest.mark.integration

URI = "file:///project/a.py"
FUNCTIONS = "".join(
    f"def handle_{i}(request, value={i}):\n    result = request.get({i})\n    return result + value\n\n\n"
    for i in range(20)
)
TYPED = "    result = request."
TEXT = FUNCTIONS + "def handle_60(request, value=60):\n" + TYPED + "\n    return result\n"
LINE = FUNCTIONS.count("\n") + 1

#: Refuses the network in the server's process, and tells at the end what was refused.
NO_NETWORK = REFUSE + RECORDER.replace(
    "sorted(sys.modules)", "{'network': network, 'modules': len(sys.modules)}"
)
#: The server and the engine's process in a network namespace of their own.
NO_INTERFACES = f"""
import os, sys
os.execvp("unshare", ["unshare", "-Urn", sys.executable, "-c", {RECORDER!r}, *sys.argv[1:]])
"""


async def recording(start: Start, model: Path, **how: Any) -> Session:
    completion = {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0, "workAhead": "never"}
    settings = {
        "model": str(model),
        "completion": completion,
        "engine": {"threads": 1, "contextTokens": 2048},
    }
    session: Session = await start(settings, **how)
    await session.until("ready")
    consent = await session.command("setConsent", {"switch": "record", "on": True, "through": "a test"})
    assert consent["recording"]
    async with asyncio.timeout(30):
        while not session.statuses[-1]["recording"]:
            await asyncio.sleep(0.05)
    return session


async def asked(session: Session, uri: str = URI, line: int = LINE, character: int = len(TYPED)) -> Any:
    items = await session.inline(uri, line, character, invoked=False)
    assert items, "the model says nothing here"
    return items[0]


async def accept(session: Session, item: Any) -> None:
    arguments = item.command.arguments
    await session.client.workspace_execute_command_async(
        types.ExecuteCommandParams(item.command.command, arguments)
    )


def report(session: Session, event: str, **more: Any) -> None:
    params = {"event": event, "textDocument": {"uri": URI}, **more}
    session.client.protocol.notify("burnish/outcome", params)


async def end(session: Session) -> list[tuple[tuple[Event, ...], Label]]:
    await asyncio.wait_for(session.client.shutdown_session(), 20)
    assert session.client._server is not None
    await asyncio.wait_for(session.client._server.wait(), 20)
    assert "Traceback" not in session.log()
    with Store(store_file(session.home)) as store:
        return list(zip(store.suggestions(), store.labels(), strict=True))


def kinds(found: list[tuple[tuple[Event, ...], Label]]) -> list[list[str]]:
    return [[event.kind for event in events] for events, _ in found]


async def test_accepted_and_undone(start: Start, model: Path) -> None:
    session = await recording(start, model)
    session.open(URI, TEXT)
    item = await asked(session)
    first, last = item.range.start.character, item.range.end.character
    session.change(URI, 2, LINE, first, last, item.insert_text)
    await accept(session, item)
    report(session, "undo")
    session.change(URI, 3, LINE, first, first + len(item.insert_text), "")
    ((events, label),) = await end(session)
    assert [event.kind for event in events] == ["suggested", "accepted", "undone"]
    offer = events[0]
    assert isinstance(offer, Suggested)
    assert offer.model == hashlib.sha256(model.read_bytes()).hexdigest()
    assert (offer.text, offer.adapter) == (item.insert_text, None)
    assert (offer.prompt.prefix + offer.prompt.typed).endswith("value=60):\n" + TYPED)
    assert offer.prompt.suffix == "\n    return result\n"
    assert offer.tokens > 0
    assert offer.mean_logprob is not None
    assert offer.mean_logprob < 0
    assert offer.display.shown
    assert offer.display.confidence is not None
    assert label.reason in {"undone", "too-short"}
    assert "handle_60" not in session.log()


async def test_typing_into_a_suggestion_is_one_suggestion(start: Start, model: Path) -> None:
    session = await recording(start, model)
    session.open(URI, TEXT)
    item = await asked(session)
    text, names = item.insert_text, {item.command.arguments[1]}
    for count, character in enumerate(text, 1):
        place = len(TYPED) + count
        session.change(URI, count + 1, LINE, place - 1, place - 1, character)
        if count < len(text) - 1:
            again = await session.inline(URI, LINE, place, invoked=False)
            names |= {found.command.arguments[1] for found in again[:1]}
    found = await end(session)
    assert len(names) == 1
    assert kinds(found) == [["suggested", "typed-through"]]


async def test_dismissed_and_something_else_written(start: Start, model: Path) -> None:
    session = await recording(start, model)
    session.open(URI, TEXT)
    item = await asked(session)
    report(session, "shown", suggestion=item.command.arguments[1])
    await asyncio.sleep(0.8)
    report(session, "dismissed", suggestion=item.command.arguments[1])
    for count, character in enumerate("xyzzy()"):
        place = len(TYPED) + count
        session.change(URI, count + 2, LINE, place, place, character)
    session.change(URI, 20, 0, 0, 0, "\n")
    found = await end(session)
    assert kinds(found) == [["suggested", "dismissed", "wrote-instead"]]
    assert found[0][0][2].text == "xyzzy()"  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_places_in_every_encoding_and_crlf(start: Start, model: Path, encoding: str) -> None:
    session = await recording(start, model, encodings=[encoding])
    typed = "    note = '😀é'; result = request."
    session.open(URI, TEXT.replace(TYPED, typed).replace("\n", "\r\n"))
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    place = len(typed.encode(codec)) // width
    item = await asked(session, character=place)
    first, last = item.range.start.character, item.range.end.character
    session.change(URI, 2, LINE, first, last, item.insert_text)
    await accept(session, item)
    session.change(URI, 3, 0, 0, 0, "# 😀\r\n")
    found = await end(session)
    assert kinds(found) == [["suggested", "accepted"]]
    offer = found[0][0][0]
    assert isinstance(offer, Suggested)
    assert offer.prompt.typed.endswith(typed)
    assert "\r" not in offer.prompt.prefix + offer.prompt.typed + offer.prompt.suffix + offer.text


async def test_two_windows_share_one_record(start: Start, model: Path, tmp_path: Path) -> None:
    home = tmp_path / "shared"
    sessions = [await recording(start, model, home=home) for _ in range(2)]
    for number, session in enumerate(sessions):
        uri = f"file:///project/{number}.py"
        session.open(uri, TEXT)
        item = await asked(session, uri)
        session.change(uri, 2, LINE, item.range.start.character, item.range.end.character, item.insert_text)
        await accept(session, item)
    await asyncio.wait_for(sessions[0].client.shutdown_session(), 20)
    found = await end(sessions[1])
    assert kinds(found) == [["suggested", "accepted"]] * 2
    assert [events[0].place.path[-4:] for events, _ in found] == ["0.py", "1.py"]


async def test_recording_uses_no_network(start: Start, model: Path) -> None:
    session = await recording(start, model, program=NO_NETWORK)
    session.open(URI, TEXT)
    item = await asked(session)
    session.change(URI, 2, LINE, item.range.start.character, item.range.end.character, item.insert_text)
    await accept(session, item)
    assert (await session.command("eraseRecord", {"folder": "/elsewhere"}))["events"] == 0
    assert kinds(await end(session)) == [["suggested", "accepted"]]
    assert json.loads(session.modules_file.read_text())["network"] == []


async def test_it_works_without_a_network(start: Start, model: Path) -> None:
    unshare = shutil.which("unshare")
    tried = unshare and subprocess.run([unshare, "-Urn", "true"], capture_output=True, check=False).returncode
    if tried != 0:
        pytest.skip("no network namespaces here")
    session = await recording(start, model, program=NO_INTERFACES)
    session.open(URI, TEXT)
    item = await asked(session)
    session.change(URI, 2, LINE, item.range.start.character, item.range.end.character, item.insert_text)
    await accept(session, item)
    assert kinds(await end(session)) == [["suggested", "accepted"]]


async def served_with_an_adapter(session: Session, model: Path, tmp_path: Path) -> AdapterRecord:
    """Record a suggestion, and serve an adapter that says it learned from it."""
    home = session.home
    session.open(URI, TEXT)
    item = await asked(session)
    session.change(URI, 2, LINE, item.range.start.character, item.range.end.character, item.insert_text)
    await accept(session, item)
    events: tuple[str, ...] = ()
    async with asyncio.timeout(20):
        while len(events) < 2:
            await asyncio.sleep(0.1)
            if store_file(home).exists():
                with Store(store_file(home)) as store:
                    events = tuple(event.id for events in store.suggestions() for event in events)
    registry, lineage = Registry(home), Lineage("labels-1", "run-1", events=events)
    record = registry.add(write_random(tmp_path / "new.gguf", 1, name="night 1"), model, lineage)
    registry.move(record.id, State.GATED, "better", report={})
    registry.promote(record.id, "better")
    await until_adapter(session, "night 1")
    return record


async def until_adapter(session: Session, name: str | None) -> None:
    async with asyncio.timeout(30):
        while session.statuses[-1]["adapter"] != name:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("remove", [False, True])
async def test_erasing_names_the_adapters_and_removes_them_on_request(
    start: Start, model: Path, tmp_path: Path, remove: bool
) -> None:
    session = await recording(start, model)
    record = await served_with_an_adapter(session, model, tmp_path)
    erased = await session.command("eraseRecord", {"all": True, "adapters": remove})
    adapters = [{"id": record.id, "name": "night 1", "removed": remove}]
    assert erased == {"events": 2, "adapters": adapters, "logEmptied": True}
    await until_adapter(session, None if remove else "night 1")
    assert (Registry(session.home).find(record.id).path is None) == remove
    with Store(store_file(session.home)) as store:
        assert store.counts() == {}
