"""Hostile functions under ``verify``: none has an effect outside, each gets a verdict in time, none is called equivalent.

Each is tried in three forms: as it is (mostly refused unread), out of sight of the static look (the guard inside must notice),
and bare, without any guard, in the sandbox that verification uses (the wall).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from burnish_analysis.sandbox.model import Kind, Level, Program
from burnish_analysis.sandbox.run import run
from tests.integration.hostile_cases import CASES, HONEST, LIARS, hidden, module_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox's strong levels need Linux"),
]
#: What one verdict may take: its own bound, starts of processes, and a busy machine.
VERDICT_S = 60.0
_GUARD = Path(__file__).with_name("hostile_guard.py")


class Planted:
    """A folder with canaries, a home with a key, listeners on loopback, and a process that must live."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "planted", folder / "home"
        (self.folder / "tree").mkdir(parents=True)
        (self.home / ".ssh").mkdir(parents=True)
        for path in (self.folder / "canary", self.folder / "tree" / "leaf", self.home / ".ssh" / "id_rsa"):
            path.write_text("secret")
        self.tcp, self.udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self.tcp.bind(("127.0.0.1", 0))
        self.udp.bind(("127.0.0.1", self.tcp.getsockname()[1]))
        self.unix, self.abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.folder / "service"))
        self.name = f"burnish-test-{os.getpid()}-{time.time_ns()}"
        self.abstract.bind("\0" + self.name)
        for listener in (self.tcp, self.unix, self.abstract):
            listener.listen()
        self.victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"])
        self.before = self.state()

    def words(self) -> dict[str, str]:
        return {
            "FOLDER": str(self.folder),
            "HOME": str(self.home),
            "TCP": str(self.tcp.getsockname()[1]),
            "ABSTRACT": self.name,
            "VICTIM": str(self.victim.pid),
        }

    def state(self) -> dict[str, tuple[Any, ...]]:
        found = {}
        for root in (self.folder, self.home):
            for path in sorted(root.rglob("*")):
                known = path.lstat()
                text = path.read_text() if path.is_file() else ""
                found[str(path)] = (known.st_mode, known.st_mtime_ns, known.st_nlink, text)
        return found

    def heard(self) -> list[str]:
        found = []
        for name in ("tcp", "unix", "abstract", "udp"):
            listener: socket.socket = getattr(self, name)
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                listener.recv(10) if name == "udp" else listener.accept()
                found.append(name)
        return found

    def victim_state(self) -> tuple[Any, ...]:
        process = psutil.Process(self.victim.pid)
        return self.victim.poll(), process.nice(), process.rlimit(psutil.RLIMIT_CPU)

    def close(self) -> None:
        self.victim.kill()
        self.victim.wait()
        for listener in (self.tcp, self.udp, self.unix, self.abstract):
            listener.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    found = Planted(tmp_path_factory.mktemp("hostile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def judged(planted: Planted) -> dict[tuple[str, str], dict[str, Any]]:
    """The outcome of every case in every form, and what it left: all run once, several at a time."""
    if run(Program("pass"), least=Level.LANDLOCK).kind is not Kind.OK:
        pytest.skip("no isolation level that verification accepts works on this machine")
    untouched = planted.victim_state()
    jobs = []
    for name in (*CASES, *LIARS):
        text = module_of(name, planted.words())
        jobs += [(name, "plain", text), (name, "hidden", hidden(text)), (name, "bare", text)]
    process = subprocess.Popen(
        [sys.executable, str(_GUARD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        answer, _ = process.communicate(json.dumps(jobs).encode(), timeout=850)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0
    found = {(line["name"], line["form"]): line for line in map(json.loads, answer.splitlines())}
    assert planted.victim_state() == untouched
    return found


def test_there_are_enough() -> None:
    assert len(CASES) + len(LIARS) >= 100


def test_nothing_outside_was_touched(judged: dict[tuple[str, str], dict[str, Any]], planted: Planted) -> None:
    assert planted.state() == planted.before
    assert planted.heard() == []
    assert planted.victim.poll() is None


def test_nothing_is_left_running(judged: dict[tuple[str, str], dict[str, Any]]) -> None:
    until = time.monotonic() + 10
    while (left := _launchers()) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def _launchers() -> list[int]:
    """Sandbox processes of this test: the guard's session is over, so they would be orphans."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            line = process.cmdline()
            if (
                any("burnish_analysis.sandbox.child.launcher" in part for part in line)
                and process.ppid() == 1
            ):
                found.append(process.pid)
    return found


@pytest.mark.parametrize("form", ["plain", "hidden", "bare"])
@pytest.mark.parametrize("name", [*CASES, *LIARS])
def test_every_one_gets_a_verdict_in_time(
    judged: dict[tuple[str, str], dict[str, Any]], name: str, form: str
) -> None:
    found = judged[name, form]
    assert found["seconds"] < VERDICT_S, found
    if form == "bare":
        assert found["verdict"] in {kind.value for kind in Kind} - {"refused"}, found
    else:
        assert found["verdict"] in {"different", "unverifiable"}, found
        assert found["reason"]


def test_the_honest_one_is_equivalent() -> None:
    from burnish_analysis.verify.model import VerifyOptions
    from burnish_analysis.verify.verify import verify

    found = verify(HONEST, HONEST.replace("x + 1", "1 + x"), "f", VerifyOptions(inputs=25, measure=False))
    assert found.verdict == "equivalent", found
