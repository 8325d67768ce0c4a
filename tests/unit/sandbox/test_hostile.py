"""Hostile programs, each bounded by itself and by the guard (guarded.py): what they try must fail, and leave nothing."""

from __future__ import annotations

import ctypes
import json
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish_analysis.sandbox.model import Level, Limits
from tests.unit.sandbox.conftest import works
from tests.unit.sandbox.guarded import guarded, marked

MIB = 1 << 20


@pytest.fixture
def mark() -> Iterator[str]:
    name = uuid.uuid4().hex
    yield name
    assert marked(name) == [], "processes of the program outlived it"


def wait_gone(mark: str, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while marked(mark) and time.monotonic() < until:
        time.sleep(0.05)


FORKS = """
import os, signal, time
born = 0
for _ in range(120):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        signal.alarm(20)
        time.sleep(20)
        os._exit(0)
    born += 1
print(born)
"""


def test_a_fork_bomb_stays_small(strong: Level, mark: str) -> None:
    found = guarded(FORKS, strong, mark=mark, limits=Limits(seconds=8, processes=10))
    assert found["kind"] == "ok", found
    assert int(found["stdout"]) == (9 if strong is Level.NAMESPACES else 0)


THREADS = """
import threading
gate, born = threading.Event(), 0
for _ in range(100):
    try:
        threading.Thread(target=gate.wait, args=(20,), daemon=True).start()
    except RuntimeError:
        break
    born += 1
print(born)
"""


def test_threads_are_bounded_and_left_over_ones_do_not_matter(namespaces: Level, mark: str) -> None:
    found = guarded(THREADS, namespaces, mark=mark, limits=Limits(seconds=8, processes=10))
    assert (found["kind"], int(found["stdout"])) == ("ok", 9)


MEMORY = """
kept = []
for _ in range(64):
    kept.append(bytearray(32 << 20))
"""


def test_memory_is_bounded(strong: Level) -> None:
    found = guarded(MEMORY, strong, limits=Limits(seconds=8, memory_bytes=256 * MIB))
    assert (found["kind"], found["exception"]) == ("memory", "MemoryError")


SHARED_OUT = """
import os, signal, time
for _ in range(8):
    if os.fork() == 0:
        signal.alarm(20)
        kept = bytearray(os.urandom(1)) * (100 << 20)
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""


def test_memory_of_many_processes_counts_together(namespaces: Level, mark: str) -> None:
    found = guarded(SHARED_OUT, namespaces, mark=mark, limits=Limits(seconds=15, memory_bytes=300 * MIB))
    assert found["kind"] == "memory", found


DISK = """
wrote = 0
for number in range(64):
    try:
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 20))
    except OSError:
        break
    wrote += 1
try:
    with open("one", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20)); file.flush()
except OSError as error:
    print("one", error.errno)
print(wrote)
"""


def test_the_disk_is_not_filled(namespaces: Level) -> None:
    found = guarded(DISK, namespaces, limits=Limits(seconds=8, disk_bytes=4 * MIB))
    lines = found["stdout"].split()
    assert found["kind"] == "ok", found
    assert lines[0] == "one"
    assert int(lines[-1]) <= 4


MANY_FILES = """
import time
for number in range({files}):
    with open(f"file{{number}}", "wb") as file:
        file.write(bytes({size}))
    time.sleep(0.005)
time.sleep(20)
"""


@pytest.mark.parametrize(("files", "size"), [(64, MIB), (6000, 0)])
def test_who_fills_the_disk_is_ended_where_it_cannot_be_bounded(files: int, size: int) -> None:
    for level in (Level.LANDLOCK, Level.LIMITS):
        if not works(level):
            continue
        source = MANY_FILES.format(files=files, size=size)
        if not size:
            source = source.replace("    time.sleep(0.005)\n", "")
        found = guarded(source, level, limits=Limits(seconds=15, disk_bytes=4 * MIB))
        assert (found["kind"], "wrote more" in found["message"]) == ("killed", True), found


DEEP = """
import os, time
for _ in range(3000):
    try:
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    except OSError:
        break
time.sleep({sleep})
"""


@pytest.mark.parametrize("sleep", [0, 1])
def test_folders_without_end_confuse_nobody(sleep: int, mark: str) -> None:
    before = set(Path(tempfile.gettempdir()).glob("burnish-sandbox-*"))
    for level in (Level.NAMESPACES, Level.LANDLOCK, Level.LIMITS, Level.PROCESS):
        if works(level):
            found = guarded(DEEP.format(sleep=sleep), level, mark=mark)
            assert found["kind"] in {"ok", "killed"}, found
    assert set(Path(tempfile.gettempdir()).glob("burnish-sandbox-*")) <= before


NETWORK = """
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try:
        with socket.socket(socket.AF_INET, kind) as s:
            s.settimeout(2)
            s.connect(("127.0.0.1", {port}))
            s.send(b"out")
            print("sent")
    except OSError as error:
        print("refused")
