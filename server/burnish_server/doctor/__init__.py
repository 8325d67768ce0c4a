"""The doctor: what works on this machine, what does not, and the command that mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from burnish_server.doctor.check import Check
from burnish_server.doctor.engine import check_llama, check_model, check_smoke_load
from burnish_server.doctor.learning import (
    check_adapter,
    check_consent,
    check_last_run,
    check_record,
    check_train_extra,
)
from burnish_server.doctor.machine import (
    check_compiler,
    check_disk,
    check_gpu,
    check_home,
    check_memory,
    check_packages,
    check_python,
)

__all__ = ["Check", "examine"]


def examine(home: Path, *, on_check: Callable[[Check], None] | None = None) -> list[Check]:
    """Run all checks, in order; takes some seconds because the model is loaded once in its own process.

    Args:
        home: Burnish's home folder.
        on_check: called with each check as soon as it is done.

    Returns:
        One :class:`Check` each; a check that fails itself is reported as not ok rather than raised.
    """
    checks: list[Check] = []
    for run in (
        check_python,
        check_packages,
        lambda: check_home(home),
        lambda: check_disk(home),
        check_memory,
        check_gpu,
        check_compiler,
        check_llama,
        lambda: check_model(home),
        lambda: check_smoke_load(home),
        lambda: check_consent(home),
        lambda: check_record(home),
        lambda: check_adapter(home),
        check_train_extra,
        lambda: check_last_run(home),
    ):
        check = run()
        checks.append(check)
        if on_check is not None:
            on_check(check)
    return checks
