"""Recipe: train a fresh LoRA adapter with KTO on the file that serves.

Supports one machine, CPU (bf16 or float32 base) or one CUDA GPU (NF4 or bf16 base), KTO with a supervised term, budgets
of steps, tokens and seconds, pauses, and checkpoints from which a killed run goes on: on the CPU with the same number of
threads it ends with the very weights of an undisturbed one. Assumes token ids made by the model's own tokenizer. Raises
DataError for examples that cannot be trained on, LoraError for a model that cannot, CheckpointError for a checkpoint of
another run, DivergedError when the loss or a gradient is no number any more.

Optimiser: AdamW on the adapter alone; the reference model is the base with the adapter switched off.
"""

from __future__ import annotations

import gc
import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from burnish_models.adapters.adapter_file import write_adapter
from burnish_training.errors import CheckpointError
from burnish_training.kto.batches import Example, Kind, Plan, examples_sha256, plan_batches
from burnish_training.kto.checkpoint import (
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)
from burnish_training.kto.config import Budget, KtoConfig, learning_rate_factor
from burnish_training.kto.errors import DivergedError
from burnish_training.kto.lora import (
    FrozenBase,
    adapter_of,
    add_lora,
    choose_precision,
    load_base,
    verify_gradients,
)
from burnish_training.kto.objective import Objective
from burnish_training.kto.reference import ReferenceCache

__all__ = ["KtoRecipe", "Outcome", "StepReport"]

_NO_BUDGET = Budget()
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimiser step, counted from 1; the figures after ``seconds`` are those of
    :class:`~burnish_training.kto.objective.StepFigures`."""

    step: int
    steps: int
    examples: int
    tokens: int
    seconds: float
    loss: float
    kl: float
    desirable_ratio: float
    undesirable_ratio: float
    nats: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended. ``reason``: ``done``, ``steps``, ``tokens``, ``seconds`` (a budget), or ``stopped``.
    ``too_long`` examples did not fit into a batch; ``reports`` has one entry for each step, earlier sessions' included."""

    reason: str
    steps: int
    tokens: int
    seconds: float
    too_long: int
    reports: tuple[StepReport, ...]


