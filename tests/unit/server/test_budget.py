from __future__ import annotations

from burnish_models.engine.base import EngineInfo
from burnish_server.completion.budget import COLD_SECONDS, LEAST_TOKENS, PromptSizer
from burnish_server.completion.window import Budget


def info(rate: float, context: int = 4096, model: str = "m") -> EngineInfo:
    return EngineInfo(model, None, "qwen2", 1, context, 1, 0, "", "llama.cpp", "ready", prefill_rate=rate)


def test_an_engine_of_unknown_speed_gets_its_whole_context() -> None:
    assert PromptSizer().tokens(info(0.0)) == 4096
    assert PromptSizer().tokens(info(0.0, context=0)) == 2048


def test_a_fast_machine_fills_the_context_and_a_slow_one_what_it_can_evaluate() -> None:
    assert PromptSizer().tokens(info(10_000)) == 4096
    assert PromptSizer().tokens(info(1024 / COLD_SECONDS)) == 1024
    assert PromptSizer().tokens(info(1.0)) == LEAST_TOKENS


def test_a_short_context_is_used_whole() -> None:
    assert PromptSizer().tokens(info(1.0, context=300)) == 300


def test_the_size_stays_while_the_speed_wavers() -> None:
    sizer = PromptSizer()
    rate = 1100 / COLD_SECONDS
    seen = {sizer.tokens(info(rate * factor)) for factor in (1.0, 0.8, 1.2, 0.75, 1.3, 1.9)}
    assert seen == {1024}
    assert sizer.tokens(info(rate * 0.5)) == 512
    assert sizer.tokens(info(rate * 4)) == 2048


def test_another_model_starts_afresh() -> None:
    sizer = PromptSizer()
    assert sizer.tokens(info(1024 / COLD_SECONDS)) == 1024
    assert sizer.tokens(info(900 / COLD_SECONDS, model="other")) == 512


def test_the_budget_is_in_characters() -> None:
    assert PromptSizer().budget(info(10_000)) == Budget.of_context(4096)
