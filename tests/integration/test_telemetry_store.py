"""The store under what happens to real files: killed writers, several processes, a full disk, damage."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from burnish_telemetry import database
from burnish_telemetry.codec import decode_event
from burnish_telemetry.database import damaged_files
from burnish_telemetry.erasure import Selection
from burnish_telemetry.errors import StoreBusyError
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import agree, suggested

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]

#: Records for ever, and prints the id of each event that was acknowledged.
WRITER = """
import sys
from pathlib import Path
from burnish_telemetry.recorder import Recorder
from tests.unit.telemetry.making import suggested

def write(home, out, name, count):
    recorder = Recorder(Path(home))
    number = 0
    while number < count:
        waiting = []
        for _ in range(3):
            number += 1
            event = suggested(f"{name}_{number} = 1")
            waiting.append((event.id, recorder.record(event)))
        for event_id, receipt in waiting:
            assert receipt.result(60).stored
            out.write((event_id + "\\n").encode())
    recorder.close()

if __name__ == "__main__":
    write(sys.argv[1], open(1, "wb", buffering=0), sys.argv[2], int(sys.argv[3]))
"""
#: Forks writers and kills them at random moments, time after time, examining the file after each.
KILLER = (
    WRITER.partition("if __name__")[0]
    + """
import json, os, random, signal, time
import burnish_telemetry.redaction
from burnish_telemetry.store import Store, store_file

def start(home, name):
    read, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            write(home, open(write_end, "wb", buffering=0), name, 1_000_000)
        finally:
            os._exit(1)
    os.close(write_end)
    return pid, read

def everything(read, parts):
    while part := os.read(read, 65536):
        parts.append(part)
    os.close(read)
    # A line that was cut off was not read by anybody as an acknowledgement.
    return b"".join(parts).decode().split("\\n")[:-1]

home, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(5)
acknowledged, killed, problems, rounds = set(), 0, [], 0
while killed < kills:
    writers = [start(home, f"w{killed}_{n}") for n in range(min(2, kills - killed))]
    # Half of the time while they work, after their first acknowledgement; otherwise anywhere, opening the file included.
    begun = rng.random() < 0.5
    first = [[os.read(read, 65536)] if begun else [] for _, read in writers]
    time.sleep(rng.uniform(0.0, 0.03 if begun else 0.12))
    for pid, _ in writers:
        os.kill(pid, 9)
    for (pid, read), parts in zip(writers, first):
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == 9, status
        acknowledged.update(everything(read, parts))
        killed += 1
    rounds += 1
    if rounds % 10 == 0 or killed == kills:
        with Store(store_file(Path(home))) as store:
            problems += store.check()
            kept = {row[0] for row in store._connection.execute("SELECT id FROM events")}
        problems += [f"lost {event_id}" for event_id in acknowledged - kept]
print(json.dumps({"killed": killed, "acknowledged": len(acknowledged), "problems": problems[:5]}))
"""
)

#: Processes that open a file at the same moment, which does not exist yet; prints what went wrong.
OPENERS = """
import os, sys, time
from pathlib import Path
from burnish_telemetry.database import open_database

for number in range(40):
    moment = time.monotonic() + 0.01
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            while time.monotonic() < moment:
                pass
            try:
                open_database(Path(sys.argv[1]) / str(number) / "a.sqlite3").execute("SELECT count(*) FROM events")
                os._exit(0)
            except BaseException as error:
                print(repr(error), flush=True)
            os._exit(1)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
