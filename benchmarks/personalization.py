"""The learning loop's worth: a simulated developer types real packages for some days, with a night after each.

    python benchmarks/personalization.py [--packages NAME ...] [--days N] [--asks N] [--work DIR] [--json]

What is simulated and measured stands in ``personal/__init__.py``. Everything is kept below ``--work``: what was interrupted goes
on with the day it was at. The packages are downloaded from the package index unless they are installed or named by folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from personal import __doc__ as about
from personal.ablations import ABLATIONS, train_ablation
from personal.arms import Answer, answer_all, compare
from personal.desk import Desk
from personal.developer import Ask, work_a_day
from personal.nights import agree, sleep_over_it, trained
from personal.packages import source_folder
from personal.plan import FilePlan, plan_days
from personal.plot import plot

FIGURES = {
    "acceptance": "acceptance at equal coverage",
    "right": "right where all is shown",
    "saved": "characters taken a character typed",
}


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__ + about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--packages", nargs="+", default=["openpyxl", "pypdf"], help="NAME, NAME:IMPORT or a folder"
    )
    parser.add_argument("--days", type=int, default=6)
    parser.add_argument("--characters", type=int, default=40_000, help="typed a day")
    parser.add_argument("--asks", type=int, default=700, help="lines asked at a day, about")
    parser.add_argument(
        "--places", type=int, default=600, help="where every arm is asked, a day; on the last day everywhere"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the model that serves")
    parser.add_argument("--training-threads", type=int, default=0)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("personalization"), help="where everything is kept")
    parser.add_argument("--plot", type=Path, help="draw a picture of it (.svg, .png); needs matplotlib")
    parser.add_argument("--ablations", action="store_true", help="of the last night, too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def tell(text: str) -> None:
    """Progress goes to standard error."""
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


async def experiment(chosen: argparse.Namespace, name: str) -> dict[str, Any]:
    """All days of one package; what is on the disk already is not done again."""
    package = source_folder(name, chosen.work / "packages")
    plan = plan_days(
        package, days=chosen.days, characters=chosen.characters, asks=chosen.asks, seed=chosen.seed
    )
    work = chosen.work / package.name
    home, folder = work / "home", work / "typed"
    folder.mkdir(parents=True, exist_ok=True)
    agree(home)
    began = _began(work / "began.json", chosen.days)
    days: list[dict[str, Any]] = []
    for number, day in enumerate(plan):
        done = work / f"day{number + 1}.json"
        if not done.exists():
            _as_it_was(home, work / "before")
            found = await one_day(
                chosen, number, plan[:number], day, home, folder, began + timedelta(days=number)
            )
            done.write_text(json.dumps(found))
            shutil.rmtree(work / "before")
        days.append(json.loads(done.read_text()))
        night = work / f"night{number + 1}.json"
        if number + 1 < len(plan) and not night.exists():
            if chosen.ablations and number + 2 == len(plan):
                shutil.copytree(home, work / "ablations" / "home", dirs_exist_ok=True)
            tell(f"{package.name}: night {number + 1}")
            report = await asyncio.to_thread(
                sleep_over_it, home, Path(days[-1]["model"]), chosen.training_threads
            )
            night.write_text(json.dumps(report))
            tell(f"{package.name}: night {number + 1}: {report['decision']}: {report['reason']}")
    if chosen.ablations:
        await ablate(chosen, package.name, days[-1], plan[:-1], work)
    return {"package": package.name, "days": [summary(day) for day in days]}


def _as_it_was(home: Path, before: Path) -> None:
    """Go back to what ``home`` was before the day that was interrupted: its events would be recorded twice."""
    if before.exists():
        shutil.rmtree(home)
        shutil.copytree(before, home)
    else:
        part = before.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(home, part)
        part.rename(before)


def _began(file: Path, days: int) -> datetime:
    """The first day: so long ago that the last one ends before now."""
    if not file.exists():
        file.write_text(json.dumps((datetime.now(UTC) - timedelta(days=days, hours=4)).isoformat()))
    return datetime.fromisoformat(json.loads(file.read_text()))


async def one_day(
    chosen: argparse.Namespace,
    number: int,
    before: tuple[tuple[FilePlan, ...], ...],
    day: tuple[FilePlan, ...],
    home: Path,
    folder: Path,
    start: datetime,
) -> dict[str, Any]:
    """Type a day's files, then ask every arm at the same places."""
    async with Desk(chosen.model, chosen.threads) as desk:
        await desk.remember({plan.path: plan.text for files in before for plan in files})
        served, candidate = trained(home, desk.sha256)
        await asyncio.sleep(3)  # the memory's index is built in the background

        def said(what: str) -> Any:
            return lambda text: tell(f"{folder.parent.name}: day {number + 1}, {what}: {text}")

        await desk.serve(served)
        rng = random.Random(f"{chosen.seed}/{number}")
        asks = await work_a_day(desk, day, home, folder, start, rng, memory=True, tell=said("typing"))
        if number + 1 < chosen.days and len(asks) > chosen.places:
            asks = [asks[place] for place in sorted(rng.sample(range(len(asks)), chosen.places))]
        arms: dict[str, list[Answer]] = {}
        for arm, adapter, memory in (
            ("none", None, False),
            ("memory", None, True),
            ("adapter", served, False),
            ("both", served, True),
            ("candidate", candidate, True),
        ):
            if arm in ("adapter", "both", "candidate") and adapter is None:
                arms[arm] = arms["none" if arm == "adapter" else "memory"]
            elif arm == "candidate" and adapter == served:
                arms[arm] = arms["both"]
            else:
                arms[arm] = await answer_all(desk, asks, adapter, memory=memory, tell=said(arm))
        return {
            "model": str(desk.model),
            "threshold": desk.judge.threshold,
            "served": served.id if served else None,
            "stretches": [ask.stretch for ask in asks],
            "asks": [asdict(ask) for ask in asks],
            "arms": {arm: [answer.as_row() for answer in answers] for arm, answers in arms.items()},
        }


