"""Performance findings in the server: places through edits, ranking, profiles, verdicts, pages, edits."""

from __future__ import annotations

import asyncio
import json
import marshal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.verify.model import Counterexample, Speedup, Verdict, VerifyOptions
from burnish_server.documents import SourceText
from burnish_server.learning.ranges import Edit
from burnish_server.perf.edits import Target, changes_between, workspace_edit
from burnish_server.perf.held import Held, moved
from burnish_server.perf.model import Found, RuleText, TextChange
from burnish_server.perf.pages import write_pages
from burnish_server.perf.process import AnalyserError, AnalyserProcess
from burnish_server.perf.profiles import Entry, Profile, ProfileError, read_profile, share_of
from burnish_server.perf.ranking import ranked
from burnish_server.perf.roots import import_root, needed_roots
from burnish_server.perf.verdicts import (
    Job,
    Stoppable,
    Verdicts,
    VerificationCancelledError,
)
from burnish_server.perf.words import UNTRUSTED, badge, diagnostic_message, refusal, title_of, unasked
from burnish_server.perf.worker import Analyser

RULE = "list-membership-in-loop"
SLOW = (
    "def known(words: list[str], stop: list[str]) -> int:\n    found = 0\n    for word in words:\n"
    "        if word not in stop:\n            found += 1\n    return found\n"
)
TESTED = Verdict("equivalent", "tested", inputs=9, evidence="equivalent on 9 inputs", faster=True)


def found(start: int = 0, end: int = 0, **fields: Any) -> Found:
    base = Found(
        key=f"k{start}",
        rule="r",
        start=start,
        end=end,
        message="It is slow.",
        exact=True,
        unknown=(),
        title="Make it fast",
        changes=(TextChange(start, end, "x"),),
        own=(start, end),
        function="f",
        lines=(0, 0),
        inside=True,
    )
    return replace(base, **fields)


# -- places ------------------------------------------------------------------------------------------------------------------


def shifted(text: str, word: str, *edits: Edit) -> str | None:
    """What stands where ``word`` was found, after edits; None where that finding is gone."""
    start = text.index(word)
    held = moved([Held(found(start, start + len(word)), start, start + len(word))], edits, text)
    for edit in edits:
        text = edit.applied(text)
    return text[held[0].start : held[0].end] if held else None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_finding_keeps_its_place_while_its_lines_are_left_alone(end: str) -> None:
    text = end.join(["first", "  slow(", "  it)", "last"])
    assert shifted(text, "slow(", Edit(0, 0, f"new{end}")) == "slow("
    assert shifted(text, "slow(", Edit(0, 5, "")) == "slow("
    assert shifted(text, "slow(", Edit(len(text), len(text), "x")) == "slow("
    assert shifted(text, "slow(", Edit(0, 0, "a"), Edit(0, 1, "")) == "slow("
    line = text.index("  slow(")
    # A whole line put before it, an end put after it.
    assert shifted(text, "slow(", Edit(line, line, f"new{end}")) == "slow("
    after = text.index("slow(") + 5
    assert shifted(text, "slow(", Edit(after, after, f"{end}new")) == "slow("


def test_a_finding_on_a_touched_line_is_gone() -> None:
    text = "first\n  slow(\n  it)\nlast"
    for edit in (
        Edit(6, 6, "x"),
        Edit(text.index("(") + 1, text.index("(") + 1, "x"),
        Edit(5, 6, ""),
        Edit(0, len(text), "nothing of it"),
    ):
        assert shifted(text, "slow(", edit) is None
    # A client that sends the whole document touches only what differs.
    assert shifted(text, "slow(", Edit(0, len(text), "0th\n" + text)) == "slow("


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_kept_says_what_it_said(data: st.DataObject) -> None:
    text = (
        data.draw(st.text("ab\n\r𐐀", max_size=30)) + "\nslow it\n" + data.draw(st.text("ab\n\r", max_size=30))
    )
    edits, present = [], text
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(present)))
        end = data.draw(st.integers(start, min(len(present), start + 6)))
        edits.append(Edit(start, end, data.draw(st.text("ab\n\r", max_size=4))))
        present = edits[-1].applied(present)
    assert shifted(text, "slow it", *edits) in (None, "slow it")


