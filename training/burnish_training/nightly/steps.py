"""The steps of a night, in order; each finds out by itself whether it was done before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from burnish_telemetry.consent import Consent, ConsentFile
from burnish_telemetry.store import Store, store_file
from burnish_training.nightly.conditions import Conditions
from burnish_training.nightly.dataset import Dataset, build_dataset, shortage
from burnish_training.nightly.errors import RunFolderError, StoppedError
from burnish_training.nightly.folder import RunFolder, Runs
from burnish_training.nightly.frozen import Frozen, freeze, thaw
from burnish_training.nightly.judging import apply_decision, judge
from burnish_training.nightly.progress import Progress
from burnish_training.nightly.recorded import Recorded, read_record
from burnish_training.nightly.report import data_figures, nothing_new
from burnish_training.nightly.settings import NightlySettings, RunOptions
from burnish_training.nightly.verdict import Verdict

__all__ = ["REMINDERS", "Night"]

_WAIT_S = 0.5
#: Characters of general code from which reminders are cut.
REMINDERS = 400_000


@dataclass
class Night:
    """Everything that the steps share. ``report`` is filled in as they go."""

    home: Path
    runs: Runs
    folder: RunFolder
    model: Path
    base_name: str
    base_sha256: str
    threshold: float
    settings: NightlySettings
    options: RunOptions
    threads: int
    conditions: Conditions
    progress: Progress
    should_stop: Callable[[], bool]
    report: dict[str, Any]
    waited: float = 0.0

    def go(self) -> Verdict:
        """All steps.

        Raises:
            StoppedError: the caller or the conditions said so.
            TrainingError, ModelsError, TelemetryError, OSError: one failed.
        """
        consent = ConsentFile(self.home).read()
        if not consent.train.holds:
            return Verdict("no-consent", _no_consent(consent))
        if (decided := self.folder.read("decision")) is not None:
            return apply_decision(self, decided)
        self.wait("data")
        frozen = self._data(consent)
        figures = frozen.dataset.figures
        self.report["data"] = data_figures(figures, frozen.since, frozen.until, self.settings.data)
        if missing := shortage(figures, self.settings.data):
            return Verdict("not-enough-data", missing)
        if not self.folder.adapter.is_file():
            if (known := self._judged_before(frozen)) is not None:
                return Verdict("nothing-new", nothing_new(known))
            self._train(frozen)
        else:
            self.report["training"] = self.folder.read("training")
        return judge(self, frozen)

    # -- waiting ---------------------------------------------------------------------------------------------

    def stopped(self) -> None:
        """Raise StoppedError where the caller wants the run to stop."""
        if self.should_stop():
            raise StoppedError(
                "The run was asked to stop; what is done is kept, and the next run goes on from it."
            )

    def hindered(self, phase: str) -> bool:
        """Whether something stands against working now; the status says what.

        Raises:
            StoppedError: it has done so for too long in all.
        """
        why = self.conditions.hindrance()
        if not why:
            return False
        self.progress.phase(phase, f"Waiting: {why}.", 0, 1)
        self.waited += _WAIT_S
        if 0 < self.options.wait_minutes * 60 < self.waited:
            raise StoppedError(
                f"Waited {self.options.wait_minutes:.0f} minutes in vain: {why}. What is done is kept, and the next run goes on."
            )
        return True

    def wait(self, phase: str) -> None:
        """Return when nothing stands against working."""
        self.stopped()
        while self.hindered(phase):
            time.sleep(_WAIT_S)
            self.stopped()

    # -- data ------------------------------------------------------------------------------------------------

    def _data(self, consent: Consent) -> Frozen:
        """The frozen data set; made anew where it is damaged, or where some of it was erased meanwhile."""
        self.progress.phase("data", "Reading what was recorded", 0, 2)
        until = datetime.fromisoformat(str((self.folder.read("run") or {})["started"]))
        since = until - timedelta(days=self.settings.data.window_days)
        with Store(store_file(self.home)) as store:
            try:
                frozen = thaw(self.folder)
            except RunFolderError:
                frozen = None
            if frozen is not None and self.still_there(store, frozen):
                return frozen
            self.folder.clear()
            recorded = read_record(store, since, until, consent)
        frozen = Frozen(self._build(recorded, consent), since, until, self.threshold)
        self.stopped()
        freeze(self.folder, frozen)
        return frozen

    def _build(self, recorded: Sequence[Recorded], consent: Consent) -> Dataset:
        from burnish_telemetry.redaction import SecretScanner
        from burnish_training.gate.general import general_code
        from burnish_training.nightly.tokens import load_tokens
        from burnish_training.nightly.workspace import read_workspace

        folders = {entry.label.offer.place.folder for entry in recorded if entry.judged}
        files = read_workspace(folders, consent, SecretScanner())
        self.stopped()
        self.progress.phase("data", "Choosing what to learn from", 1, 2)
        return build_dataset(
            recorded,
            files,
            load_tokens(self.model),
            self.settings.data,
            cases=self.settings.gate.cases,
            seed=self.settings.recipe.seed,
            general=general_code(REMINDERS, part=2),
        )

    @staticmethod
    def still_there(store: Store, frozen: Frozen) -> bool:
        """Whether nothing that the data set was made from has been erased."""
        present = {event.id for events in store.suggestions(frozen.since, frozen.until) for event in events}
        return present.issuperset(frozen.dataset.events)

    # -- training --------------------------------------------------------------------------------------------

    def _judged_before(self, frozen: Frozen) -> dict[str, Any] | None:
        """The report of an earlier night on the very same examples."""
        from burnish_training.kto.batches import examples_sha256

        if self.options.fresh:
            return None
        identity = str((self.folder.read("run") or {}).get("identity"))
        return self.runs.judged(identity, examples_sha256(frozen.dataset.examples))

    def _train(self, frozen: Frozen) -> None:
        import torch

        from burnish_training.kto.batches import examples_sha256
        from burnish_training.kto.config import Budget
        from burnish_training.nightly.strength import choose_strength, with_strength
        from burnish_training.nightly.training import TrainingHooks, config_for, train_adapter

        torch.set_num_threads(self.threads)
        examples = list(frozen.dataset.examples)
        config = config_for(self.settings.recipe, self.model, examples)
        hooks = TrainingHooks(
            should_stop=self.should_stop,
            should_pause=lambda: self.hindered("training"),
            progress=lambda phase, step, steps, said: self.progress.phase(phase, said, step, steps),
        )
        self.progress.phase("reference", "Loading the model", 0, 1)
        figures = train_adapter(
            config,
            self.model,
            examples,
            self.folder,
            self.runs.references,
            hooks,
            name=f"{frozen.until:%Y-%m-%d}-{examples_sha256(examples)[:6]}",
            budget=Budget(steps=self.options.max_steps, seconds=self.options.max_minutes * 60),
            checkpoint_s=self.options.checkpoint_s,
        )
        self.stopped()
        self.progress.phase("training", "Choosing how strong it may be", 1, 1)
        recipe = self.settings.recipe
        strength = asyncio.run(
            choose_strength(
                self.model,
                self.folder.trained,
                most_forgotten=recipe.most_forgotten,
                characters=recipe.general_characters,
                threads=self.options.threads,
            )
        )
        figures = {**figures, "strength": strength}
        self.report["training"] = figures
        self.folder.write("training", figures)
        with_strength(self.folder.trained, self.folder.adapter, self.model, strength)


def _no_consent(consent: Consent) -> str:
    if consent.train.outdated:
        return "What you agreed to has changed since. Look at it and agree again, in the editor or with: burnish telemetry on train"
    return "Learning is switched off, so nothing was done. Switch it on in the editor, or with: burnish telemetry on train"
