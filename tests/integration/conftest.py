"""Fixtures of the integration tests: the bundled model in a real worker process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_models.selection import resolve_model


@pytest.fixture(scope="session")
def bundled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return resolve_model(tmp_path_factory.mktemp("home"), None).path


@pytest_asyncio.fixture
async def engine(bundled_model: Path) -> AsyncIterator[LlamaCppEngine]:
    instance = LlamaCppEngine(bundled_model, EngineSettings(threads=1, context_tokens=4096))
    await instance.load()
    yield instance
    await instance.close()
