"""Performance findings, from a real client over stdio: hints, code actions, verification, and the commands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from burnish_server.documents import SourceText
from burnish_telemetry.events import ActionOffered
from burnish_telemetry.store import Store, store_file
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

    async def pull(self, uri: str, previous: str | None = None) -> Any:
        params = types.DocumentDiagnosticParams(
            types.TextDocumentIdentifier(uri), previous_result_id=previous
        )
        return await self.client.text_document_diagnostic_async(params)

    async def hints(self, uri: str) -> list[types.Diagnostic]:
        return list((await self.pull(uri)).items)

    def at(self, uri: str, words: str) -> types.Range:
        start = self.texts[uri].index(words)
        place = types.Position(*SourceText(self.texts[uri]).position_at(start))
        return types.Range(place, place)

    async def actions(self, uri: str, words: str = "word not in", only: list[str] | None = None) -> list[Any]:
        context = types.CodeActionContext([], only=only)  # type: ignore[arg-type]
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

    def asked(self) -> list[str]:
        file = self.home.parent / "asked.txt"
        return file.read_text().split() if file.exists() else []

    def log(self) -> str:
        return (self.home / "logs" / "serve.log").read_text(encoding="utf-8")


Start = Callable[..., Any]


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Start]:
    """Start editors: ``await editor(settings, program=…, trusted=…, pull=…)``."""
    made: list[Editor] = []

    async def start(
        settings: dict[str, Any] | None = None,
        *,
        program: str = WITH_VERIFIER,
        trusted: Any = True,
        pull: bool = True,
        resolves: bool = True,
        home: str = "home",
        pyproject: str = PYPROJECT,
    ) -> Editor:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(pyproject)
        client = LanguageClient(converter_factory=_converter)
        one = Editor(client, folder, tmp_path / home)
        made.append(one)
        register_lsp_features(client, DEFAULT_CLIENT_FEATURES | _listening(one))
        values = {"completion": {"enabled": False}, **(settings or {})}
        command = [sys.executable, "-c", program, str(tmp_path / "modules.json"), "--home", str(one.home)]
        await client.start_io(*command, "serve", "--stdio")
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.text_document and capabilities.workspace
        if pull:
            capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()
            capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(
                refresh_support=True
            )
        if not resolves:
            assert capabilities.text_document.code_action
            capabilities.text_document.code_action.resolve_support = None
        client.set_configuration(values, section="burnish")
        options = {"settings": values, "trusted": trusted, "previewsFixes": True}
        await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                initialization_options=options,
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "project")],
            )
        )
        return one

    yield start
    for one in made:
        if one.client._server is not None and one.client._server.returncode is None:
            await asyncio.wait_for(one.client.shutdown_session(), 20)
        await one.client.stop()
        # What the user is refused is logged by pygls; anything else would be a bug.
        lines = one.log().splitlines()
        ends = [line for line in lines if line.startswith(("pygls.exceptions.", "burnish_", "Traceback"))]
        assert all(line.startswith(("Traceback", "pygls.exceptions.JsonRpc")) for line in ends), one.log()
        assert sum(line.startswith("Traceback") for line in ends) <= len(ends) / 2, one.log()


def _converter() -> Any:
    """The library's, which takes every code action that has a command for a command."""
    converter = default_converter()  # type: ignore[no-untyped-call]

    def action(raw: Any, _: Any) -> Any:
        bare = isinstance(raw.get("command"), str)
        return converter.structure(raw, types.Command if bare else types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, action)
    converter.register_structure_hook(Union[types.Command, types.CodeAction], action)  # noqa: UP007
    return converter


