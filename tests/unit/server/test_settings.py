from __future__ import annotations

import pytest

from burnish_server.settings import (
    CompletionSettings,
    ContextOptions,
    EngineOptions,
    MemoryOptions,
    Settings,
    read_settings,
)

FULL = {
    "completion": {
        "enabled": False,
        "multiline": False,
        "minConfidence": 0.7,
        "maxLatencyMs": 900,
        "debounceMs": 0,
    },
    "model": "burnish-nano",
    "engine": {"threads": 3, "gpuLayers": 0, "contextTokens": 4096},
    "memory": {"enabled": False},
    "context": {"enabled": False},
    "logLevel": "debug",
}


def test_everything_given() -> None:
    settings, problems = read_settings(FULL)
    assert problems == []
    assert settings == Settings(
        CompletionSettings(False, False, 0.7, 900, 0),
        EngineOptions(3, 0, 4096),
        MemoryOptions(False),
        "burnish-nano",
        "debug",
        ContextOptions(False),
    )


@pytest.mark.parametrize("raw", [None, {}, {"other": 1}, {"completion": {}}, {"burnish": {}}])
def test_nothing_given_means_defaults(raw: object) -> None:
    assert read_settings(raw) == (Settings(), [])


def test_wrapped_in_the_section_name() -> None:
    assert read_settings({"burnish": FULL})[0].model == "burnish-nano"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"completion": {"enabled": "yes"}}, "burnish.completion.enabled"),
        ({"completion": {"enabled": 1}}, "burnish.completion.enabled"),
        ({"completion": {"minConfidence": 2}}, "burnish.completion.minConfidence"),
        ({"completion": {"minConfidence": "0.5"}}, "burnish.completion.minConfidence"),
        ({"completion": {"maxLatencyMs": 1}}, "burnish.completion.maxLatencyMs"),
        ({"completion": {"exclude": "*.py"}}, "burnish.completion.exclude"),
        ({"completion": {"exclude": None}}, "burnish.completion.exclude"),
        ({"completion": {"debounceMs": 75.5}}, "burnish.completion.debounceMs"),
        ({"engine": {"threads": -1}}, "burnish.engine.threads"),
        ({"engine": {"threads": True}}, "burnish.engine.threads"),
        ({"engine": {"contextTokens": float("nan")}}, "burnish.engine.contextTokens"),
        ({"engine": "fast"}, "burnish.engine"),
        ({"model": 3}, "burnish.model"),
        ({"logLevel": "loud"}, "burnish.logLevel"),
        ([1], "burnish"),
    ],
)
def test_a_bad_value_is_named_and_the_default_stays(raw: object, key: str) -> None:
    settings, problems = read_settings(raw)
    assert settings == Settings()
    assert len(problems) == 1
    assert problems[0].startswith(key)
    assert "default" in problems[0]


def test_one_bad_pattern_spoils_no_other() -> None:
    raw = ["a*.py", 3, " ", "[z-a].py", "b/**"]
    settings, problems = read_settings({"completion": {"exclude": raw, "multiline": False}})
    assert settings.completion == CompletionSettings(multiline=False, exclude=("a*.py", "b/**"))
    assert [problem.split(":")[0] for problem in problems] == ["burnish.completion.exclude"] * 3
    assert "entry 2 is ignored" in problems[0] and "[z-a].py" in problems[2]
    assert read_settings({"completion": {"exclude": []}}) == (Settings(), [])


def test_one_bad_value_spoils_no_other() -> None:
    settings, problems = read_settings({"completion": {"enabled": 7, "multiline": False, "debounceMs": 75.0}})
    assert settings.completion == CompletionSettings(multiline=False, debounce_ms=75)
    assert len(problems) == 1
