"""Is there enough to learn from? A quick look at the record alone, for the dashboard and ``burnish nightly status``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.store import Store, store_file
from burnish_training.nightly.recorded import Recorded, read_record
from burnish_training.nightly.report import needed
from burnish_training.nightly.settings import DataSettings
from burnish_training.nightly.workspace import is_held_out_place

__all__ = ["enough"]


def enough(home: Path, settings: DataSettings, now: datetime | None = None) -> dict[str, Any]:
    """``{have, need, sentence}``. What is set aside for judging does not count as there to learn from.

    Raises:
        StoreError: the record cannot be read.
        ConsentError: what is excluded cannot be read.
    """
    until = now or datetime.now(UTC)
    recorded: list[Recorded] = []
    if store_file(home).exists():
        with Store(store_file(home)) as store:
            since = until - timedelta(days=settings.window_days)
            recorded = read_record(store, since, until, ConsentFile(home).read())
    judged = [entry for entry in recorded if entry.judged]
    earlier = judged[: int(len(judged) * (1 - settings.held_out_events))]
    train = [e for e in earlier if not is_held_out_place(e.location, settings.held_out_files)]
    have = {
        "suggestions": len(recorded),
        "judged": len(train),
        "desirable": sum(entry.label.verdict == "desirable" for entry in train),
        "undesirable": sum(entry.label.verdict == "undesirable" for entry in train),
        "set_aside": len(judged) - len(train),
    }
    need = needed(settings)
    return {"have": have, "need": need, "sentence": _sentence(have, need)}


def _sentence(have: dict[str, int], need: dict[str, int]) -> str:
    if not have["suggestions"]:
        return "Nothing is recorded yet. Switch recording on, and write code as you always do."
    missing = [
        f"{have[key]} of {need[key]} suggestions that you {word}"
        for key, word in (
            ("judged", "clearly kept or sent away"),
            ("desirable", "kept"),
            ("undesirable", "sent away"),
        )
        if have[key] < need[key]
    ]
    if missing:
        return f"Not enough yet: {missing[0]}, those apart that are set aside for judging."
    return f"There is enough for a night: {have['desirable']} suggestions that you kept and {have['undesirable']} that you sent away."