def _listening(one: Editor) -> dict[str, Any]:
    """What the client does by itself."""

    def refresh(_: Any) -> None:
        one.refreshed.set()

    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        (change,) = params.edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        uri = change.text_document.uri
        text = one.applied(uri, params.edit)
        one.edit(uri, 0, len(one.texts[uri]), text)
        return types.ApplyWorkspaceEditResult(True)

    def message(params: types.ShowMessageParams) -> None:
        one.messages.append(params.message)

    def progress(params: types.ProgressParams) -> None:
        value = plain(params.value)
        one.progress.append(value)
        if one.cancel_progress and value.get("kind") == "begin":
            one.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(params.token))

    return {
        types.WORKSPACE_DIAGNOSTIC_REFRESH: refresh,
        types.WORKSPACE_APPLY_EDIT: apply,
        types.WINDOW_SHOW_MESSAGE: message,
        types.PROGRESS: progress,
    }


async def test_a_hint_says_what_and_where_and_links_to_its_rule(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", "# 𐐀\nx = '𐐀𐐀'\n" + exact())
    report = await one.pull(uri)
    (hint,) = report.items
    start = SourceText(one.texts[uri]).position_at(one.texts[uri].index("word not in"))
    assert (hint.range.start.line, hint.range.start.character) == start
    assert (hint.source, hint.code, hint.severity) == ("burnish", RULE, types.DiagnosticSeverity.Hint)
    assert not hint.tags
    page = Path(types_path(hint.code_description.href))
    assert page.read_text().startswith(f"# {RULE}\n")
    again = await one.pull(uri, report.result_id)
    assert (again.kind, again.result_id) == ("unchanged", report.result_id)


def types_path(href: str) -> str:
    assert href.startswith("file://")
    return href.removeprefix("file://")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_an_exact_fix_is_right_at_once(editor: Start, newline: str) -> None:
    one = await editor()
    text = ("s = '𐐀'; " + "\n" + exact()).replace("word not in stop:", "'𐐀' + word not in stop:")
    uri = one.open("a.py", text.replace("\n", newline))
    fix, preview = await one.actions(uri, "'𐐀' + word")
    assert fix.kind == types.CodeActionKind.QuickFix
    assert fix.is_preferred
    assert fix.title == "Look values up in a set of `stop`"
    assert (preview.command.command, preview.edit) == ("burnish.previewFix", None)
    expected = text.replace("    for word", "    stop_set = set(stop)\n    for word").replace(
        "not in stop:", "not in stop_set:"
    )
    assert one.applied(uri, fix.edit) == expected.replace("\n", newline)


async def test_a_possible_fix_is_verified_when_it_is_chosen(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    fix = (await one.actions(uri))[0]
    assert fix.title.endswith("(verify)")
    assert (fix.edit, fix.disabled, fix.is_preferred) == (None, None, None)
    resolved = await one.resolve(fix)
    assert resolved.title.endswith("(tested, 12.3× faster)")
    assert "stop_set = set(stop)" in one.applied(uri, resolved.edit)
    # The second time it is known, in this session and in the next one.
    assert (await one.actions(uri))[0].edit is not None
    other = await editor()
    uri = other.open("a.py", "# moved\n" + possible())
    assert (await other.actions(uri))[0].title.endswith("(tested, 12.3× faster)")
    assert one.asked() == ["maybe"]


async def test_a_weak_verdict_asks_for_a_look(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible("weak"))
    resolved = await one.resolve((await one.actions(uri))[0])
    assert "(weak" in resolved.title
    assert resolved.edit.change_annotations["weak"].needs_confirmation
    assert "214 inputs" in resolved.edit.change_annotations["weak"].description
    assert "stop_set" in one.applied(uri, resolved.edit)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("different", "different([1]) returned []; with the change it raised KeyError(1)."),
        ("unverifiable", "it opens a file"),
    ],
)
async def test_no_edit_without_a_good_verdict(editor: Start, name: str, words: str) -> None:
    one = await editor()
    uri = one.open("a.py", possible(name))
    assert len(await one.hints(uri)) == 1
    resolved = await one.resolve((await one.actions(uri))[0])
    assert resolved.edit is None
    assert words in resolved.disabled.reason
    await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(resolved.command.command, resolved.command.arguments)
    )
    assert words in one.messages[-1]
    # What is refuted is not told any more.
    if name == "different":
        await asyncio.wait_for(one.refreshed.wait(), 5)
        assert await one.hints(uri) == []
        assert words in (await one.actions(uri))[0].disabled.reason
    else:
        assert len(await one.hints(uri)) == 1


