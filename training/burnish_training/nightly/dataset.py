"""The data set of one night: a pure function of the record, the user's files, the settings and a seed.

Split twice, in time and by files: what the gate asks for was written later than everything that is learned from, or stands in
files that are never trained on.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from burnish_training.gate.cases import GateCase, event_cases, line_cases
from burnish_training.kto.batches import Example, Kind
from burnish_training.nightly.recorded import Recorded
from burnish_training.nightly.replay_fim import replay_cuts
from burnish_training.nightly.settings import DataSettings
from burnish_training.nightly.tokens import ServedTokens, fim_prompt, whole
from burnish_training.nightly.workspace import SourceFile, held_out, is_held_out_place

__all__ = ["Dataset", "Figures", "build_dataset", "shortage", "weigh", "without_asked"]

#: About so many in Python code.
CHARACTERS_A_TOKEN = 2.9


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is to learn from and to judge by; ``dropped`` counts by reason."""

    suggestions: int
    desirable: int
    undesirable: int
    dropped: Mapping[str, int]
    supervised: int
    replay: int
    general: int
    train_examples: int
    held_out: int
    files: int
    held_out_files: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a night trains on, what the gate asks, and the ids of the events that were learned from."""

    examples: tuple[Example, ...]
    cases: tuple[GateCase, ...]
    events: tuple[str, ...]
    figures: Figures


def build_dataset(
    recorded: Sequence[Recorded],
    files: Sequence[SourceFile],
    tokens: ServedTokens,
    settings: DataSettings,
    *,
    cases: int,
    seed: int,
    general: Sequence[str] = (),
) -> Dataset:
    """Everything of one night.

    Args:
        recorded: what the record says, the oldest first.
        files: the user's files that may be read.
        tokens: the tokenizer of the model that learns.
        settings: caps and shares.
        cases: how many places the gate asks for.
        seed: decides what is drawn.
        general: Python code that is not the user's, to be reminded of.
    """
    rng = random.Random(f"nightly/{seed}")
    by_location = {file.location: file for file in files}
    unseen = held_out(files, settings.held_out_files, settings.least_held_out_files)

    def is_unseen(location: str) -> bool:
        if location in by_location:
            return location in unseen
        return is_held_out_place(location, settings.held_out_files)

    judged = [entry for entry in recorded if entry.judged]
    border = _border(judged, settings.held_out_events)
    dropped = Counter(entry.label.reason for entry in recorded if entry.label.verdict == "dropped")
    dropped["code-action"] += sum(e.label.verdict != "dropped" and e.offer is None for e in recorded)
    later = [e for e in recorded if border is not None and e.label.time >= border]
    asked = event_cases(later, by_location)
    asked = asked[-(cases // 2) :]
    unseen_files = [file for file in files if file.location in unseen]
    asked += line_cases(unseen_files, cases - len(asked), rng)
    forbidden = _forbidden(asked, by_location)
    train = [e for e in judged if border is None or e.label.time < border]
    dropped["held-out-file"] += sum(is_unseen(e.location) for e in train)
    dropped["held-out-later"] += len(judged) - len(train)
    train = _capped([e for e in train if not is_unseen(e.location)], settings, dropped)
    learned = _examples(train, tokens, settings, forbidden, dropped)
    own = [e for _, examples in learned for e in examples]
    trained_files = [
        stretch for file in files if file.location not in unseen for stretch in without_asked(file, asked)
    ]
    wanted = max(
        round(len(own) * settings.replay_share / (1 - settings.replay_share)),
        _cuts_for(trained_files, settings),
    )
    replay = _replay(trained_files, wanted, tokens, settings, rng, forbidden)
    reminders = _replay(
        [SourceFile("", str(n), f"general:{n}", text) for n, text in enumerate(general)],
        round(len(replay) * settings.general_share),
        tokens,
        settings,
        rng,
        {},
    )
    examples = weigh([*own, *replay, *reminders])
    kinds = Counter(example.kind for example in own)
    figures = Figures(
        suggestions=len(recorded),
        desirable=kinds[Kind.DESIRABLE],
        undesirable=kinds[Kind.UNDESIRABLE],
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        supervised=kinds[Kind.SUPERVISED],
        replay=len(replay),
        general=len(reminders),
        train_examples=len(examples),
        held_out=len(asked),
        files=len(files),
        held_out_files=len(unseen),
    )
    events = tuple(dict.fromkeys(event for entry, _ in learned for event in entry.label.events))
    return Dataset(tuple(examples), tuple(asked), events, figures)


def _border(judged: Sequence[Recorded], share: float) -> datetime | None:
    """The time from which on nothing is learned from."""
    if not judged:
        return None
    return judged[min(len(judged) - 1, int(len(judged) * (1 - share)))].label.time


def _forbidden(cases: Iterable[GateCase], files: Mapping[str, SourceFile]) -> dict[str, frozenset[str]]:
    """The lines that the gate asks for, stripped, by the file's location."""
    found: dict[str, set[str]] = {}
    for case in cases:
        if case.source == "event":
            location = case.cluster.rpartition(":")[0]
            typed = case.text.split("\n")[case.line][: case.character]
            found.setdefault(location, set()).add((typed + case.truth).strip())
    return {location: frozenset(lines) for location, lines in found.items() if location in files}


