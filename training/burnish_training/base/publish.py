"""Publish a trained base model: measure the exported file on the served stack, calibrate it, write its card."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_models import gguf_file
from burnish_models.calibration import Calibration, calibration_path
from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_training.base.card import CardData, render_card
from burnish_training.base.config import BaseConfig
from burnish_training.base.corpus import Document, is_data_table, read_documents
from burnish_training.errors import CheckpointError
from burnish_training.evaluation.lines import LineResult, run_lines, sample_lines
from burnish_training.evaluation.statistics import precision_coverage, wilson

__all__ = ["publish", "write_manifest"]

_log = logging.getLogger(__name__)
_THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class _Score:
    """Negative log-likelihood (nats) of one document of ``size`` bytes."""

    document: Document
    nats: float
    size: int


def _bits_per_byte(scores: Sequence[_Score]) -> dict[str, float]:
    """Bits per byte of the files' text, per package and in all (key ``all``)."""
    totals: dict[str, tuple[float, int]] = {}
    for score in scores:
        for key in (score.document.package, "all"):
            nats, size = totals.get(key, (0.0, 0))
            totals[key] = (nats + score.nats, size + score.size)
    return {key: nats / math.log(2) / size for key, (nats, size) in totals.items()}


async def _score(
    engines: Sequence[LlamaCppEngine], documents: Sequence[Document], window: int
) -> list[_Score]:
    """Score every document in windows of ``window`` tokens, the engines sharing the work."""
    left = sorted(documents, key=lambda document: len(document.text))
    scores: list[_Score] = []

    async def work(engine: LlamaCppEngine) -> None:
        while left:
            document = left.pop()
            nats, _ = await engine.score(document.text, window=window)
            scores.append(_Score(document, nats, len(document.text.encode())))

    await asyncio.gather(*(work(engine) for engine in engines))
    return scores


async def publish(
    config: BaseConfig, folder: Path, target: Path, *, cases: int, threads: int = 1
) -> dict[str, Any]:
    """Measure ``folder``'s exported model and write model, calibration, manifest and card to ``target``.

    Half of the held-out line cases fit the calibration, the other half are reported; the two halves come from
    different files. Two engines of ``threads`` threads share the work: for a small model two processes are quicker
    than two threads. Returns the manifest.

    Raises:
        CheckpointError: nothing was exported yet.
    """
    name = f"burnish-{config.name}-q8_0.gguf"
    source = folder / name
    if not source.exists():
        raise CheckpointError(
            f"{source} does not exist: run `burnish train base --config {config.name}` first"
        )
    target.mkdir(parents=True, exist_ok=True)
    model = target / name
    shutil.copyfile(source, model)
    heldout = read_documents(folder / "corpus" / "heldout.jsonl")
    code = [d for d in heldout if not is_data_table(d.text)]
    engines = [LlamaCppEngine(model, EngineSettings(threads=threads)) for _ in range(2)]
    try:
        await asyncio.gather(*(engine.load() for engine in engines))
        fitted, reported = await _line_results(engines, code, cases)
        scores = await _score(engines, code, config.shape.context)
    finally:
        await asyncio.gather(*(engine.close() for engine in engines))
    manifest = write_manifest(config, model)
    sha256 = str(manifest["sha256"])
    calibration = _calibrate(fitted, sha256)
    calibration.save(calibration_path(model))
    data = CardData(
        config=config,
        corpus=json.loads((folder / "corpus" / "manifest.json").read_text(encoding="utf-8")),
        curve=[
            json.loads(line) for line in (folder / "curve.jsonl").read_text(encoding="utf-8").splitlines()
        ],
        bits=_bits_per_byte(scores),
        exact=wilson(sum(r.exact for r in reported), len(reported)),
        coverage=_coverage(calibration, reported, (*_THRESHOLDS, calibration.threshold)),
        threshold=calibration.threshold,
        calibration_cases=len(fitted),
        sha256=sha256,
        size=model.stat().st_size,
    )
    (target / "CARD.md").write_text(render_card(data), encoding="utf-8")
    return manifest


def write_manifest(config: BaseConfig, model: Path) -> dict[str, Any]:
    """Write ``manifest.json`` beside ``model``: what the catalogue says of the bundled model. Returns it."""
    info = gguf_file.inspect(model)
    manifest = {
        "name": f"burnish-{config.name}",
        "title": config.title,
        "summary": "Comes with Burnish: small, quick, and there from the first minute.",
        "file": model.name,
        "size_bytes": info.size_bytes,
        "sha256": info.sha256(),
        "licence": "Apache-2.0",
        "parameters": info.parameters,
        "quantization": info.quantization,
        "context_length": info.context_length,
        "vocabulary_size": info.vocabulary_size,
        "embedding_length": info.embedding_length,
        "kv_bytes_per_token": info.kv_bytes_per_token,
    }
    (model.parent / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


async def _line_results(
    engines: Sequence[LlamaCppEngine], code: Sequence[Document], cases: int
) -> tuple[list[LineResult], list[LineResult]]:
    """Line completions on two disjoint halves of the files: one to calibrate on, one to report."""
    halves: tuple[list[Document], list[Document]] = ([], [])
    for document in code:
        halves[hashlib.sha256(document.path.encode()).digest()[0] % 2].append(document)
    _log.info(
        "%d line completions on each of %d and %d held-out files", cases, len(halves[0]), len(halves[1])
    )
    first, second = await asyncio.gather(
        *(
            run_lines(engine, sample_lines(half, cases, seed))
            for seed, (engine, half) in enumerate(zip(engines, halves, strict=True))
        )
    )
    return first, second


def _confidence(calibration: Calibration, results: Sequence[LineResult]) -> list[float]:
    # An empty answer is never shown, however sure the model is of it.
    return [calibration.probability([r.logprob]) if r.text.strip() else 0.0 for r in results]


def _coverage(
    calibration: Calibration, results: Sequence[LineResult], thresholds: Sequence[float]
) -> list[Any]:
    return precision_coverage(
        _confidence(calibration, results), [r.exact for r in results], sorted(set(thresholds))
    )


def _calibrate(results: Sequence[LineResult], sha256: str) -> Calibration:
    """Fit the map; the threshold is its default, one half: shown is what is likelier right than wrong."""
    shown = [r for r in results if r.text.strip()]
    return Calibration.fit([r.logprob for r in shown], [r.exact for r in shown], model_sha256=sha256)
