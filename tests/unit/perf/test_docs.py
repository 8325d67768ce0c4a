"""The generated catalogue is up to date, and every rule was measured."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from burnish_analysis.perf.catalogue import LEAST_GAIN, all_rules, gains, offered
from burnish_analysis.perf.report.catalogue import as_markdown
from burnish_analysis.refactor.report import as_markdown as refactorings_as_markdown

ROOT = Path(__file__).parents[3]


def test_the_catalogue_document_is_up_to_date() -> None:
    written = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert written == as_markdown(), "write it anew: burnish rules --markdown > docs/rules.md"


def test_the_document_of_refactorings_is_up_to_date() -> None:
    written = (ROOT / "docs/refactoring-catalogue.md").read_text(encoding="utf-8")
    assert written == refactorings_as_markdown(), (
        "write it anew: burnish rules --kind refactor --markdown > docs/refactoring-catalogue.md"
    )


def test_its_links_lead_somewhere() -> None:
    text = as_markdown()
    headings = set(re.findall(r"^### (\S+)$", text, re.MULTILINE))
    assert headings == set(all_rules()) == set(re.findall(r"\]\(#([^)]+)\)", text))
    for file in re.findall(r"\]\((\w+\.md)\)", text):
        assert (ROOT / "docs" / file).is_file()


@pytest.mark.parametrize("rule", all_rules())
def test_every_rule_has_a_benchmark_and_a_measured_gain(rule: str) -> None:
    assert (ROOT / "benchmarks/rules" / f"{rule}.py").is_file()
    gain = gains().get(rule)
    assert gain is not None, f"measure it: python benchmarks/rules.py {rule} --write"
    assert 0 < gain.low <= gain.median <= gain.high and gain.size > 0
    assert offered(rule) is (gain.low >= LEAST_GAIN)


def test_nothing_is_left_of_rules_that_are_gone() -> None:
    kept = json.loads((ROOT / "server/burnish_analysis/perf/gains.json").read_text(encoding="utf-8"))
    assert kept["machine"] and kept["rules"].keys() <= all_rules().keys()
    files = {file.stem for file in (ROOT / "benchmarks/rules").glob("*.py")}
    assert files <= all_rules().keys()


def test_hooks_name_commands_that_exist() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "entry-points"
    ]["burnish.commands"]
    entries = re.findall(r"^  entry: burnish (\w+)", hooks, re.MULTILINE)
    assert set(entries) == {"check", "fix"} <= commands.keys()
