"""Cross-file context in a real worker with the bundled model: what was evaluated survives typing and growth."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_models.engine import FimPrompt, Finish, GenerateRequest, LlamaCppEngine
from burnish_server.context.select import CHARACTERS_PER_TOKEN, size_of
from tests.unit.context.test_session import LONG, ask, source_of

pytestmark = pytest.mark.integration


async def evaluate(engine: LlamaCppEngine, prompt: FimPrompt) -> Finish:
    finishes = [c.finish async for c in engine.generate(GenerateRequest(prompt, max_tokens=4)) if c.finish]
    return finishes[-1]


async def test_typing_and_growing_reuse_what_stands_before(engine: LlamaCppEngine, tmp_path: Path) -> None:
    context = source_of(tmp_path)
    offset = LONG.index("price = ") + len("price = ")
    first = ask(context, tmp_path, LONG, offset)
    assert first.context
    cold = await evaluate(engine, first)
    typed = await evaluate(engine, ask(context, tmp_path, LONG[:offset] + "pri" + LONG[offset:], offset + 3))
    assert typed.prompt_tokens - typed.cached_tokens < 12
    jump = LONG.rindex('reserve("a").') + len('reserve("a").')
    grown = ask(context, tmp_path, LONG, jump)
    assert len(grown.context) > len(first.context)
    jumped = await evaluate(engine, grown)
    # The names of the repository and the files, and all of the earlier context, but nothing of the file itself.
    assert jumped.cached_tokens >= size_of(first.context) / CHARACTERS_PER_TOKEN * 0.6
    assert cold.cached_tokens < jumped.cached_tokens < cold.prompt_tokens


async def test_back_at_a_place_of_before_its_evaluation_is_used_again(
    engine: LlamaCppEngine, tmp_path: Path
) -> None:
    context = source_of(tmp_path)
    first = LONG.index("price = ") + len("price = ")
    second = LONG.rindex('reserve("a").') + len('reserve("a").')
    cold = [await evaluate(engine, ask(context, tmp_path, LONG, offset)) for offset in (first, second)]
    assert all(finish.prompt_tokens - finish.cached_tokens > 100 for finish in cold)
    typed = LONG[:first] + "p" + LONG[first:]
    for text, offset in ((LONG, first), (LONG, second), (typed, first + 1)):
        finish = await evaluate(engine, ask(context, tmp_path, text, offset))
        assert finish.prompt_tokens - finish.cached_tokens < 12