# -- the analysis ------------------------------------------------------------------------------------------------------------


def looked(tmp_path: Path, text: str) -> list[Found]:
    (tmp_path / "pyproject.toml").write_text(f'[tool.burnish]\nselect = ["{RULE}"]\n')
    answer = Analyser().answer({"op": "find", "path": str(tmp_path / "a.py"), "text": text})
    return [Found.from_json(one) for one in json.loads(json.dumps(answer))["findings"]]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_travels_is_the_fix_itself(tmp_path: Path, newline: str) -> None:
    text = ("x = '𐐀'\n\n\n" + SLOW).replace("\n", newline)
    (one,) = looked(tmp_path, text)
    module = Module(text)
    from burnish_analysis.perf.analyse import findings_in

    (finding,) = findings_in(module, PerfSettings(select=frozenset({RULE})))
    assert one.applied(text) == apply_fix(module, finding)
    before, after = one.replaced(text)
    assert text.replace(before, after) == apply_fix(module, finding)
    assert (one.function, one.lines, one.inside) == ("known", (3, 8), True)


def test_a_key_stays_while_the_function_does(tmp_path: Path) -> None:
    (one,) = looked(tmp_path, SLOW)
    (moved_down,) = looked(tmp_path, "import os\n\n\n" + SLOW)
    (changed,) = looked(tmp_path, SLOW.replace("found = 0", "found = 00"))
    assert one.key == moved_down.key
    assert one.key != changed.key
    twice = looked(tmp_path, SLOW + "\n\n" + SLOW)
    assert len({each.key for each in twice}) == 2


def test_a_fix_that_was_not_chosen_is_not_applied(tmp_path: Path) -> None:
    text = SLOW + "\n\n" + SLOW.replace("known", "other")
    first, _ = looked(tmp_path, text)
    path = str(tmp_path / "a.py")
    answer = Analyser().answer({"op": "fix", "path": path, "text": text, "chosen": [first.key]})
    assert answer == {"text": first.applied(text), "applied": [RULE]}
    assert Analyser().answer({"op": "fix", "path": path, "text": text, "chosen": []})["text"] == text
    every = Analyser().answer({"op": "fix", "path": path, "text": text, "chosen": None})
    assert every["applied"] == [RULE, RULE]


async def test_the_process_outlives_bad_words_and_comes_back_from_death(tmp_path: Path) -> None:
    process = AnalyserProcess()
    assert (await process.find("", "def f(:\n")).broken
    assert RULE in await process.rules()
    with pytest.raises(AnalyserError, match="cannot be read"):
        await process.profile(tmp_path / "none.prof")
    running = process._process
    assert running is not None
    running.kill()
    await running.wait()
    assert not (await process.find("", "x = 1\n")).broken
    process.seconds = 0.0
    with pytest.raises(AnalyserError, match="longer than"):
        await process.find("", "x = 1\n")
    process.seconds = 20
    # Who is cancelled leaves no answer behind for the next one.
    waiting = asyncio.create_task(process.rules())
    await asyncio.sleep(0.01)
    waiting.cancel()
    assert not (await process.find("", "x = 1\n")).broken
    process.close()
    with pytest.raises(AnalyserError, match="ends"):
        await process.find("", "x = 1\n")
    await process.ended()


def test_a_rule_that_fails_costs_its_own_findings_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from burnish_analysis.perf.catalogue import all_rules

    def fail(*_: object) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(type(all_rules()["index-in-loop"]), "check", fail)
    (tmp_path / "pyproject.toml").write_text(f'[tool.burnish]\nselect = ["{RULE}", "index-in-loop"]\n')
    answer = Analyser().answer({"op": "find", "path": str(tmp_path / "a.py"), "text": SLOW + "[].index(1)\n"})
    assert [one["rule"] for one in answer["findings"]] == [RULE]


# -- profiles and ranking ----------------------------------------------------------------------------------------------------

PROGRAM = """
def busy(words, stop):
    return [word for word in words if word in stop]

def idle():
    return sorted([1])

words = list(map(str, range(3000)))
busy(words, words[::-1])
idle()
"""