def without_asked(file: SourceFile, cases: Iterable[GateCase]) -> list[SourceFile]:
    """The stretches of a file between the lines that the gate asks for, so that these are not learned as anybody's neighbours.

    A line is found again by itself and the one before it: most texts stand in many places.
    """
    asked = {
        _line_and_before(case.text.split("\n"), case.line, case.truth)
        for case in cases
        if case.source == "event" and case.cluster.rpartition(":")[0] == file.location
    }
    lines = file.text.split("\n")
    stretches: list[list[str]] = [[]]
    for number, line in enumerate(lines):
        if _line_and_before(lines, number) in asked:
            stretches.append([])
        else:
            stretches[-1].append(line)
    return [replace(file, text=text) for stretch in stretches if (text := "\n".join(stretch)).strip()]


def _line_and_before(lines: Sequence[str], number: int, truth: str = "") -> tuple[str, str]:
    """A line, with what is missing of it, and the last one before it that is not empty; stripped."""
    before = next((line for line in reversed(lines[:number]) if line.strip()), "")
    return before.strip(), (lines[number] + truth).strip()


def _capped(entries: Sequence[Recorded], settings: DataSettings, dropped: Counter[str]) -> list[Recorded]:
    """The newest of each file and each hour."""
    files: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    kept: list[Recorded] = []
    for entry in reversed(entries):
        hour = f"{entry.label.time:%Y%m%d%H}"
        if files[entry.location] >= settings.most_per_file:
            dropped["many-of-one-file"] += 1
        elif hours[hour] >= settings.most_per_hour:
            dropped["many-of-one-hour"] += 1
        elif len(kept) >= settings.most_examples:
            dropped["too-many"] += 1
        else:
            files[entry.location] += 1
            hours[hour] += 1
            kept.append(entry)
    return kept[::-1]


def _examples(
    entries: Sequence[Recorded],
    tokens: ServedTokens,
    settings: DataSettings,
    forbidden: Mapping[str, frozenset[str]],
    dropped: Counter[str],
) -> list[tuple[Recorded, list[Example]]]:
    """Each suggestion with its examples; what was both wanted and not wanted at one place teaches nothing."""
    made = []
    verdicts: dict[tuple[tuple[int, ...], tuple[int, ...]], set[Kind]] = {}
    for entry in entries:
        found, reason = _of_one(entry, tokens, settings, forbidden.get(entry.location, frozenset()))
        if not found:
            dropped[reason] += 1
            continue
        made.append((entry, found))
        for example in found:
            if example.kind is not Kind.SUPERVISED:
                verdicts.setdefault((example.prompt, example.completion), set()).add(example.kind)
    seen: set[tuple[tuple[int, ...], tuple[int, ...], Kind]] = set()
    kept: list[tuple[Recorded, list[Example]]] = []
    for entry, found in made:
        fresh = []
        for example in found:
            key = example.prompt, example.completion, example.kind
            if (
                len(verdicts.get((example.prompt, example.completion), ())) > 1
                and example.kind is not Kind.SUPERVISED
            ):
                dropped["contradictory"] += 1
            elif key not in seen:
                seen.add(key)
                fresh.append(example)
        if fresh:
            kept.append((entry, fresh))
    return kept


