"""``burnish fix``: what it shows, what it writes, and what it holds back."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from burnish_analysis.perf import files, rewriting, verifying
from burnish_analysis.perf.fixing import FixResult
from burnish_analysis.perf.verifying import home_of
from burnish_analysis.verify.model import Counterexample, Speedup, Verdict
from tests.unit.conftest import Run, put

RULE = "list-membership-in-loop"
SLOW = """\
def known(words: list[str], stop: list[str]) -> int:
    found = 0
    for word in words:
        if word in stop:  # by heart
            found += 1
    return found
"""
FAST = SLOW.replace("    for", "    stop_set = set(stop)\n    for").replace("in stop:", "in stop_set:")
UNSURE = "def unsure(words, stop: list[str]) -> int:\n    return sum(1 for word in words if word in stop)\n"
SURE = "def unsure(words, stop: list[str]) -> int:\n    stop_set = set(stop)\n    return sum(1 for word in words if word in stop_set)\n"

FASTER = Verdict(
    "equivalent",
    "tested",
    inputs=9,
    speedup=Speedup(3, 2, 4, 20, 1.5),
    faster=True,
    evidence="equivalent on 9 inputs",
)
NO_FASTER = Verdict("equivalent", "tested", inputs=9, speedup=Speedup(1, 0.9, 1.1, 20, 1.0))
SLOWER = Verdict("equivalent", "tested", inputs=9, speedup=Speedup(0.5, 0.4, 0.6, 20, 0.4))
WEAK = Verdict("equivalent", "weak", reason="40 % of the branches", faster=True)
DIFFERENT = Verdict(
    "different", reason="differs", counterexample=Counterexample("f([[]])", "1", "TypeError", "…")
)
UNVERIFIABLE = Verdict("unverifiable", reason="opens a file")


@pytest.fixture
def run(run: Run) -> Run:
    """Fixes of one rule."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return run("fix", "--rule", RULE, *arguments)

    return call


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """Verdicts by function, instead of running code; every call is kept under its function and a number."""
    given: dict[str, Verdict] = {}

    def verifier(path: Path, before: str, after: str, function: str) -> Verdict:
        assert before != after
        calls.append((path.name, function))
        return given[function]

    calls: list[tuple[str, str]] = []
    monkeypatch.setattr(verifying, "sandboxed", verifier)
    monkeypatch.setattr(verifying, "calls", calls, raising=False)
    return given


def test_by_default_it_shows_and_changes_nothing(run: Run) -> None:
    path = put("a.py", SLOW)
    status, out, err = run(".")
    assert status == 1 and path.read_text() == SLOW
    assert out.startswith("--- a/a.py\n+++ b/a.py\n") and "+    stop_set = set(stop)\n" in out
    assert "1 fix would change 1 file of 1: burnish fix --write" in err


def test_json_is_as_the_contract_says(run: Run) -> None:
    put("a.py", SLOW), put("b.py", UNSURE)
    status, out, _ = run("--json", ".")
    first, second = json.loads(out)
    assert status == 1
    assert first["rule"] == RULE and first["path"] == "a.py" and first["verdict"] is None
    assert (
        first["applied"] is False and first["accepted"] is True and first["diff"].startswith("--- a/a.py\n")
    )
    assert second["accepted"] is second["applied"] is False
    assert "it is not shown that `word` is hashable" in second["reason"] and second["diff"]


def test_written_once_then_nothing_more(run: Run) -> None:
    path = put("a.py", SLOW)
    status, out, _ = run("--json", "--write", ".")
    assert status == 1 and [one["applied"] for one in json.loads(out)] == [True]
    assert path.read_text() == FAST
    changed = path.stat().st_mtime_ns
    assert run("--json", "--write", ".")[:2] == (0, "[]\n")
    assert path.stat().st_mtime_ns == changed


def test_many_fixes_of_one_function_are_all_written_at_once(run: Run) -> None:
    """One fix of a function a round."""
    body = "".join(f"    for word in words:\n        found += word in stop{number}\n" for number in range(25))
    names = ", ".join(f"stop{number}: list[str]" for number in range(25))
    put("a.py", f"def many(words: list[str], {names}) -> int:\n    found = 0\n{body}    return found\n")
    _, out, _ = run("--json", "--write", ".")
    assert len(json.loads(out)) == 25
    assert run("--json", ".")[:2] == (0, "[]\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_bytes_outside_the_fix_stay(run: Run, encoding: str) -> None:
    head = "# coding: latin-1\r\n" if encoding == "latin-1" else ""
    text = f"{head}name = 'é'  \r\n\x0c\r\n" + SLOW.replace("\n", "\r\n") + "last = 'ü'"
    Path("a.py").write_bytes(text.encode(encoding))
    run("--write", ".")
    wanted = text.replace(SLOW.replace("\n", "\r\n"), FAST.replace("\n", "\r\n"))
    assert Path("a.py").read_bytes() == wanted.encode(encoding)


@pytest.mark.parametrize(
    "text",
    [
        SLOW,
        "x = '\x0c'\n\x0c\n" + SLOW.replace("\n", "\r\n"),
        SLOW.rstrip() + "\rx = 'é'",
        "# coding: latin-1\nx = 'é'\n" + SLOW,
    ],
)
def test_the_difference_can_be_applied_with_git(run: Run, text: str) -> None:
    encoding = "latin-1" if "latin-1" in text else "utf-8"
    path = put("a.py", "")
    path.write_bytes(text.encode(encoding))
    subprocess.run(["git", "init", "-q"], check=True)
    diff = subprocess.run(
        [sys.executable, "-m", "burnish_cli", "fix", "--rule", RULE, "."],
        capture_output=True,
        check=False,
    ).stdout
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=diff, check=True)
    applied = path.read_bytes()
    path.write_bytes(text.encode(encoding))
    run("--write", ".")
    assert path.read_bytes() == applied != text.encode(encoding)


