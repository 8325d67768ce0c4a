"""Recorded editing sessions, from the client's messages to the labels in the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.server.learning.player import SESSIONS, Player, read_session, told

FILES = sorted(SESSIONS.glob("*.jsonl"))


def test_there_are_sessions() -> None:
    assert len(FILES) >= 15


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
async def test_a_session(file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    *lines, last = read_session(file)
    player = Player(tmp_path)
    await player.start()
    await player.run(lines)
    await player.end()
    assert told(tmp_path) == last["expect"]
    assert not [record.message for record in caplog.records if record.levelname == "ERROR"]