async def test_a_verification_can_be_cancelled(editor: Start) -> None:
    one = await editor()
    one.cancel_progress = True
    uri = one.open("a.py", possible("slow"))
    action = (await one.actions(uri))[0]
    with pytest.raises(JsonRpcException, match="cancelled"):
        await asyncio.wait_for(one.resolve(action), 10)
    assert [value["kind"] for value in one.progress if value["kind"] != "report"] == ["begin", "end"]
    # The server is there, and nothing of it was kept.
    assert (await one.actions(uri))[0].title.endswith("(verify)")


async def test_nothing_runs_in_a_workspace_that_is_not_trusted(editor: Start) -> None:
    for trusted in (False, "yes"):
        one = await editor(trusted=trusted)
        uri = one.open("a.py", possible())
        resolved = await one.resolve((await one.actions(uri))[0])
        assert resolved.edit is None
        assert "not trusted" in resolved.disabled.reason
        with pytest.raises(JsonRpcException, match="not trusted"):
            await one.command("verifyAll", uri)
        assert one.asked() == []


async def test_fix_all_is_limited_to_exact_ones_and_is_idempotent(editor: Start) -> None:
    one = await editor()
    text = exact("one") + "\n\n" + possible("two") + "\n\n" + exact("three")
    uri = one.open("a.py", text.replace("\n", "\r\n"))
    (action,) = await one.actions(uri, "", ["source.fixAll"])
    assert action.kind == "source.fixAll.burnish"
    resolved = await one.resolve(action)
    after = one.applied(uri, resolved.edit)
    assert after.count("stop_set = set(stop)\r\n") == 2
    assert possible("two").replace("\n", "\r\n") in after
    one.edit(uri, 0, len(one.texts[uri]), after)
    assert await one.actions(uri, "", ["source.fixAll.burnish"]) == []
    assert await one.actions(uri, "", ["refactor"]) == []


async def test_fix_all_leaves_out_what_was_refuted(editor: Start) -> None:
    one = await editor()
    text = exact("one") + "\n\n" + exact("different")
    uri = one.open("a.py", text)
    await one.command("verifyAll", uri)
    (action,) = await one.actions(uri, "", ["source.fixAll"])
    after = one.applied(uri, (await one.resolve(action)).edit)
    assert after.count("stop_set = set(stop)\n") == 1
    assert exact("different") in after


