from __future__ import annotations

import pytest

from burnish_models.calibration import Calibration
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from burnish_server.team import UnknownConfidence, judge_for
from tests.unit.remote.endpoint import running, says
from tests.unit.remote.test_fallback import Team
from tests.unit.server.scripted import Believer, ScriptedEngine, Source

TEXT = "def f(value):\n    return "


async def test_whoever_served_is_judged_by_its_own_measure() -> None:
    local = Calibration(threshold=0.7)
    async with running(completions=says(" remote", "\n")) as endpoint:
        made = Team(endpoint.url)
        await made.engine.load()
        await made.read()
        assert judge_for(made.engine, local, "nano") == Calibration.default()
        assert judge_for(made.engine, local, "qwen2.5-coder") is local
        endpoint.handlers["/v1/completions"] = says(" remote", "\n", probability=None)
        await made.read()
        assert judge_for(made.engine, local, "qwen2.5-coder") == UnknownConfidence()
        await endpoint.kill()
        await made.read()
        assert judge_for(made.engine, local, "nano") is local
        await made.engine.close()
    assert judge_for(ScriptedEngine("x"), local, "nano") is local
    assert judge_for(None, local, "nano") is local


@pytest.mark.parametrize(("threshold", "text"), [(None, "value + 1"), (0.5, "")])
async def test_an_answer_without_probabilities_is_shown_unless_the_user_set_a_threshold(
    threshold: float | None, text: str
) -> None:
    async with running(completions=says(" value", " +", " 1", "\n", probability=None)) as endpoint:
        made = Team(endpoint.url, patience_s=5)
        await made.engine.load()

        class Judged(Source):
            @property
            def judge(self) -> object:
                return judge_for(made.engine, Believer(), "nano")

            @judge.setter
            def judge(self, value: object) -> None:
                """The gate follows the engine."""

        judged = Judged(made.engine)  # type: ignore[arg-type]
        pipeline = Pipeline(judged, CompletionSettings(min_confidence=threshold, debounce_ms=0))  # type: ignore[arg-type]
        request = CompletionRequest(
            uri="file:///a.py", source=SourceText(TEXT), offset=len(TEXT), path="a.py", invoked=True
        )
        result = await pipeline.complete(request)
        assert result.text == text
        assert result.dropped == (None if text else "low-confidence")
        await made.engine.close()
