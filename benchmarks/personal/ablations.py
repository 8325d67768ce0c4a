"""The last night once more, with one thing changed at a time."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from burnish_models import gguf_file
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.redaction import SecretScanner
from burnish_telemetry.store import Store, store_file
from burnish_training.gate.general import general_code
from burnish_training.gate.run import GateInput, run_gate
from burnish_training.kto.batches import Example, Kind
from burnish_training.kto.config import Budget
from burnish_training.nightly.dataset import build_dataset
from burnish_training.nightly.folder import RunFolder
from burnish_training.nightly.recorded import Recorded, read_record
from burnish_training.nightly.settings import NightlySettings
from burnish_training.nightly.sizes import settled
from burnish_training.nightly.steps import REMINDERS
from burnish_training.nightly.strength import choose_strength, with_strength
from burnish_training.nightly.tokens import load_tokens
from burnish_training.nightly.training import TrainingHooks, config_for, train_adapter
from burnish_training.nightly.workspace import SourceFile, read_workspace
from personal.desk import Adapter

__all__ = ["ABLATIONS", "train_ablation"]

_OTHER = {"desirable": "undesirable", "undesirable": "desirable"}


def _unchanged(entry: Recorded, _rng: random.Random) -> Recorded:
    return entry


def _flipped(entry: Recorded, _rng: random.Random) -> Recorded:
    """Wanted and unwanted changed round; what was written instead is left out, since it would tell the truth."""
    verdict = _OTHER.get(entry.label.verdict)
    if verdict is None or entry.offer is None:
        return entry
    return _judged(entry, verdict)


def _random(entry: Recorded, rng: random.Random) -> Recorded:
    """A coin says whether it was wanted."""
    if entry.label.verdict not in _OTHER or entry.offer is None:
        return entry
    return _judged(entry, rng.choice(sorted(_OTHER)))


def _judged(entry: Recorded, verdict: Any) -> Recorded:
    assert entry.offer is not None
    changed = replace(
        entry.label, verdict=verdict, completion=entry.label.completion or entry.offer.text, supervised=None
    )
    return replace(entry, label=changed, survivor="")


@dataclass(frozen=True, slots=True)
class Ablation:
    """What is changed: labels, which examples are learned from, and the supervised term's weight."""

    label: Callable[[Recorded, random.Random], Recorded] = _unchanged
    kinds: frozenset[Kind] = frozenset(Kind)
    supervised_weight: float | None = None


_JUDGED = frozenset({Kind.DESIRABLE, Kind.UNDESIRABLE})

ABLATIONS = {
    "again": Ablation(),
    "supervised": Ablation(kinds=frozenset({Kind.SUPERVISED})),
    "kto": Ablation(kinds=_JUDGED, supervised_weight=0.0),
    "flipped": Ablation(label=_flipped),
    "random": Ablation(label=_random),
}


async def train_ablation(
    name: str,
    home: Path,
    written: Collection[str],
    model: Path,
    threshold: float,
    work: Path,
    tell: Callable[[str], None],
    threads: int,
) -> tuple[Adapter, dict[str, Any]]:
    """Train and judge one ablation of what is recorded below ``home``; its adapter and what the gate said.

    ``written`` are the paths of the files that stood there that evening. What is in ``work`` already is not trained again.
    """
    ablation = ABLATIONS[name]
    settings = settled(NightlySettings(), gguf_file.inspect(model).parameters)
    folder = RunFolder(work / name)
    folder.path.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"ablation/{name}")
    recorded, files = _record(home)
    files = [file for file in files if file.path in written]
    dataset = build_dataset(
        [ablation.label(entry, rng) for entry in recorded],
        files,
        load_tokens(model),
        settings.data,
        cases=settings.gate.cases,
        seed=settings.recipe.seed,
        general=general_code(REMINDERS, part=2),
    )
    if not folder.adapter.exists():
        examples = [example for example in dataset.examples if example.kind in ablation.kinds]
        await _train(ablation, settings, model, examples, folder, tell, threads)
    tell(f"{name}: asking the gate")
    decision = await run_gate(
        GateInput(
            model=model,
            variants={"base": None, "candidate": folder.adapter},
            cases=dataset.cases,
            threshold=threshold,
            general_characters=settings.gate.general_characters,
            resamples=settings.gate.resamples,
            threads=threads,
            most_latency_ms=settings.gate.most_latency_ms,
        ),
        folder.path,
    )
    return Adapter(name, folder.adapter), decision.as_json()


def _record(home: Path) -> tuple[list[Recorded], list[SourceFile]]:
    until = datetime.now(UTC)
    with Store(store_file(home)) as store:
        recorded = read_record(store, until - timedelta(days=NightlySettings().data.window_days), until)
    folders = {entry.label.offer.place.folder for entry in recorded if entry.judged}
    return recorded, read_workspace(folders, ConsentFile(home).read(), SecretScanner())


async def _train(
    ablation: Ablation,
    settings: NightlySettings,
    model: Path,
    examples: list[Example],
    folder: RunFolder,
    tell: Callable[[str], None],
    threads: int,
) -> None:
    config = config_for(settings.recipe, model, examples)
    if ablation.supervised_weight is not None:
        config = replace(config, supervised_weight=ablation.supervised_weight)
    tell(f"{folder.path.name}: training on {len(examples)} examples")
    hooks = TrainingHooks(lambda: False, lambda: False, lambda *_: None)
    figures = train_adapter(
        config,
        model,
        examples,
        folder,
        folder.path / "references",
        hooks,
        name=folder.path.name,
        budget=Budget(),
        checkpoint_s=60.0,
    )
    strength = await choose_strength(
        model,
        folder.trained,
        most_forgotten=settings.recipe.most_forgotten,
        characters=settings.recipe.general_characters,
        threads=threads,
    )
    folder.write("training", {**figures, "strength": strength})
    with_strength(folder.trained, folder.adapter, model, strength)
