"""The analysis and the process it runs in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings
from burnish_server.perf.model import Found
from burnish_server.perf.process import AnalyserError, AnalyserProcess
from burnish_server.perf.worker import Analyser

RULE = "list-membership-in-loop"
SLOW = (
    "def known(words: list[str], stop: list[str]) -> int:\n    found = 0\n    for word in words:\n"
    "        if word not in stop:\n            found += 1\n    return found\n"
)


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
