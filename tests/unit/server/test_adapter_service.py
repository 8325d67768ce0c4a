from __future__ import annotations

import asyncio
import hashlib
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from burnish_models.adapters import registry as registry_module
from burnish_models.adapters.check import CheckedAdapter
from burnish_models.adapters.errors import AdapterRefusedError
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry, registry_file
from burnish_models.engine.base import EngineInfo
from burnish_models.errors import EngineCrashedError, EngineError
from burnish_server.engine_host import EngineHost
from burnish_server.engine_parts import ServedModel
from burnish_server.serving import choice
from burnish_server.serving.adapters import AdapterService
from burnish_server.serving.choice import BASE, ServedAdapter
from burnish_server.serving.slices import Slices
from burnish_server.settings import EngineOptions
from tests.unit.server.scripted import Believer, ScriptedEngine


class AdapterEngine(ScriptedEngine):
    """Takes adapters, but for those it was told to refuse or to die of."""

    def __init__(self) -> None:
        super().__init__("x")
        self.adapter: str | None = None
        self.swaps: list[str | None] = []
        self.refuses: set[str] = set()
        self.dies_of: set[str] = set()
        self.remote = False

    def describe(self) -> EngineInfo:
        info = super().describe()
        if self.remote:
            return replace(info, extra={"serving": "remote"})
        return replace(info, adapter=self.adapter)

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        name = None if path is None else Path(path).stem
        await asyncio.sleep(0)
        if name in self.refuses:
            raise EngineError("llama.cpp refused it")
        if name in self.dies_of:
            raise EngineCrashedError("the engine's worker died (signal SIGSEGV)")
        self.adapter = name
        self.swaps.append(name)


class World:
    """A home with a model, a registry and an engine, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.model = folder / "model.gguf"
        self.model.write_bytes(b"the base model")
        self.base = hashlib.sha256(b"the base model").hexdigest()
        self.engine = AdapterEngine()
        self.now = 1_000_000.0
        self.comparing = False
        self.service = AdapterService(
            self.home, clock=lambda: self.now, comparing=lambda: self.comparing, slices=Slices(0.1, 300.0)
        )

    def add(self, name: str, *, promoted: bool = True) -> str:
        file = self.home.parent / "new.gguf"
        file.write_bytes(name.encode())
        registry = Registry(self.home)
        record = registry.add(file, self.model, Lineage("labels-1", f"run-{name}"))
        if promoted:
            registry.promote(record.id, "better", ungated=True)
        return record.id

    async def attach(self) -> None:
        await self.service.prepare(self.model)
        self.service.attach(self.engine)
        await self.service.look_now()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The checking process needs a real model; what it says is tried in the integration tests."""

    def check(file: Path, model: Path) -> CheckedAdapter:
        if b"bad" in file.read_bytes():
            raise AdapterRefusedError(f"{file.name} is truncated. Train again.")
        return CheckedAdapter(
            hashlib.sha256(model.read_bytes()).hexdigest(), 8.0, 4, file.read_text(), (), 1.0
        )

    monkeypatch.setattr(registry_module, "check_in_process", check)
    monkeypatch.setattr(choice, "check_in_process", check)
    return World(tmp_path)


async def test_without_a_registry_the_model_serves_alone_and_nothing_is_made(world: World) -> None:
    await world.attach()
    assert world.service.current == BASE
    assert world.service.base_sha256 == world.base
    assert world.engine.swaps == []
    assert not world.home.exists()


async def test_it_follows_promotions_and_rollbacks(world: World) -> None:
    first = world.add("first")
    await world.attach()
    assert world.service.current == ServedAdapter(first, "first")
    second = world.add("second")
    await world.service.look_now()
    assert world.service.current == ServedAdapter(second, "second")
    Registry(world.home).rollback(world.base, "worse")
    await world.service.look_now()
    Registry(world.home).rollback(world.base, "worse")
    await world.service.look_now()
    assert world.engine.swaps == [first, second, first, None]
    assert world.service.current == BASE


async def test_an_adapter_of_another_model_is_not_served(world: World) -> None:
    world.add("first")
    world.model.write_bytes(b"another model")
    await world.attach()
    assert world.service.current == BASE


async def test_a_look_costs_one_stat_while_nothing_changes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("first")
    await world.attach()

    def never(*_: object) -> None:
        raise AssertionError("nothing has changed")

    monkeypatch.setattr(world.service.chooser, "choose", never)
    for _ in range(10):
        await world.service.look_now()


