"""A tiny trace, and a short endurance run, against the real server with the bundled model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from burnish_server.replay.endurance import Limits, Report, endure
from burnish_server.replay.project import read_sources
from burnish_server.replay.record import record
from burnish_server.replay.session import Wishes, play
from burnish_server.replay.trace import load_trace

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


async def test_a_trace_is_typed_and_answered(bundled_model: Path, tmp_path: Path) -> None:
    trace = record(read_sources(EXAMPLES), "examples", seed=3, files=2, minutes=0.4)
    seen: list[int] = []
    wishes = Wishes(bundled_model, threads=1, min_confidence=0.0, speed=2.0)
    figures = await play(trace, EXAMPLES, tmp_path, wishes, seen.append)
    found = figures.summary
    assert seen[-1] == len(trace.events)
    assert found.keystrokes > 40
    assert found.failed == 0
    assert found.answered.value > 0.5
    assert found.shown.count > 0
    assert 0 < found.times.median <= found.times.p95 <= found.times.longest < 10_000
    assert figures.tokens["evaluatedTokens"] > 0
    assert figures.tokens["requests"] >= found.answered.count
    assert figures.cpu_seconds > 0


def test_the_command_prints_one_object_and_keeps_the_trace(bundled_model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    arguments = ["replay", str(EXAMPLES), "--minutes", "0.1", "--speed", "4", "--save", str(kept), "--json"]
    command = [sys.executable, "-m", "burnish_cli", "--home", str(tmp_path / "home"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["keystrokes"] > 5
    assert {"median", "p95", "p99"} <= document["times"].keys()
    assert {"count", "total", "low", "high"} <= document["exact"].keys()
    assert document["model"] == bundled_model.stem
    assert load_trace(kept).keystrokes == document["keystrokes"] or document["accepted_characters"] > 0


def test_a_folder_without_source_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    command = [sys.executable, "-m", "burnish_cli", "replay", str(tmp_path / "empty")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "No Python file under" in done.stderr
    assert "Traceback" not in done.stderr


async def _soak(model: Path, scratch: Path, limits: Limits) -> Report:
    return await endure(EXAMPLES, scratch, model, minutes=0.33, speed=8.0, seed=1, limits=limits)


async def test_a_short_endurance_run_holds(bundled_model: Path, tmp_path: Path) -> None:
    # Memory still settles in so short a time, and other tests may hold the processor: only what is broken counts here.
    limits = Limits(growth=1.0, hover_p99_ms=2_000.0, memory_every=1.0)
    report = await _soak(bundled_model, tmp_path, limits)
    assert report.passed, report.problems
    assert report.summary.keystrokes > 100
    assert len(report.memory) > 10
    assert report.hovers.count > 20


async def test_an_endurance_run_fails_where_a_limit_is_passed(bundled_model: Path, tmp_path: Path) -> None:
    limits = Limits(hover_p99_ms=0.001, completion=0.000_001)
    report = await endure(EXAMPLES, tmp_path, bundled_model, minutes=0.1, speed=8.0, seed=1, limits=limits)
    assert not report.passed
    assert any("hovers" in problem for problem in report.problems)
    assert any("completions took longer" in problem for problem in report.problems)