def test_cprofile(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    out = tmp_path / "out.prof"
    subprocess.run(
        [sys.executable, "-m", "cProfile", "-o", str(out), str(tmp_path / "program.py")], check=True
    )
    profile = read_profile(out)
    assert profile.tool == "cProfile"
    name = str(tmp_path / "program.py")
    busy = share_of(profile, name, (1, 2))
    assert busy is not None
    assert busy > 0.7
    assert (share_of(profile, name, (4, 5)) or 0) < 0.05
    # A profile from elsewhere.
    assert share_of(profile, f"/elsewhere/{tmp_path.name}/program.py", (1, 2)) == busy
    assert share_of(profile, "/elsewhere/other/program.py", (1, 2)) is None


def test_builtins_count_for_who_calls_them(tmp_path: Path) -> None:
    out = tmp_path / "a.pstats"
    caller, builtin = ("/p/a.py", 3, "f"), ("~", 0, "<built-in method builtins.sorted>")
    other = ("/p/a.py", 9, "g")
    stats = {
        caller: (1, 1, 1.0, 4.0, {}),
        builtin: (2, 2, 4.0, 4.0, {caller: (1, 1, 3.0, 3.0), other: (1, 1, 1.0, 1.0)}),
        other: (1, 1, 0.0, 1.0, {}),
    }
    out.write_bytes(marshal.dumps(stats))
    profile = read_profile(out)
    assert [(entry.name, entry.share) for entry in profile.entries] == [("f", 0.8), ("g", 0.2)]


def test_pyinstrument_both_forms(tmp_path: Path) -> None:
    def frame(name: str, time: float, *children: Any, file: str = "/p/a.py", line: int = 1) -> dict[str, Any]:
        return {
            "function": name,
            "file_path": file,
            "line_no": line,
            "time": time,
            "children": list(children),
        }

    tree = frame("<module>", 10.0, frame("f", 8.0, frame("[self]", 6.0, file=""), line=5), line=1)
    rendered = tmp_path / "session.json"
    rendered.write_text(json.dumps({"duration": 10.0, "root_frame": tree}))
    records = [
        [["<module>\0/p/a.py\x001", "f\0/p/a.py\x005\1l6"], 8.0],
        [["<module>\0/p/a.py\x001"], 2.0],
    ]
    saved = tmp_path / "session.pyisession"
    saved.write_text(json.dumps({"frame_records": records}))
    for file in (rendered, saved):
        profile = read_profile(file)
        assert profile.tool == "pyinstrument"
        assert share_of(profile, "/p/a.py", (4, 9)) == pytest.approx(0.8)
        assert share_of(profile, "/p/a.py", None) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "data",
    [b"", b"nothing", b"{}", b"[1, 2]", b"{", b'{"root_frame": {}}', marshal.dumps([1]), marshal.dumps({})],
)
def test_what_is_no_profile_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.prof"
    file.write_bytes(data)
    with pytest.raises(ProfileError):
        read_profile(file)


def test_the_most_promising_comes_first() -> None:
    small, large, unmeasured = found(1, gain=2.0, lines=(1, 2)), found(5, gain=100.0, lines=(5, 6)), found(9)
    assert [one.start for one in ranked([small, unmeasured, large], "/p/a.py", None)] == [5, 1, 9]
    profile = Profile("cProfile", 1.0, (Entry("/p/a.py", 2, "f", 0.9), Entry("/p/a.py", 6, "g", 0.02)))
    assert [one.start for one in ranked([large, small], "/p/a.py", profile)] == [1, 5]
    assert diagnostic_message(small, 0.9) == "90 % of the profile. It is slow."


# -- verdicts ----------------------------------------------------------------------------------------------------------------


class Verifier:
    """Says what it is told to, when it is told to."""

    def __init__(self, verdict: Verdict = TESTED) -> None:
        self.verdict = verdict
        self.go = threading.Event()
        self.asked: list[VerifyOptions] = []
        self.stopped = 0

    def __call__(
        self, before: str, after: str, function: str, options: VerifyOptions, *, progress: Any, stop: Any
    ) -> Verdict:
        self.asked.append(options)
        while not self.go.wait(0.01):
            progress(0.5, "half")
            if stop.is_set():
                self.stopped += 1
                return Verdict("unverifiable", reason="it was cancelled")
        return self.verdict


