from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.training.kto.tiny import write_tiny


@pytest.fixture(scope="session")
def qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "qwen2.gguf", "qwen2")