async def test_a_preview_verifies_and_applies_when_asked(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", "import sys\n" + possible())
    (hint,) = await one.hints(uri)
    where = {"line": hint.range.start.line, "character": hint.range.start.character}
    shown = await one.command("perfPreview", {"uri": uri, "position": where})
    assert (shown["badge"], shown["applicable"], shown["verifiable"]) == ("possible", False, True)
    assert shown["after"].split("\n")[shown["lineAfter"]] == "    stop_set = set(stop)"
    named = {"uri": uri, "key": shown["key"]}
    shown = await one.command("perfPreview", {**named, "verify": True})
    assert (shown["badge"], shown["applicable"], shown["verifiable"]) == ("tested", True, False)
    assert shown["summary"].startswith("Equivalent on 214 inputs")
    assert await one.command("perfApply", named) == {"applied": True, "reason": ""}
    assert one.texts[uri] == shown["after"]
    assert one.asked() == ["maybe"]


async def test_what_is_edited_while_it_is_verified_is_left_alone(editor: Start) -> None:
    one = await editor(program=WITH_VERIFIER.replace("range(1000)", "range(50)"))
    uri = one.open("a.py", possible("slow") + "\n\nprint()\n")
    fix = (await one.actions(uri))[0]
    pending = asyncio.ensure_future(one.resolve(fix))
    while not one.asked():
        await asyncio.sleep(0.02)
    one.edit(uri, len("def "), len("def slow"), "fast")
    action = await pending
    assert action.edit is None
    assert "has changed" in action.disabled.reason
    assert any("has changed" in message for message in one.messages)


async def test_half_written_code_keeps_what_was_found_elsewhere(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact("one") + "\n\n" + exact("two"))
    before = await one.hints(uri)
    one.edit(uri, 0, 0, "import (\n")
    shifted = await one.hints(uri)
    assert [hint.range.start.line for hint in shifted] == [hint.range.start.line + 1 for hint in before]
    assert await one.actions(uri) == []
    # On a line that was touched it may not be true any more.
    one.edit(uri, one.texts[uri].index("not in stop"), one.texts[uri].index("not in stop") + 3, "((")
    assert [hint.range.start.line for hint in await one.hints(uri)] == [shifted[1].range.start.line]
    one.edit(uri, 0, len(one.texts[uri]), exact("one"))
    assert len(await one.hints(uri)) == 1


async def test_excluded_files_and_settings(editor: Start) -> None:
    one = await editor({"completion": {"enabled": False, "exclude": ["secret_*.py"]}})
    assert await one.hints(one.open("secret_a.py", exact())) == []
    uri = one.open("a.py", exact())
    assert len(await one.hints(uri)) == 1
    settings = {"completion": {"enabled": False}, "perf": {"severity": "warning"}}
    one.client.set_configuration(settings, section="burnish")
    one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": settings}))
    await asyncio.wait_for(one.refreshed.wait(), 5)
    (hint,) = await one.hints(uri)
    assert hint.severity == types.DiagnosticSeverity.Warning
    settings["perf"]["enabled"] = False
    one.refreshed.clear()
    one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": settings}))
    await asyncio.wait_for(one.refreshed.wait(), 5)
    assert await one.hints(uri) == []
    assert await one.actions(uri) == []


async def test_the_project_decides(editor: Start) -> None:
    one = await editor()
    file = one.folder / "pyproject.toml"
    uri = one.open("a.py", exact())
    assert len(await one.hints(uri)) == 1
    for text, expected in (
        (PYPROJECT + f'[tool.burnish.rules]\n{RULE} = "error"\n', [types.DiagnosticSeverity.Error]),
        (PYPROJECT + 'exclude = ["a.py"]\n', []),
        ("[tool.burnish]\nselect = 3\n", None),
    ):
        file.write_text(text)
        os.utime(file)
        one.refreshed.clear()
        change = types.FileEvent(file.as_uri(), types.FileChangeType.Changed)
        one.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        await asyncio.wait_for(one.refreshed.wait(), 5)
        hints = await one.hints(uri)
        if expected is not None:
            assert [hint.severity for hint in hints] == expected
    assert any("tool.burnish.select" in message for message in one.messages)


async def test_pushed_to_clients_that_do_not_pull(editor: Start) -> None:
    one = await editor(pull=False)
    uri = one.open("a.py", exact())
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert [hint.code for hint in one.client.diagnostics[uri]] == [RULE]
    one.edit(uri, 0, len(one.texts[uri]), "x = 1\n")
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert not one.client.diagnostics[uri]
    close = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    one.client.text_document_did_close(close)
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


async def test_a_client_that_resolves_nothing_gets_a_command(editor: Start) -> None:
    one = await editor(resolves=False)
    uri = one.open("a.py", possible())
    action = (await one.actions(uri))[0]
    command = action.command
    answer = await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )
    assert plain(answer)["applied"]
    assert "stop_set = set(stop)" in one.texts[uri]