async def test_the_registry_is_followed_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_server.serving.adapters.FOLLOW_SECONDS", 0.01)
    await world.attach()
    world.service.start()
    first = world.add("first")
    async with asyncio.timeout(10):
        while world.service.current.id != first:
            await asyncio.sleep(0.01)
    await world.service.close()


async def test_answers_are_named_by_who_gave_them(world: World) -> None:
    told: list[ServedAdapter] = []
    first = world.add("first")
    await world.attach()
    world.service.on_swap(lambda: told.append(world.service.current))
    second = world.add("second")
    await world.service.look_now()
    assert world.service.served(first) == ServedAdapter(first, "first")
    assert world.service.served(second) == world.service.current
    assert world.service.served(None) == BASE
    assert told == [ServedAdapter(second, "second")]


@pytest.mark.parametrize("damage", ["gone", "damaged", "refused"])
async def test_what_cannot_be_served_is_passed_over_and_said(world: World, damage: str) -> None:
    first = world.add("first")
    second = world.add("second")
    path = world.home / "adapters" / f"{second}.gguf"
    if damage == "gone":
        path.unlink()
    elif damage == "damaged":
        path.write_bytes(b"secon")
    else:
        world.engine.refuses.add(second)
    await world.attach()
    assert world.service.current == ServedAdapter(first, "first")
    reason = "does not take" if damage == "refused" else "gone or damaged"
    assert "the adapter second" in world.service.detail
    assert reason in world.service.detail
    assert "first serves instead" in world.service.detail
    assert Registry(world.home).find("second").state is State.ACTIVE
    if damage != "refused":
        path.write_bytes(b"second")
        await world.service.look_now()
        assert world.service.current == ServedAdapter(second, "second")
        assert world.service.detail == ""


async def test_with_all_refused_the_model_serves_alone(world: World) -> None:
    world.engine.refuses |= {world.add("first"), world.add("second")}
    await world.attach()
    assert world.service.current == BASE
    assert "serves without an adapter" in world.service.detail
    assert world.engine.swaps == []


async def test_an_adapter_the_engine_dies_of_is_given_up(world: World) -> None:
    first, second = world.add("first"), world.add("second")
    world.engine.dies_of.add(second)
    await world.attach()
    for _ in range(4):
        await world.service.look_now()
        world.now += 3
    assert world.service.current == ServedAdapter(first, "first")
    assert "does not take the adapter second" in world.service.detail


async def test_an_engine_that_dies_while_it_serves_gives_its_adapter_up_in_the_end(world: World) -> None:
    first = world.add("first")
    await world.attach()
    for wait in (10, 1_000, 10, 10):
        world.service.crashed()
        world.now += wait
        await world.service.look_now()
        assert world.service.current.id == first, "three times within three minutes, no sooner"
    world.service.crashed()
    await world.service.look_now()
    assert world.service.current == BASE


async def test_an_engine_that_came_back_without_its_adapter_gets_it_again(world: World) -> None:
    first = world.add("first")
    await world.attach()
    world.engine.adapter = None
    await world.service.look_now()
    assert world.engine.swaps == [first, first]


async def test_an_endpoint_in_front_does_not_make_it_swap_again_and_again(world: World) -> None:
    first = world.add("first")
    world.engine.remote = True
    await world.attach()
    await world.service.look_now()
    await world.service.look_now()
    assert world.engine.swaps == [first]


async def test_a_damaged_registry_leaves_what_serves(world: World) -> None:
    first = world.add("first")
    await world.attach()
    registry_file(world.home).write_bytes(b"not a database at all" * 100)
    await world.service.look_now()
    assert world.service.current.id == first
    assert "registry" in world.service.detail


async def test_the_setting_goes_before_the_registry(world: World, tmp_path: Path) -> None:
    first = world.add("first")
    own = tmp_path / "own.gguf"
    own.write_bytes(b"own")
    await world.attach()
    assert world.service.current.id == first
    world.service.use("none")
    await world.service.look_now()
    assert world.service.current == BASE
    world.service.use(str(own))
    await world.service.look_now()
    served = ServedAdapter(hashlib.sha256(b"own").hexdigest(), "own")
    assert world.service.current == served == world.service.served("own")
    world.service.use("")
    await world.service.look_now()
    assert world.engine.swaps == [first, None, "own", first]


