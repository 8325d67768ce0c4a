from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from burnish_telemetry import migrations
from burnish_telemetry.codec import decode_event
from burnish_telemetry.database import damaged_files
from burnish_telemetry.erasure import Selection
from burnish_telemetry.errors import EventError, StoreError, StoreFullError, StoreNewerError
from burnish_telemetry.events import ContextFile, Place
from burnish_telemetry.labels import LABELLER_VERSION
from burnish_telemetry.lineage import runs
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import PLACE, START, accepted, at, dismissed, kept, suggested


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return store_file(tmp_path / "home")


def test_events_come_back_in_order(file: Path) -> None:
    first, second = suggested(), suggested(seconds=5)
    events = [first, second, accepted(second, 7), accepted(first, 9)]
    with Store(file) as store:
        assert store.append(events) == [True] * 4
        assert [decode_event(body) for body in store.bodies()] == events
        assert list(store.suggestions()) == [(first, events[3]), (second, events[2])]
        assert list(store.suggestions(since=at(1))) == [(second, events[2])]
        assert list(store.suggestions(until=at(1))) == [(first, events[3])]
        assert store.counts() == {"accepted": 2, "suggested": 2}
        assert store.check() == []
    with Store(file) as store:
        assert [decode_event(body) for body in store.bodies()] == events


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_only_the_owner_can_read_it(file: Path) -> None:
    with Store(file) as store:
        store.append([suggested()])
        modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
        assert modes == {f"telemetry.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}
    assert file.parent.stat().st_mode & 0o777 == 0o700
    file.chmod(0o644)
    with Store(file):
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_follows_nothing_known_is_not_kept(file: Path) -> None:
    offer = suggested()
    with Store(file) as store:
        assert store.append([accepted(offer)]) == [False]
        assert store.append([offer, accepted(offer)]) == [True, True]


def test_writing_twice_keeps_one(file: Path) -> None:
    offer = suggested()
    with Store(file) as store:
        assert store.append([offer]) == [True]
        assert store.append([offer]) == [True]
        assert len(list(store.bodies())) == 1


def test_all_of_a_batch_or_none(file: Path) -> None:
    with Store(file) as store:
        with pytest.raises(EventError):
            store.append([suggested(), replace(suggested(), latency_ms=float("nan"))])
        assert list(store.bodies()) == []


def test_events_cannot_be_rewritten(file: Path) -> None:
    with Store(file) as store:
        store.append([suggested()])
    with (
        closing(sqlite3.connect(file)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute("UPDATE events SET body = '{}'")


def test_names_that_are_no_text_are_kept(file: Path) -> None:
    offer = suggested(place=Place("/home/ada", "caf\udce9.py"))
    with Store(file) as store:
        store.append([offer])
        assert list(store.suggestions()) == [(offer,)]
        assert len(store.erase(Selection(folder=Path("/home/ada"))).events) == 1


def test_a_full_disk_keeps_what_was_acknowledged(file: Path) -> None:
    with Store(file) as store:
        store.append([suggested()])
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreFullError, match=r"disk is full.*purge"):
            store.append([suggested("x" * 50_000), suggested("y" * 50_000)])
        assert len(list(store.bodies())) == 1
        store._connection.execute(f"PRAGMA max_page_count = {pages + 10_000}")
        store.append([suggested()])
        assert len(list(store.bodies())) == 2
        assert store.check() == []


def test_no_permission_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="Check that your account may write"):
        Store(store_file(tmp_path / "home"))


@pytest.mark.parametrize(
    "content",
    [b"this is no database, but long enough to be one " * 100, b"SQLite format 3\0" + b"\xff" * 5000],
)
def test_a_damaged_file_is_put_aside_not_deleted(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with Store(file) as store:
        assert store.append([suggested()]) == [True]
    (aside,) = damaged_files(file)
    assert aside.read_bytes() == content


def test_what_can_be_read_of_a_damaged_file_is_saved(file: Path) -> None:
    offers = [suggested(f"text number {number} " + "x" * 3000) for number in range(40)]
    with Store(file) as store:
        store.append(offers)
        store.append([accepted(offer) for offer in offers])
        store.learned("adapter-1", "tiny", [offers[0].id])
    data = bytearray(file.read_bytes())
    # A page in the middle of the texts is overwritten.
    at = data.index(b"text number 20 ") // 4096 * 4096
    data[at : at + 4096] = b"\xaa" * 4096
    file.write_bytes(data)
    with Store(file) as store:
        saved = {event.id for events in store.suggestions() for event in events}
        assert store.check() == []
        assert {offer.id for offer in (*offers[:15], *offers[30:])} <= saved
        assert [origin.adapter for origin in store.adapters()] == ["adapter-1"]
    (aside,) = damaged_files(file)
    assert aside.read_bytes() == data


def test_a_newer_file_is_left_alone(file: Path) -> None:
    Store(file).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(StoreNewerError, match="Update Burnish"):
        Store(file)
    assert file.read_bytes() == before
    assert damaged_files(file) == []


def test_an_older_file_is_brought_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        Store(file).close()
    with Store(file) as store:
        store.append(kept(suggested()))
        assert store.refresh_labels() == {("desirable", "retained"): 1}
    with closing(sqlite3.connect(file)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM migrations ORDER BY name")]
        assert names == [step.__name__ for step in migrations.MIGRATIONS]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(names),)


def test_a_failed_migration_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(file) as store:
        store.append([suggested()])

    def m004_breaks(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        connection.execute("CREATE TABLE half (x)")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, m004_breaks))
        with pytest.raises(StoreError):
            Store(file)
    with Store(file) as store:
        assert len(list(store.bodies())) == 1


def test_labels_are_made_anew(file: Path) -> None:
    wanted, unwanted = suggested(), suggested("other()")
    with Store(file) as store:
        store.append([*kept(wanted), unwanted, dismissed(unwanted), suggested("third()")])
        counts = {("desirable", "retained"): 1, ("undesirable", "dismissed"): 1, ("dropped", "no-outcome"): 1}
        assert store.refresh_labels() == counts
        assert store.refresh_labels() == counts
        rows = store._connection.execute("SELECT labeller, count(*) FROM labels GROUP BY labeller").fetchall()
        assert rows == [(LABELLER_VERSION, 3)]


def test_erasing_leaves_nothing_and_names_adapters(file: Path) -> None:
    old, new = suggested("old_marker()"), suggested("new_marker()", seconds=86_400)
    with Store(file) as store:
        store.append([*kept(old), new])
        store.refresh_labels()
        store.learned("a-both", "tiny", [old.id, new.id])
        store.learned("b-new", "tiny", [new.id])
        events, adapters = store.would_erase(Selection(until=at(3600)))
        assert (len(events), adapters) == (4, ["a-both"])
        erased = store.prune(at(3600))
        assert len(erased.events) == 4
        assert erased.events[0] == old.id
        assert erased.adapters == ("a-both",)
        assert erased.log_emptied
        everything = b"".join(path.read_bytes() for path in file.parent.iterdir())
        assert b"old_marker" not in everything
        assert old.suggestion.encode() not in everything
        assert b"new_marker" in everything
        assert {origin.adapter: origin.erased for origin in store.adapters()} == {"a-both": 1, "b-new": 0}
        assert store.check() == []
        # What follows an erased suggestion does not come back.
        assert store.append([accepted(old)]) == [False]


def test_erasing_gives_the_space_back(file: Path) -> None:
    with Store(file) as store:
        assert store._connection.execute("PRAGMA secure_delete").fetchone() == (1,)
        store.append([suggested("x" * 100_000) for _ in range(20)])
        store.erase(Selection(until=at(-1)))
        assert file.stat().st_size > 2_000_000
        store.erase(Selection())
        assert file.stat().st_size < 100_000


def test_a_file_beside_the_record_that_stays_is_named(file: Path) -> None:
    stays = file.parent / "runs" / "one" / "checkpoint.pt"
    stays.mkdir(parents=True)  # cannot be removed as a file
    (stays.parent / "run.json").write_text("{}")
    with Store(file) as store:
        store.append([suggested("x" * 100_000) for _ in range(20)])
        with pytest.raises(StoreError, match=r"checkpoint\.pt also holds"):
            store.erase(Selection())
        assert store.counts() == {}
    assert file.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("manifest", "stays"),
    [
        ({"since": at(3600).isoformat()}, True),
        ({"since": at(3599).isoformat()}, False),
        ({"since": "yesterday"}, False),
        (None, False),
    ],
)
def test_a_night_on_later_suggestions_goes_on(manifest: object, stays: bool, file: Path) -> None:
    run = file.parent / "runs" / "one"
    (run / "data").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "checkpoint.pt").write_text("weights")
    if manifest is not None:
        (run / "data" / "manifest.json").write_text(json.dumps(manifest) + "\n")
    with Store(file) as store:
        store.append([suggested()])
        assert store.prune(at(3600)).events
        assert (run / "checkpoint.pt").exists() is stays
        store.append([suggested(seconds=5000)])
        store.erase(Selection())
    assert not (run / "checkpoint.pt").exists()


