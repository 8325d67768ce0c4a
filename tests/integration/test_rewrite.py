"""Proposals with known truth, judged by the real verifier; and what the bundled model proposes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.rewrites import KINDS, ScriptedEngine, cases, example_targets

from burnish_analysis.verify.model import VerifyOptions
from burnish_models.engine import LlamaCppEngine
from burnish_server.perf.verdicts import Verdicts
from burnish_server.rewrite.model import Budget
from burnish_server.rewrite.service import Run
from burnish_server.rewrite.target import target_named

pytestmark = pytest.mark.integration


@pytest.mark.timeout(300)
async def test_of_each_kind_one_and_only_what_is_better_is_shown(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "kept.txt").write_text("kept")
    (case,) = cases(canary, {"missing"})
    one_of_each = [next(one for one in case.proposals if one[0] == kind) for kind in KINDS]
    target = target_named(case.original, case.name)
    assert target is not None
    verdicts = Verdicts(tmp_path / "home")
    budget = Budget(seconds=280, tokens=10**6, samples=len(one_of_each), repairs=0, verify_seconds=15)
    engine = ScriptedEngine([answer for _, answer in one_of_each])
    run = Run(engine, verdicts, target, "either", VerifyOptions(), budget)
    outcome = await run.done()
    verdicts.end()
    assert [one_of_each[kept.sample][0] for kept in outcome.kept] == ["faster"], run.details
    assert run.fates == {1: "no gain", 2: "behaves differently", 3: "reaches outside", 4: "not Python"}
    assert [file.name for file in canary.iterdir()] == ["kept.txt"]


@pytest.mark.timeout(180)
async def test_the_bundled_model_stays_within_its_budget(engine: LlamaCppEngine, tmp_path: Path) -> None:
    """It is too small to write better versions: what matters is that nothing unproved is shown, and when it ends."""
    target = next(target for _, target in example_targets() if target.name == "running_totals")
    verdicts = Verdicts(tmp_path)
    budget = Budget(seconds=60, tokens=6_000, samples=3)
    outcome = await Run(engine, verdicts, target, "either", VerifyOptions(), budget).done()
    verdicts.end()
    assert outcome.tried >= 1
    assert outcome.seconds <= budget.seconds + 2
    assert outcome.spent.tokens <= budget.tokens
    for kept in outcome.kept:
        assert (kept.verdict.verdict, kept.verdict.strength) == ("equivalent", "tested")
        assert kept.verdict.faster or kept.change is not None


@pytest.mark.timeout(180)
def test_the_command_line_asks_the_bundled_model(tmp_path: Path) -> None:
    file = tmp_path / "totals.py"
    text = "def total(xs: list[int]) -> int:\n    t = 0\n    for x in xs:\n        t += x\n    return t\n"
    file.write_text(text)
    command = [sys.executable, "-m", "burnish_cli", "--home", str(tmp_path / "home"), "rewrite", str(file)]
    asked = [*command, "total", "--samples", "2", "--seconds", "60", "--write", "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    (one,) = json.loads(done.stdout)["functions"]
    assert one["tried"] >= 1, done.stderr
    # Whatever it proposes: the file only changes for what was proved.
    assert done.returncode == (0 if one["results"] else 1)
    assert (file.read_text() == text) == (one["written"] is None) == (not one["results"])
