"""Observes one version on given inputs. Its process never sees the other version."""

from __future__ import annotations

import json
import time
from typing import Any

from .cover import Cover, code_of
from .load import Missing
from .observe import Subject

__all__ = ["main"]


def main(job: dict[str, Any], guard: Any = None) -> None:
    """Observe ``job["calls"]`` and write a line for each into ``out.jsonl``."""
    with open("out.jsonl", "a", encoding="ascii") as file:  # noqa: PTH123 - as little as possible is imported here

        def tell(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")
            file.flush()

        # Before the code under test is loaded, so that what it imports by name is guarded as well.
        watching = guard.install(lambda _: None) if guard is not None else None
        try:
            subject = Subject(job["source"], job["function"], job["module"], guard=watching)
        except Missing as error:
            tell(failed=str(error))
            return
        except BaseException as error:  # noqa: BLE001 - the module's own code ran
            tell(failed=f"the module cannot be loaded: {type(error).__name__}: {str(error)[:300]}")
            return
        _run(job, subject, tell)


def _run(job: dict[str, Any], subject: Subject, tell: Any) -> None:
    until = time.monotonic() + job["seconds"]
    for index, text in enumerate(job["calls"]):
        tell(i=index, **subject.observe(text, job["call_seconds"], twice=True))
        if time.monotonic() > until:
            tell(cut=index + 1)
            break
    cover = Cover(code_of(subject.target))
    # These calls were watched already, and counting branches looks like tracing to the guard.
    subject.guard = None
    until = time.monotonic() + job["cover_seconds"]
    for text in job["calls"] if job["cover_seconds"] > 0 else ():
        subject.observe(text, job["call_seconds"] * 3, cover.run)
        cover.last.clear()
        if time.monotonic() > until or (cover.total and len(cover.taken) >= cover.total):
            break
    tell(done=True, share=cover.share, branches=cover.total)
