"""Items as a SARIF log (OASIS Static Analysis Results Interchange Format 2.1.0), for code-scanning dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from burnish_analysis.metrics.rules import METRIC_RULES, MetricRule
from burnish_analysis.perf.catalogue import all_rules, offered
from burnish_analysis.perf.files import Problem
from burnish_analysis.perf.model import Rule
from burnish_analysis.perf.report.catalogue import plain_help, rule_section
from burnish_analysis.perf.report.items import Item
from burnish_analysis.perf.report.places import Range
from burnish_analysis.perf.settings import Severity

__all__ = ["sarif_log"]

_LEVELS = {
    Severity.OFF: "none",
    Severity.HINT: "note",
    Severity.INFORMATION: "note",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}
#: Paths below the folder that the command ran in are given relative to this name.
_ROOT = "SRCROOT"


def sarif_log(items: Sequence[Item], problems: Sequence[Problem], root: Path) -> dict[str, Any]:
    """One log with one run.

    Args:
        problems: files that were not looked at; they become notifications of the tool.
        root: the folder that paths are relative to.
    """
    rules = list(all_rules().values())
    metrics = list(METRIC_RULES.values())
    ids = [*(rule.id for rule in rules), *(rule.id for rule in metrics)]
    numbers = {rule: number for number, rule in enumerate(ids)}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Burnish",
                        "semanticVersion": _version(),
                        "rules": [
                            *(_descriptor(rule) for rule in rules),
                            *(_metric_descriptor(rule) for rule in metrics),
                        ],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": all(problem.harmless for problem in problems),
                        "toolExecutionNotifications": [_notification(problem, root) for problem in problems],
                    }
                ],
                "originalUriBaseIds": {_ROOT: {"uri": root.resolve().as_uri().rstrip("/") + "/"}},
                "columnKind": "utf16CodeUnits",
                "results": [_result(item, numbers, root) for item in items],
            }
        ],
    }


def _version() -> str:
    try:
        return version("burnish")
    except PackageNotFoundError:
        return "0.0.0"


def _name(rule: str) -> str:
    return "".join(part.capitalize() for part in rule.split("-"))


def _metric_descriptor(rule: MetricRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": _name(rule.id),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.plain, "markdown": rule.markdown},
        "defaultConfiguration": {"level": "note", "enabled": True},
        "properties": {"tags": ["maintainability"]},
    }


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": _name(rule.id),
        "shortDescription": {"text": f"{rule.about.summary}."},
        "fullDescription": {"text": rule.about.why},
        "help": {"text": plain_help(rule), "markdown": rule_section(rule)},
        "defaultConfiguration": {"level": "note", "enabled": offered(rule.id)},
        "properties": {"tags": ["performance"]},
    }


def _result(item: Item, numbers: dict[str, int], root: Path) -> dict[str, Any]:
    where = _artifact(item.path, root)
    result: dict[str, Any] = {
        "ruleId": item.rule,
        "level": _LEVELS[item.severity],
        "message": {"text": item.message},
        "locations": [{"physicalLocation": {"artifactLocation": where, "region": _region(item.range)}}],
        "partialFingerprints": {"burnish/v1": item.fingerprint},
        "properties": {
            "kind": item.kind,
            "certainty": item.certainty,
            "unknown": list(item.unknown),
            "function": item.function,
        },
    }
    if item.rule in numbers:
        result["ruleIndex"] = numbers[item.rule]
    if item.gain is not None:
        result["properties"]["gain"] = item.gain.median
    if item.changes:
        replacements = [
            {"deletedRegion": _region(change.range), "insertedContent": {"text": change.text}}
            for change in item.changes
        ]
        result["fixes"] = [
            {
                "description": {"text": item.fix_title},
                "artifactChanges": [{"artifactLocation": where, "replacements": replacements}],
            }
        ]
    return result


def _region(range_: Range) -> dict[str, int]:
    """Lines and columns from 1; the end column is that after the last character."""
    return {
        "startLine": range_.start.line + 1,
        "startColumn": range_.start.character + 1,
        "endLine": range_.end.line + 1,
        "endColumn": range_.end.character + 1,
    }


def _artifact(path: str, root: Path) -> dict[str, str]:
    whole = Path(path).absolute()
    try:
        relative = whole.relative_to(root.absolute()).as_posix()
    except ValueError:
        return {"uri": whole.as_uri()}
    return {"uri": quote(relative, errors="surrogateescape"), "uriBaseId": _ROOT}


def _notification(problem: Problem, root: Path) -> dict[str, Any]:
    return {
        "level": "note" if problem.harmless else "error",
        "message": {"text": problem.sentence},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(problem.path, root)}}],
    }
