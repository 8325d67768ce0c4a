from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.unit.server.learning.player import Player

Start = Callable[..., Awaitable[Player]]


class _Anything:
    def __contains__(self, name: object) -> bool:
        return True


@pytest.fixture(autouse=True)
def every_name_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sessions speak of names that nothing defines; names have tests of their own."""
    monkeypatch.setattr("burnish_analysis.names._ALWAYS", _Anything())


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start players: ``await start(agreed=…, **initialization options)``; all are ended."""
    players: list[Player] = []

    async def start_one(home: Path | None = None, *, agreed: bool = True, **options: Any) -> Player:
        player = Player(home or tmp_path / f"home{len(players)}", agreed=agreed)
        players.append(player)
        await player.start(**options)
        return player

    yield start_one
    for player in players:
        await player.end()
