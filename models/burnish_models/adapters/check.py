"""Checks an adapter in a process that may die of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from burnish_models.adapters.errors import AdapterRefusedError, AdapterUncheckedError

__all__ = ["CheckedAdapter", "check_in_process"]

_PROBE = "burnish_models.adapters.probe"
#: Exit statuses of a process that somebody else ended.
_FROM_OUTSIDE = frozenset(
    -int(getattr(signal, name)) for name in ("SIGKILL", "SIGTERM") if hasattr(signal, name)
)


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
            llama.cpp crashed on it; the message says which.
        AdapterUncheckedError: the check took too long, was killed from outside (as for want of memory), or could not begin.
    """
    command = [sys.executable, "-m", _PROBE, str(model.absolute()), str(adapter.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise AdapterUncheckedError(
            f"{adapter.name} could not be checked within {timeout_s:.0f} s. Try again when the machine is less busy."
        ) from error
    if done.returncode in _FROM_OUTSIDE:
        raise AdapterUncheckedError(
            f"The process that checked {adapter.name} was ended from outside ({signal.Signals(-done.returncode).name}), perhaps for "
            "want of memory. Close other programs and try again."
        )
    if done.returncode < 0:
        raise AdapterRefusedError(
            f"llama.cpp crashed on {adapter.name} ({signal.Signals(-done.returncode).name}): the file is damaged or does "
            "not fit the model. Train again."
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise AdapterUncheckedError(
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
