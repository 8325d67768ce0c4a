"""``burnish replay``: types a project's own source again, against the real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from burnish_server.replay.session import Figures, Wishes
    from burnish_server.replay.trace import Trace

__all__ = ["replay"]


@click.command()
@click.argument("repo", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--minutes", type=click.FloatRange(min=0.05), default=5.0, show_default=True, help="How long to type."
)
@click.option("--files", type=click.IntRange(min=1), default=4, show_default=True, help="Files worked on.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Chooses files, places, rhythm and mistakes."
)
@click.option(
    "--speed", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="Type so much faster."
)
@click.option(
    "--trace", "trace_file", type=click.Path(path_type=Path, dir_okay=False), help="Play a recorded trace."
)
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Keep the trace in this file.")
@click.option(
    "--accept/--no-accept", default=True, show_default=True, help="Take suggestions that are right."
)
@click.option("--model", default="", help="A catalogue name or a GGUF file; the selected model unless given.")
@click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="CPU threads; 0 chooses from the hardware."
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=None,
    help="Show what is at least this sure; the model's calibrated threshold unless given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def replay(
    context: click.Context,
    repo: Path,
    minutes: float,
    files: int,
    seed: int,
    speed: float,
    trace_file: Path | None,
    save: Path | None,
    accept: bool,
    model: str,
    threads: int,
    min_confidence: float | None,
    as_json: bool,
) -> None:
    """Type the Python source in REPO again, as a developer would, and report what completions were worth.

    Function bodies are taken out of a few files in a copy of REPO and typed back, key by key with pauses, mistakes and
    jumps, against a language server of its own. REPO itself is only read.
    """
    from burnish_models.selection import resolve_model
    from burnish_server.replay.project import read_sources
    from burnish_server.replay.record import record
    from burnish_server.replay.session import Wishes, play
    from burnish_server.replay.trace import load_trace, save_trace

    if trace_file is not None:
        trace = load_trace(trace_file)
    else:
        name = repo.resolve().name
        trace = record(read_sources(repo), name, seed=seed, files=files, minutes=minutes)
    if save is not None:
        save_trace(trace, save)
    wishes = Wishes(
        model=resolve_model(context.obj["home"], model or None).path,
        threads=threads,
        min_confidence=min_confidence,
        speed=speed,
        accept=accept,
    )
    with tempfile.TemporaryDirectory(prefix="burnish-replay-") as scratch, _progress(trace) as advance:
        figures = asyncio.run(play(trace, repo, Path(scratch), wishes, advance))
    _print(figures, wishes, as_json=as_json)


@contextlib.contextmanager
def _progress(trace: Trace) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, one step an event."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Typing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("typing", total=len(trace.events))
        yield lambda index: bar.update(task, completed=index)


def _print(figures: Figures, wishes: Wishes, *, as_json: bool) -> None:
    document: dict[str, Any] = figures.as_json()
    if as_json:
        click.echo(json.dumps({**document, "model": wishes.model.stem, "speed": wishes.speed}))
        return
    found, tokens = figures.summary, figures.tokens
    click.echo(f"{wishes.model.stem}: {found.keystrokes:,} keys in {figures.seconds:.0f} s")
    click.echo(f"answered before the next key  {found.answered}")
    click.echo(f"shown                         {found.shown}")
    click.echo(f"exact, of those shown         {found.exact}")
    click.echo(
        f"characters accepted           {found.accepted_characters:,}, typed {found.typed_characters:,}"
    )
    click.echo(f"time to an answer             {found.times}")
    click.echo(f"time to a text                {found.shown_times}")
    click.echo(f"until the next answer         {found.waits}")
    click.echo(
        f"tokens                        {tokens.get('evaluatedTokens', 0):,} of prompts evaluated, "
        f"{tokens.get('generatedTokens', 0):,} generated"
    )
    click.echo(f"CPU                           {figures.cpu_seconds:.1f} s")
    if found.failed:
        click.echo(f"failed requests               {found.failed}")
