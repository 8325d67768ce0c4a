from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from burnish_telemetry.admission import Admission
from burnish_telemetry.consent import CONSENT_FILE, ConsentFile
from burnish_telemetry.database import damaged_files
from burnish_telemetry.errors import EventError, StoreError
from burnish_telemetry.events import ContextFile, Event, Place
from burnish_telemetry.recorder import Receipt, Recorder
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import PLACE, accepted, agree, suggested


def stored(home: Path) -> int:
    with Store(store_file(home)) as store:
        return len(list(store.bodies()))


def test_nothing_is_recorded_until_agreed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    recorder = Recorder(home)
    assert not recorder.recording
    assert recorder.record(suggested()).result(10) == Receipt(False, "not-agreed")
    ConsentFile(home).agree("train", through="a test")
    assert recorder.record(suggested()).result(10) == Receipt(False, "not-agreed")
    assert recorder.close()
    assert not store_file(home).exists()


def test_recording_begins_and_ends_with_the_switch(tmp_path: Path) -> None:
    consent = agree(tmp_path)
    recorder = Recorder(tmp_path)
    assert recorder.recording
    offer = suggested()
    assert recorder.record(offer).result(20) == Receipt(True)
    consent.withdraw("record", through="another window")
    assert recorder.record(accepted(offer)).result(10) == Receipt(False, "not-agreed")
    time.sleep(1.1)
    assert not recorder.recording
    consent.agree("record", through="another window")
    assert recorder.record(accepted(offer)).result(10) == Receipt(True)
    assert recorder.close()
    assert stored(tmp_path) == 2


def test_the_editor_s_switch_stops_it(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path, editor_telemetry=False)
    assert not recorder.recording
    assert recorder.record(suggested()).result(10) == Receipt(False, "editor-telemetry-off")
    recorder.editor_telemetry = True
    assert recorder.recording
    assert recorder.record(suggested()).result(10).stored
    recorder.close()


def test_what_waits_when_the_editor_s_switch_goes_off_is_not_written(tmp_path: Path) -> None:
    admission = Admission(tmp_path, lambda: False)
    assert admission.refusal(suggested(), agree(tmp_path).read()) == "editor-telemetry-off"


def test_excluded_files_are_not_recorded(tmp_path: Path) -> None:
    agree(tmp_path).configure(excluded_folders=("/home/ada/private",), excluded_globs=("gen/**",))
    recorder = Recorder(tmp_path)
    reasons = [
        recorder.record(event).result(20).reason
        for event in (
            suggested(place=Place("/home/ada/shop", ".env")),
            suggested(place=Place("/home/ada/private/x", "a.py")),
            suggested(place=Place("/home/ada/shop", "gen/a.py")),
            suggested(context=(ContextFile("gen/b.py", "x = 1"),)),
            suggested(context=(ContextFile("config/credentials.py", "x = 1"),)),
            suggested("x" * 1_000_001),
        )
    ]
    expected = [
        "secret-file",
        "excluded-folder",
        "excluded-glob",
        "excluded-glob",
        "secret-file",
        "too-large",
    ]
    assert reasons == expected
    recorder.close()
    assert not store_file(tmp_path).exists()


def test_nothing_is_erased_by_age_while_the_retention_cannot_be_read(tmp_path: Path) -> None:
    consent = agree(tmp_path)
    consent.configure(retention_days=365)
    with Store(store_file(tmp_path)) as store:
        store.append([replace(suggested(), time=datetime.now(UTC) - timedelta(days=200))])
    decided = consent.path.read_text()
    for text, left in (("{", 1), (decided, 1), (decided.replace("365", "100"), 0)):
        consent.path.write_text(text)
        recorder = Recorder(tmp_path)
        recorder.maintain().result(20)
        assert recorder.close()
        assert stored(tmp_path) == left


