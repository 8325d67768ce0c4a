"""The weakest level: a separate process with a time limit, for systems that offer nothing else (Windows)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from burnish_analysis.sandbox.child.job import Job
from burnish_analysis.sandbox.interpreter import start_environment
from burnish_analysis.sandbox.launch import Finished, Stop, Tail

__all__ = ["run_plain"]

_TICK_S = 0.05
_JOIN_S = 1.0


def run_plain(job: Job, output_bytes: int, stop: Stop | None) -> Finished:
    """Run ``job`` as an ordinary child process; its tree is ended after ``job.seconds``, or above its memory."""
    with tempfile.TemporaryDirectory(prefix="burnish-run-") as name:
        script, verdict = Path(name, "script"), Path(name, "verdict")
        script.write_bytes(job.script)
        verdict.touch()
        for relative, data in job.files.items():
            path = Path(job.folder, relative)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        outputs = Tail(output_bytes), Tail(output_bytes)
        begun = time.monotonic()
        end, code = _run([*job.argv, str(script), str(verdict)], job, outputs, stop)
        seconds = time.monotonic() - begun
        found = verdict.read_bytes()[: 64 << 10].decode("ascii", "replace")
    report = {
        "end": end,
        "status": code,
        "seconds": seconds,
        "verdict": f"{job.nonce}\n{found}",
        "collected": _collect(job),
    }
    return Finished(json.dumps(report).encode(), *outputs, "stopped" if end == "stopped" else "", seconds)


def _run(argv: list[str], job: Job, outputs: tuple[Tail, Tail], stop: Stop | None) -> tuple[str, int | None]:
    with tempfile.TemporaryFile() as stdin:
        stdin.write(job.stdin)
        stdin.seek(0)
        process = subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=start_environment() | job.environment,
            cwd=job.folder,
            start_new_session=sys.platform != "win32",
        )
    assert process.stdout and process.stderr
    readers = [
        threading.Thread(target=_drain, args=(stream, tail), daemon=True)
        for stream, tail in zip((process.stdout, process.stderr), outputs, strict=True)
    ]
    for reader in readers:
        reader.start()
    try:
        end = _wait(process, job, stop)
    finally:
        _end_tree(process)
    for reader in readers:
        reader.join(_JOIN_S)
    return end, process.returncode if end == "exit" else None


def _drain(stream: IO[bytes], tail: Tail) -> None:
    with stream:
        while piece := stream.read1(1 << 16):  # type: ignore[attr-defined]
            tail.add(piece)


def _wait(process: subprocess.Popen[bytes], job: Job, stop: Stop | None) -> str:
    until = time.monotonic() + job.seconds
    while True:
        try:
            process.wait(_TICK_S)
            return "exit"
        except subprocess.TimeoutExpired:
            if stop is not None and stop.stopped:
                return "stopped"
            if time.monotonic() > until:
                return "timeout"
            with suppress(psutil.Error):
                if psutil.Process(process.pid).memory_info().rss > job.memory_bytes:
                    return "memory"


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    tree: list[psutil.Process] = []
    with suppress(psutil.Error):
        tree = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for child in tree:
        with suppress(psutil.Error):
            child.kill()
    process.wait()


def _collect(job: Job) -> str | None:
    path = Path(job.folder, job.collect) if job.collect else None
    if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > job.collect_bytes:
        return None
    return base64.b64encode(path.read_bytes()).decode()
