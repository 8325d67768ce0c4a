"""The registry with real adapters of the bundled model, each checked by a process of its own when it was added."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from tests.adapter_maker import MODEL, write_random

from burnish_models.adapters.errors import (
    AdapterRefusedError,
    AmbiguousAdapterError,
    RegistryError,
    TransitionError,
    UnknownAdapterError,
)
from burnish_models.adapters.records import AdapterRecord, Lineage, State, events_sha256
from burnish_models.adapters.registry import Registry
from burnish_models.adapters.removal import remove_adapters
from burnish_models.gguf_file import file_sha256

BASE = file_sha256(MODEL)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four candidates."""
    folder = tmp_path_factory.mktemp("template")
    registry = Registry(folder / "home")
    for i in range(4):
        lineage = Lineage("labels-1", f"run-{i}", events=(f"e{i}", f"e{i + 1}"))
        registry.add(write_random(folder / "new.gguf", i, name=f"night {i}"), MODEL, lineage)
    return folder / "home"


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "home"))


@pytest.fixture
def registry(home: Path) -> Registry:
    return Registry(home)


def gate(registry: Registry, *numbers: int) -> list[AdapterRecord]:
    return [
        registry.move(registry.find(f"night {i}").id, State.GATED, "better", report={"gain": i})
        for i in numbers
    ]


def active(registry: Registry) -> str | None:
    serving = registry.serving(BASE).active
    return None if serving is None else serving.name


def test_a_candidate_is_kept_by_its_content_with_its_lineage(registry: Registry) -> None:
    record = registry.find("night 2")
    assert record.state is State.CANDIDATE
    assert record.path is not None
    assert file_sha256(record.path) == record.id == record.path.stem
    assert record.path.stat().st_mode & 0o077 == 0
    assert (record.base_sha256, record.labeller, record.run) == (BASE, "labels-1", "run-2")
    assert (record.event_count, record.events_sha256) == (2, events_sha256(["e3", "e2"]))
    assert [entry.reason for entry in registry.history(record.id)] == ["trained by run-2"]
    assert active(registry) is None


def test_the_same_file_is_recorded_once(registry: Registry, tmp_path: Path) -> None:
    before = registry.records()
    again = registry.add(
        write_random(tmp_path / "x.gguf", 1, name="night 1"), MODEL, Lineage("labels-2", "late")
    )
    assert again == registry.find("night 1")
    assert registry.records() == before
    assert [record.name for record in before] == [f"night {i}" for i in (3, 2, 1, 0)]


def test_finding_by_id_by_its_beginning_and_by_name(registry: Registry) -> None:
    record = registry.find("night 0")
    assert (
        registry.find(record.id)
        == registry.find(record.id[:8])
        == registry.find(record.id[:8].upper())
        == record
    )
    for unknown in ("night 9", record.id[:3], "", "*", "%", "zzzz"):
        with pytest.raises(UnknownAdapterError, match="burnish adapters list"):
            registry.find(unknown)


def test_promoting_replaces_and_rolling_back_returns_step_by_step(registry: Registry) -> None:
    gate(registry, 0, 1, 2)
    for i in range(3):
        registry.promote(f"night {i}", "better")
    assert active(registry) == "night 2"
    assert registry.find("night 1").state is State.RETIRED
    seen = []
    for _ in range(3):
        back = registry.rollback(BASE, "worse")
        seen.append(None if back is None else back.name)
        assert active(registry) == seen[-1]
    assert seen == ["night 1", "night 0", None]
    with pytest.raises(TransitionError, match="No adapter is active"):
        registry.rollback(BASE, "worse")
    reasons = [entry.reason for entry in registry.history(registry.find("night 1").id)]
    assert reasons == [
        "trained by run-1",
        "better",
        "better",
        "replaced by night 2",
        "night 2 was rolled back: worse",
        "worse",
    ]


def test_promoting_an_old_one_again_does_not_make_rolling_back_go_in_circles(registry: Registry) -> None:
    gate(registry, 0, 1)
    for name in ("night 0", "night 1", "night 0"):
        registry.promote(name, "better")
    names = [
        back and back.name for back in (registry.rollback(BASE, "worse"), registry.rollback(BASE, "worse"))
    ]
    assert names == ["night 1", None]


def test_an_ungated_candidate_is_promoted_only_by_force(registry: Registry) -> None:
    with pytest.raises(TransitionError, match="has not passed the gate"):
        registry.promote("night 0", "hope")
    assert active(registry) is None
    assert registry.promote("night 0", "hope", ungated=True).state is State.ACTIVE


def test_states_follow_each_other(registry: Registry) -> None:
    (record,) = gate(registry, 0)
    assert record.report == {"gain": 0}
    assert registry.move(record.id, State.CANARY, "a tenth").state is State.CANARY
    serving = registry.serving(BASE)
    assert (serving.active, serving.canary and serving.canary.name) == (None, "night 0")
    for state in (State.CANDIDATE, State.GATED, State.ACTIVE):
        with pytest.raises(TransitionError, match="cannot become"):
            registry.move(record.id, state, "no")
    registry.promote(record.id, "well in the canary")
    assert registry.move(record.id, State.RETIRED, "live acceptance fell").state is State.RETIRED
    assert active(registry) is None


def test_a_second_canary_takes_the_place_of_the_first(registry: Registry) -> None:
    for record in gate(registry, 0, 1):
        registry.move(record.id, State.CANARY, "try")
    canary = registry.serving(BASE).canary
    assert canary is not None
    assert canary.name == "night 1"
    assert registry.find("night 0").state is State.RETIRED


