from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from burnish_models.adapters import registry as registry_module
from burnish_models.adapters.check import CheckedAdapter
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry
from burnish_server.serving.adapters import AdapterService
from burnish_server.serving.live import FEWEST, FEWEST_ALONE, LiveWatch, compared, why_worse
from burnish_telemetry.acceptance import Shown
from burnish_telemetry.store import Store, store_file
from tests.unit.server.test_adapter_service import AdapterEngine
from tests.unit.telemetry.making import accepted, suggested

BASE = "b" * 64
DAY = 86_400.0


def cases(
    rng: random.Random,
    share: float,
    count: int,
    *,
    adapter: str | None,
    comparison: bool = False,
    start: float = 0.0,
) -> list[Shown]:
    """One a minute."""
    return [Shown(start + 60.0 * i, BASE, adapter, comparison, rng.random() < share) for i in range(count)]


def test_a_clear_drop_is_told_in_words() -> None:
    rng = random.Random(1)
    seen = cases(rng, 0.1, 600, adapter="a") + cases(rng, 0.4, 100, adapter=None, comparison=True)
    reason = why_worse(sorted(seen, key=lambda case: case.at), "a", 0.0)
    assert reason.startswith("fewer suggestions were taken than from the model alone at the same time: ")
    assert "95 % interval -" in reason


def test_a_drop_against_the_time_before_must_be_larger() -> None:
    rng = random.Random(2)
    before = cases(rng, 0.4, 800, adapter=None, start=-10 * DAY)
    assert "two weeks before" in why_worse(before + cases(rng, 0.2, 800, adapter="a"), "a", 0.0)
    assert why_worse(before + cases(rng, 0.37, 800, adapter="a"), "a", 0.0) == ""
    long_ago = cases(rng, 0.4, 800, adapter=None, start=-30 * DAY)
    assert why_worse(long_ago + cases(rng, 0.2, 800, adapter="a"), "a", 0.0) == ""


@pytest.mark.parametrize(("own", "alone"), [(FEWEST - 1, 500), (500, FEWEST_ALONE - 1), (0, 0)])
def test_few_cases_conclude_nothing(own: int, alone: int) -> None:
    rng = random.Random(3)
    seen = cases(rng, 0.0, own, adapter="a") + cases(rng, 1.0, alone, adapter=None, comparison=True)
    assert compared(sorted(seen, key=lambda case: case.at), "a", 0.0)[0] is None
    assert why_worse(seen, "a", 0.0) == ""


def test_an_adapter_that_is_no_worse_stays_nearly_always() -> None:
    """Of forty equal ones, looked at after every day for a fortnight."""
    rng, rolled = random.Random(4), 0
    for _ in range(40):
        seen: list[Shown] = []
        for day in range(14):
            seen += cases(rng, 0.3, 135, adapter="a", start=day * DAY)
            seen += cases(rng, 0.3, 15, adapter=None, comparison=True, start=day * DAY + 9_000)
            if why_worse(seen, "a", 0.0):
                rolled += 1
                break
    assert rolled <= 4


class Home:
    """A home with an active adapter and a record of what became of suggestions."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "new").parent.mkdir(parents=True, exist_ok=True)
        (home / "new").write_bytes(b"night")
        self.registry = Registry(home)
        self.adapter = self.registry.add(home / "new", home / "new", Lineage("labels-1", "run-1")).id
        self.registry.promote(self.adapter, "better", ungated=True)

    def record(self, share: float, count: int, *, adapter: str | None, model: str = BASE) -> None:
        rng, now = random.Random(share), datetime.now(UTC)
        events = []
        for i in range(count):
            offer = replace(suggested(f"x{i} = total(a)", adapter=adapter), time=now, model=model)
            offer = replace(offer, display=replace(offer.display, comparison=adapter is None))
            events += [offer, *([replace(accepted(offer), time=now)] if rng.random() < share else [])]
        with Store(store_file(self.home)) as store:
            store.append(events)

    async def watch(self) -> LiveWatch:
        service = AdapterService(self.home)
        (self.home / "model").write_bytes(b"x")
        await service.prepare(self.home / "model")
        service.attach(AdapterEngine())
        await service.look_now()
        assert service.active.id == self.adapter
        return LiveWatch(self.home, service)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    checked = CheckedAdapter(BASE, 8.0, 4, "night", (), 1.0)
    monkeypatch.setattr(registry_module, "check_in_process", lambda file, model: checked)
    monkeypatch.setattr("burnish_server.serving.choice.model_sha256", lambda home, path: BASE)
    return Home(tmp_path / "home")


async def test_an_adapter_that_does_worse_is_rolled_back_by_itself(home: Home) -> None:
    home.record(0.05, 250, adapter=home.adapter)
    home.record(0.6, 60, adapter=None)
    watch = await home.watch()
    told: list[str] = []
    watch.subscribe(told.append)
    message = await watch.look()
    assert told == [message]
    assert message.startswith(
        "Burnish went back from what it learned as night, because fewer suggestions were taken"
    )
    assert message.endswith("Now the model serves without an adapter.")
    record = home.registry.find(home.adapter)
    assert record.state is State.RETIRED
    assert "than from the model alone at the same time" in home.registry.history(record.id)[-1].reason
    async with asyncio.timeout(5):
        await watch._adapters.look_now()
    assert watch._adapters.active.id is None
    assert await watch.look() == ""


async def test_an_adapter_that_does_well_stays(home: Home) -> None:
    home.record(0.6, 250, adapter=home.adapter)
    home.record(0.5, 60, adapter=None)
    home.record(0.99, 60, adapter=None, model="another")
    watch = await home.watch()
    assert await watch.look() == ""
    assert home.registry.find(home.adapter).state is State.ACTIVE


async def test_a_damaged_record_rolls_nothing_back(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    store_file(home.home).write_bytes(b"no database" * 500)
    watch = await home.watch()
    assert await watch.look() == ""
    assert "could not be found out" in caplog.text
    assert home.registry.find(home.adapter).state is State.ACTIVE


async def test_another_windows_promotion_is_left_alone(home: Home) -> None:
    home.record(0.05, 250, adapter=home.adapter)
    home.record(0.6, 60, adapter=None)
    watch = await home.watch()
    (home.home / "new").write_bytes(b"later")
    later = home.registry.add(home.home / "new", home.home / "new", Lineage("labels-1", "run-2")).id
    home.registry.promote(later, "better", ungated=True)
    assert await watch.look() == ""
    assert home.registry.find(later).state is State.ACTIVE


async def test_it_looks_by_itself(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_server.serving.live.FIRST_LOOK_SECONDS", 0.01)
    home.record(0.05, 250, adapter=home.adapter)
    home.record(0.6, 60, adapter=None)
    watch = await home.watch()
    told: list[str] = []
    watch.subscribe(told.append)
    watch.start()
    async with asyncio.timeout(20):
        while not told:
            await asyncio.sleep(0.02)
    await watch.close()


async def test_a_look_that_fails_is_not_the_last(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_LOOK_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(f"burnish_server.serving.live.{name}", 0.01)
    watch, looks = await home.watch(), 0

    async def fail() -> str:
        nonlocal looks
        looks += 1
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(watch, "look", fail)
    watch.start()
    async with asyncio.timeout(10):
        while looks < 2:
            await asyncio.sleep(0.01)
    await watch.close()