async def test_hover_says_why_and_what_is_known(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    await one.hints(uri)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), one.at(uri, "word not in").start)
    hover = await one.client.text_document_hover_async(params)
    assert "from its beginning" in hover.contents.value
    assert "Not shown: " in hover.contents.value
    await one.resolve((await one.actions(uri))[0])
    hover = await one.client.text_document_hover_async(params)
    assert "Verified (tested): equivalent on 214 inputs" in hover.contents.value


async def test_verify_all_and_apply_what_was_verified(editor: Start) -> None:
    one = await editor()
    names = ["tested", "weak", "different", "unverifiable"]
    text = "\n\n".join([*map(possible, names), exact("shown")])
    uri = one.open("a.py", text)
    answer = await one.command("verifyAll", uri)
    assert not answer["cancelled"]
    badges = {result["line"]: result["badge"] for result in answer["results"]}
    assert [badges[line] for line in sorted(badges)] == [*names, "tested"]
    assert any(value["kind"] == "report" and "2 of 5" in value["message"] for value in one.progress)
    answer = await one.command("applyVerified", uri)
    assert answer == {"applied": [RULE, RULE], "left": 2}
    expected = text
    for part in (possible("tested"), exact("shown")):
        fixed = part.replace("    for word", "    stop_set = set(stop)\n    for word").replace(
            "not in stop:", "not in stop_set:"
        )
        expected = expected.replace(part, fixed)
    assert one.texts[uri] == expected
    assert (await one.command("applyVerified", uri))["applied"] == []
    assert one.asked() == ["tested", "weak", "different", "unverifiable", "shown"]


async def test_verify_all_can_be_cancelled(editor: Start) -> None:
    one = await editor()
    one.cancel_progress = True
    uri = one.open("a.py", possible("slow") + "\n\n" + possible("slow_too"))
    answer = await asyncio.wait_for(one.command("verifyAll", uri), 10)
    assert answer["cancelled"]
    assert answer["results"] == []


