"""Checks an adapter in a process that may die of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from burnish_models.adapters.errors import AdapterRefusedError

__all__ = ["CheckedAdapter", "check_in_process"]

_PROBE = "burnish_models.adapters.probe"


@dataclass(frozen=True, slots=True)
class CheckedAdapter:
    """An adapter that a process of its own loaded and ran on its model.

    ``largest_change`` is the largest absolute difference it makes to a logit of a short prompt.
    """

    base_sha256: str
    alpha: float
    rank: int
    name: str
    targets: tuple[str, ...]
    largest_change: float


def check_in_process(adapter: Path, model: Path, *, timeout_s: float = 300.0) -> CheckedAdapter:
    """Load ``adapter`` on ``model`` in a throw-away process, run a few tokens, and say what it is.

    Raises:
        AdapterRefusedError: truncated, damaged, for another model, not finite, no plain LoRA (DoRA, whole modules), or
            llama.cpp crashed or hung on it; the message says which.
    """
    command = [sys.executable, "-m", _PROBE, str(model.absolute()), str(adapter.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise AdapterRefusedError(
            f"{adapter.name} could not be checked within {timeout_s:.0f} s. Try again when the machine is less busy."
        ) from error
    if done.returncode < 0:
        raise AdapterRefusedError(
            f"llama.cpp crashed on {adapter.name} ({signal.Signals(-done.returncode).name}): the file is damaged or does "
            "not fit the model. Train again."
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise AdapterRefusedError(
            f"{adapter.name} could not be checked: the checking process ended with status {done.returncode} "
            f"({' '.join(last) or 'no message'}). Run `burnish doctor`."
        ) from error
    if not answer["ok"]:
        raise AdapterRefusedError(str(answer["reason"]))
    return CheckedAdapter(
        base_sha256=str(answer["base_sha256"]),
        alpha=float(answer["alpha"]),
        rank=int(answer["rank"]),
        name=str(answer["name"]),
        targets=tuple(answer["targets"]),
        largest_change=float(answer["largest_change"]),
    )