@pytest.mark.parametrize("content", [b"bad", None])
async def test_a_setting_that_cannot_be_served_is_said(
    world: World, tmp_path: Path, content: bytes | None
) -> None:
    own = tmp_path / "own.gguf"
    if content is not None:
        own.write_bytes(content)
    world.service.use(str(own))
    await world.attach()
    assert world.service.current == BASE
    assert world.service.detail.startswith("burnish.engine.adapter: ")
    assert "truncated" in world.service.detail or "Cannot read" in world.service.detail


# -- comparison ----------------------------------------------------------------------------------------------


async def test_about_a_tenth_of_the_time_the_model_serves_alone(world: World) -> None:
    first = world.add("first")
    world.comparing = True
    await world.attach()
    assert world.service.current.id == first, "never at once"
    alone = 0
    for _ in range(1000):
        world.now += 300
        await world.service.look_now()
        alone += world.service.current == ServedAdapter(comparison=True)
        assert world.service.active.id == first
    assert 70 <= alone <= 130
    assert world.engine.swaps.count(None) > 40
    changes = [a != b for a, b in itertools.pairwise(world.engine.swaps)]
    assert all(changes), "no swap to what is served already"


async def test_without_a_record_there_is_nothing_to_compare(world: World) -> None:
    first = world.add("first")
    await world.attach()
    for _ in range(100):
        world.now += 300
        await world.service.look_now()
    assert world.engine.swaps == [first]


async def test_who_answered_alone_is_known_after_the_slice(world: World) -> None:
    world.add("first")
    world.comparing = True
    await world.attach()
    while world.service.current.id is not None:
        world.now += 300
        await world.service.look_now()
    while world.service.current.id is None:
        world.now += 300
        await world.service.look_now()
    assert world.service.served(None).comparison


def test_slices_are_the_same_in_every_window_and_differ_between_adapters() -> None:
    def drawn(adapter: str) -> list[bool]:
        return [Slices().comparison(adapter, 300.0 * number + 10, 0.0) for number in range(1, 500)]

    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")
    slices = Slices(share=1.0)
    assert [slices.comparison("a", at, 1000.0) for at in (1000, 1199, 1200, 1499)] == [
        False,
        False,
        True,
        True,
    ]


# -- the host ------------------------------------------------------------------------------------------------


def host_of(world: World) -> EngineHost:
    return EngineHost(
        world.home,
        resolve=lambda home, choice: ServedModel("m", world.model, Believer()),
        build=lambda model, options, log_file, on_state: world.engine,
        adapters=world.service,
    )


async def test_the_host_is_ready_once_the_adapter_serves(world: World) -> None:
    first = world.add("first")
    host = host_of(world)
    host.subscribe(lambda status: seen.append((status.state, world.engine.adapter, status.adapter)))
    seen: list[tuple[str, str | None, str | None]] = []
    host.start()
    await host.ready()
    assert [entry for entry in seen if entry[0] == "ready"] == [("ready", first, "first")]
    await host.close()


async def test_another_adapter_needs_no_reload(world: World) -> None:
    world.add("first")
    host = host_of(world)
    host.start()
    await host.ready()
    reloads: list[int] = []
    host.on_reload(lambda: reloads.append(1))
    host.use_adapter("none")
    async with asyncio.timeout(5):
        while world.engine.adapter is not None:
            await asyncio.sleep(0.01)
    assert host.status.adapter is None
    assert host.options == EngineOptions(adapter="none")
    assert reloads == []
    await host.close()


async def test_the_status_names_the_adapter_in_a_comparison_slice_too(world: World) -> None:
    world.add("first")
    world.comparing = True
    host = host_of(world)
    host.start()
    await host.ready()
    while world.service.current.id is not None:
        world.now += 300
        await world.service.look_now()
    assert host.status.adapter == "first"
    await host.close()


async def test_what_is_wrong_with_an_adapter_stands_in_the_status(world: World) -> None:
    first = world.add("first")
    (world.home / "adapters" / f"{first}.gguf").unlink()
    host = host_of(world)
    host.start()
    status = await host.ready()
    assert "the adapter first is gone or damaged" in status.detail
    assert (status.state, status.adapter) == ("ready", None)
    await host.close()
