"""Which model a benchmark serves: a file, one of a known shape with random weights, or the bundled one."""

from __future__ import annotations

import argparse
from pathlib import Path

from typing_trace.shape import SHAPES, random_model

from burnish_models.selection import resolve_model

__all__ = ["add_model_options", "served_model"]


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` and ``--shape``."""
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled one unless given")
    parser.add_argument(
        "--shape", choices=sorted(SHAPES), help="a model of this shape with random weights, made here"
    )


def served_model(chosen: argparse.Namespace, *, circling: bool = False) -> Path:
    """The file that was chosen; for ``circling`` see :func:`~typing_trace.shape.random_model`.

    Raises:
        SystemExit: both options were given.
    """
    if chosen.model is not None and chosen.shape is not None:
        raise SystemExit("--model names a file and --shape another one: give one of them")
    if chosen.shape is not None:
        return random_model(chosen.shape, circling=circling)
    return chosen.model or resolve_model(Path.home(), None).path
