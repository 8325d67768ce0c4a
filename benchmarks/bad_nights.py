"""Bad nights: does the gate let anything worse through when the labels are wrong?

    python benchmarks/bad_nights.py --kind {flipped-kto,flipped,random,honest} [--nights N] [--seed S] [--journal FILE] ...
    python benchmarks/bad_nights.py --table [--journal FILE]

Each night is drawn by its seed: files of a real package that the bundled model never saw become a user's workspace, except
for a third of them, which neither training nor the gate ever sees. At random cursors the base model's own answers are
recorded as suggestions, with what a user does about them: takes what is right, sends away what is not and writes what stands
in the file.

    flipped-kto   wanted and unwanted changed round, and no supervised term at all: nothing but wrong labels to learn from
    flipped       the same in the full recipe
    random        a coin says what the user did, in the full recipe
    honest        as it really was, for comparison

The nightly run then does what it always does. Where it promotes, base and adapter are compared through the served stack on the
files that nobody saw, and every night's figures there are kept with --truth. One line a night goes to the journal; a night that is
in it is not run again, so the work can be done in pieces. Printed at the end: the table, and every reason given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from machine import describe
from projects import sources
from tests.unit.training.nightly.world import agree, outcome, suggestion, write_files

from burnish_models.adapters.registry import Registry
from burnish_models.engine import EngineSettings, FimPrompt, GenerateRequest, LlamaCppEngine, StopRules
from burnish_models.selection import resolve_model
from burnish_telemetry.events import Place
from burnish_telemetry.store import Store, store_file
from burnish_training.gate.cases import GateCase, line_cases
from burnish_training.gate.compare import paired_bootstrap
from burnish_training.gate.measures import figures_of
from burnish_training.gate.stack import ServedStack
from burnish_training.nightly.replay_fim import cut_lines
from burnish_training.nightly.run import run_nightly
from burnish_training.nightly.settings import (
    DataSettings,
    GateSettings,
    NightlySettings,
    Recipe,
    RunOptions,
)
from burnish_training.nightly.workspace import SourceFile

KINDS = ("flipped-kto", "flipped", "random", "honest")
_LEAST = 400


def settings_for(kind: str, number: int, options: argparse.Namespace) -> NightlySettings:
    """The product's settings, smaller; without anything supervised where only labels are to teach."""
    data = DataSettings(prompt_tokens=options.prompt_tokens, least_judged=30, replay_passes=0.0)
    recipe = Recipe(epochs=options.epochs, seed=number, general_characters=options.general_characters)
    if kind == "flipped-kto":
        data = replace(data, replay_share=0.0)
        recipe = replace(recipe, supervised_weight=0.0)
    gate = GateSettings(cases=options.cases, general_characters=options.general_characters)
    return NightlySettings(data, recipe, gate)


