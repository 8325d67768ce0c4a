"""The last steps of a night: the check of the new adapter, the gate, and what follows from its decision."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish_models.adapters.errors import AdapterRefusedError
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry, registry_file
from burnish_models.gguf_file import file_sha256
from burnish_telemetry.errors import StoreError
from burnish_telemetry.labels import LABELLER_VERSION
from burnish_telemetry.store import Store, store_file
from burnish_training.gate.run import GateInput, run_gate
from burnish_training.kto.batches import examples_sha256
from burnish_training.nightly.frozen import Frozen
from burnish_training.nightly.verdict import Verdict

if TYPE_CHECKING:
    from burnish_training.nightly.steps import Night

__all__ = ["apply_decision", "judge", "retire_unjudged"]


def judge(night: Night, frozen: Frozen) -> Verdict:
    """Check the adapter, ask the gate, and do what it says."""
    night.report["data"]["examples_sha256"] = examples_sha256(frozen.dataset.examples)
    night.wait("checking")
    night.progress.phase("checking", "Trying the adapter in a process of its own", 0, 1)
    identity = file_sha256(night.folder.adapter)
    registry = Registry(night.home)
    if (refusal := _register(night, registry, identity, frozen)) is not None:
        return refusal
    record = registry.find(identity)
    active = registry.serving(night.base_sha256).active
    night.report.update(
        adapter=record.id,
        adapter_name=record.name,
        incumbent=active.id if active is not None else None,
    )
    if record.state is not State.CANDIDATE:
        return Verdict(
            "refused",
            "Tonight's training led to the very adapter of an earlier night. What you had stays in use.",
        )
    variants: dict[str, Path | None] = {"base": None}
    if active is not None and active.path is not None and active.path.is_file():
        variants["incumbent"] = active.path
    variants["candidate"] = record.path
    gate = night.settings.gate
    given = GateInput(
        model=night.model,
        variants=variants,
        cases=frozen.dataset.cases,
        threshold=frozen.threshold,
        general_characters=gate.general_characters,
        resamples=gate.resamples,
        threads=night.options.threads,
        most_latency_ms=gate.most_latency_ms,
        memory=gate.memory,
    )
    decision = asyncio.run(
        run_gate(
            given,
            night.folder.path,
            should_stop=night.should_stop,
            wait=lambda: night.wait("gate"),
            progress=lambda done, total: night.progress.phase(
                "gate", "Asking the new adapter and the one in use the same", done, total
            ),
        )
    )
    decided = {
        "adapter": record.id,
        "incumbent": active.id if active is not None else None,
        "gate": decision.as_json(),
        "report": night.report,
    }
    night.folder.write("decision", decided)
    return apply_decision(night, decided)


def _register(night: Night, registry: Registry, identity: str, frozen: Frozen) -> Verdict | None:
    """Write down what the adapter learned from, then hand it to the registry; a verdict where that ends the run."""
    with Store(store_file(night.home)) as store:
        if identity not in {origin.adapter for origin in store.adapters()}:
            try:
                store.learned(identity, night.base_sha256, frozen.dataset.events)
            except StoreError as error:
                if not night.still_there(store, frozen):
                    night.folder.clear()
                    return Verdict(
                        "stopped",
                        "Some of what it learned from was erased meanwhile, so the adapter was thrown away. The next run "
                        "learns from what is left.",
                    )
                raise error
        lineage = Lineage(str(LABELLER_VERSION), night.folder.run, frozen.dataset.events)
        try:
            registry.add(night.folder.adapter, night.model, lineage, base_name=night.base_name)
        except AdapterRefusedError as error:
            store.forget_adapter(identity)
            return Verdict("refused", f"The new adapter did not stand the check: {error}")
    return None


def apply_decision(night: Night, decided: dict[str, Any]) -> Verdict:
    """Do what was decided; what a killed run has done of it already is not done again."""
    night.report.update(decided["report"])
    gate = decided["gate"]
    night.report.update(gate=gate, adapter=decided["adapter"], incumbent=decided["incumbent"])
    registry = Registry(night.home)
    record = registry.find(decided["adapter"])
    summary = {"run": night.folder.run, "gate": gate}
    promoted, reason = gate["decision"] == "promoted", str(gate["reason"])
    if record.state is State.CANDIDATE:
        record = registry.move(record.id, State.GATED if promoted else State.RETIRED, reason, report=summary)
    if promoted and record.state is State.GATED:
        record = registry.promote(record.id, reason)
    history = registry.history(record.id)
    if promoted and all(entry.after is not State.ACTIVE for entry in history):
        return Verdict(
            "refused",
            f"The gate found it better, but it was taken away meanwhile: {history[-1].reason.rstrip('.')}.",
        )
    return Verdict("promoted" if promoted else "refused", reason)


def retire_unjudged(home: Path, run: str, reason: str) -> None:
    """Retire the adapter of a run that nobody will go on with, where the gate's word on it was never put into effect.

    Raises:
        RegistryError: the registry cannot be used.
    """
    if not registry_file(home).exists():
        return
    registry = Registry(home)
    for record in registry.records():
        if record.run == run and record.state in (State.CANDIDATE, State.GATED):
            registry.move(record.id, State.RETIRED, reason)