def test_a_malformed_event_fails_alone(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    bad: Event = suggested(tokens="6")  # type: ignore[arg-type]
    futures = [recorder.record(event) for event in (suggested(), bad, suggested())]
    assert futures[0].result(20).stored
    assert isinstance(futures[1].exception(20), EventError)
    assert futures[2].result(20).stored
    recorder.close()


def test_a_full_queue_refuses_and_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(tmp_path)
    go = threading.Event()
    waiting = threading.Event()
    refusal = Admission.refusal

    def slow(self: Admission, *rest: object) -> str:
        waiting.set()
        go.wait(30)
        return refusal(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Admission, "refusal", slow)
    recorder = Recorder(tmp_path, most_waiting=3)
    first = recorder.record(suggested())
    assert waiting.wait(20)
    began = time.monotonic()
    later = [recorder.record(suggested()) for _ in range(10)]
    assert time.monotonic() - began < 1.0
    go.set()
    assert first.result(20).stored
    reasons = [future.result(20).reason for future in later]
    assert reasons == [""] * 3 + ["queue-full"] * 7
    assert recorder.close()
    assert stored(tmp_path) == 4


async def test_the_event_loop_never_waits(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    longest = 0.0
    futures = []
    for number in range(50):
        began = time.perf_counter()
        futures.append(recorder.record(suggested(f"value_{number} = {number}")))
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0)
    receipts = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    assert all(receipt.stored for receipt in receipts)
    # A commit or a search for secrets takes longer than handing over; a busy machine takes its own time.
    assert longest < 0.5
    assert await asyncio.to_thread(recorder.close)


async def test_nobody_has_to_wait_for_a_receipt(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    task = asyncio.ensure_future(asyncio.wrap_future(recorder.record(suggested())))
    task.cancel()
    assert (await asyncio.wrap_future(recorder.record(suggested()))).stored
    assert await asyncio.to_thread(recorder.close)
    assert stored(tmp_path) == 2


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    futures = [recorder.record(suggested(f"x{number} = 1")) for number in range(100)]
    assert recorder.close(30)
    assert all(future.result(0).stored for future in futures)
    assert recorder.record(suggested()).result(0) == Receipt(False, "closed")
    assert recorder.close()
    assert Recorder(tmp_path).close()


def test_a_file_damaged_meanwhile_loses_no_new_event(tmp_path: Path) -> None:
    agree(tmp_path)
    first = Recorder(tmp_path)
    assert first.record(suggested()).result(20).stored
    assert first.close()
    store_file(tmp_path).write_bytes(b"nothing of a database " * 500)
    second = Recorder(tmp_path)
    assert second.record(suggested()).result(20).stored
    assert second.close()
    assert stored(tmp_path) == 1
    assert len(damaged_files(store_file(tmp_path))) == 1


def test_a_file_put_aside_by_another_process_is_left_for_the_new_one(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    assert recorder.record(suggested()).result(20).stored
    file = store_file(tmp_path)
    for path in list(tmp_path.glob("telemetry.sqlite3*")):
        path.rename(tmp_path / path.name.replace("telemetry", "aside", 1))
    assert recorder.record(suggested()).result(20).stored
    assert recorder.close()
    assert file.exists()
    assert stored(tmp_path) == 1


def test_a_failure_reaches_the_future_and_the_log_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    agree(tmp_path)
    store_file(tmp_path).mkdir()
    recorder = Recorder(tmp_path)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert isinstance(recorder.record(suggested()).exception(20), StoreError)
    assert len(caplog.records) == 1
    store_file(tmp_path).rmdir()
    assert recorder.record(suggested()).result(20).stored
    recorder.close()


def test_a_damaged_consent_records_nothing(tmp_path: Path) -> None:
    (tmp_path / CONSENT_FILE).write_text("{")
    recorder = Recorder(tmp_path)
    assert not recorder.recording
    assert recorder.record(suggested()).result(10) == Receipt(False, "not-agreed")
    recorder.close()


@pytest.mark.parametrize("on", [True, False])
def test_what_is_too_old_goes_recording_or_not(tmp_path: Path, on: bool) -> None:
    consent = agree(tmp_path)
    with Store(store_file(tmp_path)) as store:
        store.append([suggested(), suggested()])
        fresh = suggested(
            place=PLACE, seconds=(datetime.now(UTC) - datetime(2026, 3, 2, 9, tzinfo=UTC)).total_seconds()
        )
        store.append([fresh])
    consent.configure(retention_days=1)
    if not on:
        consent.withdraw("record", through="a test")
    recorder = Recorder(tmp_path)
    recorder.maintain().result(20)
    assert recorder.close()
    assert stored(tmp_path) == 1
