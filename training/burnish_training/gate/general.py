"""Perplexity of code that is not the user's: an adapter must not forget Python for the sake of one project."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from burnish_models.engine import EngineSettings, LlamaCppEngine

__all__ = ["general_code", "general_scores", "scoring_engine"]

#: Always there: what Burnish itself is installed with. The bundled model has not seen the first two.
_PACKAGES = ("rich", "click")
_SEED = 20260101
_SHORTEST, _LONGEST = 1_500, 30_000
_PIECE = 6_000
_WINDOW = 512
_MOST_DIGITS = 0.3


def _candidates() -> Iterator[Path]:
    for package in _PACKAGES:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        yield from sorted(Path(str(file.locate())) for file in files if file.suffix == ".py")
    yield from sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))


def general_code(characters: int, part: int = 0) -> list[str]:
    """A fixed sample of about so many characters: beginnings of files of the standard library and of two packages.

    Args:
        characters: how many.
        part: 0 is what the gate judges by, 1 is other code, by which an adapter's strength is chosen, 2 what it is
            reminded of while it learns.
    """
    texts = []
    for path in _candidates():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if _SHORTEST <= len(text) <= _LONGEST and not _is_table(text):
            texts.append(text[: text.rfind("\n", 0, _PIECE) + 1])
    random.Random(_SEED).shuffle(texts)
    chosen, total = [], 0
    for text in texts[part % 3 :: 3]:
        if total >= characters:
            break
        chosen.append(text)
        total += len(text)
    return chosen


def _is_table(text: str) -> bool:
    """Whether it is numbers more than code; rich has many such files, alike enough to hide what is forgotten of the rest."""
    return sum(map(str.isdigit, text)) > _MOST_DIGITS * len("".join(text.split()))


async def general_scores(
    engine: LlamaCppEngine, adapter: Path | None, texts: list[str], scale: float = 1.0
) -> list[float]:
    """Nats of each text with an adapter at this scale, or with none, in llama.cpp.

    Raises:
        EngineError: the engine failed or refuses the adapter.
    """
    await engine.set_adapter(None if adapter is None else str(adapter), scale)
    return [(await engine.score(text, window=_WINDOW))[0] for text in texts]


def scoring_engine(model: Path, threads: int) -> LlamaCppEngine:
    """An engine for :func:`general_scores`; load it first and close it at the end."""
    return LlamaCppEngine(model, EngineSettings(threads=threads, context_tokens=2 * _WINDOW))
