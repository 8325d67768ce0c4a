"""The command line of ``benchmarks/typing.py``."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import describe

from burnish_models.selection import resolve_model
from burnish_server.replay.project import read_sources
from burnish_server.replay.record import record
from burnish_server.replay.trace import Trace, load_trace, save_trace
from typing_trace import __doc__ as about
from typing_trace.play import play_patiently, play_timed
from typing_trace.report import quality_figures, timed_figures

__all__ = ["main"]


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default="click", help="an installed package, or the folder of a project")
    parser.add_argument("--minutes", type=float, default=4.0, help="length of a trace")
    parser.add_argument("--repeats", type=int, default=1, help="traces, each with fresh servers")
    parser.add_argument("--files", type=int, default=4, help="files worked on in a trace")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of either side")
    parser.add_argument("--model", type=Path, default=None, help="a GGUF file; the bundled one unless given")
    parser.add_argument("--shape", choices=["0.5B"], help="a random-weight model of this shape instead")
    parser.add_argument("--trace", type=Path, help="play this recorded trace")
    parser.add_argument("--save", type=Path, help="keep the (first) trace here")
    parser.add_argument("--no-quality", action="store_true", help="leave the unhurried pass out")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _project(name: str) -> Path:
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
    project = _project(chosen.project)
    timed, opened = [], []
    for number, trace in enumerate(_traces(chosen, project)):

        def tell(text: str, number: int = number) -> None:
            print(f"trace {number + 1} of {chosen.repeats}, {text}", file=sys.stderr, flush=True)

        with tempfile.TemporaryDirectory(prefix="burnish-typing-") as scratch:
            timed.append(await play_timed(trace, project, Path(scratch), model, chosen.threads, tell))
        if not chosen.no_quality and chosen.shape is None:
            tell("unhurried, gate open")
            with tempfile.TemporaryDirectory(prefix="burnish-typing-") as scratch:
                opened.append(
                    await play_patiently(trace, project, Path(scratch), model, chosen.threads, gate=0.0)
                )
    figures = {"machine": describe(), "model": model.name, "threads": chosen.threads, "project": project.name}
    figures |= {"minutes": chosen.minutes, "traces": len(timed), **timed_figures(timed)}
    if opened:
        figures["unhurried"] = quality_figures(opened)
    return figures


def show(figures: dict[str, Any]) -> None:
    """Print for people."""
    print(figures["machine"])
    print(
        f"{figures['model']}, {figures['threads']} thread(s), {figures['project']}: {figures['keys']} keys in "
        f"{figures['traces']} trace(s); llama.vscode asks its model for {figures['asking']}"
    )
    print(f"{'milliseconds to an answer':40}{'keys':>6}{'burnish':>10}{'llama.cpp':>11}{'ratio':>8}  95 % CI")
    for name, found in figures["times"].items():
        if not found["keys"]:
            print(f"{name:40}{0:6}")
            continue
        print(
            f"{name:40}{found['keys']:6}{found['burnish_ms']:10.1f}{found['llama_ms']:11.1f}{found['ratio']:8.3f}"
            f"  {found['low']:.3f} to {found['high']:.3f}"
        )
    print(
        f"keys where burnish is slower: {figures['slower_share']:.1%}, "
        f"by more than 5 ms: {figures['slower_by_more_than_5_ms_share']:.1%}"
    )
    for side in figures["sides"]:
        exact, shown = side["exact_of_shown"]
        print(
            f"{side['name']:10} answered before the next key {side['answered_before_the_next_key']:.1%} "
            f"(median {side['own_answer_ms_median'] or float('nan'):.1f} ms, p95 {side['own_answer_ms_p95'] or float('nan'):.1f}); "
            f"shown {side['shown']}, exact {exact} of {shown}; failed {side['failed']}\n"
            f"{'':10} prompt tokens evaluated a key {side['evaluated_tokens_a_key']:.1f}, generated "
            f"{side['generated_tokens_a_key']:.1f}; CPU {side['cpu_seconds']:.1f} s ({side['cpu_ms_a_key']:.1f} ms a key), "
            f"before the first key {side['cpu_seconds_before']:.1f} s and {side['evaluated_before']} tokens"
        )
    if "unhurried" in figures:
        for name, found in figures["unhurried"].items():
            print(f"unhurried, gate open, {name}: {found}")


def main() -> None:
    """Run."""
    chosen = options()
    if chosen.shape is not None:
        from typing_trace.shape import random_model

        model = random_model(chosen.shape)
    else:
        model = chosen.model or resolve_model(Path.home(), None).path
    figures = asyncio.run(compare(chosen, model))
    if chosen.json:
        print(json.dumps(figures, default=dataclasses.asdict))
    else:
        show(figures)
