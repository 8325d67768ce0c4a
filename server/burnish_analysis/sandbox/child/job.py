"""What the launcher is asked to do, as it comes over its standard input, and what it reports back."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from typing import Any

__all__ = ["Job", "decode", "encode", "read_job"]


@dataclass(frozen=True)
class Job:
    """One program to run; absolute paths, bytes as they are. See ``Program`` and ``Limits`` in ``model.py``."""

    level: str
    argv: list[str]
    environment: dict[str, str]
    #: What the runner reads from descriptor 3.
    script: bytes
    stdin: bytes
    files: dict[str, bytes]
    #: Readable files and folders, links resolved, none inside another.
    read: list[str]
    #: The working directory on the host; empty at level ``namespaces``, which makes its own.
    folder: str
    nonce: str
    collect: str
    seconds: float
    cpu_seconds: float
    memory_bytes: int
    disk_bytes: int
    #: Most processes and threads; 0 where no such bound can be set.
    processes: int
    open_files: int
    collect_bytes: int


_BYTES = ("script", "stdin")


def encode(job: Job) -> bytes:
    """``job`` as one line."""
    fields: dict[str, Any] = dict(vars(job))
    for name in _BYTES:
        fields[name] = base64.b64encode(fields[name]).decode()
    fields["files"] = {name: base64.b64encode(data).decode() for name, data in job.files.items()}
    return json.dumps(fields).encode() + b"\n"


def decode(line: bytes) -> Job:
    """The job that :func:`encode` wrote."""
    fields = json.loads(line)
    for name in _BYTES:
        fields[name] = base64.b64decode(fields[name])
    fields["files"] = {name: base64.b64decode(data) for name, data in fields["files"].items()}
    return Job(**fields)


def read_job(descriptor: int) -> Job | None:
    """Read one job, not a byte more; None where the other side went away first."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            return None
        line += piece
    return decode(bytes(line))
