"""The SARIF log: its shape by the 2.1.0 specification, and that its fixes are the fixes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from burnish_analysis.metrics.rules import METRIC_RULES
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.checking import CheckOptions, Task, check_file
from burnish_analysis.perf.files import Problem
from burnish_analysis.perf.fixing import apply_fixes
from burnish_analysis.perf.report.sarif import sarif_log
from burnish_analysis.perf.settings import PerfSettings, Severity

from .cases import Case, every_case

RULE = "list-membership-in-loop"
SLOW = "def known(words: list[str], stop: list[str]) -> int:\n    return sum('𝄞' + word in stop for word in words)\n"
SETTINGS = PerfSettings(select=frozenset({RULE}))


def log_of(root: Path, *names: str, settings: PerfSettings = SETTINGS) -> dict[str, Any]:
    reports = [check_file(Task(root / name, settings), CheckOptions(changes=True)) for name in names]
    items = [item for report in reports for item in report.items]
    problems = [problem for report in reports for problem in report.problems]
    log = sarif_log(items, problems, root)
    assert_shape(log)
    return log


def assert_shape(log: dict[str, Any]) -> None:
    """What the specification requires of the properties that are used here."""
    assert json.loads(json.dumps(log)) == log
    assert (
        log["version"] == "2.1.0"
        and log["$schema"].startswith("https://")
        and "sarif-2.1.0" in log["$schema"]
    )
    assert set(log) <= {"$schema", "version", "runs"}
    (run,) = log["runs"]
    assert set(run) <= {"tool", "invocations", "originalUriBaseIds", "columnKind", "results"}
    driver = run["tool"]["driver"]
    assert driver["name"] and re.fullmatch(r"\d+\.\d+\.\d+\S*", driver["semanticVersion"])
    for base in run["originalUriBaseIds"].values():
        assert base["uri"].startswith("file:///") and base["uri"].endswith("/")
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".") and rule["fullDescription"]["text"]
        assert rule["help"]["text"] and "```python" in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert isinstance(rule["defaultConfiguration"]["enabled"], bool)
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for said in invocation["toolExecutionNotifications"]:
            assert said["message"]["text"] and said["level"] in ("note", "error")
    prints = [result["partialFingerprints"]["burnish/v1"] for result in run["results"]]
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in prints)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"] and result["message"]["text"]
        assert result["level"] in ("none", "note", "warning", "error")
        for location in result["locations"]:
            assert_region(location["physicalLocation"]["region"])
            assert_artifact(location["physicalLocation"]["artifactLocation"], run["originalUriBaseIds"])
        for fix in result.get("fixes", []):
            assert fix["description"]["text"]
            for change in fix["artifactChanges"]:
                assert_artifact(change["artifactLocation"], run["originalUriBaseIds"])
                assert change["replacements"]
                for replacement in change["replacements"]:
                    assert_region(replacement["deletedRegion"])
                    assert isinstance(replacement["insertedContent"]["text"], str)


def assert_region(region: dict[str, int]) -> None:
    assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"} and min(region.values()) >= 1
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


def assert_artifact(artifact: dict[str, str], bases: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\x21-\x7e]+", artifact["uri"]) and "\\" not in artifact["uri"]
    if "uriBaseId" in artifact:
        assert artifact["uriBaseId"] in bases and not artifact["uri"].startswith(("/", "file:"))
    else:
        assert artifact["uri"].startswith("file:///")


def apply_replacements(text: str, result: dict[str, Any]) -> str:
    """Apply a result's fix as a reader of the log would: lines and UTF-16 columns from 1."""
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]

    def offset(line: int, column: int) -> int:
        start = starts[line - 1]
        return start + len(text[start:].encode("utf-16-le")[: 2 * (column - 1)].decode("utf-16-le"))

    edits = []
    for place, replacement in enumerate(result["fixes"][0]["artifactChanges"][0]["replacements"]):
        region = replacement["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        edits.append((start, end, place, replacement["insertedContent"]["text"]))
    for start, end, _, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def test_one_result(tmp_path: Path) -> None:
    folder = tmp_path / "a folder é"
    folder.mkdir()
    (folder / "a.py").write_text(SLOW, encoding="utf-8")
    log = log_of(tmp_path, "a folder é/a.py")
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == RULE and result["level"] == "note"
    where = result["locations"][0]["physicalLocation"]
    assert unquote(where["artifactLocation"]["uri"]) == "a folder é/a.py"
    assert where["region"] == {"startLine": 2, "startColumn": 16, "endLine": 2, "endColumn": 35}
    fixed = apply_fixes(SLOW, settings=SETTINGS, choose=lambda finding, _: True).source
    assert apply_replacements(SLOW, result) == fixed != SLOW


def test_every_rule_is_described(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == [*all_rules(), *METRIC_RULES]


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.HINT, "note"), (Severity.WARNING, "warning"), (Severity.ERROR, "error")]
)
def test_severity_becomes_the_level(tmp_path: Path, severity: Severity, level: str) -> None:
    (tmp_path / "a.py").write_text(SLOW, encoding="utf-8")
    settings = PerfSettings(select=frozenset({RULE}), severity={RULE: severity})
    (result,) = log_of(tmp_path, "a.py", settings=settings)["runs"][0]["results"]
    assert result["level"] == level


def test_fingerprints_stay_when_code_moves_and_differ_for_twins(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "b.py").write_text("x = 1\n\n" + SLOW + SLOW, encoding="utf-8")
    (one,) = log_of(tmp_path, "a.py")["runs"][0]["results"]
    moved, twin = log_of(tmp_path, "b.py")["runs"][0]["results"]
    assert one["partialFingerprints"] == moved["partialFingerprints"] != twin["partialFingerprints"]


def test_what_was_not_looked_at_is_a_notification(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def", encoding="utf-8")
    (invocation,) = log_of(tmp_path, "a.py")["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "a.py is not Python" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    harmless = sarif_log([], [Problem("/elsewhere/a.py", "skipped", harmless=True)], tmp_path)
    assert_shape(harmless)
    assert harmless["runs"][0]["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "case", [case for case in every_case() if case.after], ids=lambda case: f"{case.rule}: {case.words}"
)
def test_the_first_fix_of_every_case_is_what_the_log_says(tmp_path: Path, case: Case, end: str) -> None:
    text = case.before.replace("\n", end)
    (tmp_path / "a.py").write_bytes(text.encode())
    settings = PerfSettings(select=frozenset({case.rule}))
    results = log_of(tmp_path, "a.py", settings=settings)["runs"][0]["results"]
    result = next(result for result in results if "fixes" in result)
    once = apply_fixes(text, settings=settings, choose=_Once()).source
    assert apply_replacements(text, result) == once


class _Once:
    """Chooses the first finding only."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, *_: object) -> bool:
        done, self.done = self.done, True
        return not done