"""


def test_loopback_is_out_of_reach(strong: Level) -> None:
    with socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        server.bind(("127.0.0.1", 0))
        server.listen()
        datagrams.bind(("127.0.0.1", server.getsockname()[1]))
        server.setblocking(False)
        datagrams.setblocking(False)
        found = guarded(NETWORK.format(port=server.getsockname()[1]), strong)
        assert found["stdout"].split() == ["refused", "refused"], found
        with pytest.raises(BlockingIOError):
            server.accept()
        with pytest.raises(BlockingIOError):
            datagrams.recv(10)


SIGNALS = """
import os, signal
for pid in (os.getppid(), {victim}):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        print("refused")
    else:
        print("ignored")
"""


def test_other_processes_cannot_be_killed(strong: Level) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:
        try:
            found = guarded(SIGNALS.format(victim=victim.pid), strong)
            assert victim.poll() is None
        finally:
            victim.kill()
    # Process 1 of a namespace takes no such signal from inside, so the call may seem to work.
    assert found["kind"] == "ok", found
    assert found["stdout"].split()[1] == "refused"


FILES = """
import os
for path in {paths!r}:
    for mode in ("rb", "r+b", "ab"):
        try:
            open(path, mode).close()
        except OSError:
            continue
        print("opened", path, mode)
try:
    os.mkdir({folder!r})
except OSError:
    print("no folder")
"""


REACHING_OUT = """
import fcntl, json, os, resource, socket
found = {{}}
def attempt(name, call, *arguments):
    try:
        call(*arguments)
    except OSError:
        found[name] = False
    else:
        found[name] = True
def service():
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        s.connect({socket!r})
attempt("service", service)
for name, call in (("chmod", lambda: os.chmod({file!r}, 0o777)), ("utime", lambda: os.utime({file!r}, (1, 1))),
                   ("chown", lambda: os.chown({file!r}, os.getuid(), os.getgid())),
                   ("truncate", lambda: os.truncate({file!r}, 0)),
                   ("xattr", lambda: os.setxattr({file!r}, "user.x", b"1")),
                   ("limit", lambda: resource.prlimit({victim}, resource.RLIMIT_CPU, (1, 1))),
                   ("nice", lambda: os.setpriority(os.PRIO_PROCESS, {victim}, 19)),
                   ("affinity", lambda: os.sched_setaffinity({victim}, [0])),
                   ("memfd", lambda: os.memfd_create("x")),
                   ("link", lambda: os.link({file!r}, "here"))):
    attempt(name, call)
def owner():
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, {victim})
attempt("owner", owner)
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
print(json.dumps(found))
"""


SHARED_MEMORY = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
print(libc.shmat({segment}, None, 0) in (None, 2 ** 64 - 1), libc.shmctl({segment}, 0, None))
"""


def test_shared_memory_of_the_user_is_out_of_reach(strong: Level) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0, 4096, 0o600)
    assert segment >= 0
    try:
        found = guarded(SHARED_MEMORY.format(segment=segment), strong)
    finally:
        removed = libc.shmctl(segment, 0, None)
    assert found["stdout"].split() == ["True", "-1"], found
    assert removed == 0


def test_nothing_of_the_user_is_within_reach(strong: Level, tmp_path: Path) -> None:
    file, place = tmp_path / "file", tmp_path / "service"
    file.write_text("content")
    before = file.stat()
    with (
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim,
        socket.socket(socket.AF_UNIX) as server,
    ):
        server.bind(str(place))
        server.listen()
        try:
            found = guarded(REACHING_OUT.format(socket=str(place), file=str(file), victim=victim.pid), strong)
        finally:
            victim.kill()
    assert found["kind"] == "ok", found
    assert [name for name, done in json.loads(found["stdout"]).items() if done] == []
    after = file.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_size,
    )


def test_files_outside_can_be_neither_read_nor_written(strong: Level, tmp_path: Path) -> None:
    secret, new = tmp_path / "secret", tmp_path / "new"
    secret.write_text("secret")
    paths = [str(secret), str(new), "/etc/passwd", "/etc/hostname", str(Path.home() / ".profile")]
    paths += [__file__, "/proc/self/environ", "/proc/1/environ", sys.executable + ".new", "/new"]
    found = guarded(FILES.format(paths=paths, folder=str(tmp_path / "folder")), strong)
    assert (found["kind"], found["stdout"].split("\n")) == ("ok", ["no folder", ""]), found
    assert secret.read_text() == "secret"
    assert sorted(tmp_path.iterdir()) == [secret]