def test_a_suggestion_goes_as_a_whole(file: Path) -> None:
    offer = suggested()
    late = replace(accepted(offer), time=START + timedelta(hours=5))
    with Store(file) as store:
        store.append([offer, late])
        assert set(store.prune(at(1)).events) == {offer.id, late.id}


def test_erasing_a_folder_takes_what_shows_its_text(file: Path) -> None:
    inside = suggested(place=Place("/home/ada/shop", "core/a.py"))
    beside = suggested(place=Place("/home/ada/shop", "core2/a.py"))
    shows = suggested(place=PLACE, context=(ContextFile("core/b.py", "x = 1"),))
    other = suggested(place=Place("/home/ada/sh", "a.py"))
    with Store(file) as store:
        store.append([inside, beside, shows, other])
        erased = store.erase(Selection(folder=Path("/home/ada/shop/core")))
        assert set(erased.events) == {inside.id, shows.id}
        erased = store.erase(Selection(folder=Path("/home/ada/shop"), since=at(1)))
        assert erased.events == ()
        assert set(store.erase(Selection(folder=Path("/home/ada/shop"))).events) == {beside.id}
        assert set(store.erase(Selection()).events) == {other.id}


def test_erasing_everything_takes_damaged_files_too(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"garbage with code in it " * 200)
    with Store(file) as store:
        store.append([suggested()])
        assert len(store.erase(Selection(until=at(-1))).files) == 0
        (gone,) = store.erase(Selection()).files
    assert not gone.exists()
    assert b"garbage" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_reader_keeps_its_state_while_others_write(file: Path) -> None:
    with Store(file) as store:
        store.append([suggested(), suggested()])
        reading = store.bodies()
        next(reading)
        store.append([suggested()])
        assert len(list(reading)) == 1


