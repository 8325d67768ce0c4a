"""A user's world for tests: a workspace of Python files, and the record of suggestions made in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from burnish_models.engine.base import FimPrompt
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.events import (
    Accepted,
    Dismissed,
    Display,
    Event,
    Place,
    Prompt,
    Suggested,
    Survived,
    WroteInstead,
)
from burnish_telemetry.store import Store, store_file
from burnish_training.nightly.replay_fim import cut_lines

__all__ = ["NOW", "agree", "house_style", "outcome", "record", "suggestion", "write_files"]

NOW = datetime.now(UTC).replace(microsecond=0)


def agree(home: Path, *, train: bool = True) -> None:
    file = ConsentFile(home)
    file.agree("record", through="a test")
    if train:
        file.agree("train", through="a test")


def house_style(files: int, lines: int = 60, seed: int = 0) -> dict[str, str]:
    """Files in a style that no model has seen, alike enough to be learned in a few steps."""
    rng = random.Random(seed)
    found = {}
    nouns = ("ledger", "parcel", "voucher", "basket", "invoice", "courier", "pallet", "receipt")
    verbs = ("settle", "weigh", "stamp", "ship", "audit", "merge")
    for number in range(files):
        text = ['"""Part of the shop."""', "", "from shop.core import Kontor, grund", ""]
        while len(text) < lines:
            noun, verb = rng.choice(nouns), rng.choice(verbs)
            text += [
                f"def {verb}_{noun}(kontor: Kontor, *, eilig: bool = False) -> Kontor:",
                f'    """{verb.capitalize()} the {noun} at once."""',
                f"    kontor.pruefe_{noun}(grund.{verb.upper()}, eilig=eilig)",
                f"    ergebnis = kontor.buche_{noun}(grund.{verb.upper()}, eilig=eilig)",
                "    return kontor.abschluss(ergebnis, grund=grund.ERLEDIGT, eilig=eilig)",
                "",
                "",
            ]
        found[f"shop/module_{number}.py"] = "\n".join(text) + "\n"
    return found


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def suggestion(
    prompt: FimPrompt, text: str, place: Place, time: datetime, *, shown: bool = True, name: str = ""
) -> Suggested:
    return Suggested(
        suggestion=name or f"s{time.timestamp():.3f}-{place.path}",
        place=place,
        time=time,
        prompt=Prompt(prompt.prefix, prompt.typed, prompt.suffix, path=place.path),
        text=text,
        model="0" * 64,
        tokens=max(3, len(text) // 3),
        mean_logprob=-0.3,
        latency_ms=50.0,
        display=Display(shown, confidence=0.6, threshold=0.3),
    )


def outcome(offer: Suggested, *, wanted: bool, instead: str = "") -> list[Event]:
    """The suggestion with what became of it."""

    def after(seconds: float) -> datetime:
        return offer.time + timedelta(seconds=seconds)

    who = {"suggestion": offer.suggestion, "place": offer.place}
    if wanted:
        return [
            offer,
            Accepted(**who, time=after(2), visible_ms=2000),
            Survived(**who, time=after(32), after_s=30, retained=1.0),
            Survived(**who, time=after(122), after_s=120, retained=1.0),
        ]
    events: list[Event] = [offer, Dismissed(**who, time=after(2), visible_ms=2000)]
    return [*events, WroteInstead(**who, time=after(20), text=instead)] if instead else events


def record(
    home: Path,
    folder: Path,
    files: Mapping[str, str],
    count: int,
    *,
    seed: int = 0,
    days: float = 5.0,
    wanted: Callable[[int, bool], bool] = lambda _number, right: right,
    instead: bool = True,
    until: datetime | None = None,
) -> None:
    """Suggestions at random cursors, every other one right, in the order of time, ending an hour before ``until``.

    ``wanted`` is told the number of a suggestion and whether it was right, and says what the user did; ``instead`` is whether
    what they wrote in its place is recorded.
    """
    rng = random.Random(seed)
    names = sorted(files)
    lines = {name: files[name].split("\n") for name in names}
    last = (until or NOW) - timedelta(hours=1)
    with Store(store_file(home)) as store:
        for number in range(count):
            name = rng.choice(names)
            line = _line(lines[name], rng)
            text = lines[name][line]
            column = rng.randint(len(text) - len(text.lstrip()), len(text) - 4)
            prompt, truth = cut_lines(name, lines[name], line, column, line)
            other = lines[name][_line(lines[name], rng)].strip()
            right = number % 2 == 0
            offered = truth if right else other
            place = Place(str(folder), name)
            time = last - timedelta(days=days) * (1 - number / count)
            offer = suggestion(prompt, offered, place, time, name=f"s{seed}-{number}")
            chosen = wanted(number, right)
            store.append(outcome(offer, wanted=chosen, instead=truth if instead and not right else ""))


def _line(lines: list[str], rng: random.Random) -> int:
    while True:
        line = rng.randrange(len(lines))
        if len(lines[line].strip()) > 8:
            return line
