"""What a night learns from, and what it must never see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from burnish_telemetry.consent import Consent
from burnish_telemetry.events import ENDPOINT, ContextFile, Place
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.redaction import SecretScanner
from burnish_telemetry.store import Store, store_file
from burnish_training.gate.cases import GateCase, truth_in_file
from burnish_training.kto.batches import Kind
from burnish_training.nightly.dataset import Dataset, build_dataset, shortage, without_asked
from burnish_training.nightly.recorded import Recorded, read_record
from burnish_training.nightly.replay_fim import cut_lines
from burnish_training.nightly.settings import DataSettings
from burnish_training.nightly.tokens import ServedTokens, load_tokens
from burnish_training.nightly.workspace import SourceFile, held_out, read_workspace
from tests.unit.training.kto.tiny import write_tiny
from tests.unit.training.nightly.world import NOW, house_style, outcome, record, suggestion, write_files

SETTINGS = DataSettings(prompt_tokens=200)
FILES = house_style(12)
SINCE = NOW - timedelta(days=30)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> ServedTokens:
    return load_tokens(write_tiny(tmp_path_factory.mktemp("model") / "tiny.gguf"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path / "ws", FILES)
    return tmp_path / "ws"


def recorded_in(home: Path) -> list[Recorded]:
    with Store(store_file(home)) as store:
        return read_record(store, SINCE, NOW)


def files_in(folder: Path, consent: Consent | None = None) -> list[SourceFile]:
    return read_workspace([str(folder)], consent or Consent(), SecretScanner())


def build(home: Path, folder: Path, tokens: ServedTokens, settings: DataSettings = SETTINGS) -> Dataset:
    return build_dataset(recorded_in(home), files_in(folder), tokens, settings, cases=60, seed=0)


def decoded(tokens: ServedTokens, ids: tuple[int, ...]) -> str:
    return b"".join(tokens.decode(token) for token in ids if token != tokens.end).decode()


def test_same_record_gives_the_same_data(tmp_path: Path, folder: Path, tokens: ServedTokens) -> None:
    record(tmp_path, folder, FILES, 100)
    first, second = (build(tmp_path, folder, tokens) for _ in range(2))
    assert first == second
    assert first.figures.desirable > 15
    assert first.figures.undesirable > 15
    share = first.figures.replay / first.figures.train_examples
    assert 0.2 <= share <= 0.3
    assert sum(example.kind is Kind.SUPERVISED for example in first.examples) == (
        first.figures.supervised + first.figures.replay
    )
    reminded = build_dataset(
        recorded_in(tmp_path),
        files_in(folder),
        tokens,
        SETTINGS,
        cases=60,
        seed=0,
        general=["x = f(1)\n" * 90],
    )
    assert reminded.figures.general == round(first.figures.replay / 2)
    assert reminded.examples[: first.figures.supervised] == first.examples[: first.figures.supervised]


def test_what_an_endpoint_wrote_is_not_learned(tmp_path: Path, folder: Path, tokens: ServedTokens) -> None:
    record(tmp_path, folder, FILES, 100)
    entries = recorded_in(tmp_path)
    judged = [entry for entry in entries if entry.judged]
    assert judged
    theirs = [
        replace(e, label=replace(e.label, offer=replace(e.offer, model=f"{ENDPOINT}team")))
        for e in judged
        if e.offer
    ]
    data = build_dataset(theirs, files_in(folder), tokens, SETTINGS, cases=60, seed=0)
    assert data.figures.desirable == data.figures.undesirable == data.figures.supervised == 0
    assert not data.events


def test_nothing_of_held_out_files_and_later_events_is_learned(
    tmp_path: Path, folder: Path, tokens: ServedTokens
) -> None:
    record(tmp_path, folder, FILES, 100)
    data = build(tmp_path, folder, tokens)
    entries = recorded_in(tmp_path)
    files = files_in(folder)
    unseen = held_out(files, SETTINGS.held_out_files, SETTINGS.least_held_out_files)
    assert 2 <= len(unseen) <= 6
    learned = [e for e in entries if set(e.label.events) & set(data.events)]
    assert len(learned) > 25
    assert not {e.location for e in learned} & unseen
    border = max(e.label.time for e in learned)
    later = [case for case in data.cases if case.source == "event"]
    assert later
    asked_at = [e.label.time for e in entries if e.label.time > border]
    assert len(asked_at) >= len(later)
    assert {location_of(c.folder, c.path) for c in data.cases if c.source == "line"} <= unseen


def test_no_line_that_the_gate_asks_for_stands_in_what_is_learned_whole(
    tmp_path: Path, tokens: ServedTokens
) -> None:
    files = {
        f"shop/m{number}.py": "".join(f"wert_{number}_{line} = rechne({line})\n" for line in range(40))
        for number in range(8)
    }
    write_files(tmp_path / "ws", files)
    record(tmp_path, tmp_path / "ws", files, 100)
    data = build(tmp_path, tmp_path / "ws", tokens, replace(SETTINGS, prompt_tokens=400))
    learned = "".join(decoded(tokens, e.prompt + e.completion) for e in data.examples if len(e.prompt) == 1)
    assert learned.count("rechne") > 100
    lines = [(case.text.split("\n")[case.line] + case.truth) for case in data.cases if case.source == "event"]
    assert len(lines) > 5
    assert not [line for line in lines if line in learned]


def test_a_file_is_cut_where_the_gate_asks(tmp_path: Path) -> None:
    text = "a = 1\nb = 2\n\nc = 3\nif a:\n    b = 2\n    d = 4\n"
    file = SourceFile("/w", "m.py", "/w/m.py", text)
    case = GateCase("/w", "m.py", "a = 1\nb =\nlater\n", 1, 3, " 2", "event", "/w/m.py:0")
    assert [part.text for part in without_asked(file, [case])] == ["a = 1", text.partition("b = 2\n")[2]]
    elsewhere = replace(case, cluster="/w/n.py:0")
    assert without_asked(file, [elsewhere, replace(case, source="line")]) == [file]


def test_a_line_that_the_gate_asks_for_is_not_a_replayed_middle() -> None:
    import random

    from burnish_training.nightly.replay_fim import replay_cuts

    text = "".join(f"value_{n} = compute_{n}(first, second)\n" for n in range(20))
    file = SourceFile("/w", "a.py", "/w/a.py", text)
    forbidden = {"/w/a.py": frozenset(line for n, line in enumerate(text.splitlines()) if n != 7)}
    cuts = replay_cuts([file], 5, random.Random(1), forbidden)
    assert cuts
    for prompt, middle in cuts:
        assert (prompt.typed.rpartition("\n")[2] + middle) == "value_7 = compute_7(first, second)"


def test_labels_decide_nothing_about_the_truth(tmp_path: Path, folder: Path, tokens: ServedTokens) -> None:
    """With every label turned round the gate asks the very same."""
    honest, flipped = tmp_path / "honest", tmp_path / "flipped"
    record(honest, folder, FILES, 100)
    record(flipped, folder, FILES, 100, wanted=lambda _number, right: not right, instead=False)
    first, second = build(honest, folder, tokens), build(flipped, folder, tokens)
    assert [(c.path, c.line, c.character, c.truth) for c in first.cases] == [
        (c.path, c.line, c.character, c.truth) for c in second.cases
    ]


def test_caps_by_file_and_hour(tmp_path: Path, folder: Path, tokens: ServedTokens) -> None:
    # A quarter of an hour, ending ten minutes before the hour does.
    within = NOW.replace(minute=50, second=0) - timedelta(hours=1)
    record(tmp_path, folder, FILES, 100, days=0.01, until=within)
    capped = build(tmp_path, folder, tokens, replace(SETTINGS, most_per_hour=30, most_per_file=5))
    dropped = capped.figures.dropped
    assert dropped["many-of-one-file"] > 0
    assert capped.figures.desirable + capped.figures.undesirable <= 30


def test_what_was_both_wanted_and_not_teaches_nothing(
    tmp_path: Path, folder: Path, tokens: ServedTokens
) -> None:
    lines = FILES["shop/module_0.py"].split("\n")
    prompt, truth = cut_lines("shop/module_0.py", lines, 6, 4, 6)
    place = Place(str(folder), "shop/module_0.py")
    with Store(store_file(tmp_path)) as store:
        for number, wanted in enumerate((True, False)):
            # Different suffixes at the end of the prompt's room: one prompt for the model, two for the labeller.
            other = replace(prompt, suffix=prompt.suffix + "x" * number)
            offer = suggestion(
                other, truth, place, NOW - timedelta(days=2, hours=number), name=f"pair-{number}"
            )
            store.append(outcome(offer, wanted=wanted))
        last = suggestion(prompt, "something_else()", place, NOW - timedelta(days=1), name="last")
        store.append(outcome(last, wanted=True))
    entries = recorded_in(tmp_path)
    assert {e.label.verdict for e in entries} == {"desirable", "undesirable"}
    small = replace(SETTINGS, prompt_tokens=60, held_out_events=0.01, held_out_files=0.001)
    data = build_dataset(entries, [], tokens, small, cases=10, seed=0)
    assert data.figures.desirable == data.figures.undesirable == 0
    assert data.figures.dropped["contradictory"] == 2


def test_long_texts_do_not_outweigh_short_ones(tmp_path: Path, folder: Path, tokens: ServedTokens) -> None:
    record(tmp_path, folder, FILES, 100)
    judged = [e for e in build(tmp_path, folder, tokens).examples if e.kind is Kind.DESIRABLE]
    longest = max(judged, key=lambda e: len(e.completion))
    shortest = min(judged, key=lambda e: len(e.completion))
    assert longest.weight < shortest.weight
    assert sum(e.weight for e in judged) / len(judged) == pytest.approx(1)


def test_shortage_says_what_there_is_and_what_is_needed(
    tmp_path: Path, folder: Path, tokens: ServedTokens
) -> None:
    record(tmp_path, folder, FILES, 12)
    figures = build(tmp_path, folder, tokens).figures
    said = shortage(figures, SETTINGS)
    assert said.startswith("Not enough yet: ")
    assert f"{figures.desirable + figures.undesirable} of 40" in said
    assert shortage(replace(figures, desirable=30, undesirable=30), SETTINGS) == ""
    assert "0 of 5 suggestions that you kept" in shortage(
        replace(figures, desirable=0, undesirable=60), SETTINGS
    )


@pytest.mark.parametrize("name", [".env.py", "secrets.py", "venv/lib/x.py", ".hidden/x.py", "notes.txt"])
def test_files_that_are_never_read(name: str, folder: Path) -> None:
    write_files(folder, {name: "value = 1\n" * 30})
    assert name not in {file.path for file in files_in(folder)}


def test_excluded_folders_and_files_with_secrets_are_never_read(folder: Path) -> None:
    write_files(
        folder,
        {
            "private/plan.py": "value = 1\n" * 30,
            "leaky.py": "x = 1\n" * 30
            + 'AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"\n',
        },
    )
    consent = Consent(excluded_folders=(str(folder / "private"),), excluded_globs=("module_0.py",))
    names = {file.path for file in files_in(folder, consent)}
    assert names == set(FILES) - {"shop/module_0.py"}


def test_held_out_files_stay_nearly_the_same_when_others_come(folder: Path) -> None:
    files = files_in(folder)
    before = held_out(files, 0.25, 2)
    assert before == held_out(files[::-1], 0.25, 2)
    assert len(before) == 3
    moved = [replace(file, location=f"/other/{n}.py") for n, file in enumerate(files[:4])]
    after = held_out([*files, *moved], 0.25, 2)
    assert len(after) == 4
    old = after & {file.location for file in files}
    assert old <= before or (before <= old and len(old) == len(before) + 1), "the order of the old ones stays"
    assert len(held_out(files[:3], 0.2, 2)) == 1, "at most half of all"


def test_truth_is_what_stands_in_the_file_today() -> None:
    text = "def total(prices):\n    result = sum(prices)\n    return result\n"
    lines = text.split("\n")
    prompt, _ = cut_lines("a.py", lines, 1, 13, 1)
    recorded = suggestion(prompt, "sorted(prices)", Place("/w", "a.py"), NOW).prompt
    assert truth_in_file(recorded, text) == "sum(prices)"
    assert truth_in_file(recorded, "# moved\n" * 30 + text) == "sum(prices)"
    assert truth_in_file(recorded, "something else\n") == ""
    assert truth_in_file(recorded, text * 2) == "", "two places look alike"


@pytest.mark.parametrize(
    ("typed", "completion"),
    [
        ("    total = ", "sum(prices)"),
        ("    tot", "al = sum(prices)"),
        ("", "def total(prices):"),
        ("    return first, ", "second"),
        ("    x = 'ä", "öü🎉'"),
        ("    ", "<|fim_middle|>"),
    ],
)
def test_an_example_is_the_served_prompt_and_what_follows_it(
    typed: str, completion: str, tokens: ServedTokens
) -> None:
    from burnish_models.engine.base import FimPrompt

    prompt = FimPrompt("def f():\n", typed, "\n    return 1\n")
    example = tokens.example(prompt, completion, Kind.DESIRABLE, ends=True, room=200, longest=100)
    assert example is not None
    served = tokens.prompts.build(prompt, 200)
    assert list(example.prompt[: len(served.tokens)]) == served.tokens
    assert example.completion[-1] == tokens.end
    after = decoded(tokens, example.prompt[len(served.tokens) :] + example.completion)
    assert after == served.healing + completion
    whole = served.healing.encode()
    ahead = b"".join(tokens.decode(token) for token in example.prompt[len(served.tokens) :])
    assert whole.startswith(ahead)
    assert tokens.example(prompt, completion, Kind.DESIRABLE, ends=True, room=200, longest=1) is None
    assert tokens.example(prompt, "  \n", Kind.DESIRABLE, ends=True, room=200, longest=9) is None


def test_what_is_excluded_since_is_left_out_of_the_record(tmp_path: Path, folder: Path) -> None:
    record(tmp_path, folder, FILES, 60)
    lines = FILES["shop/module_0.py"].split("\n")
    prompt, truth = cut_lines("shop/module_0.py", lines, 6, 4, 6)
    offer = suggestion(
        prompt, truth, Place(str(folder), "shop/module_1.py"), NOW - timedelta(days=2), name="c"
    )
    shown = replace(offer.prompt, context=(ContextFile("shop/module_0.py", "secret = 1"),))
    with Store(store_file(tmp_path)) as store:
        store.append([replace(offer, prompt=shown)])
        everything = read_record(store, SINCE, NOW)
        left = read_record(store, SINCE, NOW, Consent(excluded_globs=("shop/module_0.py",)))
        none = read_record(store, SINCE, NOW, Consent(excluded_folders=(str(folder),)))
    gone = {entry.label.suggestion for entry in everything} - {entry.label.suggestion for entry in left}
    assert "c" in gone
    assert len(gone) > 1
    assert not any(entry.location.endswith("module_0.py") for entry in left)
    assert left
    assert none == []
