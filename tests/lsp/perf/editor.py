"""A client that shows performance findings, a verifier that says what a function's name asks for, and code to find things in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from burnish_server.documents import SourceText
from tests.lsp.conftest import RECORDER, plain

#: A verifier that says what the function's name asks for, and counts how often it is asked.
VERIFIER = """
import time
from pathlib import Path
from burnish_analysis.verify.model import Counterexample, Speedup, Verdict
from burnish_server.perf import verdicts

def verify(before, after, function, options, *, progress, stop):
    with Path(sys.argv[1]).with_name("asked.txt").open("a") as file:
        file.write(function + "\\n")
    progress(0.5, "comparing")
    if function.startswith("slow"):
        for _ in range(1000):
            if stop.is_set():
                return Verdict("unverifiable", reason="it was cancelled")
            time.sleep(0.02)
    if function.startswith("different"):
        example = Counterexample(f"{function}([1])", "returned []", "raised KeyError(1)", "print(1)")
        return Verdict("different", reason="not the same", counterexample=example, inputs=3)
    if function.startswith("unverifiable"):
        return Verdict("unverifiable", reason="it opens a file")
    strength = "weak" if function.startswith("weak") else "tested"
    speed = Speedup(12.3, 11.1, 13.6, 40, 9.0)
    return Verdict("equivalent", strength, inputs=214, speedup=speed, faster=True,
        evidence="equivalent on 214 inputs (96 % branches), 12.3× faster (95 % CI 11.1–13.6)")

verdicts.run_verification = verify
"""
WITH_VERIFIER = "import sys\n" + VERIFIER + RECORDER

PYPROJECT = '[tool.burnish]\nselect = ["list-membership-in-loop"]\n'
RULE = "list-membership-in-loop"


def exact(name: str = "known") -> str:
    return (
        f"def {name}(words: list[str], stop: list[str]) -> list[str]:\n    found = []\n    for word in words:\n"
        "        if word not in stop:  # é𐐀\n            found.append(word)\n    return found\n"
    )


def possible(name: str = "maybe") -> str:
    return (
        f"def {name}(words, stop: list) -> list:\n    found = []\n    for word in words:\n"
        "        if word not in stop:\n            found.append(word)\n    return found\n"
    )


@dataclass
class Editor:
    """A client with one server and a workspace folder."""

    client: LanguageClient
    folder: Path
    home: Path
    texts: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    progress: list[Any] = field(default_factory=list)
    refreshed: asyncio.Event = field(default_factory=asyncio.Event)
    #: Cancel every progress bar when it begins.
    cancel_progress: bool = False
    #: The edits that the server asked for, and whether they are refused.
    taken: list[types.ApplyWorkspaceEditParams] = field(default_factory=list)
    refuses: bool = False

    def open(self, name: str, text: str) -> str:
        uri = (self.folder / name).as_uri()
        self.texts[uri], self.versions[uri] = text, 1
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def edit(self, uri: str, start: int, end: int, text: str) -> None:
        source = SourceText(self.texts[uri])
        where = types.Range(
            types.Position(*source.position_at(start)), types.Position(*source.position_at(end))
        )
        self.texts[uri] = source.text[:start] + text + source.text[end:]
        self.versions[uri] += 1
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def set_project(self, text: str) -> None:
        """Write the project's settings, and wait until the server asks for everything anew."""
        file = self.folder / "pyproject.toml"
        file.write_text(text)
        os.utime(file)
        self.refreshed.clear()
        change = types.FileEvent(file.as_uri(), types.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        await asyncio.wait_for(self.refreshed.wait(), 5)

    async def pull(self, uri: str, previous: str | None = None) -> Any:
        params = types.DocumentDiagnosticParams(
            types.TextDocumentIdentifier(uri), previous_result_id=previous
        )
        return await self.client.text_document_diagnostic_async(params)

    async def hints(self, uri: str) -> list[types.Diagnostic]:
        """What is told of a document once its figures are known, too: findings do not wait for them."""
        await self.pull(uri)
        # It is refused where no function stands, once the figures are known.
        with suppress(JsonRpcException):
            await self.command("complexity", {"uri": uri, "position": {"line": 0, "character": 0}})
        return list((await self.pull(uri)).items)

    def at(self, uri: str, words: str) -> types.Range:
        start = self.texts[uri].index(words)
        place = types.Position(*SourceText(self.texts[uri]).position_at(start))
        return types.Range(place, place)

    async def actions(self, uri: str, words: str = "word not in", only: list[str] | None = None) -> list[Any]:
        context = types.CodeActionContext([], only=only or ["quickfix"])  # type: ignore[arg-type]
        where = self.at(uri, words) if words else types.Range(types.Position(0, 0), types.Position(0, 0))
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context)
        return list(await self.client.text_document_code_action_async(params) or [])

    async def resolve(self, action: Any) -> types.CodeAction:
        return await self.client.code_action_resolve_async(action)

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(f"burnish.server.{name}", list(arguments))
        return plain(await self.client.workspace_execute_command_async(params))

    def applied(self, uri: str, edit: types.WorkspaceEdit) -> str:
        """The text after an edit, applied as an editor does: by UTF-16 positions, the last first."""
        assert edit.document_changes
        (change,) = edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (uri, self.versions[uri])
        source = SourceText(self.texts[uri])
        spans = [
            (
                source.offset_at(one.range.start.line, one.range.start.character),
                source.offset_at(one.range.end.line, one.range.end.character),
                one.new_text,
            )
            for one in change.edits
        ]
        text = source.text
        for start, end, new in sorted(spans, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def take(self, params: types.ApplyWorkspaceEditParams) -> bool:
        """Apply an edit that the server asks for, as an editor does: to open documents by their version, to files on the disk."""
        self.taken.append(params)
        if self.refuses:
            return False
        for change in params.edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            one = types.WorkspaceEdit(document_changes=[change])
            if uri in self.texts:
                self.edit(uri, 0, len(self.texts[uri]), self.applied(uri, one))
            else:
                file = Path(uri.removeprefix("file://"))
                self.texts[uri], self.versions[uri] = file.read_bytes().decode(), None  # type: ignore[assignment]
                file.write_bytes(self.applied(uri, one).encode())
                del self.texts[uri], self.versions[uri]
        return True

    def asked(self) -> list[str]:
        file = self.home.parent / "asked.txt"
        return file.read_text().split() if file.exists() else []

    def log(self) -> str:
        return (self.home / "logs" / "serve.log").read_text(encoding="utf-8")


Start = Callable[..., Any]
