"""Linux namespaces: a machine of its own with a file system of its own (namespaces(7), user_namespaces(7), pivot_root(2))."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from burnish_analysis.sandbox.child import libc

__all__ = ["DEVICES", "WORK", "Resident", "build_root", "drop_capabilities", "enter"]

#: The working directory inside: all that can be written.
WORK = "/tmp"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_NEW = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000}
_NEW |= {"user": 0x10000000, "pid": 0x20000000, "network": 0x40000000}
NAMES = tuple(sorted(_NEW))
#: Who the program is inside; outside it is the user, or for root the user "nobody".
_INSIDE, _NOBODY = 1000, 65534
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE, _CLONE_TREE = -100, 0x1000, 0x8000, 1
_CLOEXEC, _MOVE_FROM_EMPTY = os.O_CLOEXEC, 4
_READ_ONLY, _NO_SETUID, _NO_DEVICES = 1, 2, 4
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_RECURSIVE, _MS_PRIVATE = 2, 4, 8, 16384, 1 << 18
_DETACH = 2
#: Room for folders and links of the root itself.
_ROOT_OPTIONS = f"size=1m,nr_inodes=2k,mode=755,uid={_INSIDE},gid={_INSIDE}"
_FILES_IN_WORK = 4096


def enter() -> None:
    """Put this process into new namespaces; its next child is process 1 there.

    Raises:
        OSError: the kernel, its settings or the container forbid it.
    """
    outside = _NOBODY if os.geteuid() == 0 else os.geteuid()
    group = _NOBODY if os.geteuid() == 0 else os.getegid()
    if os.geteuid() == 0:
        os.setgroups([])
    flags = sum(_NEW.values())
    if outside == os.geteuid():
        libc.unshare(flags)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        _map("self", outside, group)
        return
    with _helper(lambda pid: _map(str(pid), outside, group)) as go:
        libc.unshare(flags)
        go()


def _map(process: str, user: int, group: int) -> None:
    Path(f"/proc/{process}/gid_map").write_text(f"{_INSIDE} {group} 1", encoding="ascii")
    Path(f"/proc/{process}/uid_map").write_text(f"{_INSIDE} {user} 1", encoding="ascii")


@contextmanager
def _helper(work: Callable[[int], None]) -> Iterator[Callable[[], None]]:
    """A child that stays outside and does ``work`` on this process when told to: only it may map another user."""
    told, tell = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(tell)
            if os.read(told, 1):
                work(parent)
                status = 0
        finally:
            os._exit(status)
    os.close(told)

    def go() -> None:
        os.write(tell, b"x")
        if os.waitpid(child, 0)[1] != 0:
            raise OSError("the user map could not be written")

    try:
        yield go
    finally:
        os.close(tell)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def build_root(read: list[str], disk_bytes: int) -> Resident | None:
    """As process 1: make a file system of ``read`` (read-only), a few devices and a bounded working directory.

    Afterwards this process is the user inside, still with the capabilities of its namespaces.

    Returns:
        How to count memory, where the kernel lets us see our processes.

    Raises:
        OSError: a step failed.
    """
    libc.mount("none", "/", "", _MS_RECURSIVE | _MS_PRIVATE)
    # Taken while this process is still the user outside, who may look into folders that are closed to others.
    links, trees = _sources(read)
    os.setresgid(_INSIDE, _INSIDE, _INSIDE)
    os.setresuid(_INSIDE, _INSIDE, _INSIDE)
    os.umask(0o022)
    libc.mount("root", WORK, "tmpfs", _MS_NOSUID | _MS_NODEV, _ROOT_OPTIONS)
    root = WORK
    work = root + WORK
    for folder in (work, f"{root}/dev", f"{root}/proc"):
        Path(folder).mkdir()
    size = f"size={disk_bytes},nr_inodes={_FILES_IN_WORK},mode=700,uid={_INSIDE},gid={_INSIDE}"
    libc.mount("work", work, "tmpfs", _MS_NOSUID | _MS_NODEV, size)
    Path(f"{root}/dev/shm").symlink_to(WORK)
    for path, target in links:
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        Path(root + path).symlink_to(target)
    for path, tree in trees:
        _attach(tree, path, root)
    resident = _resident(f"{root}/proc")
    os.chdir(root)
    libc.pivot_root(".", ".")
    libc.umount(".", _DETACH)
    os.chdir("/")
    _set_attributes(-100, "/", _READ_ONLY | _NO_SETUID | _NO_DEVICES, 0)
    return resident


def _sources(read: list[str]) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
    """Links to make again, and detached copies of the mounts to attach, by path."""
    links = [(path, str(Path(path).readlink())) for path in read if Path(path).is_symlink()]
    paths = [path for path in (*read, *DEVICES) if Path(path).exists() and not Path(path).is_symlink()]
    return links, [(path, _open_tree(path)) for path in paths]


def _open_tree(path: str) -> int:
    flags = _CLONE_TREE | _AT_RECURSIVE | _CLOEXEC
    return libc.syscall(f"open_tree {path}", _OPEN_TREE, _AT_FDCWD, os.fsencode(path) + b"\0", flags)


def _attach(tree: int, path: str, root: str) -> None:
    target = Path(root + path)
    device = path in DEVICES
    # A device is a file that may be written to; the mount keeps what it is outside.
    if not device:
        _set_attributes(tree, "", _READ_ONLY | _NO_SETUID | _NO_DEVICES, _AT_EMPTY_PATH | _AT_RECURSIVE)
    if os.path.isdir(tree):  # noqa: PTH112 - a descriptor
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    name = os.fsencode(target) + b"\0"
    libc.syscall(f"move_mount {path}", _MOVE_MOUNT, tree, b"\0", _AT_FDCWD, name, _MOVE_FROM_EMPTY)
    os.close(tree)


def _set_attributes(handle: int, path: str, attributes: int, flags: int) -> None:
    what = struct.pack("=QQQQ", attributes, 0, 0, 0)
    name = os.fsencode(path) + b"\0"
    libc.syscall("mount_setattr", _MOUNT_SETATTR, handle, name, flags, what, len(what))


def drop_capabilities() -> None:
    """Give up every capability for good, and hide this process's memory from the program's."""
    for capability in range(64):
        try:
            libc.prctl(libc.PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = struct.pack("=Ii", 0x20080522, 0)
    libc.capset(header, bytes(24))
    libc.prctl(libc.PR_SET_DUMPABLE, 0)


class Resident:
    """Counts the memory of the namespace's processes through a /proc that no path leads to."""

    def __init__(self, proc: int) -> None:
        self.proc = proc
        self._page = os.sysconf("SC_PAGE_SIZE")

    def __call__(self) -> int:
        """Resident bytes of all processes but this one."""
        total = 0
        for name in os.listdir(self.proc):  # noqa: PTH208 - a descriptor
            if not name.isdigit() or name == "1":
                continue
            try:
                handle = os.open(f"{name}/statm", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.proc)
            except OSError:
                continue
            try:
                total += int(os.read(handle, 200).split()[1]) * self._page
            except (OSError, IndexError):
                continue
            finally:
                os.close(handle)
        return total


def _resident(mountpoint: str) -> Resident | None:
    try:
        libc.mount("proc", mountpoint, "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    except OSError:
        # Containers that mask parts of /proc do not let us mount a whole one.
        return None
    handle = os.open(mountpoint, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    libc.umount(mountpoint, _DETACH)
    return Resident(handle)