async def ablate(
    chosen: argparse.Namespace,
    package: str,
    last: dict[str, Any],
    before: tuple[tuple[FilePlan, ...], ...],
    work: Path,
) -> None:
    """Add every ablation's answers on the last day, and what the gate says of it, to ``last``.

    The record is that of the evening before the last day.
    """
    asks = [Ask(**ask) for ask in last["asks"]]
    evening = work / "ablations" / "home"
    written = {plan.path: plan.text for files in before for plan in files}
    for name in ABLATIONS:
        found = work / "ablations" / f"{name}.json"
        if not found.exists():

            def said(text: str) -> None:
                tell(f"{package}: {text}")

            adapter, gate = await train_ablation(
                name,
                evening,
                written,
                Path(last["model"]),
                last["threshold"],
                work / "ablations",
                said,
                chosen.threads,
            )
            async with Desk(chosen.model, chosen.threads) as desk:
                await desk.remember(written)
                answers = await answer_all(desk, asks, adapter, memory=True, tell=said)
            found.write_text(json.dumps({"rows": [answer.as_row() for answer in answers], "gate": gate}))
        known = json.loads(found.read_text())
        last["arms"][name] = known["rows"]
        last.setdefault("gates", {})[name] = f"{known['gate']['decision']}: {known['gate']['reason']}"


def summary(day: dict[str, Any]) -> dict[str, Any]:
    """A day's figures."""
    arms = {arm: np.asarray(rows, dtype=float) for arm, rows in day["arms"].items()}
    return {
        "places": len(day["stretches"]),
        "served": day["served"],
        "arms": compare(arms, "none", day["threshold"], day["stretches"]),
        "gates": day.get("gates", {}),
    }


def show(found: dict[str, Any]) -> None:
    """Print a package for people."""
    print(f"\n{found['package']}")
    for number, day in enumerate(found["days"], 1):
        served = f"adapter {day['served'][:8]}" if day["served"] else "no adapter"
        print(f"day {number}, {day['places']} places, {served}")
        for arm, figures in day["arms"].items():
            print(f"  {arm}: shown {figures['shown'][0]:.1%}")
            for figure, words in FIGURES.items():
                value, ratio, top = (figures[f"{figure}{end}"] for end in ("", "_ratio", "_on_top"))
                print(
                    f"    {words} {value[0]:.3f}, {ratio[0]:.2f} times none's ({ratio[1]:.2f}-{ratio[2]:.2f}), "
                    f"over memory {top[0]:+.4f} ({top[1]:+.4f} to {top[2]:+.4f})"
                )
        for name, said in day["gates"].items():
            print(f"  gate on {name}: {said}")


async def main() -> None:
    """Run and print."""
    chosen = options()
    chosen.work.mkdir(parents=True, exist_ok=True)
    found = {"machine": describe(), "packages": []}
    if not chosen.json:
        print(found["machine"])
    for name in chosen.packages:
        result = await experiment(chosen, name)
        found["packages"].append(result)
        if not chosen.json:
            show(result)
    if chosen.plot is not None:
        plot(found["packages"], FIGURES, chosen.plot)
    if chosen.json:
        print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main())
