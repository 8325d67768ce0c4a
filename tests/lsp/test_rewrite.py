"""Versions that a model proposes, from a real client over stdio: asked for, shown, taken, sent away, recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_telemetry.events import Accepted, ActionOffered, Dismissed
from burnish_telemetry.store import Store, store_file
from tests.lsp.conftest import RECORDER, plain
from tests.lsp.perf.conftest import editor
from tests.lsp.perf.editor import VERIFIER, Editor, Start

#: A server whose model answers from a script, and whose code actions hold those of rewrites.
ENGINE = """
import asyncio, json
from burnish_models.engine.base import Chunk, EngineInfo, Finish, Timings
from burnish_server import engine_host, server as wiring
from burnish_server.features import rewrite

ASKED = Path(sys.argv[1]).with_name("prompts.txt")
ENDPOINT = Path(sys.argv[1]).with_name("endpoint.txt")

class Script:
    def __init__(self, on_state):
        self.on_state = on_state
        self.count = 0
    def describe(self):
        extra = {"pid": "1"}
        if ENDPOINT.exists():
            extra |= {"endpoint": ENDPOINT.read_text(), "serving": "remote"}
        return EngineInfo("scripted", None, "x", 1, 8192, 1, 0, "", "script", "ready", chat=True, extra=extra)
    async def load(self):
        self.on_state(self.describe())
    async def generate(self, request):
        with ASKED.open("a") as file:
            file.write(json.dumps([m.text for m in request.chat.messages] if request.chat else []) + "\\n")
        self.count += 1
        text = request.chat.messages[1].text
        name = text[text.index("def ") + 4:].split("(")[0]
        body = ["return [w for w in words if w not in set(stop)]", "return []", "no code :"][self.count % 3]
        if name.startswith("long"):
            await asyncio.sleep(60)
        yield Chunk(f"```python\\ndef {name}(words, stop):\\n    {body}\\n```")
        yield Chunk("", Finish("eos", Timings(), 50, 0, 20))
    async def cancel(self): pass
    async def set_adapter(self, path, scale=1.0): pass
    async def remember(self, workspace, files): return 0
    async def close(self): pass

def build(model, options, log_file, on_state):
    return Script(on_state)

engine_host.EngineHost.__init__.__kwdefaults__["build"] = build
if not hasattr(wiring, "rewrite"):
    whole = wiring.create_server
    def create_server(host, pipeline):
        made = whole(host, pipeline)
        if "burnish.server.rewrite" not in made.protocol.fm.commands:
            rewrite.register(made)
        return made
    wiring.create_server = create_server
    from burnish_server import transport
    transport.create_server = create_server
"""
PROGRAM = "import sys\n" + VERIFIER + ENGINE + RECORDER
TEXT = """def maybe(words, stop: list) -> list:
    found = []
    for word in words:
        if word not in stop:
            found.append(word)
    return found


def other(words, stop):
    return words
"""

__all__ = ["editor"]


@pytest_asyncio.fixture
async def client(editor: Start, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Start an editor; its server's model loads when it is asked first, for completions are off."""

    async def start(**options: Any) -> Editor:
        one: Editor = await editor(program=PROGRAM, **options)
        return one

    yield start


def asked(one: Editor) -> list[str]:
    file = one.home.parent / "prompts.txt"
    return file.read_text().splitlines() if file.exists() else []


def at(uri: str, line: int = 2, **more: Any) -> dict[str, Any]:
    return {"uri": uri, "position": {"line": line, "character": 0}, **more}


async def test_a_version_is_shown_and_taken(client: Start) -> None:
    one = await client()
    uri = one.open("a.py", TEXT.replace("\n", "\r\n"))
    found = await one.command("rewrite", at(uri))
    first, second = found["results"]
    assert (first["badge"], first["gain"], first["function"]) == ("tested", "12.3×", "maybe")
    assert "12.3× faster" in first["title"] and "214 inputs" in first["evidence"]
    assert first["before"] == one.texts[uri] and first["diff"].startswith("--- maybe")
    assert found["tried"] == 6
    assert sum(found["dropped"].values()) == 4
    assert found["dropped"]["not Python"] == 2
    assert found["tokens"] == {"evaluated": 300, "generated": 120}
    assert [value["kind"] for value in one.progress][:1] == ["begin"]
    assert any("asking the model" in (value.get("message") or "") for value in one.progress)
    assert {result["key"] for result in found["results"]} == {first["key"], second["key"]}
    # An edit elsewhere does not matter: what was proved holds.
    one.edit(uri, 0, 0, "# head\r\n")
    answer = await one.command("rewriteApply", {"uri": uri, "key": first["key"]})
    assert answer == {"applied": True, "reason": ""}
    assert one.texts[uri] == "# head\r\n" + first["after"]
    # A second time the function is another.
    again = await one.command("rewriteApply", {"uri": uri, "key": second["key"]})
    assert not again["applied"] and "changed" in again["reason"]
    assert await one.command("rewriteReject", {"uri": uri, "key": second["key"]}) == {"rejected": True}
    with pytest.raises(JsonRpcException, match="not known"):
        await one.command("rewriteApply", {"uri": uri, "key": second["key"]})


