"""``kill -9`` at random moments of a nightly run: does the next one go on, and end with the same adapter?

    python benchmarks/nightly_kills.py [--kills N] [--model FILE] [--seed N]

A night is run undisturbed first. Then copies of it are killed at moments drawn evenly over its length, each time taken up
again until they end, N kills in all. Meanwhile the registry is read twenty times a second as a server reads it: whatever it
names must be whole.
Printed: the phase of each kill, and how many nights ended with the weights and the decision of the undisturbed one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from machine import describe
from tests.unit.training.nightly.world import agree, house_style, record, write_files

from burnish_models.adapters.registry import Registry
from burnish_models.errors import ModelsError
from burnish_models.gguf_file import file_sha256
from burnish_models.selection import resolve_model
from burnish_training.nightly.folder import Runs

ROOT = Path(__file__).resolve().parent.parent


def start(home: Path, model: Path) -> subprocess.Popen[bytes]:
    """Begin a night, or go on with it."""
    line = [sys.executable, "-m", "tests.unit.training.nightly.night", str(home), str(model)]
    with (home / "night.err").open("wb") as errors:
        return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)


def adapter(home: Path) -> str:
    """The SHA-256 of the one adapter there is."""
    (found,) = Registry(home).records()
    assert found.path is not None
    return file_sha256(found.path)


def decision(home: Path) -> str:
    """How the last run ended."""
    report = Runs(home).last_report()
    return str(report["decision"]) if report else "none"


def phase(home: Path) -> str:
    """Where the run was when it was killed."""
    latest = Runs(home).latest()
    status = latest.read("status") if latest else None
    return f"{status['phase']} {status['step']}/{status['steps']}" if status else "not begun"


class Reader(threading.Thread):
    """Reads the registry and every file it names, as servers do."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._home, self.stop = home, threading.Event()
        self.looks = self.broken = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """Look until told to stop, or until a look fails."""
        try:
            while not self.stop.wait(0.05):
                self._look()
        except (OSError, ModelsError) as error:
            self.error = error

    def _look(self) -> None:
        for found in Registry(self._home).records():
            self.looks += 1
            data = found.path.read_bytes() if found.path is not None and found.path.exists() else b""
            self.broken += hashlib.sha256(data).hexdigest() != found.id


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--model")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = resolve_model(Path.home(), options.model).path
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="burnish-kills-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        files = house_style(12)
        write_files(root / "ws", files)
        agree(root / "new")
        record(root / "new", root / "ws", files, 90)
        shutil.copytree(root / "new", root / "whole")
        began = time.monotonic()
        assert start(root / "whole", model).wait() == 0
        length = time.monotonic() - began
        print(f"{describe()}\nundisturbed: {length:.0f} s, {decision(root / 'whole')}", flush=True)
        killed = nights = same = looks = broken = 0
        while killed < options.kills:
            home = root / f"night-{nights}"
            shutil.copytree(root / "new", home)
            reader = Reader(home)
            reader.start()
            killed += kill_until_done(home, model, rng, length, options.kills - killed)
            reader.stop.set()
            reader.join()
            if reader.error is not None:
                sys.exit(f"the registry could not be read: {reader.error!r}")
            nights += 1
            same += (adapter(home), decision(home)) == (adapter(root / "whole"), decision(root / "whole"))
            looks, broken = looks + reader.looks, broken + reader.broken
        result = {
            "kills": killed,
            "nights": nights,
            "ended_as_undisturbed": same,
            "looks_at_the_registry": looks,
            "broken_files_seen": broken,
        }
        print(json.dumps(result))


def kill_until_done(home: Path, model: Path, rng: random.Random, length: float, most: int) -> int:
    """Kill one night at random moments until it ends by itself, or was killed often enough and is left alone."""
    killed = 0
    while True:
        process = start(home, model)
        try:
            patience = rng.uniform(0.02, 1.0) * length if killed < most else None
            status = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
            print(f"killed in {phase(home)}", flush=True)
            continue
        if status or decision(home) not in ("promoted", "refused"):
            sys.exit(
                f"the night ended with status {status}: {Runs(home).last_report()}\n{(home / 'night.err').read_text()[-3000:]}"
            )
        return killed


if __name__ == "__main__":
    main()