JOB = Job("def f():\n    return 1\n", "def f():\n    return (1)\n", "f")


async def test_who_asks_for_the_same_shares_it_and_it_is_kept(tmp_path: Path) -> None:
    verify = Verifier()
    verdicts = Verdicts(tmp_path, verify)
    heard: list[set[tuple[float, str]]] = [set(), set()]
    both = [asyncio.create_task(verdicts.verdict(JOB, lambda *said, to=to: to.add(said))) for to in heard]
    async with asyncio.timeout(20):
        while heard != [{(0.5, "half")}] * 2:
            await asyncio.sleep(0.01)
    # One of them gives up: the other still gets the verdict.
    both[0].cancel()
    verify.go.set()
    assert await both[1] == TESTED
    assert await verdicts.verdict(JOB) == TESTED
    verdicts.end()
    again = Verdicts(tmp_path, verify)
    spaced = replace(JOB, before="# a comment\n" + JOB.before, after="# a comment\n" + JOB.after)
    assert await again.verdict(spaced) == TESTED
    assert len(verify.asked) == 1
    again.end()


async def test_when_nobody_waits_it_is_stopped_and_forgotten(tmp_path: Path) -> None:
    verify = Verifier()
    verdicts = Verdicts(tmp_path, verify)
    stoppable = Stoppable()
    waiting = asyncio.create_task(stoppable.wait(verdicts.verdict(JOB)))
    async with asyncio.timeout(20):
        while not verify.asked:
            await asyncio.sleep(0.01)
    stoppable.stop()
    with pytest.raises(VerificationCancelledError):
        await waiting
    with pytest.raises(VerificationCancelledError):
        await stoppable.wait(verdicts.verdict(JOB))
    # At once again, while the first may still be ending.
    verify.go.set()
    assert await verdicts.verdict(JOB) == TESTED
    verdicts.end()
    with pytest.raises(VerificationCancelledError):
        await verdicts.verdict(replace(JOB, function="g"))


async def test_nothing_runs_and_nothing_is_kept_without_trust(tmp_path: Path) -> None:
    verify = Verifier()
    verify.go.set()
    verdicts = Verdicts(tmp_path, verify)
    verdicts.trusted = False
    assert (await verdicts.verdict(JOB)).reason == UNTRUSTED
    assert verify.asked == []
    verdicts.trusted = True
    assert await verdicts.verdict(JOB) == TESTED
    assert verify.asked[0].trusted
    verdicts.end()


