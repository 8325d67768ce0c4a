"""What the engine's host puts together: the model's file, the engine that runs it, and the status that clients see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from burnish_models.engine.base import Engine, EngineInfo
from burnish_models.errors import ModelsError
from burnish_server.completion.confidence import Judge
from burnish_server.settings import EngineOptions

__all__ = ["BuildEngine", "Resolve", "ServedModel", "Status", "default_build", "default_resolve"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model to serve: its short name, its file, and the calibration of its confidence.

    ``note`` tells the user why it is not the model they selected.
    """

    name: str
    path: Path
    judge: Judge
    note: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What the client is told in ``burnish/status``."""

    state: str = "stopped"
    detail: str = ""
    model: str = ""
    adapter: str | None = None
    backend: str = ""
    threads: int = 0
    gpu_layers: int = 0
    last_latency_ms: float | None = None
    engine_pid: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The wire form (camelCase)."""
        return {
            "state": self.state,
            "detail": self.detail,
            "model": self.model,
            "adapter": self.adapter,
            "backend": self.backend,
            "threads": self.threads,
            "gpuLayers": self.gpu_layers,
            "lastLatencyMs": self.last_latency_ms,
            "enginePid": self.engine_pid,
        }


class BuildEngine(Protocol):
    """Makes an engine for a model file; it is not loaded yet."""

    def __call__(
        self, model: Path, options: EngineOptions, log_file: Path, on_state: Callable[[EngineInfo], None]
    ) -> Engine:
        """Build the engine. ``on_state`` is called with every change, from any thread."""


Resolve = Callable[[Path, str | None], ServedModel]


def default_resolve(home: Path, choice: str | None) -> ServedModel:
    """Find the chosen model (or the selected, or the bundled one) and its calibration.

    Raises:
        ModelsError: there is no such model, or its file is missing.
    """
    from burnish_models.calibration import Calibration
    from burnish_models.selection import resolve_model

    found = resolve_model(home, choice)
    judge = Calibration.default()
    if found.calibration_path is not None:
        try:
            judge = Calibration.load(found.calibration_path)
        except ModelsError as error:
            log.warning("%s The model's own probabilities are used.", error)
    return ServedModel(name=found.name, path=found.path, judge=judge, note=found.note)


def default_build(
    model: Path, options: EngineOptions, log_file: Path, on_state: Callable[[EngineInfo], None]
) -> Engine:
    """A llama.cpp engine in a worker process."""
    from burnish_models.engine import EngineSettings, LlamaCppEngine

    settings = EngineSettings(
        threads=options.threads, gpu_layers=options.gpu_layers, context_tokens=options.context_tokens
    )
    return LlamaCppEngine(model, settings, log_file=log_file, on_state=on_state)
