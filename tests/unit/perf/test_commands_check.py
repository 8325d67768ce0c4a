"""``burnish check`` and ``burnish rules`` as users and programs meet them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.perf import analyse as analysing
from burnish_analysis.perf import checking, pool, verifying
from burnish_analysis.perf.model import Rule
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.text import SourceText
from burnish_analysis.verify.model import Speedup, Verdict
from tests.unit.conftest import Run, put

RULE = "list-membership-in-loop"
SLOW = """\
def known(words: list[str], stop: list[str]) -> int:
    '''é𝄞'''; found = 0
    for word in words:
        if '𝄞' + word in stop:
            found += 1
    return found
"""
UNSURE = "def known(words, stop: list[str]) -> int:\n    return sum(1 for word in words if word in stop)\n"
QUIET = "x = 1\n"


def found(run: Run, *arguments: str) -> list[dict[str, Any]]:
    _, out, _ = run("check", "--json", "--select", RULE, *arguments)
    return json.loads(out)


def test_findings_are_told_as_the_contract_says(run: Run) -> None:
    put("a.py", SLOW)
    status, out, err = run("check", "--json", "--select", RULE, "a.py")
    assert status == 1 and not err
    (item,) = json.loads(out)
    assert (
        item["rule"] == RULE and item["kind"] == "perf" and item["path"] == "a.py" and item["fixable"] is True
    )
    assert "stop" in item["message"]
    # In UTF-16 the clef counts twice; people count it once.
    assert item["range"] == {"start": {"line": 3, "character": 11}, "end": {"line": 3, "character": 30}}
    assert (item["line"], item["column"]) == (4, 12)
    assert (item["certainty"], item["unknown"], item["severity"]) == ("exact", [], "hint")
    assert item["gain"]["low"] > 1 and item["function"] == "known"


def test_nothing_found_is_an_empty_list_and_status_0(run: Run) -> None:
    put("a.py", QUIET)
    assert run("check", "--json", ".")[:2] == (0, "[]\n")
    status, out, err = run("check", ".")
    assert (status, out) == (0, "") and "Nothing found in 1 file" in err


def test_text_names_place_rule_and_what_is_not_shown(run: Run) -> None:
    put("a.py", SLOW), put("b.py", UNSURE)
    status, out, err = run("check", "--select", RULE, ".")
    first, second = out.splitlines()
    assert status == 1
    assert first.startswith("a.py:4:12: ") and f"[{RULE}]" in first and "fixable" in first
    assert second.startswith("b.py:2:") and "possible: not shown that `word` is hashable" in second
    assert "2 findings in 2 files" in err and "burnish fix --verify" in err
    assert len(run("check", "--select", RULE, "--exact-only", ".")[1].splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("gone.py",),
        ("--select", "nonsense", "."),
        ("--ignore", "list-membership-in-lop", "."),
        ("--format", "xml", "."),
        ("-j", "0", "."),
    ],
)
def test_wrong_usage_is_status_2_with_a_document(run: Run, arguments: tuple[str, ...]) -> None:
    status, out, err = run("check", "--json", *arguments)
    assert status == 2 and "error" in json.loads(out) and "Error:" in err
    if "list-membership-in-lop" in arguments:
        assert f"Did you mean {RULE}?" in err


def test_what_cannot_be_looked_at_is_named_and_the_rest_is_checked(run: Run) -> None:
    put("a.py", SLOW), put("broken.py", "def f(:\n")
    Path("bytes.py").write_bytes(b"x = '\xff'\n")
    Path("nul.py").write_bytes(b"x = 1\x00\n")
    status, out, err = run("check", "--json", "--select", RULE, ".")
    assert status == 1 and [item["path"] for item in json.loads(out)] == ["a.py"]
    assert (
        "broken.py is not Python: line 1" in err and "bytes.py cannot be decoded" in err and "nul.py" in err
    )
    assert run("check", "--json", "broken.py")[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "a." * 50_000 + "b",
        "x = " + "1 + " * 20_000 + "1",
    ],
)
def test_deeply_nested_files_cost_only_themselves(run: Run, text: str) -> None:
    put("deep.py", text), put("a.py", SLOW)
    status, out, _ = run("check", "--json", "--select", RULE, ".")
    assert status == 1 and [item["path"] for item in json.loads(out)] == ["a.py"]


def test_a_byte_order_mark_and_other_line_ends_do_not_move_places(run: Run) -> None:
    put("a.py", "\ufeff" + SLOW.replace("\n", "\r\n"))
    (item,) = found(run, "a.py")
    assert item["range"]["start"] == {"line": 3, "character": 11}
    places = Places(SourceText("\ufeffx = 1\ry = 2"))
    assert places.of(1).as_dict() == {"line": 0, "character": 0}
    assert places.of(7).as_dict() == {"line": 1, "character": 0}


def test_settings_of_the_project_count_and_the_command_line_goes_before(run: Run) -> None:
    put("pkg/a.py", SLOW), put("gen/b.py", SLOW)
    put("pyproject.toml", f'[tool.burnish]\nexclude = ["gen"]\n[tool.burnish.rules]\n{RULE} = "warning"\n')
    (item,) = found(run, ".")
    assert Path(item["path"]) == Path("pkg/a.py") and item["severity"] == "warning"
    put("pyproject.toml", f'[tool.burnish]\nignore = ["{RULE}"]\nwrong = 1\nselect = ["no-such-rule"]\n')
    status, out, err = run("check", "--json", "pkg")
    assert (status, out) == (0, "[]\n")
    assert "tool.burnish.wrong is not a setting" in err and "'no-such-rule', which is no rule" in err
    assert len(found(run, "pkg")) == 1
    assert run("check", "--json", "--select", RULE, "--ignore", RULE, "pkg")[0] == 0


@pytest.mark.parametrize("command", ["check", "fix", "metrics"])
def test_every_problem_of_the_settings_is_told_once(run: Run, command: str) -> None:
    put("a.py", QUIET), put("pkg/b.py", QUIET)
    said = put(
        "pyproject.toml",
        '[tool.burnish]\nwrong = 1\n[tool.burnish.rules]\nno-such-rule = "hint"\n'
        '[tool.burnish.metrics]\ncomplexity = "high"\ndepth = 3\n'
        '[tool.burnish.refactor]\nselect = ["no-such-change"]\nignore = 7\nsuggest-from = true\noften = 1\n',
    ).resolve()
    status, _, err = run(command, "--json", ".")
    told = [line for line in err.splitlines() if line.startswith("Warning: ")]
    assert status == 0 and sorted(told) == [
        f"Warning: {said}: tool.burnish names 'no-such-rule', which is no rule.",
        f"Warning: {said}: tool.burnish.metrics.complexity is 'high'; "
        "it must be a whole number from 0 (which turns it off).",
        f"Warning: {said}: tool.burnish.metrics.depth is not a setting.",
        f"Warning: {said}: tool.burnish.refactor.ignore must be a list of strings; it is ignored.",
        f"Warning: {said}: tool.burnish.refactor.often is not a setting.",
        f"Warning: {said}: tool.burnish.refactor.select names 'no-such-change'; there is no such refactoring.",
        f"Warning: {said}: tool.burnish.refactor.suggest-from is True; "
        "it must be a whole number from 1 (every function).",
        f"Warning: {said}: tool.burnish.wrong is not a setting.",
    ]


@pytest.mark.parametrize("command", ["check", "fix", "metrics"])
def test_settings_that_are_no_tables_are_told(run: Run, command: str) -> None:
    put("a.py", QUIET), put("pyproject.toml", "[tool.burnish]\nmetrics = 3\nrefactor = [1]\n")
    status, _, err = run(command, "--json", "a.py")
    assert status == 0 and "tool.burnish.metrics must be a table; it is ignored." in err
    assert err.count("tool.burnish.refactor must be a table; it is ignored.") == 1


def test_ignore_comments_silence(run: Run) -> None:
    put("a.py", SLOW.replace("in stop:", f"in stop:  # burnish: ignore[{RULE}]"))
    put("b.py", "# burnish: ignore-file\n" + SLOW)
    assert found(run, ".") == []


def test_a_rule_that_fails_costs_neither_the_others_nor_silence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Rule):
        id = "broken-rule"
        about = analysing.all_rules()[RULE].about
        nodes = analysing.all_rules()[RULE].nodes

        def check(self, node: Any, module: Any) -> Any:
            raise KeyError("oops")

    every = {**analysing.all_rules(), "broken-rule": Broken()}
    monkeypatch.setattr(analysing, "all_rules", lambda: every)
    monkeypatch.setattr(analysing, "offered", lambda rule: rule in (RULE, "broken-rule"))
    analysing._by_type.cache_clear()
    put("a.py", SLOW)
    status, out, err = run("check", "--json", "a.py")
    analysing._by_type.cache_clear()
    assert status == 1 and [item["rule"] for item in json.loads(out)] == [RULE]
    assert "The rule broken-rule failed on a.py (KeyError: 'oops')" in err


def test_many_files_in_processes_give_the_same_in_the_same_order(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_WORTH_A_PROCESS", 1000)
    monkeypatch.setattr(pool, "_PORTION", 500)
    for number in range(12):
        put(f"m{number:02}.py", SLOW + "\n" * number * 50)
    put("broken.py", "def")
    alone, together = (run("check", "--json", "--select", RULE, "-j", jobs, ".") for jobs in ("1", "3"))
    assert alone == together and len(json.loads(alone[1])) == 12


def test_a_file_that_ends_its_process_costs_only_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_WORTH_A_PROCESS", 100)
    whole = checking.read_source

    def deadly(path: Path) -> Any:
        if path.name == "deadly.py":
            os._exit(3)
        return whole(path)

    monkeypatch.setattr(checking, "read_source", deadly)
    put("a.py", SLOW), put("deadly.py", SLOW), put("z.py", SLOW)
    status, out, err = run("check", "--json", "--select", RULE, "-j", "2", ".")
    assert status == 1 and [item["path"] for item in json.loads(out)] == ["a.py", "z.py"]
    assert "deadly.py is not looked at: it ended the process" in err


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True
    )


def test_since_keeps_to_changed_lines(run: Run) -> None:
    git("init", "-q")
    put("old.py", SLOW), put("sub/é changed.py", SLOW), put("near.py", SLOW)
    git("add", "."), git("commit", "-qm", "first")
    put("sub/é changed.py", SLOW + "\n\n" + SLOW.replace("known", "again"))
    put("near.py", SLOW + "\n# more\n")
    put("new.py", SLOW)
    items = found(run, "--since", "HEAD", ".")
    assert [(Path(item["path"]).name, item["line"]) for item in items] == [
        ("new.py", 4),
        ("é changed.py", 12),
    ]
    status, out, err = run("check", "--json", "--since", "no-such-revision", ".")
    assert (
        status == 1
        and "'no-such-revision' is unknown" in err
        and "no-such-revision" in json.loads(out)["error"]
    )


def test_since_outside_a_repository_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    put("a.py", SLOW)
    status, _, err = run("check", "--since", "HEAD", ".")
    assert status == 1 and "git" in err


def test_rules_are_listed_and_explained(run: Run) -> None:
    status, out, _ = run("rules")
    assert status == 0 and RULE in out
    status, out, _ = run("rules", RULE, "--json")
    (entry,) = json.loads(out)
    assert {
        "id",
        "summary",
        "before",
        "after",
        "preconditions",
        "why",
        "references",
        "gain",
        "default",
    } <= entry.keys()
    assert entry["default"] is True and entry["gain"].keys() == {"median", "low", "high", "size"}
    status, out, _ = run("rules", RULE)
    assert status == 0 and "Before" in out and "stop_set = set(stop)" in out
    assert run("rules", "nothing-like-it")[0] == 2
    assert len(json.loads(run("rules", "--kind", "perf", "--json")[1])) == len(analysing.all_rules())
    everything = json.loads(run("rules", "--json")[1])
    assert {one["kind"] for one in everything} == {"perf", "refactor", "metric"}
    assert len({one["id"] for one in everything}) == len(everything)


OLD = "def total(values: list[int]) -> int:\n    return sum(values)\n\n\ndef same(x: int) -> int:\n    return x\n"
NEW = OLD.replace(
    "return sum(values)", "found = 0\n    for value in values:\n        found += value\n    return found"
).replace("return x", "return x  # as it is")
SLOWER = Verdict(
    "equivalent",
    "tested",
    inputs=40,
    speedup=Speedup(0.25, 0.2, 0.4, 20, 0.2),
    evidence="equivalent on 40 inputs",
)
NEARLY = Verdict(
    "equivalent", "tested", inputs=40, speedup=Speedup(0.95, 0.85, 0.96, 20, 0.9), evidence="as fast"
)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (SLOWER, 1),
        (NEARLY, 0),
        (Verdict("different", reason="differs"), 0),
        (Verdict("unverifiable", reason="opens a file"), 0),
    ],
)
def test_only_verified_regressions_fail(
    run: Run, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, status: int
) -> None:
    asked = []

    def verifier(path: Path, before: str, after: str, function: str) -> Verdict:
        asked.append((path.name, before, after, function))
        return verdict

    monkeypatch.setattr(verifying, "sandboxed", verifier)
    git("init", "-q")
    put("a.py", OLD)
    git("add", "."), git("commit", "-qm", "first")
    put("a.py", NEW), put("new.py", SLOW)
    done, out, err = run("check", "--json", "--since", "HEAD", "--regressions", ".")
    assert done == status and asked == [("a.py", OLD, NEW, "total")]
    assert f"a.py: total: {verdict.evidence or verdict.reason}" in err
    items = json.loads(out)
    assert len(items) == status
    if items:
        assert (
            items[0]["rule"] == "regression" and items[0]["certainty"] == "verified" and items[0]["line"] == 1
        )
        assert items[0]["message"].startswith("total is 4× slower than at HEAD (95 % CI 2.5–5)")
        assert run("check", "--format", "sarif", "--since", "HEAD", "--regressions", ".")[0] == 1


def test_regressions_need_a_revision(run: Run) -> None:
    assert run("check", "--regressions", ".")[0] == 2
