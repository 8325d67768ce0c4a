"""Checkpoints: written whole or not at all, read only by the run they belong to."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import torch

from burnish_training.errors import CheckpointError

__all__ = ["load_checkpoint", "random_state", "restore_random_state", "save_checkpoint"]


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` so that a reader sees the old checkpoint or this one, also after a power failure.

    Raises:
        CheckpointError: no room or no permission; the old checkpoint is untouched.
    """
    temporary = path.with_suffix(".part")
    try:
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        temporary.unlink(missing_ok=True)
        raise CheckpointError(
            f"{path} cannot be written ({error}): make room on the disk, or choose another folder"
        ) from error


def load_checkpoint(path: Path, identity: str, device: torch.device) -> dict[str, Any] | None:
    """The state saved at ``path`` by the run ``identity``; ``None`` where there is none.

    Raises:
        CheckpointError: it is damaged, or of another run.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        found = state["identity"]
    except (KeyError, RuntimeError, EOFError, ValueError, OSError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}): delete it to start again") from error
    if found != identity:
        raise CheckpointError(
            f"{path} belongs to a run with another model, other examples or other settings: delete it to start again"
        )
    return state


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of torch's random number generators."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_state(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Set torch's random number generators to what :func:`random_state` gave."""
    torch.set_rng_state(states["cpu"].cpu())
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"].cpu(), device)