def _of_one(
    entry: Recorded, tokens: ServedTokens, settings: DataSettings, forbidden: frozenset[str]
) -> tuple[list[Example], str]:
    """The judged example of a suggestion, and the supervised one of what the user wrote there; why there is none."""
    offer, label = entry.offer, entry.label
    assert offer is not None
    prompt = fim_prompt(offer.prompt)
    kind = Kind.DESIRABLE if label.verdict == "desirable" else Kind.UNDESIRABLE
    # A part that was taken says nothing about where the whole would have ended.
    texts = [(label.completion, kind, label.completion == offer.text)]
    written = label.supervised or entry.survivor
    if written:
        texts.append((written, Kind.SUPERVISED, True))
    typed = offer.prompt.typed.rpartition("\n")[2]
    found, reason = [], "does-not-fit"
    for text, of, ends in texts:
        lines = (typed + text).split("\n")
        if of is not Kind.UNDESIRABLE and any(line.strip() in forbidden for line in lines):
            reason = "asked-by-the-gate"
            continue
        made = tokens.example(
            prompt,
            text,
            of,
            ends=ends,
            room=settings.prompt_tokens,
            longest=settings.completion_tokens,
            weight=settings.written_weight if of is Kind.SUPERVISED else 1.0,
        )
        if made is not None:
            found.append(made)
    return found, reason


def _cuts_for(files: Sequence[SourceFile], settings: DataSettings) -> int:
    """How many cuts show the text of these files ``replay_passes`` times."""
    characters = sum(len(file.text) for file in files)
    passes = min(settings.replay_passes or 0.0, settings.most_replayed / max(1, characters))
    return round(passes * characters / (settings.prompt_tokens * CHARACTERS_A_TOKEN))


def _replay(
    files: Sequence[SourceFile],
    count: int,
    tokens: ServedTokens,
    settings: DataSettings,
    rng: random.Random,
    forbidden: Mapping[str, frozenset[str]],
) -> list[Example]:
    found = []
    for prompt, middle in replay_cuts(files, count, rng, forbidden):
        made = tokens.example(
            prompt,
            middle,
            Kind.SUPERVISED,
            ends=True,
            room=settings.prompt_tokens,
            longest=settings.completion_tokens,
        )
        if made is not None:
            found.append(whole(made) if settings.replay_whole else made)
    return found


def weigh(examples: Sequence[Example]) -> list[Example]:
    """The judged ones with weights that keep long texts from outweighing short ones."""
    from burnish_training.kto.loss import length_weights

    judged = [example for example in examples if example.kind is not Kind.SUPERVISED]
    lengths = [len(example.completion) for example in judged]
    weights = iter(length_weights(lengths, [e.kind is Kind.DESIRABLE for e in judged]))
    return [e if e.kind is Kind.SUPERVISED else replace(e, weight=next(weights)) for e in examples]


def shortage(figures: Figures, settings: DataSettings) -> str:
    """What is missing for a night to be worth it, as a sentence; empty where nothing is."""
    judged = figures.desirable + figures.undesirable
    missing = []
    if judged < settings.least_judged:
        missing.append(f"{judged} of {settings.least_judged} suggestions that you clearly kept or sent away")
    for count, word in ((figures.desirable, "kept"), (figures.undesirable, "sent away")):
        if judged >= settings.least_judged and count < settings.least_of_a_kind:
            missing.append(f"{count} of {settings.least_of_a_kind} suggestions that you {word}")
    if figures.held_out_files < settings.least_held_out_files:
        missing.append(
            f"{figures.held_out_files} of {settings.least_held_out_files} Python files to judge by (of "
            f"{figures.files} in your workspace at most half are set aside)"
        )
    elif figures.held_out < settings.least_cases:
        missing.append(f"{figures.held_out} of {settings.least_cases} lines to judge by")
    return f"Not enough yet: {'; '.join(missing)}." if missing else ""
