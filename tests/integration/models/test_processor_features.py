"""What llama.cpp was built with decides how a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.backends import small_backend

from burnish_models.engine import llama

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("features", "repacked"), [("AMX_INT8 = 1", False), ("AVX512 = 1 | REPACK = 1", True)]
)
def test_weights_are_not_repacked_where_llama_cpp_was_built_with_amx(
    features: str, repacked: bool, bundled_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its AMX code ends the process where the compiler was a certain one; the model answers all the same without."""
    asked: list[bool] = []
    load = llama.lib.llama_model_load_from_file

    def loaded(path: bytes, params: Any) -> Any:
        asked.append(params.use_extra_bufts)
        params.use_extra_bufts &= "AMX_INT8 = 1" not in llama.lib.llama_print_system_info().decode()
        return load(path, params)

    monkeypatch.setattr(llama, "system_info", lambda: f"CPU : {features} | OPENMP = 1 |")
    monkeypatch.setattr(llama.lib, "llama_model_load_from_file", loaded)
    backend = small_backend(bundled_model)
    assert asked == [repacked]
    assert backend.evaluate_each([1, 2, 3]).shape == (3, backend.vocabulary_size)
