from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish_models.engine.base import EngineInfo
from burnish_models.errors import EngineStartError, ModelMissingError
from burnish_server.engine_host import EngineHost
from burnish_server.engine_parts import ServedModel, Status
from burnish_server.settings import EngineOptions
from tests.unit.server.scripted import Believer, ScriptedEngine


class Workshop:
    """Builds scripted engines for a host and remembers them."""

    def __init__(self, tmp_path: Path) -> None:
        self.model = tmp_path / "m.gguf"
        self.model.write_bytes(b"1")
        self.engines: list[ScriptedEngine] = []
        self.on_state: list[Callable[[EngineInfo], None]] = []
        self.options: list[EngineOptions] = []
        self.choices: list[str | None] = []
        self.prepare: Callable[[ScriptedEngine], None] = lambda engine: None

    def resolve(self, home: Path, choice: str | None) -> ServedModel:
        self.choices.append(choice)
        if choice == "missing":
            raise ModelMissingError("There is no model 'missing'. Choose another.")
        return ServedModel("m", self.model, Believer(), note="a note")

    def build(
        self, model: Path, options: EngineOptions, log_file: Path, on_state: Callable[[EngineInfo], None]
    ) -> ScriptedEngine:
        engine = ScriptedEngine("x")
        self.prepare(engine)
        self.engines.append(engine)
        self.on_state.append(on_state)
        self.options.append(options)
        return engine

    def host(self) -> EngineHost:
        return EngineHost(self.model.parent, resolve=self.resolve, build=self.build)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


async def test_loading_blocks_nothing_and_ends_ready(workshop: Workshop) -> None:
    gate = asyncio.Event()
    workshop.prepare = lambda engine: setattr(engine, "gate", gate)
    host = workshop.host()
    seen: list[Status] = []
    host.subscribe(seen.append)
    host.start()
    assert host.status.state == "loading"
    assert host.engine is None
    assert host.unavailable[0] == "engine-loading"
    gate.set()
    status = await host.ready()
    assert (status.state, status.model, status.engine_pid) == ("ready", "m", 4711)
    assert status.detail == "a note"
    assert host.engine is workshop.engines[0]
    assert [status.state for status in seen][-1] == "ready"
    await host.close()
    assert workshop.engines[0].closed
    assert host.status.state == "stopped"


async def test_start_is_idempotent(workshop: Workshop) -> None:
    host = workshop.host()
    host.start()
    host.start()
    await host.ready()
    assert len(workshop.engines) == 1
    await host.close()


@pytest.mark.parametrize("error", [EngineStartError("It did not load. Do this."), OSError("no room")])
async def test_a_failed_load_says_why_and_can_be_mended(workshop: Workshop, error: Exception) -> None:
    workshop.prepare = lambda engine: setattr(engine, "fail_load", error)
    host = workshop.host()
    host.start()
    status = await host.ready()
    assert (status.state, status.detail) == ("failed", str(error))
    assert host.unavailable == ("engine-failed", str(error))
    assert host.engine is None
    workshop.prepare = lambda engine: None
    host.reload()
    assert (await host.ready()).state == "ready"
    await host.close()


async def test_a_missing_model_is_said(workshop: Workshop) -> None:
    host = workshop.host()
    host.reload(choice="missing")
    assert "no model 'missing'" in (await host.ready()).detail
    host.reload(choice="")
    assert (await host.ready()).state == "ready"
    assert workshop.choices == ["missing", None]
    await host.close()


async def test_a_reload_closes_the_old_engine_and_tells(workshop: Workshop) -> None:
    host = workshop.host()
    told: list[int] = []
    host.on_reload(lambda: told.append(1))
    host.start()
    await host.ready()
    host.reload(options=EngineOptions(threads=3))
    await host.ready()
    assert workshop.engines[0].closed
    assert workshop.options[-1].threads == 3
    assert len(told) == 2
    await host.close()


async def test_a_reload_during_a_load_wins(workshop: Workshop) -> None:
    never = asyncio.Event()
    workshop.prepare = lambda engine: setattr(engine, "gate", never)
    host = workshop.host()
    host.start()
    while not workshop.engines:
        await asyncio.sleep(0.01)
    workshop.prepare = lambda engine: None
    host.reload()
    assert (await host.ready()).state == "ready"
    assert workshop.engines[0].closed
    await host.close()


async def test_a_crash_shows_and_recovers(workshop: Workshop) -> None:
    host = workshop.host()
    host.start()
    await host.ready()
    engine = workshop.engines[0]
    engine.state = "restarting"
    workshop.on_state[0](engine.describe())
    await asyncio.sleep(0)
    assert host.status.state == "restarting"
    assert host.engine is engine
    engine.state, engine.pid = "ready", "4712"
    workshop.on_state[0](engine.describe())
    await asyncio.sleep(0)
    assert (host.status.state, host.status.engine_pid) == ("ready", 4712)
    await host.close()


async def test_news_of_an_old_engine_is_ignored(workshop: Workshop) -> None:
    host = workshop.host()
    host.start()
    await host.ready()
    host.reload()
    await host.ready()
    old = workshop.engines[0]
    old.state = "stopped"
    workshop.on_state[0](old.describe())
    await asyncio.sleep(0)
    assert host.status.state == "ready"
    await host.close()


async def test_a_changed_model_file_is_loaded_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("burnish_server.engine_host.WATCH_SECONDS", 0.02)
    host = workshop.host()
    host.start()
    await host.ready()
    await asyncio.sleep(0.05)
    workshop.model.write_bytes(b"22")
    for _ in range(100):
        await asyncio.sleep(0.02)
        if len(workshop.engines) == 2:
            break
    assert len(workshop.engines) == 2
    await host.close()


async def test_latency_is_part_of_the_status(workshop: Workshop) -> None:
    host = workshop.host()
    host.note_latency(12.34)
    assert host.status.as_json()["lastLatencyMs"] == 12.3
    assert set(host.status.as_json()) == {
        "state",
        "detail",
        "model",
        "adapter",
        "backend",
        "threads",
        "gpuLayers",
        "lastLatencyMs",
        "enginePid",
    }