def test_a_possible_fix_is_applied_when_verified_and_faster(run: Run, verdicts: dict[str, Verdict]) -> None:
    path = put("a.py", UNSURE)
    verdicts["unsure"] = FASTER
    status, out, _ = run("--json", "--verify", "--write", ".")
    (one,) = json.loads(out)
    assert status == 1 and one["applied"] and one["verdict"] == "equivalent"
    assert one["evidence"] == "equivalent on 9 inputs" and one["verification"]["speedup"]["median"] == 3
    assert path.read_text() == SURE


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (NO_FASTER, "not measured to be faster"),
        (SLOWER, "not measured to be faster"),
        (WEAK, "only weakly tested: 40 %"),
        (DIFFERENT, "behaves differently: f([[]]) gives 1, then TypeError"),
        (UNVERIFIABLE, "cannot be verified: opens a file"),
    ],
)
def test_a_possible_fix_is_held_back_otherwise(
    run: Run, verdicts: dict[str, Verdict], verdict: Verdict, reason: str
) -> None:
    path = put("a.py", UNSURE)
    verdicts["unsure"] = verdict
    status, out, _ = run("--json", "--verify", "--write", ".")
    (one,) = json.loads(out)
    assert status == 0 and not one["applied"] and not one["accepted"]
    assert one["verdict"] == verdict.verdict and reason in one["reason"]
    assert path.read_text() == UNSURE
    assert reason in run("--verify", ".")[2]


@pytest.mark.parametrize(
    ("verdict", "applied"),
    [
        (FASTER, True),
        (UNVERIFIABLE, True),
        (WEAK, True),
        (NO_FASTER, True),
        (SLOWER, False),
        (DIFFERENT, False),
    ],
)
def test_an_exact_fix_is_held_back_only_where_it_is_different_or_slower(
    run: Run, verdicts: dict[str, Verdict], verdict: Verdict, applied: bool
) -> None:
    path = put("a.py", SLOW)
    verdicts["known"] = verdict
    _, out, _ = run("--json", "--verify", "--write", ".")
    assert [one["applied"] for one in json.loads(out)] == [applied]
    assert (path.read_text() == FAST) is applied


def test_nothing_is_run_without_verify(run: Run, verdicts: dict[str, Verdict]) -> None:
    put("a.py", SLOW), put("b.py", UNSURE)
    run("--write", "."), run("--no-verify", ".")
    assert verifying.calls == []


def test_each_change_is_verified_once(run: Run, verdicts: dict[str, Verdict]) -> None:
    put("a.py", SLOW + UNSURE + SLOW.replace("known", "second") + UNSURE.replace("unsure", "other"))
    verdicts.update(known=FASTER, second=FASTER, unsure=DIFFERENT, other=FASTER)
    _, out, _ = run("--json", "--verify", ".")
    assert sorted(function for _, function in verifying.calls) == ["known", "other", "second", "unsure"]
    assert {one["function"]: one["accepted"] for one in json.loads(out)} == {
        "known": True,
        "second": True,
        "other": True,
        "unsure": False,
    }


def test_code_outside_functions_cannot_be_verified(run: Run, verdicts: dict[str, Verdict]) -> None:
    put("a.py", "stop = [3, 4]\nfor word in input():\n    print(word in stop)\n")
    _, out, _ = run("--json", "--verify", ".")
    for one in json.loads(out):
        assert one["verdict"] == "unverifiable" and not verifying.calls


def test_a_file_that_cannot_be_written_is_named_and_stays(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.py", SLOW), put("b.py", SLOW)
    whole = files.os.fsync
    full = [True]

    def fsync(handle: int) -> None:
        if full.pop() if full else False:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    status, out, err = run("--json", "--write", "-j", "1", ".")
    first, second = json.loads(out)
    assert status == 1 and "a.py cannot be written: No space left" in err
    assert not first["applied"] and "No space left" in first["reason"] and second["applied"]
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (SLOW, FAST)


def test_a_result_that_would_not_compile_is_never_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("a.py", SLOW)
    whole = rewriting.apply_found

    def broken(*arguments: object) -> FixResult:
        result = whole(*arguments)  # type: ignore[arg-type]
        return FixResult(result.source + ("return 3\n" if result.applied else ""), result.applied)

    monkeypatch.setattr(rewriting, "apply_found", broken)
    status, out, err = run("--json", "--write", ".")
    assert status == 1 and path.read_text() == SLOW and "would not be Python" in err
    assert not any(one["applied"] for one in json.loads(out))


def test_broken_files_are_named(run: Run) -> None:
    put("a.py", SLOW), put("broken.py", "def f(:\n")
    status, out, err = run("--write", ".")
    assert status == 1 and out.startswith("a.py:") and "broken.py is not Python" in err
    assert run("--write", "broken.py")[0] == 1


def test_where_a_file_is_imported_from(tmp_path: Path) -> None:
    for name in ("src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/sub/mod.py", "alone.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    root = tmp_path.resolve()
    assert home_of(tmp_path / "src/pkg/sub/mod.py") == (root / "src", "pkg.sub.mod")
    assert home_of(tmp_path / "src/pkg/__init__.py") == (root / "src", "pkg")
    assert home_of(tmp_path / "alone.py") == (root, "alone")
