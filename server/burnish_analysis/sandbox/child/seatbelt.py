"""Seatbelt, macOS's own sandbox: which files a process may touch, and that it has no network and starts no processes.

``sandbox_init`` (its manual page calls it deprecated since 10.8; browsers and build tools rely on it) takes a profile in the Sandbox
Profile Language. It holds for the process and for what it becomes by ``exec``. Whether it took is not believed but tried:
:func:`escapes`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["Seatbelt", "escapes", "profile"]

_LIBRARY = "/usr/lib/libSystem.B.dylib"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
#: ``RUSAGE_INFO_V0`` of <sys/resource.h>: a UUID and ten numbers of 64 bits, of which the eighth is ``ri_phys_footprint``.
_USAGE, _USAGE_BYTES, _FOOTPRINT_AT = 0, 16 + 10 * 8, 16 + 7 * 8
#: A file that every system has, and no program in the sandbox is to read.
_CLOSED_FILE = "/etc/passwd"


def profile(read: Iterable[str], work: str) -> str:
    """The profile: everything is denied but what an interpreter needs.

    Args:
        read: real paths that may be read, executed and loaded. work: the folder in which everything may be done, a real path too.
    """
    readable = " ".join(f"(subpath {_quoted(path)})" for path in read)
    devices = " ".join(f"(literal {_quoted(path)})" for path in _DEVICES)
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            # Names, sizes and dates can be seen, as at level landlock: paths could not be resolved otherwise.
            '(allow file-read-metadata (subpath "/"))',
            '(allow file-read-data (literal "/"))',
            f"(allow file-read* file-map-executable process-exec {readable})",
            f"(allow file-read* file-write* (subpath {_quoted(work)}))",
            f"(allow file-read* file-write-data {devices})",
            "(allow sysctl-read)",
            "(allow process-info* (target self))",
            "(allow signal (target self))",
        )
    )


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Seatbelt:
    """The system's library, loaded before anything is forked.

    Raises:
        OSError: it is not there: this is not macOS. AttributeError: it has no such function any more.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(_LIBRARY, use_errno=True)
        self._init = library.sandbox_init
        self._init.argtypes = [ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p)]
        self._usage = library.proc_pid_rusage
        self._usage.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]

    def restrict(self, read: Iterable[str], work: str) -> None:
        """Put the profile in force for this process, and see that it is.

        Raises:
            OSError: it was refused, or does not hold.
        """
        said = ctypes.c_char_p()
        if self._init(os.fsencode(profile(read, work)), 0, ctypes.byref(said)):
            raise OSError(f"sandbox_init: {(said.value or b'refused').decode('utf-8', 'replace')}")
        if found := escapes(str(Path(work).parent)):
            raise OSError(f"Seatbelt does not hold: {', '.join(found)} still possible")

    def footprint(self, pid: int) -> int:
        """Bytes of memory that a process takes; 0 where it cannot be told."""
        buffer = ctypes.create_string_buffer(_USAGE_BYTES)
        if self._usage(pid, _USAGE, buffer):
            return 0
        return int(struct.unpack_from("=Q", buffer, _FOOTPRINT_AT)[0])


def escapes(beside: str) -> list[str]:
    """What this process can still do of that which a sandbox must refuse, in words; nothing where it holds.

    Args:
        beside: a folder outside the sandbox that its user may write to.
    """
    tries: dict[str, Callable[[], None]] = {
        "writing outside": lambda: _write(Path(beside, f"burnish-probe-{os.getpid()}")),
        "reading outside": lambda: os.close(os.open(_CLOSED_FILE, os.O_RDONLY)),
        "a connection": _connect,
        "a signal to the parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        "a new process": _fork,
    }
    return [name for name, attempt in tries.items() if not _refused(attempt)]


def _refused(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:
        # Not for want of a right: nobody listens, for example.
        return False
    return False


def _write(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.unlink()


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.settimeout(1.0)
        one.connect(("127.0.0.1", 9))


def _fork() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
