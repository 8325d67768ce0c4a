from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from burnish_telemetry import consent as module
from burnish_telemetry.consent import CONSENT_FILE, Consent, ConsentFile
from burnish_telemetry.disclosure import SWITCHES, disclosure
from burnish_telemetry.errors import ConsentError


def test_off_until_decided(tmp_path: Path) -> None:
    assert ConsentFile(tmp_path / "home").read() == Consent()
    assert not Consent().record.holds
    assert not Consent().train.holds
    assert not (tmp_path / "home").exists()


def test_the_switches_are_independent_and_remembered(tmp_path: Path) -> None:
    ConsentFile(tmp_path).agree("record", through="a dialog")
    consent = ConsentFile(tmp_path).read()
    assert (consent.record.holds, consent.train.holds) == (True, False)
    assert consent.record.through == "a dialog"
    assert consent.record.at is not None
    ConsentFile(tmp_path).agree("train", through="a dialog")
    ConsentFile(tmp_path).withdraw("record", through="a command")
    consent = ConsentFile(tmp_path).read()
    assert (consent.record.holds, consent.train.holds) == (False, True)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    ConsentFile(tmp_path).agree("record", through="a test")
    assert (tmp_path / CONSENT_FILE).stat().st_mode & 0o777 == 0o600


def test_a_newer_text_must_be_agreed_to_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ConsentFile(tmp_path).agree("record", through="a test")
    monkeypatch.setattr(module, "TEXT_VERSION", 2)
    consent = ConsentFile(tmp_path).read()
    assert not consent.record.holds
    assert consent.record.outdated


def test_another_process_s_decision_is_seen(tmp_path: Path) -> None:
    mine, other = ConsentFile(tmp_path), ConsentFile(tmp_path)
    other.agree("record", through="a test")
    assert mine.read().record.holds
    other.withdraw("record", through="a test")
    assert not mine.read().record.holds
    (tmp_path / CONSENT_FILE).unlink()
    assert mine.read() == Consent()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"record": true}',
        '{"record": {"on": 1}}',
        '{"record": {"on": "yes"}}',
        '{"retention_days": 0}',
        '{"surprise": 1}',
        '{"excluded_folders": ["relative"]}',
        '{"excluded_globs": ["[z-a]"]}',
        "\ufffd\x00",
    ],
)
def test_a_damaged_file_is_no_consent(tmp_path: Path, text: str) -> None:
    (tmp_path / CONSENT_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConsentError, match="damaged"):
        ConsentFile(tmp_path).read()
    # Deciding anew begins a new file and keeps the damaged one.
    assert ConsentFile(tmp_path).withdraw("record", through="a test").record.on is False
    assert ConsentFile(tmp_path).read().record.on is False
    assert (tmp_path / "consent.damaged.json").read_text(encoding="utf-8") == text


def test_settings_are_checked(tmp_path: Path) -> None:
    file = ConsentFile(tmp_path)
    done = file.configure(
        excluded_folders=("/home/ada/secret",), excluded_globs=("gen/**",), retention_days=30
    )
    assert file.read() == done
    for bad in ({"retention_days": 0}, {"excluded_folders": ("here",)}, {"excluded_globs": ("",)}):
        with pytest.raises(ConsentError, match="Not changed"):
            file.configure(**bad)  # type: ignore[arg-type]
    assert file.read() == done


def test_many_change_it_at_once(tmp_path: Path) -> None:
    def add(switch: str) -> None:
        for _ in range(10):
            ConsentFile(tmp_path).agree(switch, through="a test")  # type: ignore[arg-type]

    threads = [threading.Thread(target=add, args=(switch,)) for switch in SWITCHES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    consent = ConsentFile(tmp_path).read()
    assert consent.record.holds
    assert consent.train.holds
    assert {path.name for path in tmp_path.iterdir()} <= {CONSENT_FILE, f"{CONSENT_FILE}.lock"}


@pytest.mark.skipif(not Path("/proc").exists(), reason="a folder nobody can write to")
def test_a_file_that_cannot_be_written_changes_nothing() -> None:
    with pytest.raises(ConsentError, match="Cannot write"):
        ConsentFile(Path("/proc/burnish")).agree("record", through="a test")


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_dialog_names_what_it_must(tmp_path: Path, switch: module.Switch) -> None:
    text = disclosure(switch, tmp_path, 45)
    shown = text.as_text()
    assert str(tmp_path) in text.file
    assert "45 days" in text.retention
    assert "burnish telemetry off" in text.way_out
    assert "burnish telemetry purge" in text.way_out
    for part in (text.title, text.summary, *text.items, *text.never, text.file, text.retention, text.way_out):
        assert part in shown
    assert json.loads(json.dumps(text.as_json()))["switch"] == switch
