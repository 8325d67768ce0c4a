"""The commands of the learning loop, asked by a real client; a stand-in for the nightly run where a real one takes minutes."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_models.adapters.records import Lineage
from burnish_models.adapters.registry import Registry
from burnish_models.gguf_file import file_sha256
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.store import Store, store_file
from tests.adapter_maker import MODEL, write_random
from tests.lsp.conftest import RECORDER, Session, Start
from tests.unit.telemetry.making import START, accepted, suggested, survived

pytestmark = pytest.mark.integration
BASE = file_sha256(MODEL)
FAKE = Path(__file__).with_name("fake_nightly.py")
#: The server, but for the program that it starts to train.
WITH_FAKE = f"""
from functools import partial
import sys
from burnish_server.serving import background
background.Training = partial(background.Training, command=({sys.executable!r}, {str(FAKE)!r}))
{RECORDER}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two adapters, the first of which serves, and a record of a few days."""
    folder = tmp_path_factory.mktemp("learning")
    home = folder / "home"
    registry = Registry(home)
    ids = [
        registry.add(
            write_random(folder / "new.gguf", seed), MODEL, Lineage("1", f"run-{seed}", (f"e{seed}",))
        ).id
        for seed in range(2)
    ]
    report = {"run": "run-0", "gate": {"decision": "promoted", "reason": "clearly better", "metrics": []}}
    registry.move(ids[0], registry.find(ids[0]).state.GATED, "clearly better", report=report)
    registry.promote(ids[0], "clearly better")
    with Store(store_file(home)) as store:
        ago = (datetime.now(UTC) - START).total_seconds() - 5 * 86_400
        for number in range(30):
            adapter = ids[0] if number > 19 else None
            offer = suggested(f"x_{number} = total(y)", seconds=ago + 3600 * number, adapter=adapter)
            offer = replace(offer, model=BASE)
            events = [offer, *([accepted(offer, ago + 3600 * number + 2)] if number % 2 else [])]
            if number % 4 == 1:
                events.append(survived(offer, 120, 1.0))
            store.append(events)
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    """The home folder of the first session that is started."""
    return Path(shutil.copytree(template, tmp_path / "home0"))


async def begin(start: Start, *, program: str = RECORDER, **settings: Any) -> tuple[Session, Watcher]:
    session: Session = await start(
        {"model": str(MODEL), "engine": {"threads": 1, "contextTokens": 1024}, **settings}, program=program
    )
    await session.until("ready")
    return session, Watcher(session)


class Watcher:
    """What the client shows: messages and progress bars."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def messages(self) -> list[str]:
        return [message.message for message in self.session.client.messages]

    async def until_message(self, part: str) -> str:
        async with asyncio.timeout(60):
            while True:
                for message in self.messages:
                    if part in message:
                        return message
                await asyncio.sleep(0.05)

    def bars(self) -> dict[str, list[Any]]:
        return {str(token): list(reports) for token, reports in self.session.client.progress_reports.items()}


async def test_the_dashboard_has_everything(start: Start, home: Path) -> None:
    session, _ = await begin(start)
    ConsentFile(home).agree("record", through="a test")
    found = await session.command("dashboard")
    assert set(found) == {
        *(
            "days",
            "byAdapter",
            "adapters",
            "incumbent",
            "live",
            "running",
            "lastRun",
            "schedule",
            "enough",
            "consent",
        )
    }
    registry = Registry(home)
    first = registry.find("night 0")
    assert found["incumbent"] == first.id
    assert sum(day["shown"] for day in found["days"]) == 30
    assert {day["adapter"] for day in found["days"]} == {None, first.id}
    assert [row["name"] for row in found["byAdapter"]] == ["the model alone", "night 0"]
    row = found["byAdapter"][1]
    assert (row["shown"], row["accepted"]) == (10, 5)
    assert row["acceptance"]["low"] < row["acceptance"]["value"] == 0.5 < row["acceptance"]["high"]
    assert row["latencyMs"]["median"] == 120.5
    listed = {adapter["name"]: adapter for adapter in found["adapters"]}
    assert listed["night 0"]["state"] == "active"
    assert listed["night 0"]["reason"] == "clearly better"
    assert listed["night 0"]["gate"]["decision"] == "promoted"
    assert (listed["night 1"]["state"], listed["night 1"]["gate"], listed["night 1"]["events"]) == (
        "candidate",
        None,
        1,
    )
    assert found["live"] == {"beside": None, "before": None}
    assert (found["running"], found["lastRun"]) == (None, None)
    assert found["consent"]["record"]["on"] is True
    assert found["consent"]["train"]["on"] is False
    assert isinstance(found["schedule"]["installed"], bool)
    assert found["enough"]["sentence"]
    assert found == await session.command("dashboard"), "the same answer while nothing changes"