async def test_preview_has_both_texts_and_the_evidence(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    fix, preview = await one.actions(uri)
    await one.resolve(fix)
    answer = await one.command("perfPreview", *preview.command.arguments)
    assert answer["before"] == one.texts[uri]
    assert "stop_set = set(stop)" in answer["after"]
    assert "equivalent on 214 inputs" in answer["evidence"]
    assert (answer["badge"], answer["verdict"]["inputs"]) == ("tested", 214)
    one.edit(uri, 0, len(one.texts[uri]), "x = 1\n")
    with pytest.raises(JsonRpcException, match="has changed"):
        await one.command("perfPreview", *preview.command.arguments)


async def test_a_profile_ranks_and_is_told(editor: Start, tmp_path: Path) -> None:
    one = await editor()
    text = exact("cold") + "\n\n" + exact("hot")
    uri = one.open("a.py", text)
    file = one.folder / "a.py"
    file.write_text(text)
    program = (
        f"import cProfile; names = {{}}; exec(compile(open({str(file)!r}).read(), {str(file)!r}, 'exec'), names)\n"
        "words = [str(i) for i in range(1500)]\n"
        "profile = cProfile.Profile(); profile.enable()\n"
        "names['cold'](words[:20], words); names['hot'](words, words); profile.disable()\n"
        f"profile.dump_stats({str(tmp_path / 'a.prof')!r})\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    answer = await one.command("useProfile", {"path": str(tmp_path / "a.prof")})
    assert answer["tool"] == "cProfile"
    await asyncio.wait_for(one.refreshed.wait(), 5)
    first, second = await one.hints(uri)
    assert first.range.start.line > second.range.start.line
    assert int(first.message.split(" %")[0]) > 80
    assert " % of the profile. " in first.message
    (tmp_path / "b.prof").write_text("nothing")
    with pytest.raises(JsonRpcException, match="is no profile"):
        await one.command("useProfile", {"path": str(tmp_path / "b.prof")})
    await one.command("useProfile", {"path": None})
    assert "profile" not in (await one.hints(uri))[0].message


@pytest.mark.integration
async def test_the_real_verifier_in_the_sandbox(editor: Start) -> None:
    one = await editor(program=RECORDER)
    typed = possible().replace("(words, stop: list)", "(words: list[str], stop: list)")
    uri = one.open("a.py", typed)
    resolved = await asyncio.wait_for(one.resolve((await one.actions(uri))[0]), 60)
    # Looking a word up in a list of lists is fine; a set of them cannot be made.
    assert resolved.edit is None
    assert "raised TypeError" in resolved.disabled.reason
    same = (
        "def weigh(items):\n    return len(items) + sum(1 for item in items[:2] if item)\n\n\n"
        "def same(words: list[str], stop: list[str]) -> int:\n    found = 0\n    for word in words:\n"
        "        if word not in stop and weigh(stop):\n            found += 1\n    return found\n"
    )
    one.edit(uri, 0, len(typed), same)
    action = (await one.actions(uri))[0]
    assert action.title.endswith("(verify)")
    resolved = await asyncio.wait_for(one.resolve(action), 60)
    assert "(tested" in resolved.title, resolved
    assert "stop_set = set(stop)" in one.applied(uri, resolved.edit)
    began = asyncio.get_running_loop().time()
    assert (await one.actions(uri))[0].edit == resolved.edit
    assert asyncio.get_running_loop().time() - began < 2
    # The process of the analysis ends with the server; the server itself never loads what verifying needs before.
    params = types.HoverParams(types.TextDocumentIdentifier(uri), one.at(uri, "word not in").start)
    hover = await one.client.text_document_hover_async(params)
    assert "Ran isolated: " in hover.contents.value


async def test_what_becomes_of_fixes_is_recorded_where_the_user_agreed(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact("one") + "\n\n" + possible("two"))
    # Without consent nothing is followed, and no action has a command that tells.
    assert all(action.command is None for action in await one.actions(uri) if action.edit is not None)
    consent = await one.command("setConsent", {"switch": "record", "on": True, "through": "a test"})
    assert consent["recording"]
    async with asyncio.timeout(20):
        while (first := (await one.actions(uri, "word not in stop:  #"))[0]).command is None:
            await asyncio.sleep(0.05)
    before = one.texts[uri]
    taken = one.applied(uri, first.edit)
    await _take(one, uri, first, taken)
    # Undone at once, as an editor tells it.
    params = {"event": "undo", "textDocument": {"uri": uri}}
    one.client.protocol.notify("burnish/outcome", params)
    one.edit(uri, 0, len(taken), before)
    two = next(
        action
        for action in await one.actions(uri, "if word not in stop:\n")
        if action.title.endswith("(verify)")
    )
    resolved = await one.resolve(two)
    await _take(one, uri, resolved, one.applied(uri, resolved.edit))
    await asyncio.wait_for(one.client.shutdown_session(), 20)
    with Store(store_file(one.home)) as store:
        told = [[(event.kind, event) for event in events] for events in store.suggestions()]
    kinds = {events[0][1].verdict: [kind for kind, _ in events] for events in told}  # type: ignore[attr-defined]
    assert kinds["exact"] == ["action-offered", "accepted", "undone"]
    assert kinds["tested"][:2] == ["action-offered", "accepted"]
    for events in told:
        offer = events[0][1]
        assert isinstance(offer, ActionOffered)
        assert (offer.rule, offer.place.path) == (RULE, "a.py")
        assert "stop_set = set(stop)" in offer.after
        assert offer.speedup == (12.3 if offer.verdict == "tested" else None)


async def _take(one: Editor, uri: str, action: Any, after: str) -> None:
    """Apply an action and run its command, as an editor does."""
    changes = sorted(
        action.edit.document_changes[0].edits,
        key=lambda edit: (edit.range.start.line, edit.range.start.character),
        reverse=True,
    )
    one.texts[uri] = after
    one.versions[uri] += 1
    identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=one.versions[uri])
    made = [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in changes]
    one.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, made))
    await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(action.command.command, action.command.arguments)
    )
