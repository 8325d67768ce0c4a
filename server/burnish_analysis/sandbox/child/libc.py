"""The C library's calls that Python's standard library lacks."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

__all__ = ["address", "buffer", "capset", "mount", "pivot_root", "prctl", "syscall", "umount", "unshare"]

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def _checked(name: str, function: Callable[..., int], *arguments: object) -> int:
    result = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def buffer(data: bytes) -> ctypes.Array[ctypes.c_char]:
    """``data`` in memory that a system call can read and write."""
    return ctypes.create_string_buffer(data, len(data))


def address(data: ctypes.Array[ctypes.c_char]) -> int:
    """Where ``data`` lies; it must outlive the use."""
    return ctypes.addressof(data)


def syscall(name: str, number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """One system call by its number; ``name`` is for the message.

    Raises:
        OSError: it failed.
    """
    passed: list[object] = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(name, _libc.syscall, ctypes.c_long(number), *passed)


def prctl(option: int, value: int = 0, pointer: int = 0) -> None:
    """``prctl(2)``; ``pointer`` is the third argument.

    Raises:
        OSError: it failed.
    """
    words = [ctypes.c_ulong(word) for word in (value, pointer, 0, 0)]
    _checked(f"prctl {option}", _libc.prctl, ctypes.c_int(option), *words)


def unshare(flags: int) -> None:
    """``unshare(2)``.

    Raises:
        OSError: this kernel, its settings or the container forbid it.
    """
    _checked("unshare", _libc.unshare, ctypes.c_int(flags))


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """``mount(2)``.

    Raises:
        OSError: it failed.
    """
    _checked(
        f"mount {kind or 'flags'} on {target}",
        _libc.mount,
        source.encode(),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )


def umount(target: str, flags: int) -> None:
    """``umount2(2)``.

    Raises:
        OSError: it failed.
    """
    _checked(f"umount {target}", _libc.umount2, os.fsencode(target), ctypes.c_int(flags))


def pivot_root(new: str, old: str) -> None:
    """``pivot_root(2)``.

    Raises:
        OSError: it failed.
    """
    _checked("pivot_root", _libc.pivot_root, os.fsencode(new), os.fsencode(old))


def capset(header: bytes, data: bytes) -> None:
    """``capset(2)``.

    Raises:
        OSError: it failed.
    """
    _checked("capset", _libc.capset, header, data)
