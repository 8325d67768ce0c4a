"""``burnish train``: training runs started by hand."""

from __future__ import annotations

import dataclasses
import json
import logging
import signal
from pathlib import Path
from types import FrameType

import click

from burnish_training.base.config import CONFIGS

__all__ = ["train"]


_config_option = click.option(
    "--config",
    "config_name",
    type=click.Choice(sorted(CONFIGS)),
    default="nano",
    show_default=True,
    help="The named configuration of the model.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.group()
def train() -> None:
    """Train models on this machine."""


@train.command()
@_config_option
@click.option(
    "--workdir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Where corpus, checkpoints and the result live (default: <home>/runs/base-<config>).",
)
@click.option(
    "--tokens",
    type=click.IntRange(min=1),
    help="Token budget; resuming with another budget moves the last decay.",
)
@click.option("--threads", type=click.IntRange(min=0), default=0, help="CPU threads; 0 lets torch choose.")
@click.option(
    "--install/--no-install", default=True, help="Install the corpus packages when they are missing."
)
@click.option("--compile/--no-compile", "compile_model", default=True, help="Use torch.compile.")
@click.option("--export-only", is_flag=True, help="Only export the last checkpoint.")
@_json_option
@click.pass_context
def base(
    ctx: click.Context,
    config_name: str,
    workdir: Path | None,
    tokens: int | None,
    threads: int,
    install: bool,
    compile_model: bool,
    export_only: bool,
    as_json: bool,
) -> None:
    """Pretrain the bundled base model from a named configuration; run again to resume."""
    from burnish_training.base.run import train_base

    config = CONFIGS[config_name]
    if tokens is not None:
        config = dataclasses.replace(config, schedule=dataclasses.replace(config.schedule, tokens=tokens))
    state = ctx.find_object(dict) or {}
    folder = workdir or Path(state["home"]) / "runs" / f"base-{config_name}"
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)
        logging.getLogger(__name__).warning("stopping after this step; run the same command to resume")

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    result = train_base(
        config,
        folder,
        threads=threads,
        install=install,
        compile_model=compile_model,
        export_only=export_only,
        should_stop=lambda: bool(stopped),
    )
    click.echo(json.dumps(result, indent=None if as_json else 1))


@train.command()
@_config_option
@click.option(
    "--workdir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="The training run's folder.",
)
@click.option(
    "--target",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write the model and its card to.",
)
@click.option(
    "--cases",
    type=click.IntRange(min=40),
    default=1500,
    show_default=True,
    help="Line completions for calibration, and as many to report.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="CPU threads of each of the two engines that measure.",
)
@_json_option
def publish(config_name: str, workdir: Path, target: Path, cases: int, threads: int, as_json: bool) -> None:
    """Measure and calibrate an exported base model and write its card."""
    import asyncio

    from burnish_training.base.publish import publish as publish_model

    manifest = asyncio.run(publish_model(CONFIGS[config_name], workdir, target, cases=cases, threads=threads))
    click.echo(json.dumps(manifest, indent=None if as_json else 1))
