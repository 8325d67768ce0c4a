"""The model card as Markdown, from measured data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish_training.base.config import BaseConfig, Schedule
from burnish_training.evaluation.lines import MIN_REST, PREFIX_CHARACTERS, SUFFIX_CHARACTERS
from burnish_training.evaluation.statistics import CoveragePoint, Proportion

__all__ = ["CardData", "render_card"]


@dataclass(frozen=True, slots=True)
class CardData:
    """Everything the card states. Bits per byte by held-out package; ``all`` is their total."""

    config: BaseConfig
    corpus: Mapping[str, Any]
    curve: Sequence[Mapping[str, Any]]
    bits: Mapping[str, float]
    exact: Proportion
    coverage: Sequence[CoveragePoint]
    threshold: float
    calibration_cases: int
    sha256: str
    size: int


def render_card(data: CardData) -> str:
    """The whole card."""
    return (
        "\n\n".join([_head(data), _use(data), _results(data), _curve(data), _corpus(data), _limits()]) + "\n"
    )


def _head(data: CardData) -> str:
    shape, schedule = data.config.shape, data.config.schedule
    tokens = data.curve[-1]["tokens"] if data.curve else 0
    return f"""# {data.config.title}

A fill-in-the-middle model for Python of the qwen2 architecture, trained from scratch by
`burnish train base --config {data.config.name}` on permissively licensed source. It is a small sibling of
Qwen2.5-Coder: same special tokens, same prompt layout, same code path.

| | |
| --- | --- |
| file | `burnish-{data.config.name}-q8_0.gguf`, {data.size:,} bytes, SHA-256 `{data.sha256}` |
| shape | {shape.layers} layers, hidden {shape.hidden}, {shape.heads} heads ({shape.kv_heads} key-value), \
intermediate {shape.intermediate}, tied embeddings |
| vocabulary | {shape.vocabulary:,} byte-level BPE tokens, Qwen2's split expression |
| trained on | {tokens:,} tokens; {_phases(schedule)} |
| optimiser | Muon (peak {schedule.muon_lr}) for hidden matrices, AdamW (peak {schedule.adam_lr}) for the rest; \
warm-up, constant, linear decay over the last {schedule.decay_fraction:.0%}{_cycles(schedule)} |
| examples | 80 % fill-in-the-middle (to the line's end, inside the line, a block, any span; cut at character level), \
20 % plain; a quarter with another file of the same package, in sequences of 1,000 tokens or more half with one to four |
| licence | Apache-2.0 |"""


def _phases(schedule: Schedule) -> str:
    steps = [
        f"{phase.batch} sequences of {phase.sequence:,} a step"
        + (f" from {phase.start:,} on" if phase.start else "")
        for phase in schedule.phases
        if phase.start < schedule.tokens
    ]
    return ", ".join(steps)


def _cycles(schedule: Schedule) -> str:
    ends = [f"{end:,}" for end in schedule.cycles if end < schedule.tokens]
    return f" of each cycle (earlier cycles end at {', '.join(ends)} tokens)" if ends else ""


def _use(data: CardData) -> str:
    return f"""## What it is for

Completing the current line while you type, at once and on any machine. It shows a suggestion only where its calibrated
confidence reaches {data.threshold:.2f}; below that it stays silent."""


def _results(data: CardData) -> str:
    held = ", ".join(data.corpus["held_out"])
    rows = "\n".join(f"| {key} | {data.bits[key]:.3f} |" for key in sorted(data.bits))
    shown = "\n".join(
        f"| {p.threshold:.2f}{' (default)' if p.threshold == data.threshold else ''} | {p.coverage:.1%} | {p.precision} |"
        for p in data.coverage
    )
    return f"""## Measured on packages it never saw ({held})

Measured on this file as it is served (llama.cpp, Q8_0), with `burnish train publish`.

Bits per byte (windows of {data.config.shape.context:,} tokens overlapping by half) of the packages' Python files,
without generated tables (files that are mostly digits or one-literal lines, such as rich's Unicode and emoji tables).

| package | bits per byte |
| --- | --- |
{rows}

Line completion: a random point inside a random line, at least {MIN_REST} characters to go, greedy, laid out as the pipeline does;
up to {PREFIX_CHARACTERS:,} characters of the same file before the line and {SUFFIX_CHARACTERS:,} after it.
Exact match with what the author wrote: **{data.exact}**.

Precision and coverage of the confidence gate, on files other than the {data.calibration_cases} cases it was calibrated on:

| threshold | shown | of these exactly right |
| --- | --- | --- |
{shown}"""


def _curve(data: CardData) -> str:
    step = max(1, len(data.curve) // 16)
    points = [*data.curve[:-1:step], data.curve[-1]] if data.curve else []
    rows = "\n".join(
        f"| {p['tokens']:,} | {p['seconds'] / 60:.0f} | {p['heldout_loss']:.3f} |" for p in points
    )
    return f"""## Curve

Held-out loss in nats a token; minutes of training.

| tokens | minutes | loss |
| --- | --- | --- |
{rows}"""


def _corpus(data: CardData) -> str:
    rows = "\n".join(
        f"| {p['name']} | {p['version']} | {p['licence']} | {p['files']} | {p['bytes'] / 1e6:.2f} |"
        for p in data.corpus["packages"]
        if p["files"]
    )
    dropped = ", ".join(f"{count:,} {why}" for why, count in sorted(data.corpus["dropped"].items()))
    return f"""## Corpus

{data.corpus["documents"]:,} files, {data.corpus["bytes"] / 1e6:.0f} MB. Left out: {dropped}. Files that share lines with the
held-out packages are among those left out. Licences as each package's metadata declares them.

| package | version | licence | files | MB |
| --- | --- | --- | --- | --- |
{rows}"""


def _limits() -> str:
    return """## What it cannot do

- It is a very small model. It knows Python's syntax, common idioms and the names in view; it does not know libraries in depth and does
  not reason. Longer blocks are often plausible and wrong.
- Python only, English identifiers and comments, code of the style of the libraries above.
- It may reproduce short passages of its training data, all of it permissively licensed.
- It was not trained on instructions and cannot chat."""