def test_retiring_the_active_one_brings_back_the_one_before(registry: Registry) -> None:
    gate(registry, 0, 1)
    registry.promote("night 0", "better")
    registry.promote("night 1", "better")
    registry.move(registry.find("night 1").id, State.RETIRED, "live acceptance fell")
    assert active(registry) == "night 0"


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_a_lost_file_is_passed_over(registry: Registry, how: str) -> None:
    gate(registry, 0, 1, 2)
    for i in range(3):
        registry.promote(f"night {i}", "better")
    path = registry.find("night 1").path
    assert path is not None
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    back = registry.rollback(BASE, "worse")
    assert back is not None
    assert back.name == "night 0"
    with pytest.raises(TransitionError, match="gone or damaged"):
        registry.promote("night 1", "again")
    assert active(registry) == "night 0"


def test_erasing_names_who_learned_from_what_and_removes_it(
    registry: Registry, home: Path, tmp_path: Path
) -> None:
    gate(registry, 0, 1)
    registry.promote("night 0", "better")
    registry.promote("night 1", "better")
    assert [record.name for record in registry.learned_from(["e2", "e2", "e9"])] == ["night 1", "night 2"]
    gone = registry.erase("night 1", "its data was erased")
    assert (gone.state, gone.path, gone.report, gone.event_count) == (State.RETIRED, None, {}, 0)
    assert active(registry) == "night 0"
    assert not (home / "adapters" / f"{gone.id}.gguf").exists()
    assert [record.name for record in registry.learned_from(["e2"])] == ["night 2"]
    with pytest.raises(TransitionError, match="gone or damaged"):
        registry.promote("night 1", "again")
    back = registry.add(
        write_random(tmp_path / "x.gguf", 1, name="night 1"), MODEL, Lineage("labels-2", "late", ("e7",))
    )
    assert (back.state, back.run, back.event_count) == (State.CANDIDATE, "late", 1)


def test_a_file_that_cannot_be_removed_is_named_and_removed_the_next_time(
    registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = registry.promote("night 0", "better", ungated=True)
    assert record.path is not None

    def held(_path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", held)
        with pytest.raises(RegistryError, match=rf"{record.id}\.gguf cannot be removed \(in use\)"):
            registry.erase(record.id, "its data was erased")
    assert active(registry) is None
    assert record.path.exists()
    assert [gone.id for gone in remove_adapters(home, [record.id], "again")] == [record.id]
    assert not record.path.exists()
    assert remove_adapters(home, [record.id], "again") == []


def test_a_name_that_several_have_is_not_passed_over_as_missing(registry: Registry, home: Path) -> None:
    with sqlite3.connect(home / "adapters" / "registry.sqlite3") as connection:
        connection.execute("UPDATE adapters SET name = 'night 0' WHERE name = 'night 1'")
    with pytest.raises(AmbiguousAdapterError, match="2 adapters 'night 0'"):
        remove_adapters(home, ["night 0"], "by hand")
    assert all(record.path is not None for record in registry.records())


def test_what_is_refused_is_not_kept(registry: Registry, home: Path, tmp_path: Path) -> None:
    before = sorted((home / "adapters").iterdir())
    foreign = write_random(tmp_path / "x.gguf", 9, base_sha256="f" * 64)
    with pytest.raises(AdapterRefusedError, match="trained on another model file"):
        registry.add(foreign, MODEL, Lineage("labels-1", "run-9"))
    assert sorted((home / "adapters").iterdir()) == before


def test_the_next_adapter_sweeps_what_killed_processes_left(
    registry: Registry, home: Path, tmp_path: Path
) -> None:
    folder = home / "adapters"
    left = [folder / f"{'a' * 64}.gguf", folder / ".incoming.old.part"]
    others = [folder / ".incoming.fresh.part", folder / "the user's own.gguf"]
    for path in (*left, *others):
        path.write_bytes(b"half")
    kept = registry.find("night 0").path
    assert kept is not None
    hours_ago = time.time() - 7200
    for path in (*left, others[1], kept):
        os.utime(path, (hours_ago, hours_ago))
    registry.add(write_random(tmp_path / "x.gguf", 5), MODEL, Lineage("labels-1", "run-5"))
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in (*others, kept))


def test_a_damaged_registry_says_what_to_do(home: Path) -> None:
    (home / "adapters" / "registry.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(RegistryError, match="move it away"):
        Registry(home).records()


def test_an_entry_nobody_wrote_is_named(registry: Registry, home: Path) -> None:
    record = registry.find("night 0")
    with sqlite3.connect(home / "adapters" / "registry.sqlite3") as connection:
        connection.execute("UPDATE history SET after = 'lost'")
        connection.execute("UPDATE adapters SET state = 'lost' WHERE name = 'night 1'")
    for read in (lambda: registry.history(record.id), lambda: registry.find("night 1")):
        with pytest.raises(RegistryError, match=r"is damaged .*lost"):
            read()


def test_a_registry_of_a_newer_version_is_left_alone(home: Path) -> None:
    with sqlite3.connect(home / "adapters" / "registry.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryError, match="newer Burnish"):
        Registry(home).records()


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RegistryError, match="Cannot make the folder"):
        Registry(tmp_path / "home")


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(RegistryError, match="Cannot make the folder"):
        Registry(tmp_path / "home")