async def test_a_verifier_that_fails_is_no_verdict_to_keep(tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> Verdict:
        raise RuntimeError("out of luck")

    verdicts = Verdicts(tmp_path, fail)
    assert "out of luck" in (await verdicts.verdict(JOB)).reason
    verdicts.end()
    again = Verdicts(tmp_path)
    assert await again.recall(JOB) is None
    again.end()


def test_the_sandbox_reads_the_workspace_and_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    project = home / "project"
    package = project / "src" / "shop" / "till"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    monkeypatch.setattr(Path, "home", lambda: home)
    source = project / "src"
    assert import_root(package / "a.py", [project]) == ((source, project), "shop.till.a")
    assert import_root(package / "__init__.py", [project]) == ((source, project), "shop.till")
    assert import_root(project / "a.py", [project]) == ((project,), "a")
    assert import_root(project / "my-tool.py", [project]) == ((), "")
    assert import_root(home / "a.py", [home]) == ((), "")
    assert import_root(home / "a.py", [Path("/")]) == ((), "")
    assert import_root(project / "a.py", []) == ((), "")


def test_the_sandbox_reads_only_what_a_module_may_import(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "tools.py").touch()
    for text, needs in (
        ("import os, re as r\nfrom json import loads\n", False),
        ("x = 1\n", False),
        ("import os, shop.till\n", True),
        ("def f():\n    from tools import x\n", True),
        ("from . import x\n", True),
        ("from ..a import x\n", True),
    ):
        assert needed_roots(text, (tmp_path,)) == ((tmp_path,) if needs else ()), text


# -- words -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "verdict", "expected", "applies"),
    [
        (True, None, "exact", True),
        (False, None, "possible", False),
        (False, TESTED, "tested", True),
        (True, TESTED, "tested", True),
        (False, replace(TESTED, strength="weak"), "weak", True),
        (False, replace(TESTED, faster=False), "tested", False),
        (True, replace(TESTED, faster=False), "tested", True),
        (False, Verdict("unverifiable", reason="it opens a file"), "unverifiable", False),
        (True, Verdict("unverifiable", reason="it opens a file"), "exact", True),
        (True, Verdict("different", reason="not the same"), "different", False),
        (False, Verdict("different", counterexample=Counterexample("f()", "a", "b", "")), "different", False),
        (False, Verdict("unverifiable", reason=UNTRUSTED), "unverifiable", False),
    ],
)
def test_only_what_is_shown_or_verified_applies(
    exact: bool, verdict: Verdict | None, expected: str, applies: bool
) -> None:
    one = found(exact=exact, unknown=() if exact else ("`x` is hashable",))
    assert badge(one, verdict) == expected
    reason = refusal(one, verdict)
    assert (reason is None) == applies
    assert reason != ""
    if verdict is not None and verdict.verdict == "equivalent" and verdict.faster:
        faster = replace(verdict, speedup=Speedup(12.34, 11, 13, 40, 9))
        assert title_of(one, faster) == f"Make it fast ({expected}, 12.3× faster)"


def test_what_is_no_faster_is_applied_only_when_asked_for() -> None:
    slow = replace(TESTED, speedup=Speedup(0.99, 0.9, 1.1, 40, 0.9), faster=False)
    assert refusal(found(), slow) is None
    assert not unasked(found(), slow)
    assert unasked(found(), None)
    assert unasked(found(), TESTED)
    assert not unasked(found(), replace(TESTED, strength="weak"))


def test_what_is_outside_of_functions_cannot_be_verified() -> None:
    assert "not inside a function" in str(refusal(found(exact=False, function=""), None))


# -- edits and pages ---------------------------------------------------------------------------------------------------------


def test_edits_name_their_version_or_do_without() -> None:
    capabilities = types.ClientCapabilities()
    source = SourceText("s = '𐐀'; slow()\r\n")
    start = source.text.index("slow()")
    made = [TextChange(start, start + 6, "fast()")]
    bare = workspace_edit(Target("file:///a.py", 3, source, "utf-16", capabilities), made)
    assert bare.changes is not None
    (edit,) = bare.changes["file:///a.py"]
    assert (edit.range.start.character, edit.range.end.character) == (start + 1, start + 7)
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(workspace_edit=edits))
    target = Target("file:///a.py", 3, source, "utf-16", capabilities)
    versioned = workspace_edit(target, made, "weak, so look first")
    assert versioned.document_changes is not None
    (change,) = versioned.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 3
    # A client that knows no annotations gets none.
    assert versioned.change_annotations is None


@settings(max_examples=100, deadline=None)
@given(st.text("ab\n\r\x0c", max_size=40), st.text("ab\n\r\x0c", max_size=40))
def test_what_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    text = before
    for change in reversed(changes_between(before, after)):
        text = change.applied(text)
    assert text == after


def test_pages_are_written_once_and_mended(tmp_path: Path) -> None:
    rules = {
        "a-rule": RuleText("It does", "slow\n", "fast\n", "Why.", ("this holds",), ("https://x.example",))
    }
    pages = write_pages(tmp_path, rules)
    file = tmp_path / "rules" / "a-rule.md"
    assert pages == {"a-rule": file.as_uri()}
    text = file.read_text()
    assert "this holds" in text
    file.write_text("something else")
    write_pages(tmp_path, rules)
    assert file.read_text() == text
    assert [path.name for path in file.parent.iterdir()] == ["a-rule.md"]
    (tmp_path / "file").touch()
    assert write_pages(tmp_path / "file", rules) == {}