def split(package: str, folder: Path | None, rng: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """The workspace's files, and the third of them that nobody sees."""
    documents = [d for d in sources(package, folder) if len(d.text) >= _LEAST]
    rng.shuffle(documents)
    third = max(2, len(documents) // 3)
    unseen, seen = documents[:third], documents[third:]
    return {d.path: d.text for d in seen}, {d.path: d.text for d in unseen}


async def answers(model: Path, prompts: Sequence[FimPrompt]) -> list[str]:
    """What the base model writes at each place."""
    engine = LlamaCppEngine(model, EngineSettings(threads=1))
    found = []
    try:
        await engine.load()
        for prompt in prompts:
            text = ""
            async for chunk in engine.generate(GenerateRequest(prompt, StopRules(), 48)):
                text += chunk.text
            found.append(text.rstrip())
    finally:
        await engine.close()
    return found


def places(
    files: dict[str, str], count: int, tokens: int, rng: random.Random
) -> list[tuple[str, FimPrompt, str]]:
    """Random cursors, the text around them (about so many tokens, three quarters of it before), and what stands there."""
    lines = {name: text.split("\n") for name, text in files.items()}
    names = sorted(files)
    found = []
    while len(found) < count:
        name = rng.choices(names, [len(files[n]) for n in names])[0]
        number = rng.randrange(len(lines[name]))
        line = lines[name][number].rstrip()
        indent = len(line) - len(line.lstrip())
        if len(line) - indent < 6:
            continue
        prompt, truth = cut_lines(name, lines[name], number, rng.randint(indent, len(line) - 3), number)
        around = replace(prompt, prefix=prompt.prefix[-3 * tokens :], suffix=prompt.suffix[:tokens])
        found.append((name, around, truth))
    return found


def record_night(
    home: Path,
    workspace: Path,
    files: dict[str, str],
    model: Path,
    kind: str,
    options: argparse.Namespace,
    rng: random.Random,
) -> None:
    """Suggestions of five days, with outcomes as the kind of night has them."""
    count = options.events
    drawn = places(files, count, options.prompt_tokens, rng)
    texts = asyncio.run(answers(model, [prompt for _, prompt, _ in drawn]))
    began = datetime.now(UTC) - timedelta(days=5)
    with Store(store_file(home)) as store:
        for number, ((name, prompt, truth), text) in enumerate(zip(drawn, texts, strict=True)):
            if not text.strip():
                continue
            right = text == truth.rstrip()
            wanted = {"honest": right, "random": rng.random() < 0.5}.get(kind, not right)
            time_ = began + timedelta(days=4.9 * number / count)
            offer = suggestion(prompt, text, Place(str(workspace), name), time_, name=f"n{number}")
            store.append(outcome(offer, wanted=wanted, instead="" if wanted or right else truth))


async def truth(
    model: Path, adapter: Path, folder: Path, cases: Sequence[GateCase], threshold: float = 0.3
) -> dict[str, Any]:
    """Base and adapter through the served stack on files that neither training nor gate saw."""
    stack = ServedStack(folder / "truth", model, ())
    found: dict[str, list[Any]] = {"base": [], "adapter": []}
    try:
        await stack.start()
        for begin in range(0, len(cases), 25):
            for name, path in (("base", None), ("adapter", adapter)):
                await stack.use(path)
                for case in cases[begin : begin + 25]:
                    found[name].append(figures_of(case, await stack.ask(case), threshold))
    finally:
        await stack.close()
    result: dict[str, Any] = {"cases": len(cases)}
    for measure in ("kept", "exact"):
        values = {name: [getattr(f, measure) for f in figures] for name, figures in found.items()}
        difference = paired_bootstrap(
            values["base"], values["adapter"], [case.cluster for case in cases], resamples=4000
        )
        result[measure] = [round(x, 4) for x in (difference.value, difference.low, difference.high)]
    return result


def night(kind: str, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """One night of a kind; everything about it follows from its number."""
    rng = random.Random(f"{options.package}/{kind}/{number}")
    model = resolve_model(Path.home(), options.model).path
    seen, unseen = split(options.package, options.folder, rng)
    root = Path(tempfile.mkdtemp(prefix="burnish-bad-night-"))
    began = time.monotonic()
    try:
        home, workspace = root / "home", root / "workspace"
        write_files(workspace, seen)
        agree(home)
        record_night(home, workspace, seen, model, kind, options, rng)
        report = run_nightly(
            home,
            settings_for(kind, number, options),
            RunOptions(now=True, model=str(model), threads=options.threads),
            listener=lambda status: print(
                f"\r{kind} {number}: {status['phase']} {status['fraction']:.0%}   ", end="", file=sys.stderr
            ),
        )
        line = {
            "kind": kind,
            "night": number,
            "package": options.package,
            "decision": report["decision"],
            "reason": report["reason"],
            "data": report["data"],
            "strength": (report["training"] or {}).get("strength"),
            "gate": {
                metric["name"]: [metric["difference"], metric["ci_low"], metric["ci_high"]]
                for metric in (report["gate"] or {"metrics": []})["metrics"]
            },
        }
        if report["adapter"] and (options.truth or report["decision"] == "promoted"):
            files = [SourceFile("", name, f"/unseen/{name}", text) for name, text in unseen.items()]
            cases = line_cases(files, options.truth_cases, rng)
            path = Registry(home).find(report["adapter"]).path
            assert path is not None
            line["truth"] = asyncio.run(truth(model, path, root, cases))
        return {**line, "seconds": round(time.monotonic() - began)}
    finally:
        shutil.rmtree(root, ignore_errors=True)


def table(lines: Sequence[dict[str, Any]]) -> None:
    """What came of the nights."""
    for kind in KINDS:
        own = [line for line in lines if line["kind"] == kind]
        if not own:
            continue
        counts = Counter(line["decision"] for line in own)
        promoted = [line for line in own if line["decision"] == "promoted"]
        worse = [line for line in promoted if line["truth"]["kept"][0] < 0]
        clearly = [line for line in promoted if line["truth"]["kept"][2] < 0]
        print(
            f"{kind}: {len(own)} nights, {', '.join(f'{count} {decision}' for decision, count in counts.most_common())}; of those "
            f"promoted, on the files that nobody saw, {len(worse)} with a lower mean and {len(clearly)} clearly worse"
        )
        for line in own:
            kept = line["gate"].get("kept")
            gate = f"gate {kept[0]:+.3f} ({kept[1]:+.3f} to {kept[2]:+.3f})" if kept else ""
            said = line.get("truth")
            there = (
                f"; truth {said['kept'][0]:+.3f} ({said['kept'][1]:+.3f} to {said['kept'][2]:+.3f})"
                if said
                else ""
            )
            print(f"  {line['night']:3d} {line['decision']}, {gate}{there}\n      {line['reason']}")


def main() -> None:
    """Run what the journal lacks, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", choices=KINDS, default="flipped-kto")
    parser.add_argument("--nights", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the first night's number")
    parser.add_argument("--package", default="jinja2")
    parser.add_argument("--folder", type=Path, help="where the package lies, if it is not installed")
    parser.add_argument("--model")
    parser.add_argument("--events", type=int, default=160)
    parser.add_argument("--cases", type=int, default=120)
    parser.add_argument("--truth-cases", type=int, default=200)
    parser.add_argument(
        "--truth", action="store_true", help="measure refused adapters on the unseen files too"
    )
    parser.add_argument(
        "--general-characters", type=int, default=60_000, help="of general code, for the gate"
    )
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--journal", type=Path, default=Path("bad_nights.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print what the journal has")
    options = parser.parse_args()
    lines = []
    if options.journal.exists():
        lines = [json.loads(line) for line in options.journal.read_text(encoding="utf-8").splitlines()]
    done = {(line["kind"], line["night"], line["package"]) for line in lines}
    for number in range(options.seed, options.seed + (0 if options.table else options.nights)):
        if (options.kind, number, options.package) in done:
            continue
        lines.append(night(options.kind, number, options))
        with options.journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(lines[-1]) + "\n")
    print(f"\n{describe()}")
    table(lines)


if __name__ == "__main__":
    main()
