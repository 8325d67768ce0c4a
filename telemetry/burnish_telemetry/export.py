"""The record as JSON lines: everything as it is stored, or what a trainer reads. Line by line, in the order it happened.

``events`` is every event. ``kto`` has ``prompt, completion, label`` (a boolean), the unpaired form of TRL's ``KTOTrainer``;
``supervised`` has ``prompt, completion``, what the user wrote in place of rejected suggestions.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from burnish_telemetry.errors import ExportError
from burnish_telemetry.events import Prompt
from burnish_telemetry.labels import Label
from burnish_telemetry.store import Store

__all__ = [
    "FORMATS",
    "Format",
    "export_lines",
    "kto_rows",
    "render_prompt",
    "supervised_rows",
    "write_export",
]

Format = Literal["events", "kto", "supervised"]
FORMATS: tuple[Format, ...] = ("events", "kto", "supervised")
Render = Callable[[Prompt], str]


def render_prompt(prompt: Prompt) -> str:
    """A prompt in the notation of Qwen2.5-Coder, the beginning of the middle at its end.

    A trainer for a model with another notation gives its own function.
    """
    middle = f"<|fim_prefix|>{prompt.prefix}<|fim_suffix|>{prompt.suffix}<|fim_middle|>{prompt.typed}"
    if not prompt.context:
        return middle
    files = "".join(f"<|file_sep|>{file.path}\n{file.text}" for file in prompt.context)
    return f"<|repo_name|>{prompt.repository}\n{files}<|file_sep|>{prompt.path}\n{middle}"


def kto_rows(labels: Iterable[Label], render: Render = render_prompt) -> Iterator[dict[str, object]]:
    """Rows for KTO: every desirable and undesirable text that a model wrote; code that a rule wrote has no prompt."""
    for found in labels:
        prompt = found.offer.prompt
        if found.verdict != "dropped" and prompt is not None:
            yield {
                "prompt": render(prompt),
                "completion": found.completion,
                "label": found.verdict == "desirable",
            }


def supervised_rows(labels: Iterable[Label], render: Render = render_prompt) -> Iterator[dict[str, object]]:
    """Rows for supervised training: what the user wrote in place of an undesirable completion."""
    for found in labels:
        prompt = found.offer.prompt
        if found.supervised is not None and prompt is not None:
            yield {"prompt": render(prompt), "completion": found.supervised}


def export_lines(store: Store, form: Format, render: Render = render_prompt) -> Iterator[str]:
    """The lines of an export, without their ends. The same store gives the same lines."""
    if form == "events":
        yield from store.bodies()
        return
    rows = kto_rows if form == "kto" else supervised_rows
    for row in rows(store.labels(), render):
        yield json.dumps(row)


def write_export(lines: Iterable[str], file: Path) -> int:
    """Write lines to a file that only its owner can read; returns how many. An existing file is replaced at the end.

    Raises:
        ExportError: the file cannot be written; an existing one is as it was.
    """
    temporary: Path | None = None
    count = 0
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            for line in lines:
                out.write(line + "\n")
                count += 1
        temporary.replace(file)
    except OSError as error:
        raise ExportError(
            f"Cannot write {file}: {error.strerror or error}. Choose another file or free some space."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return count
