"""Hovers wait for figures only where they are wanted."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from burnish_server.documents import SourceText
from burnish_server.features import metrics
from burnish_server.server import BurnishServer

TEXT = "def first():\n    return 1\n"


def server(asked: list[str]) -> BurnishServer:
    """One whose figures are never made, as while somebody types."""

    async def look(uri: str) -> None:
        asked.append(uri)
        await asyncio.Event().wait()

    document = SimpleNamespace(snapshot=SourceText(TEXT))
    made: Any = SimpleNamespace(
        metrics=SimpleNamespace(last=lambda _uri: None, look=look),
        workspace=SimpleNamespace(document=lambda _uri: document),
    )
    return cast(BurnishServer, made)


async def test_elsewhere_nothing_is_waited_for() -> None:
    asked: list[str] = []
    assert await metrics.metric_hover(server(asked), "file:///a.py", TEXT.index("return")) == ("", None)
    assert asked == []


async def test_at_a_definition_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_HOVER_S", 0.01)
    asked: list[str] = []
    assert await metrics.metric_hover(server(asked), "file:///a.py", TEXT.index("first")) == ("", None)
    assert asked == ["file:///a.py"]
