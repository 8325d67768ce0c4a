"""Inputs that a model proposes: what is asked, what is taken of the answer, and who is not asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from burnish_models.engine.base import EngineInfo
from burnish_server.perf.verdicts import Job
from burnish_server.rewrite.inputs import calls_in, proposer
from tests.unit.server.scripted import ScriptedEngine

TEXT = """import re


def f(text, most=3):
    return re.split(",", text)[:most]


class Box:
    def __init__(self, size):
        self.size = size

    def fits(self, other):
        return other <= self.size
"""


class Model(ScriptedEngine):
    """Follows instructions, or only completes; here or at an endpoint."""

    def __init__(
        self, answer: str, *, chat: bool = False, endpoint: str = "", parameters: int = 1_500_000_000
    ) -> None:
        super().__init__(answer)
        self.chat, self.endpoint, self.parameters = chat, endpoint, parameters

    def describe(self) -> EngineInfo:
        extra = {"endpoint": self.endpoint} if self.endpoint else {}
        return replace(
            super().describe(), chat=self.chat, context_tokens=4096, extra=extra, parameters=self.parameters
        )

    async def remember(self, workspace: str, files: Any) -> int:
        del workspace, files
        return 0


@pytest.mark.parametrize(
    ("answer", "function", "expected"),
    [
        ("f('a,b'))\nprint(f('', most=0))\nprint(f(-1", "f", ["(('',), {'most': 0})"]),
        ("```python\nf('a')\nf('a')\nf(name)\nf(open('x'))\n```", "f", ["(('a',), {})"]),
        ("Box(3).fits(2)\nbox.fits(2)\nother(1)", "Box.fits", ["((Box(3), 2), {})"]),
        ("nothing of use: f(", "f", []),
        ("f(" * 5000 + "1" + ")" * 5000, "f", []),
    ],
)
def test_calls_with_everything_written_out_are_taken(answer: str, function: str, expected: list[str]) -> None:
    assert [call.source for call in calls_in(answer, function)] == expected
    assert all(call.origin == "model" for call in calls_in(answer, function))


async def test_a_model_that_completes_is_shown_the_function_and_the_beginning_of_a_call() -> None:
    model = Model("'a,b'))\nprint(f('c', 0))\n")
    calls = await proposer(lambda: model)(Job(TEXT, TEXT, "f"))
    assert [call.source for call in calls] == ["(('a,b',), {})", "(('c', 0), {})"]
    (request,) = model.requests
    assert request.prompt.typed == "print(f("
    assert "def f(text, most=3):" in request.prompt.prefix
    assert request.background
    of_method = Model("3).fits(4))\n")
    calls = await proposer(lambda: of_method)(Job(TEXT, TEXT, "Box.fits"))
    assert [call.source for call in calls] == ["((Box(3), 4), {})"]


async def test_a_model_that_follows_instructions_is_asked() -> None:
    model = Model("```python\nf('x')\n```", chat=True)
    calls = await proposer(lambda: model)(Job(TEXT, TEXT, "f"))
    assert [call.source for call in calls] == ["(('x',), {})"]
    chat = model.requests[0].chat
    assert (
        chat is not None
        and "import re" in chat.messages[-1].text
        and "every branch" in chat.messages[-1].text
    )


async def test_nobody_is_asked_where_code_would_leave_the_machine_or_there_is_no_model() -> None:
    model = Model("'a'))\n", endpoint="https://models.example/v1")
    job = Job(TEXT, TEXT, "f")
    assert await proposer(lambda: model)(job) == ()
    assert model.requests == []
    small = Model("'a'))\n", parameters=7_000_000)
    assert await proposer(lambda: small)(job) == ()
    assert small.requests == []
    assert await proposer(lambda: None)(job) == ()
    failing = Model("'a'))\n")
    failing.crash = True
    assert await proposer(lambda: failing)(job) == ()
    assert await proposer(lambda: Model("'a'))\n"))(replace(job, function="g")) == ()