"""

posix = pytest.mark.skipif(os.name != "posix", reason="fork and SIGKILL")


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


@posix
def test_a_new_file_is_opened_by_four_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        python(OPENERS, str(tmp_path)), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@posix
def test_two_hundred_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    agree(tmp_path)
    done = subprocess.run(
        python(KILLER, str(tmp_path), "200"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["killed"] == 200
    # Half of the writers had recorded at least one event.
    assert found["acknowledged"] > 100
    assert damaged_files(store_file(tmp_path)) == []


@posix
def test_a_killed_erasure_leaves_a_sound_file_and_can_be_repeated(tmp_path: Path) -> None:
    offers = [suggested(f"marker_{number}()", prefix="p" * 5_000) for number in range(400)]
    with Store(store_file(tmp_path)) as store:
        store.append(offers)
    code = "import sys; from pathlib import Path; from burnish_telemetry.store import *; from burnish_telemetry.erasure import *\n"
    code += "with Store(store_file(Path(sys.argv[1]))) as store:\n    print('go', flush=True); store.erase(Selection())"
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
        process = subprocess.Popen(python(code, str(tmp_path)), cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(delay)
        process.kill()
        process.communicate()
        with Store(store_file(tmp_path)) as store:
            assert store.check() == []
            assert len(list(store.bodies())) in (0, 400)
            if not list(store.bodies()):
                store.append(offers)
    with Store(store_file(tmp_path)) as store:
        assert len(store.erase(Selection()).events) == 400
    assert b"marker_" not in b"".join(path.read_bytes() for path in tmp_path.glob("telemetry*"))


def test_two_windows_and_a_nightly_run_at_once(tmp_path: Path) -> None:
    agree(tmp_path)
    windows = [
        subprocess.Popen(
            python(WRITER, str(tmp_path), name, "150"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in ("left", "right")
    ]
    erased: set[str] = set()
    reads = 0
    while any(window.poll() is None for window in windows):
        # The nightly run: reads, labels, erases what is old, examines.
        with Store(store_file(tmp_path)) as store:
            reads += sum(1 for _ in store.labels())
            store.refresh_labels()
            every = [decode_event(body).id for body in store.bodies()]
            if not erased and every:
                store.learned("night-1", "tiny", every[:1])
                gone = store.erase(Selection())
                assert gone.adapters == ("night-1",)
                erased |= set(gone.events)
        time.sleep(0.05)
    acknowledged: set[str] = set()
    for window in windows:
        out, problem = window.communicate()
        assert window.returncode == 0, problem.decode()
        acknowledged |= set(out.decode().split())
    assert len(acknowledged) == 300
    assert reads > 0
    with Store(store_file(tmp_path)) as store:
        assert store.check() == []
        there = {decode_event(body).id for body in store.bodies()}
    assert there == acknowledged - erased
    assert len(erased) > 0


#: Records on a disk of 1 MiB until it is full, makes room, and goes on.
FULL = """
import os, sys
from pathlib import Path
from burnish_telemetry import database
from burnish_telemetry.codec import decode_event
from burnish_telemetry.errors import StoreFullError
from burnish_telemetry.recorder import Recorder
from burnish_telemetry.errors import StoreBusyError
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import agree, suggested

disk = Path(sys.argv[1])
agree(disk)
ballast = disk / "ballast"
ballast.write_bytes(b"x" * 400_000)
recorder = Recorder(disk)
acknowledged, error = set(), None
for number in range(500):
    event = suggested(f"x_{number} = 1", prefix="y" * 20_000)
    receipt = recorder.record(event)
    error = receipt.exception(60)
    if error is not None:
        break
    assert receipt.result().stored
    acknowledged.add(event.id)
assert isinstance(error, StoreFullError), error
assert acknowledged
ballast.unlink()
event = suggested("afterwards()")
assert recorder.record(event).result(60).stored
acknowledged.add(event.id)
assert recorder.close()
with Store(store_file(disk)) as store:
    assert store.check() == []
    assert {decode_event(body).id for body in store.bodies()} == acknowledged
assert not list(disk.glob("*damaged*"))
print(len(acknowledged), error)
"""


def test_a_full_disk(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    mount = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "-Urm", "sh", "-c", mount, "sh", str(tmp_path), sys.executable, FULL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "the disk is full" in done.stdout


def test_a_writer_that_holds_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    with Store(store_file(tmp_path)) as store, closing(sqlite3.connect(store_file(tmp_path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="another process is using it"):
            store.append([suggested()])
        other.execute("ROLLBACK")
        assert store.append([suggested()]) == [True]
