"""Puts weeks of made-up decisions about real lines into a record, so that a test need not type for weeks.

Usage: python seed.py HOME WORKSPACE [--days N] [--ending N] [--per-day N] [--taken SHARE] [--adapter ID]
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from burnish_models.gguf_file import file_sha256
from burnish_models.selection import resolve_model
from burnish_telemetry.events import (
    Accepted,
    Dismissed,
    Display,
    Event,
    Place,
    Prompt,
    Sampling,
    Suggested,
    Survived,
    WroteInstead,
    new_id,
)
from burnish_telemetry.store import Store, store_file

#: On days on which an adapter serves, the model alone gets this share.
COMPARISON = 0.2
#: Lines of context above and below; few, so that training on them is quick.
ABOVE, BELOW = 6, 2
_SHORTEST = 14


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a real file, cut in two: ``typed`` is there, ``rest`` is what its author wrote next."""

    path: str
    before: str
    typed: str
    rest: str
    after: str


def spots(workspace: Path, rng: random.Random) -> list[Spot]:
    """One cut in every line that is long enough, in random order."""
    found = []
    for file in sorted(workspace.rglob("*.py")):
        lines = file.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines):
            indent = len(line) - len(line.lstrip())
            if len(line) - indent < _SHORTEST or line.lstrip().startswith(("#", '"""')):
                continue
            cut = rng.randint(indent + 2, len(line) - 8)
            before = "".join(f"{earlier}\n" for earlier in lines[max(0, number - ABOVE) : number])
            after = "".join(f"\n{later}" for later in lines[number + 1 : number + 1 + BELOW])
            found.append(Spot(file.relative_to(workspace).as_posix(), before, line[:cut], line[cut:], after))
    rng.shuffle(found)
    return found


def decision(
    spot: Spot,
    folder: str,
    model: str,
    adapter: str | None,
    comparison: bool,
    taken: bool,
    at: datetime,
    rng: random.Random,
) -> list[Event]:
    """What was offered at a spot and what became of it: taken and kept, or sent away and written by hand."""
    place = Place(folder, spot.path)
    offer = Suggested(
        suggestion=new_id(),
        place=place,
        client="seed",
        time=at,
        prompt=Prompt(spot.before, spot.typed, spot.after, path=spot.path, repository=Path(folder).name),
        text=spot.rest if taken else f"self.{rng.choice(('value', 'name', 'data'))}({rng.randint(0, 9)})",
        model=model,
        adapter=None if comparison else adapter,
        sampling=Sampling(max_tokens=64),
        tokens=max(3, len(spot.rest) // 3),
        mean_logprob=-0.4,
        latency_ms=rng.lognormvariate(4.1, 0.5),
        display=Display(True, confidence=0.7, threshold=0.5, comparison=comparison),
    )

    def later(seconds: float) -> datetime:
        return at + timedelta(seconds=seconds)

    common = {"suggestion": offer.suggestion, "place": place, "client": "seed"}
    if not taken:
        return [
            offer,
            Dismissed(**common, time=later(2), visible_ms=2000.0),  # type: ignore[arg-type]
            WroteInstead(**common, time=later(9), text=spot.rest, after_s=9.0),  # type: ignore[arg-type]
        ]
    stays = 1.0 if rng.random() < 0.85 else 0.2
    text = spot.rest if stays == 1.0 else "pass"
    return [
        offer,
        Accepted(**common, time=later(1), visible_ms=1000.0),  # type: ignore[arg-type]
        *(
            Survived(**common, time=later(1 + seconds), after_s=seconds, retained=stays, text=text)  # type: ignore[arg-type]
            for seconds in (30, 120)
        ),
    ]


def weeks(options: argparse.Namespace, model: str, rng: random.Random) -> Iterator[list[Event]]:
    """The decisions of all days, the oldest first."""
    found = spots(options.workspace, rng)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    number = 0
    for back in range(options.ending + options.days - 1, options.ending - 1, -1):
        day = today - timedelta(days=back)
        count = max(1, round(options.per_day * rng.uniform(0.7, 1.3)))
        for hour in sorted(rng.uniform(8, 18) for _ in range(count)):
            comparison = options.adapter is not None and rng.random() < COMPARISON
            share = options.taken if options.adapter is None or not comparison else options.taken * 0.7
            yield decision(
                found[number % len(found)],
                str(options.workspace),
                model,
                options.adapter,
                comparison,
                rng.random() < share,
                day + timedelta(hours=hour),
                rng,
            )
            number += 1


def main() -> None:
    """Read the arguments and write the record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--ending", type=int, default=1, help="days ago")
    parser.add_argument("--per-day", type=int, default=40)
    parser.add_argument("--taken", type=float, default=0.5)
    parser.add_argument("--adapter")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = file_sha256(resolve_model(options.home).path)
    with Store(store_file(options.home)) as store:
        for events in weeks(options, model, random.Random(options.seed)):
            store.append(events)


if __name__ == "__main__":
    main()