class KtoRecipe:
    """:meth:`setup`, :meth:`train` (again after a stop), :meth:`save`, :meth:`cleanup`.

    Args:
        config: how to train.
        base: the GGUF file that serves.
        examples: what to learn from.
        folder: where ``checkpoint.pt`` lives; one folder a run.
        references: folder of the reference cache, shared by all runs; default: ``folder``.
        checkpoint_s: seconds of training between checkpoints.
    """

    def __init__(
        self,
        config: KtoConfig,
        base: Path,
        examples: Sequence[Example],
        folder: Path,
        *,
        references: Path | None = None,
        checkpoint_s: float = 60.0,
    ) -> None:
        self._config, self._path = config, base
        self._examples = tuple(
            e for e in examples if e.kind is not Kind.SUPERVISED or config.supervised_weight
        )
        self._folder, self._references = folder, references or folder
        self._checkpoint_s = checkpoint_s
        self._device = torch.device(config.device)
        self.step = self.tokens = 0
        self.seconds = 0.0
        self._reports: list[StepReport] = []

    # -- setup -----------------------------------------------------------------------------------------------

    def setup(self) -> bool:
        """Plan the batches, load the model, add the adapter, go on from the last checkpoint; whether there was one."""
        config = self._config
        self._folder.mkdir(parents=True, exist_ok=True)
        self._plan: Plan = plan_batches(
            self._examples,
            token_budget=config.token_budget,
            examples_per_step=config.examples_per_step,
            seed=config.seed,
        )
        precision = config.precision or choose_precision(self._device)
        self._base: FrozenBase = load_base(self._path, device=self._device, precision=precision)
        self._model: Any = add_lora(self._base, config.lora, seed=config.seed)
        if config.checkpoint_activations:
            self._model.gradient_checkpointing_enable({"use_reentrant": False})
        self._parameters = [p for p in self._model.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._parameters, lr=config.learning_rate, betas=(0.9, 0.999), weight_decay=config.weight_decay
        )
        self._cache = ReferenceCache(self._references, self._base.sha256, precision)
        self._objective = Objective(self._model, self._examples, config, self._cache, self._device)
        return self._resume()

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run, budgets aside."""
        return self._plan.steps_per_epoch * self._config.epochs

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    @property
    def _identity(self) -> str:
        parts = (
            self._config.sha256(),
            self._base.sha256,
            self._base.precision,
            examples_sha256(self._examples),
        )
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def _resume(self) -> bool:
        state = load_checkpoint(self._checkpoint, self._identity, self._device)
        if state is None:
            return False
        try:
            with torch.no_grad():
                for parameter, saved in zip(self._parameters, state["adapter"], strict=True):
                    parameter.copy_(saved)
            self._optimizer.load_state_dict(state["optimizer"])
            self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
            self._reports = [StepReport(**report) for report in state["reports"]]
            restore_random_state(state["random"], self._device)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{self._checkpoint} does not fit ({error}): delete it to start again"
            ) from error
        return True

    def _save_checkpoint(self) -> None:
        save_checkpoint(
            self._checkpoint,
            {
                "identity": self._identity,
                "adapter": [parameter.detach() for parameter in self._parameters],
                "optimizer": self._optimizer.state_dict(),
                "step": self.step,
                "tokens": self.tokens,
                "seconds": self.seconds,
                "reports": [asdict(report) for report in self._reports],
                "random": random_state(self._device),
            },
        )

    # -- train -----------------------------------------------------------------------------------------------

    def prepare(
        self,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        should_pause: Callable[[], bool] = lambda: False,
        on_batch: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> bool:
        """Ask the reference model whatever its cache lacks, before the first step; whether all is known.

        Optional: :meth:`train` asks what is missing by itself.
        """
        batches = self._plan.micro_batches
        for done, batch in enumerate(batches):
            while should_pause() and not should_stop():
                time.sleep(_PAUSE_S)
            if should_stop():
                return False
            self._objective.prepare(batch)
            on_batch(done + 1, len(batches))
        return True

    def train(
        self,
        budget: Budget = _NO_BUDGET,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        should_pause: Callable[[], bool] = lambda: False,
        on_step: Callable[[StepReport], None] = lambda _report: None,
    ) -> Outcome:
        """Train until all is done, a budget is spent, or ``should_stop`` says so; a checkpoint is left in any case.

        Both questions are asked before every step; while ``should_pause`` says so nothing is computed.
        """
        saved_step, saved_at = self.step, self.seconds
        while not (reason := self._ended(budget)) and not should_stop():
            if should_pause():
                if self.step != saved_step:
                    self._save_checkpoint()
                    saved_step, saved_at = self.step, self.seconds
                time.sleep(_PAUSE_S)
                continue
            report = self._step()
            self._reports.append(report)
            if self.seconds - saved_at >= self._checkpoint_s:
                self._save_checkpoint()
                saved_step, saved_at = self.step, self.seconds
            on_step(report)
        if self.step != saved_step:
            self._save_checkpoint()
        return Outcome(
            reason or "stopped",
            self.step,
            self.tokens,
            self.seconds,
            len(self._plan.too_long),
            tuple(self._reports),
        )

    def _ended(self, budget: Budget) -> str:
        """Why there is nothing more to do; empty while there is."""
        if self.step >= self.steps:
            return "done"
        spent = {
            "steps": 0 < budget.steps <= self.step,
            "tokens": 0 < budget.tokens <= self.tokens,
            "seconds": 0 < budget.seconds <= self.seconds,
        }
        return next((name for name, is_spent in spent.items() if is_spent), "")

    def _step(self) -> StepReport:
        """One optimiser step over its micro-batches."""
        began = time.monotonic()
        batches = self._plan.step(self.step)
        rows = [self._examples[row.example] for batch in batches for row in batch]
        sums = self._objective.backward(batches)
        verify_gradients(self._model)
        if not math.isfinite(sums.loss):
            raise DivergedError(f"the loss is {sums.loss} in step {self.step + 1}: lower the learning rate")
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        if not bool(norm.isfinite()):
            raise DivergedError(
                f"a gradient is {float(norm)} in step {self.step + 1}: lower the learning rate"
            )
        factor = learning_rate_factor(self.step, self.steps, self._config.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = self._config.learning_rate * factor
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += sum(len(example.prompt) + len(example.completion) for example in rows)
        self.seconds += time.monotonic() - began
        return StepReport(
            step=self.step,
            steps=self.steps,
            examples=len(rows),
            tokens=self.tokens,
            seconds=self.seconds,
            **asdict(sums),
        )

    # -- save and clean up -----------------------------------------------------------------------------------

    def save(self, path: Path, *, name: str) -> None:
        """Write the adapter as it is now, as GGUF, whole or not at all."""
        write_adapter(path, adapter_of(self._model, self._base, self._config.lora, name=name))

    def cleanup(self) -> None:
        """Free the model; the checkpoint stays."""
        self._cache.close()
        del self._objective, self._model, self._base, self._optimizer, self._parameters
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