def test_an_adapter_of_erased_events_is_refused(file: Path) -> None:
    offer = suggested()
    with Store(file) as store:
        store.append([offer])
        with pytest.raises(StoreError, match="Discard the adapter"):
            store.learned("a", "tiny", [offer.id, "unknown"])
        assert store.adapters() == []
        assert store.learned("a", "tiny", [offer.id]) == 1
        with pytest.raises(StoreError, match="already"):
            store.learned("a", "tiny", [offer.id])
        store.forget_adapter("a")
        store.forget_adapter("unknown")
        assert store.adapters() == []
        assert store.erase(Selection()).adapters == ()


def test_runs() -> None:
    assert list(runs([])) == []
    assert list(runs([3])) == [(3, 3)]
    assert list(runs([1, 2, 3, 5, 7, 8])) == [(1, 3), (5, 5), (7, 8)]


def test_opening_it_twice_in_one_process_takes_no_lock_away(file: Path) -> None:
    """Closing any descriptor of a file drops all of a process's locks on it; another process would then take the log away."""
    with Store(file) as first:
        first.append([suggested()])
        with Store(file):
            pass
        program = (
            "import sys, pathlib, burnish_telemetry.store as s; s.Store(pathlib.Path(sys.argv[1])).close()"
        )
        subprocess.run([sys.executable, "-c", program, str(file)], check=True)
        assert Path(f"{file}-wal").exists()
        first.append([suggested()])
        with Store(file) as other:
            assert other.counts() == {"suggested": 2}
            assert other.check() == []