async def test_an_empty_home_has_an_honest_dashboard(start: Start, tmp_path: Path) -> None:
    session, _ = await begin(start)
    found = await session.command("dashboard")
    assert (found["days"], found["byAdapter"], found["adapters"], found["incumbent"]) == ([], [], [], None)
    assert not store_file(tmp_path / "home0").exists(), "looking makes no record"
    assert not (tmp_path / "home0" / "adapters").exists()
    for command in ("rollback", "promote"):
        with pytest.raises(JsonRpcException, match=r"no adapter|needs an adapter"):
            await session.command(command)


async def test_promote_and_roll_back_take_effect_before_they_answer(start: Start, home: Path) -> None:
    session, _ = await begin(start)
    assert await session.command("promote", {"adapter": "night 1"}) == {"adapter": "night 1"}
    assert session.statuses[-1]["adapter"] == "night 1"
    assert await session.command("rollback", {"reason": "I do not like it"}) == {"adapter": "night 0"}
    assert session.statuses[-1]["adapter"] == "night 0"
    assert await session.command("rollback") == {"adapter": None}
    assert session.statuses[-1]["adapter"] is None
    registry = Registry(home)
    assert [entry.reason for entry in registry.history(registry.find("night 1").id)][-1] == "I do not like it"
    with pytest.raises(JsonRpcException, match="No adapter is active"):
        await session.command("rollback")
    with pytest.raises(JsonRpcException, match="There is no adapter 'night 7'"):
        await session.command("promote", {"adapter": "night 7"})
    with pytest.raises(JsonRpcException, match="must be a string"):
        await session.command("promote", {"adapter": 7})


def plan(home: Path, **what: Any) -> None:
    home.mkdir(exist_ok=True)
    (home / "fake.json").write_text(json.dumps(what))


async def test_a_training_shows_its_progress_and_what_came_of_it(start: Start, home: Path) -> None:
    plan(home, decision="promoted", seconds=60, promote="night 1")
    session, watcher = await begin(start, program=WITH_FAKE)
    run = (await session.command("trainNow"))["run"]
    assert run
    assert (await session.command("dashboard"))["running"]["run"] == run
    with pytest.raises(JsonRpcException, match="going on already"):
        await session.command("trainNow")
    (home / "enough").touch()
    message = await watcher.until_message("the new adapter is in use")
    assert message.endswith("It was promoted.")
    async with asyncio.timeout(10):
        while session.statuses[-1]["adapter"] != "night 1":
            await asyncio.sleep(0.02)
    bar = next(bar for bar in watcher.bars().values() if getattr(bar[0], "title", "") == "Training")
    assert bar[0].cancellable
    assert any(getattr(report, "percentage", None) for report in bar)
    assert isinstance(bar[-1], types.WorkDoneProgressEnd)
    found = await session.command("dashboard")
    assert (found["running"], found["lastRun"]["run"]) == (None, run)


async def test_a_training_is_stopped_by_its_progress_bar(start: Start, home: Path) -> None:
    plan(home, decision="promoted", seconds=60, promote="night 1")
    session, watcher = await begin(start, program=WITH_FAKE)
    await session.command("trainNow")
    token: str | None = None
    async with asyncio.timeout(20):
        while token is None:
            await asyncio.sleep(0.05)
            token = next(
                (t for t, b in watcher.bars().items() if getattr(b[0], "title", "") == "Training"), None
            )
    session.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert (await watcher.until_message("was stopped")).endswith("It was stopped.")
    assert session.statuses[-1]["adapter"] == "night 0"


async def test_a_training_that_cannot_begin_is_an_answer(start: Start, home: Path) -> None:
    plan(home, error="The disk is full.")
    session, _ = await begin(start, program=WITH_FAKE)
    with pytest.raises(JsonRpcException, match="The disk is full"):
        await session.command("trainNow")


async def test_the_real_command_is_started(start: Start, home: Path) -> None:
    """Without consent it ends at once, having done nothing, and says so."""
    session, watcher = await begin(start)
    await session.command("trainNow")
    assert await watcher.until_message("Learning is switched off")
    assert (await session.command("dashboard"))["lastRun"]["decision"] == "no-consent"


async def test_keystrokes_are_noted_for_trainings(start: Start, home: Path) -> None:
    session, _ = await begin(start)
    session.open("file:///project/a.py", "x = 1\n")
    session.change("file:///project/a.py", 2, 0, 5, 5, "2")
    await session.command("status")
    assert not (home / "activity").exists()
    ConsentFile(home).agree("train", through="a test")
    agreed = (home / "consent.json").stat().st_mtime
    await asyncio.sleep(10.5)
    session.change("file:///project/a.py", 3, 0, 5, 5, "3")
    await session.command("status")
    assert (home / "activity").stat().st_mtime > agreed
    assert datetime.now(UTC).timestamp() - (home / "activity").stat().st_mtime < 10
