"""The command line of ``benchmarks/typing.py``."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import describe
from served_model import add_model_options, served_model

from burnish_server.replay.project import read_sources
from burnish_server.replay.record import record
from burnish_server.replay.trace import Trace, load_trace, save_trace
from typing_trace import __doc__ as about
from typing_trace.play import Played, play
from typing_trace.report import timed_figures, unhurried_figures

__all__ = ["main", "project_folder"]


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default="click", help="an installed package, or the folder of a project")
    parser.add_argument("--minutes", type=float, default=4.0, help="length of a trace")
    parser.add_argument("--repeats", type=int, default=1, help="traces, each with fresh servers")
    parser.add_argument("--files", type=int, default=4, help="files worked on in a trace")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of either side")
    add_model_options(parser)
    parser.add_argument("--trace", type=Path, help="play this recorded trace")
    parser.add_argument("--save", type=Path, help="keep the (first) trace here")
    parser.add_argument(
        "--unhurried-keys", type=int, default=1000, help="events of the unhurried pass; 0 for none"
    )
    parser.add_argument("--no-timed", action="store_true", help="only the unhurried pass")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def project_folder(name: str) -> Path:
    """A folder, or that of an installed package; exits with a sentence where it is neither."""
    path = Path(name)
    if path.is_dir():
        return path.resolve()
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"{name} is neither a folder nor an installed package: pip install it, or name a folder")
    return Path(next(iter(found.submodule_search_locations)))


def _traces(chosen: argparse.Namespace, project: Path) -> list[Trace]:
    if chosen.trace is not None:
        return [load_trace(chosen.trace)] * chosen.repeats
    sources = read_sources(project)
    traces = [
        record(sources, project.name, seed=chosen.seed + repeat, files=chosen.files, minutes=chosen.minutes)
        for repeat in range(chosen.repeats)
    ]
    if chosen.save is not None:
        save_trace(traces[0], chosen.save)
    return traces


async def compare(chosen: argparse.Namespace, model: Path) -> dict[str, Any]:
    """Play everything; the figures."""
    project = project_folder(chosen.project)
    timed: list[tuple[Played, Played]] = []
    awaited: list[tuple[Played, Played]] = []

    async def one(trace: Trace, results: list[tuple[Played, Played]], **how: Any) -> None:
        label = "unhurried" if how else "timed"

        def tell(text: str) -> None:
            print(f"{label}, trace {len(results) + 1}, {text}", file=sys.stderr, flush=True)

        with tempfile.TemporaryDirectory(prefix="burnish-typing-") as scratch:
            results.append(await play(trace, project, Path(scratch), model, chosen.threads, tell, **how))

    traces = _traces(chosen, project)
    figures = {"machine": describe(), "model": model.name, "threads": chosen.threads, "project": project.name}
    if not chosen.no_timed:
        for trace in traces:
            await one(trace, timed)
        figures["timed"] = timed_figures(timed)
        if not chosen.json:
            show_timed(figures)
    if chosen.unhurried_keys:
        for trace in traces:
            short = replace(trace, events=trace.events[: chosen.unhurried_keys])
            await one(short, awaited, patient=True, minConfidence=0.0, maxLatencyMs=60_000)
        figures["unhurried"] = unhurried_figures(awaited)
        if not chosen.json:
            show_unhurried(figures["unhurried"])
    return figures


def show_timed(figures: dict[str, Any]) -> None:
    """Print the timed part for people."""
    print(figures["machine"])
    print(f"{figures['model']}, {figures['threads']} thread(s), {figures['project']}")
    timed = figures["timed"]
    print(f"\n{timed['keys']} keys as recorded; llama.vscode asks its model for {timed['asking']}")
    _show_times(timed["times"])
    print(
        f"keys where burnish is slower: {timed['slower_share']:.1%}, "
        f"by more than 5 ms: {timed['slower_by_more_than_5_ms_share']:.1%}"
    )
    for side in timed["sides"]:
        _show_side(side)
    sys.stdout.flush()


def show_unhurried(awaited: dict[str, Any]) -> None:
    """Print the unhurried part for people."""
    print("\nunhurried: every answer awaited, burnish's gate open")
    _show_times(awaited["times"])
    for name in ("burnish", "llama.cpp"):
        found = awaited[name]
        print(
            f"{name:10} exact first lines {found['exact']} of {found['keys']} ({found['exact_share']:.1%}), "
            f"shown {found['shown']}; prompt tokens evaluated a key {found['evaluated_tokens_a_key']:.1f}, "
            f"CPU {found['cpu_ms_a_key']:.1f} ms a key"
        )
    found = awaited["difference"]
    print(f"difference {found['value']:+.1%} (95 % CI {found['low']:+.1%} to {found['high']:+.1%})")


def _show_times(times: dict[str, dict[str, float]]) -> None:
    print(f"{'milliseconds to an answer':40}{'keys':>6}{'burnish':>10}{'llama.cpp':>11}{'ratio':>8}  95 % CI")
    for name, found in times.items():
        if not found["keys"]:
            print(f"{name:40}{0:6}")
            continue
        print(
            f"{name:40}{found['keys']:6}{found['burnish_ms']:10.1f}{found['llama_ms']:11.1f}{found['ratio']:8.3f}"
            f"  {found['low']:.3f} to {found['high']:.3f}"
        )


def _show_side(side: dict[str, Any]) -> None:
    exact, shown = side["exact_of_shown"]
    median, p95 = (side[f"own_answer_ms_{label}"] or float("nan") for label in ("median", "p95"))
    print(
        f"{side['name']:10} answered before the next key {side['answered_before_the_next_key']:.1%} "
        f"(median {median:.1f} ms, p95 {p95:.1f}); shown {side['shown']}, exact {exact} of {shown}; "
        f"failed {side['failed']}\n"
        f"{'':10} prompt tokens evaluated a key {side['evaluated_tokens_a_key']:.1f}, generated "
        f"{side['generated_tokens_a_key']:.1f}; CPU {side['cpu_seconds']:.1f} s ({side['cpu_ms_a_key']:.1f} ms a key), "
        f"before the first key {side['cpu_seconds_before']:.1f} s and {side['evaluated_before']} tokens"
    )


def main() -> None:
    """Run."""
    chosen = options()
    figures = asyncio.run(compare(chosen, served_model(chosen)))
    if chosen.json:
        print(json.dumps(figures))
