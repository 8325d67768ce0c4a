from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from burnish_telemetry.codec import decode_event
from burnish_telemetry.errors import ExportError
from burnish_telemetry.events import ContextFile, Event, WroteInstead
from burnish_telemetry.export import Format, export_lines, write_export
from burnish_telemetry.statistics import statistics_of
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import accepted, action, dismissed, kept, suggested, survived


@pytest.fixture
def store(tmp_path: Path) -> Any:
    wanted = suggested(
        "café = 1\n", typed="    ", context=(ContextFile("a.py", "y = {x}\n"),), adapter="night-1"
    )
    unwanted = suggested("other()", typed="    return ")
    wrote = WroteInstead(suggestion=unwanted.suggestion, place=unwanted.place, text="fsum(prices)")
    rule = action()
    with Store(store_file(tmp_path)) as opened:
        opened.append([*kept(wanted), unwanted, dismissed(unwanted), wrote, suggested("undecided()")])
        opened.append([rule, accepted(rule), survived(rule, 120, 1.0, new_diagnostics=0)])
        yield opened


def rows(store: Store, form: Format) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export_lines(store, form)]


def test_everything_comes_out_as_it_went_in(store: Store) -> None:
    events: list[Event] = [decode_event(line) for line in export_lines(store, "events")]
    assert len(events) == 11
    assert list(export_lines(store, "events")) == list(export_lines(store, "events"))


def test_the_form_that_a_trainer_reads(store: Store) -> None:
    assert rows(store, "kto") == [
        {
            "prompt": "<|repo_name|>shop\n<|file_sep|>a.py\ny = {x}\n<|file_sep|>shop/prices.py\n<|fim_prefix|>"
            "def total(prices):\n<|fim_suffix|>\n    return total\n<|fim_middle|>    ",
            "completion": "café = 1\n",
            "label": True,
        },
        {
            "prompt": "<|fim_prefix|>def total(prices):\n<|fim_suffix|>\n    return total\n<|fim_middle|>    return ",
            "completion": "other()",
            "label": False,
        },
    ]
    (right,) = rows(store, "supervised")
    assert right["completion"] == "fsum(prices)"
    assert right["prompt"].endswith("    return ")
    assert set(right) == {"prompt", "completion"}


def test_an_export_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")

    def breaks() -> Any:
        yield "one"
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left"):
        write_export(breaks(), target)
    assert target.read_text() == "before"
    assert write_export(["one", "two"], target) == 2
    assert target.read_text() == "one\ntwo\n"
    if os.name == "posix":
        assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(ExportError, match="Cannot write"):
        write_export(["one"], tmp_path / "nowhere" / "out.jsonl")


def test_an_export_needs_little_memory(tmp_path: Path) -> None:
    with Store(store_file(tmp_path)) as store:
        for number in range(20):
            store.append([suggested(f"x_{number}_{part} = 1", prefix="y" * 50_000) for part in range(20)])
        size = store_file(tmp_path).stat().st_size
        tracemalloc.start()
        count = sum(len(line) > 0 for form in ("events", "kto") for line in export_lines(store, form))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 400
    assert peak < 4_000_000 < size


def test_statistics(store: Store) -> None:
    found = statistics_of(store.suggestions())
    assert found.labels == {
        "desirable": {"retained": 2},
        "dropped": {"no-outcome": 1},
        "undesirable": {"dismissed": 1},
    }
    by = {(day.sort, day.adapter): day for day in found.days}
    night = by["completion", "night-1"]
    assert (night.shown, night.accepted, night.kept, night.rejected) == (1, 1, 1, 0)
    assert night.accepted_characters == len("café = 1\n")
    base = by["completion", None]
    assert (base.shown, base.accepted, base.kept, base.rejected) == (2, 0, 0, 1)
    assert by["action", None].kept == 1
    document = night.as_json()
    assert (document["latency_ms_median"], document["acceptance"], document["day"]) == (
        120.5,
        1.0,
        "2026-03-02",
    )
    assert not any(statistics_of([]).as_json().values())
    assert json.loads(json.dumps(found.as_json()))["days"]