def test_output_without_end_is_cut(strong: Level) -> None:
    source = "for _ in range(1024):\n    print('x' * 65535)\nprint('the end')\n"
    found = guarded(source, strong, limits=Limits(seconds=20, output_bytes=1000))
    assert (found["kind"], found["stdout_bytes"]) == ("ok", 1024 * 65536 + 8)
    assert len(found["stdout"]) == 1000
    assert found["stdout"].endswith("x\nthe end\n")


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(30)",
        "import time\nstop = time.monotonic() + 30\nwhile time.monotonic() < stop: pass",
        "import signal, time\nfor n in (15, 2, 1, 24, 14): signal.signal(n, signal.SIG_IGN)\ntime.sleep(30)",
        "import os, time\nos.close(1); os.close(2); os.close(4)\ntime.sleep(30)",
    ],
    ids=["sleep", "busy", "deaf", "mute"],
)
def test_time_is_bounded(strong: Level, source: str, mark: str) -> None:
    begun = time.monotonic()
    found = guarded(source, strong, mark=mark, limits=Limits(seconds=1.0))
    assert found["kind"] == "timeout", found
    assert time.monotonic() - begun < 25


def test_processor_time_is_bounded_even_for_the_deaf(strong: Level) -> None:
    source = (
        "import signal, time\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
        "stop = time.monotonic() + 60\nwhile time.monotonic() < stop: pass"
    )
    found = guarded(source, strong, limits=Limits(seconds=60, cpu_seconds=1))
    assert found["kind"] == "timeout", found


DAEMON = """
import os, signal, time
try:
    first = os.fork()
except OSError:
    print("no fork")
else:
    if first == 0:
        os.setsid()
        signal.alarm(40)
        if os.fork() == 0:
            signal.alarm(40)
            for n in (15, 1, 2): signal.signal(n, signal.SIG_IGN)
            time.sleep(40)
        time.sleep(40)
        os._exit(0)
    time.sleep(0.3)
    print("daemon")
"""


def test_no_daemon_stays(strong: Level, mark: str) -> None:
    found = guarded(DAEMON, strong, mark=mark)
    assert (found["kind"], found["stdout"]) == (
        "ok",
        "daemon\n" if strong is Level.NAMESPACES else "no fork\n",
    )


def test_no_daemon_stays_where_only_limits_hold(mark: str) -> None:
    found = guarded(DAEMON, Level.LIMITS, mark=mark)
    assert found["kind"] == "ok", found


ENTRANCES = """
import ctypes, json, os
libc = ctypes.CDLL(None, use_errno=True)
found = {}
def attempt(name, *arguments):
    ctypes.set_errno(0)
    found[name] = getattr(libc, name)(*arguments) >= 0
attempt("unshare", 0x10000000)
attempt("unshare", 0x00020000)
attempt("mount", b"none", b"/tmp", b"tmpfs", 0, None)
attempt("umount2", b"/tmp", 2)
attempt("chroot", b"/tmp")
attempt("ptrace", 16, os.getppid(), 0, 0)
attempt("setgroups", 0, None)
attempt("sethostname", b"x", 1)
attempt("swapoff", b"/none")
print(json.dumps(found))
"""


def test_the_kernel_grants_nothing_further(strong: Level) -> None:
    found = guarded(ENTRANCES, strong)
    assert found["kind"] == "ok", found
    assert not any(json.loads(found["stdout"]).values()), found["stdout"]


def test_the_channel_of_the_verdict_cannot_be_guessed(strong: Level) -> None:
    source = "import os\nos.write(4, b'0' * 32 + b'\\ndone\\n0\\n\\n\\'\\'')\nos._exit(0)"
    found = guarded(source, strong)
    assert found["kind"] == "killed", found


def test_a_killed_caller_takes_the_program_with_it(strong: Level, mark: str, tmp_path: Path) -> None:
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from burnish_analysis.sandbox.model import *; from burnish_analysis.sandbox.run import run\n"
        f"run(Program('import time; time.sleep(40)', environment={{'BURNISH_TEST_MARK': {mark!r}}}),"
        f" Limits(seconds=40), level=Level({int(strong)}))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as caller:
        until = time.monotonic() + 20
        while not marked(mark) and time.monotonic() < until:
            time.sleep(0.05)
        assert marked(mark), "the program did not start"
        caller.kill()
    wait_gone(mark)
    until = time.monotonic() + 5
    while list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
