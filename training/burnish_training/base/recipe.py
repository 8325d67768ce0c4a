"""Recipe: pretrain the base model.

Supports one machine, CPU (bf16 autocast) or one CUDA GPU, ``torch.compile``, checkpoints that resume exactly, and a
token budget that can be changed when resuming (which moves the last cycle's decay). Assumes a
built corpus and a trained tokenizer. Raises CheckpointError for a checkpoint of another configuration.

Optimiser: Muon (Jordan 2024, as in torch.optim) for the hidden matrices, AdamW for embeddings, norms and biases.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from burnish_training.base.config import BaseConfig, Schedule
from burnish_training.base.examples import ExampleStream
from burnish_training.base.model import BaseModel
from burnish_training.errors import CheckpointError

__all__ = ["BaseRecipe", "learning_rate_factor"]

_log = logging.getLogger(__name__)


def learning_rate_factor(tokens: int, schedule: Schedule) -> float:
    """Warm-up, stable, linear decay: the factor of the peak learning rate after ``tokens`` tokens, in (0, 1]."""
    start, end = schedule.cycle_at(tokens)
    warmup = (tokens - start + 1) / max(1, schedule.warmup_tokens)
    decay = max(0, end - tokens) / max(1.0, (end - start) * schedule.decay_fraction)
    return min(1.0, warmup, decay)


class BaseRecipe:
    """Set up once, then :meth:`train`; every checkpoint holds all that is needed to go on.

    Args:
        config: what to train.
        stream: the batches; a pure function of the step.
        heldout: int64 rows (n, length + 1) for the validation curve.
        folder: where ``checkpoint.pt`` and ``curve.jsonl`` live.
        end_token: id of ``<|endoftext|>``.
    """

    def __init__(
        self,
        config: BaseConfig,
        stream: ExampleStream,
        heldout: NDArray[np.int64],
        folder: Path,
        end_token: int,
        *,
        compile_model: bool = True,
    ) -> None:
        self._config = config
        self._stream = stream
        self._folder = folder
        self._device = torch.device(config.device)
        torch.manual_seed(config.schedule.seed)
        self.model = BaseModel(config.shape, end_token).to(self._device)
        self._heldout = torch.from_numpy(heldout).to(self._device)
        self._step_model: Callable[[torch.Tensor], torch.Tensor] = (
            torch.compile(self.model, dynamic=False) if compile_model else self.model
        )
        self._optimizers = self._build_optimizers(config.schedule)
        self.step = 0
        self.tokens = 0
        self._seconds = 0.0

    def _build_optimizers(self, schedule: Schedule) -> list[tuple[torch.optim.Optimizer, float]]:
        named = dict(self.model.named_parameters())
        matrices = [p for name, p in named.items() if p.ndim == 2 and "embed" not in name]
        rest = [p for name, p in named.items() if p.ndim != 2 or "embed" in name]
        return [
            (
                torch.optim.Muon(
                    matrices,
                    lr=schedule.muon_lr,
                    momentum=schedule.muon_momentum,
                    weight_decay=schedule.weight_decay,
                ),
                schedule.muon_lr,
            ),
            (
                torch.optim.AdamW(rest, lr=schedule.adam_lr, betas=(0.9, 0.95), weight_decay=0.0),
                schedule.adam_lr,
            ),
        ]

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    def resume(self) -> bool:
        """Load the last checkpoint if there is one; returns whether there was.

        Raises:
            CheckpointError: it is damaged or belongs to another model shape.
        """
        if not self._checkpoint.exists():
            return False
        try:
            state = torch.load(self._checkpoint, map_location=self._device, weights_only=True)
            if state["shape"] != asdict(self._config.shape):
                raise CheckpointError(
                    f"{self._checkpoint} was trained with another model shape: move it away or choose its configuration"
                )
            self.model.load_state_dict(state["model"])
            for (optimizer, _), saved in zip(self._optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens, self._seconds = (
                int(state["step"]),
                int(state["tokens"]),
                float(state["seconds"]),
            )
        except (KeyError, RuntimeError, EOFError, ValueError) as error:
            raise CheckpointError(
                f"{self._checkpoint} cannot be read ({error}): delete it to start again"
            ) from error
        return True

    def save(self) -> None:
        """Write the checkpoint atomically."""
        state = {
            "shape": asdict(self._config.shape),
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer, _ in self._optimizers],
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self._seconds,
        }
        temporary = self._checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self._checkpoint)

    def _autocast(self) -> Any:
        return torch.autocast(self._device.type, torch.bfloat16)

    def train(
        self,
        *,
        log_every: int = 50,
        save_every: int = 250,
        validate_every: int = 250,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> float:
        """Train until the token budget is spent or ``should_stop`` says so; returns the last validation loss.

        A checkpoint is written every ``save_every`` steps and at the end. The curve goes to ``curve.jsonl``.
        """
        budget = self._config.schedule.tokens
        running: list[float] = []
        mark, mark_tokens = self._seconds, self.tokens
        while self.tokens < budget and not should_stop():
            began = time.monotonic()
            running.append(self._train_step())
            self._seconds += time.monotonic() - began
            if self.step % log_every == 0:
                rate = (self.tokens - mark_tokens) / max(1e-9, self._seconds - mark)
                mark, mark_tokens = self._seconds, self.tokens
                _log.info(
                    "step %d, %.2fM of %.2fM tokens, loss %.3f, %.0f tokens/s",
                    self.step,
                    self.tokens / 1e6,
                    budget / 1e6,
                    sum(running) / len(running),
                    rate,
                )
                if self.step % validate_every == 0:
                    self._record(sum(running) / len(running))
                running.clear()
            if self.step % save_every == 0:
                self.save()
        self.save()
        return self._record(None)

    def _train_step(self) -> float:
        schedule = self._config.schedule
        phase = schedule.phase_at(self.tokens)
        rows = self._stream.batch(self.step, phase.batch, phase.sequence, phase.lines_above)
        tokens = torch.from_numpy(rows).to(self._device)
        with self._autocast():
            loss = self._step_model(tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), schedule.clip)
        factor = learning_rate_factor(self.tokens, schedule)
        for optimizer, peak in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += phase.batch * phase.sequence
        return float(loss.detach())

    def validate(self) -> float:
        """Mean cross-entropy (nats a token) on the held-out rows."""
        with torch.no_grad(), self._autocast():
            pieces = self._heldout.split(8)  # type: ignore[no-untyped-call]
            total = sum(float(self.model(rows)) * len(rows) for rows in pieces)
        return total / len(self._heldout)

    def _record(self, train_loss: float | None) -> float:
        loss = self.validate()
        point = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": round(self._seconds, 1),
            "train_loss": train_loss,
            "heldout_loss": loss,
        }
        with (self._folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(point) + "\n")
        _log.info("held-out loss %.4f nats a token at step %d", loss, self.step)
        return loss