async def test_a_version_that_is_shown_is_explained(client: Start) -> None:
    one = await client()
    uri = one.open("a.py", TEXT)
    first, second = (await one.command("rewrite", at(uri)))["results"]
    told = await one.command("explainFinding", {"uri": uri, "key": first["key"]})
    assert told["title"] == first["title"]
    assert "- Faster: 12.3×" in told["page"] and "Equivalent on 214 inputs" in told["page"]
    assert first["diff"] in told["page"] and "has changed since" not in told["page"]
    one.edit(uri, 0, 0, "# head\n")
    again = await one.command("explainFinding", {"uri": uri, "key": first["key"]})
    assert "has changed since" in again["page"]
    await one.command("rewriteReject", {"uri": uri, "key": second["key"]})
    with pytest.raises(JsonRpcException, match="not there any more"):
        await one.command("explainFinding", {"uri": uri, "key": second["key"]})


async def test_what_becomes_of_versions_is_recorded(client: Start) -> None:
    one = await client()
    await one.command("setConsent", {"switch": "record", "on": True, "through": "command"})
    one.client.protocol.notify("burnish/editorTelemetry", {"enabled": True})
    async with asyncio.timeout(20):
        while not (await one.command("status"))["recording"]:
            await asyncio.sleep(0.05)
    uri = one.open("a.py", TEXT)
    first, second = (await one.command("rewrite", at(uri)))["results"]
    await one.command("rewriteReject", {"uri": uri, "key": second["key"]})
    await one.command("rewriteApply", {"uri": uri, "key": first["key"]})
    one.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await asyncio.wait_for(one.client.shutdown_session(), 20)
    with Store(store_file(one.home)) as store:
        events = [event for told in store.suggestions() for event in told]
    offers = {event.after.strip(): event for event in events if isinstance(event, ActionOffered)}
    assert {event.rule for event in offers.values()} == {"model-rewrite"}
    taken = [event.suggestion for event in events if isinstance(event, Accepted)]
    sent_away = [event.suggestion for event in events if isinstance(event, Dismissed)]
    assert len(offers) == 2 and len(taken) == 1 and len(sent_away) == 1
    assert {*taken, *sent_away} == {event.suggestion for event in offers.values()}
    offer = next(event for event in offers.values() if event.suggestion == taken[0])
    assert (offer.verdict, offer.speedup, offer.tokens) == ("tested", 12.3, 20)
    # The model goes by the SHA-256 of its file, as in every other event.
    assert len(offer.model) == 64


async def test_nothing_is_recorded_without_consent(client: Start) -> None:
    one = await client()
    uri = one.open("a.py", TEXT)
    first, _ = (await one.command("rewrite", at(uri)))["results"]
    await one.command("rewriteApply", {"uri": uri, "key": first["key"]})
    await asyncio.wait_for(one.client.shutdown_session(), 20)
    assert not store_file(one.home).exists()


async def test_an_endpoint_sees_nothing_before_it_is_confirmed_by_name(client: Start, tmp_path: Path) -> None:
    (tmp_path / "endpoint.txt").write_text("https://llm.team.example:8443/v1")
    one = await client()
    uri = one.open("a.py", TEXT)
    endpoint = {"endpoint": "llm.team.example:8443"}
    for confirmed in ({}, {"confirmedEndpoint": "llm.team.example"}, {"confirmedEndpoint": "other:8443"}):
        assert await one.command("rewrite", at(uri, **confirmed)) == endpoint
    assert asked(one) == []
    found = await one.command("rewrite", at(uri, confirmedEndpoint="llm.team.example:8443"))
    assert len(found["results"]) == 2
    assert len(asked(one)) == 6


async def test_one_that_can_be_cancelled(client: Start) -> None:
    one = await client()
    one.cancel_progress = True
    uri = one.open("a.py", TEXT.replace("maybe", "long"))
    found = await asyncio.wait_for(one.command("rewrite", at(uri)), 15)
    assert (found["cancelled"], found["results"]) == (True, [])
    kinds = [value["kind"] for value in one.progress]
    assert any(value.get("title") == "Burnish: rewriting long" for value in one.progress)
    # The model's own bar while it loads is another one.
    assert kinds.count("begin") == kinds.count("end")
    # Another may begin.
    one.cancel_progress = False
    uri = one.open("b.py", TEXT)
    assert (await one.command("rewrite", at(uri)))["results"]


async def test_requests_that_cannot_be_met(client: Start) -> None:
    one = await client()
    uri = one.open("a.py", TEXT)
    for arguments, words in (
        ({"uri": uri}, "needs"),
        (at(uri, wants="shorter"), "needs"),
        (at(uri, 7), "no function"),
        (at(uri.replace("a.py", "none.py")), "not an open Python file"),
    ):
        with pytest.raises(JsonRpcException, match=words):
            await one.command("rewrite", arguments)
    for name in ("rewriteApply", "rewriteReject"):
        with pytest.raises(JsonRpcException, match="not known"):
            await one.command(name, {"uri": uri, "key": "x"})
    assert asked(one) == []


async def test_nothing_is_asked_in_a_workspace_that_is_not_trusted(client: Start) -> None:
    one = await client(trusted=False)
    uri = one.open("a.py", TEXT)
    with pytest.raises(JsonRpcException, match="not trusted"):
        await one.command("rewrite", at(uri))
    assert asked(one) == []


async def test_the_best_is_applied_for_clients_without_a_view(client: Start) -> None:
    one = await client()
    uri = one.open("a.py", TEXT)
    found = await one.command("rewrite", at(uri, apply=True))
    assert found["applied"] is True
    assert one.texts[uri] == found["results"][0]["after"]
    assert plain(found)["ended"] == ""
