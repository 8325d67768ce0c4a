"""``burnish eval``: how good a model is on public problems, or on one's own files."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

__all__ = ["evaluate"]

#: What an answer may have by default: a function, or the rest of a line.
_MAX_TOKENS = {"lines": 48}
_DEFAULT_TOKENS = 384
_LEVELS = ("namespaces", "landlock", "seatbelt", "limits", "process")


@click.command()
@click.argument("benchmark", type=click.Choice(["humaneval", "infilling", "mbpp", "lines"]))
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="The benchmark's JSON lines, gzipped or not; for lines a folder, a file, or a list of files.",
)
@click.option("--model", help="A catalogue name or a GGUF file; the selected model unless given.")
@click.option("--canonical", is_flag=True, help="Run the data's own solutions instead of a model's.")
@click.option(
    "--samples",
    "completions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Score these completions (JSON lines of task_id and completion) instead of asking a model.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="Only the first N tasks; for lines, N cursors (500)."
)
@click.option(
    "--n", "samples", type=click.IntRange(1, 1000), default=1, show_default=True, help="Completions a task."
)
@click.option(
    "--k", "ks", type=click.IntRange(min=1), multiple=True, help="The k of pass@k; may be repeated."
)
@click.option(
    "--temperature", type=click.FloatRange(0, 5), default=0.0, show_default=True, help="0 is greedy."
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1, 8192), help="Longest answer; 384, for lines 48.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Seconds for each program.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Programs that run at once."
)
@click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="The engine's CPU threads; 0 lets it decide."
)
@click.option(
    "--least-isolation",
    type=click.Choice(_LEVELS),
    default="seatbelt",
    show_default=True,
    help="Refuse to run programs where the sandbox reaches less than this.",
)
@click.option(
    "--run-folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the results are kept; <home>/runs/eval-... unless given.",
)
@click.option("--fresh", is_flag=True, help="Begin anew even if the same evaluation was interrupted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def evaluate(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
    """Measure a model on HumanEval, HumanEval infilling, MBPP, or line completion on your own files.

    Programs run in a sandbox. Every result is kept as it comes: the same command goes on after an interruption.
    """
    _check(options)
    report = asyncio.run(_run(ctx, options))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        from rich.console import Console

        from burnish_training.evaluation.report import print_report

        print_report(report, Console())
    imperfect = options["canonical"] and report["passed"] < report["tasks"]
    ctx.exit(1 if imperfect or report["failures"].get("refused") else 0)


def _check(options: dict[str, Any]) -> None:
    """Options that contradict each other."""
    given = [name for name in ("model", "canonical", "completions") if options[name]]
    if len(given) > 1:
        raise click.UsageError("Only one of --model, --canonical and --samples can answer.")
    if options["benchmark"] == "lines":
        wrong = [o for o, on in (("--samples", options["completions"]), ("--k", options["ks"])) if on]
        if options["samples"] > 1 or options["temperature"] or wrong:
            raise click.UsageError(
                "Line completion is one greedy answer each: no --samples, --n, --k, --temperature."
            )
    if options["samples"] > 1 and (options["canonical"] or options["completions"]):
        raise click.UsageError("--n is how many completions a model gives.")
    if options["samples"] > 1 and not options["temperature"]:
        raise click.UsageError("Greedy completions are all the same: --n needs a --temperature above 0.")
    if options["ks"] and not options["completions"] and max(options["ks"]) > options["samples"]:
        raise click.UsageError(
            f"--k {max(options['ks'])} needs at least as many completions: --n {max(options['ks'])}"
        )
    if options["fresh"] and options["run_folder"]:
        raise click.UsageError("--fresh makes a folder of its own; name a new one with --run-folder instead.")


async def _run(ctx: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from burnish_analysis.sandbox.model import Level
    from burnish_training.evaluation.generation import Sampling
    from burnish_training.evaluation.run import Options, run_evaluation

    state = ctx.find_object(dict) or {}
    chosen = dict(options)
    tokens = chosen.pop("max_tokens") or _MAX_TOKENS.get(chosen["benchmark"], _DEFAULT_TOKENS)
    sampling = Sampling(tokens, chosen.pop("temperature"), chosen.pop("seed"))
    least = Level.from_label(chosen.pop("least_isolation"))
    wanted = Options(home=Path(state["home"]), sampling=sampling, least=least, **chosen)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(chosen["benchmark"], total=None)
        return await run_evaluation(
            wanted,
            lambda done, total: progress.update(task, completed=done, total=total),
            lambda text: progress.console.print(text, soft_wrap=True),
        )
