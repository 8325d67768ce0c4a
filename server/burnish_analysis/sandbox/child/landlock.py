"""Landlock: which files a process may read and write, whom it may signal (Linux 5.13 and later).

Numbers and structures: the kernel's documentation, userspace-api/landlock.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable

from burnish_analysis.sandbox.child.libc import syscall

__all__ = ["TRUNCATE_SINCE", "restrict", "version"]

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
#: Bits of the first version: what is above, and removing and making every kind of file.
_FIRST = (1 << 13) - 1
_MAKE_DEVICES = 1 << 6 | 1 << 11
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1
#: The version that guards against cutting files short, without which others' files are not safe.
TRUNCATE_SINCE = 3
#: The version that keeps signals inside.
_SIGNALS_SINCE = 6
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_READ = _EXECUTE | _READ_FILE | _READ_DIR


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return syscall("landlock", _CREATE, 0, 0, 1)
    except OSError:
        return 0


def restrict(read: Iterable[str], write: Iterable[str], devices: Iterable[str] = ()) -> int:
    """Let this process, and what it starts, touch nothing but these from now on. Needs no_new_privs.

    Args:
        read: files and folders that may be read and executed. write: folders in which everything may be done,
        except making devices. devices: files that may be read and written.

    Returns:
        The version in force.

    Raises:
        OSError: Landlock is not there, or refuses.
    """
    abi = version()
    files = _FIRST
    for since, right in ((2, _REFER), (TRUNCATE_SINCE, _TRUNCATE), (5, _IOCTL_DEVICE)):
        files |= right if abi >= since else 0
    attributes = struct.pack(
        "=QQQ",
        files,
        _BIND_TCP | _CONNECT_TCP if abi >= 4 else 0,
        _ABSTRACT_SOCKETS | _SIGNALS if abi >= _SIGNALS_SINCE else 0,
    )
    # Older kernels refuse a longer structure than they know.
    size = 24 if abi >= _SIGNALS_SINCE else 16 if abi >= 4 else 8
    ruleset = syscall("landlock_create_ruleset", _CREATE, attributes, size, 0)
    try:
        everything = files & ~_MAKE_DEVICES & ~_IOCTL_DEVICE
        for paths, rights in (
            (read, _READ),
            (write, everything),
            (devices, _READ_FILE | _WRITE_FILE | _TRUNCATE),
        ):
            for path in paths:
                _allow(ruleset, path, rights & files)
        syscall("landlock_restrict_self", _RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _ON_FILES
        syscall("landlock_add_rule", _ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)
