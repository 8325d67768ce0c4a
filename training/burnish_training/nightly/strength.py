"""How strong an adapter may be: what it adds is scaled down until general Python suffers no more than a little.

What an adapter forgets grows with the square of its strength at first, what it gains in proportion: half the strength keeps
most of the gain. Measured in llama.cpp, on other code than the gate judges by.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from burnish_models import gguf_file
from burnish_models.adapters.adapter_file import BaseShape, read_adapter, write_adapter
from burnish_training.gate.general import general_code, general_scores, scoring_engine

__all__ = ["STRENGTHS", "choose_strength", "with_strength"]

#: Tried from the strongest on; the last is taken in any case, and the gate has the last word.
STRENGTHS = (1.0, 0.85, 0.7, 0.6, 0.5, 0.35, 0.25)


async def choose_strength(
    model: Path, adapter: Path, *, most_forgotten: float, characters: int, threads: int
) -> float:
    """The largest of :data:`STRENGTHS` at which general code takes at most ``most_forgotten`` times the bits.

    Raises:
        EngineError: llama.cpp failed, or refuses the adapter.
    """
    texts = general_code(characters, part=1)
    engine = scoring_engine(model, threads)
    try:
        await engine.load()
        before = sum(await general_scores(engine, None, texts))
        first, last = 0, len(STRENGTHS) - 1
        while first < last:
            # What is forgotten grows with the strength.
            middle = (first + last) // 2
            after = sum(await general_scores(engine, adapter, texts, STRENGTHS[middle]))
            if after <= most_forgotten * before:
                last = middle
            else:
                first = middle + 1
        return STRENGTHS[first]
    finally:
        await engine.close()


def with_strength(source: Path, target: Path, model: Path, strength: float) -> None:
    """Write the adapter ``source`` to ``target``, whole or not at all, with its effect scaled.

    Raises:
        AdapterError: it cannot be read or written.
    """
    base = gguf_file.inspect(model)
    shape = BaseShape(base.architecture, base.block_count, base.head_count, base.head_count_kv)
    adapter = read_adapter(source, shape)
    write_adapter(target, replace(adapter, alpha=adapter.alpha * strength))
