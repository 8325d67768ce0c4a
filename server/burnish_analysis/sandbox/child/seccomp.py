"""A system call filter: what no Python program needs and what attacks on kernels use (seccomp(2), classic BPF).

Written here because it is little; the bindings of libseccomp need that library installed on the system.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from burnish_analysis.sandbox.child.libc import address, buffer, prctl

__all__ = ["compile_filter", "install"]

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _AND = 0x20, 0x54
_EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 4, 16, 24
_AF_UNIX = 1
_CLONE_THREAD = 0x00010000
#: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
_CLONE_NAMESPACES = 0x7E020000
_X32 = 0x40000000
#: machine: AUDIT_ARCH constant, column in the table below.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
#: Numbers on x86_64 and aarch64; None where the call does not exist.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "quotactl": (179, 60),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "iopl": (172, None),
    "ioperm": (173, None),
    "vhangup": (153, 58),
    # Memory that belongs to no process and that nobody counts.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
#: Where no namespaces keep the program away from the user's other processes and files: starting and steering
#: processes, sockets (those with a path lead to the user's services), memory, semaphores and messages that go by number,
#: and what Landlock does not guard of files.
_DENIED_ALONE: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "socket": (41, 198),
    "tkill": (200, 130),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_unlink": (241, 181),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "process_mrelease": (448, 448),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setaffinity": (203, 122),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}
_CLONE, _CLONE3, _SOCKET, _PRLIMIT = (56, 220), (435, 435), (41, 198), (302, 261)
#: kill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo: the first argument is the process.
_SIGNALS = ((62, 129), (234, 131), (129, 138), (297, 240))
#: Calls whose second argument can make the kernel signal another process (F_SETOWN, F_SETSIG, F_SETOWN_EX of fcntl,
#: FIOSETOWN, SIOCSPGRP of ioctl), or change what an owner may of a file that is open for reading only
#: (FS_IOC_SETFLAGS, FS_IOC_SETVERSION, FS_IOC_FSSETXATTR of ioctl).
_STEERING = (
    ((72, 25), (8, 10, 15)),
    ((16, 29), (0x8901, 0x8902, 0x40086602, 0x40087602, 0x401C5820)),
)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(number: int = errno.EPERM) -> bytes:
    return _instruction(_RETURN, _ERRNO | number)


def _deny(number: int | None, code: int = errno.EPERM) -> bytes:
    return b"" if number is None else _instruction(_EQUAL, number, 0, 1) + _refuse(code)


def _on_argument(number: int, test: bytes, at: int = _FIRST_ARGUMENT_AT) -> bytes:
    """``test`` on an argument of the call ``number``; it goes on to refuse, or skips one instruction to allow."""
    body = _instruction(_LOAD, at) + test + _refuse() + _instruction(_RETURN, _ALLOW)
    return _instruction(_EQUAL, number, 0, len(body) // 8) + body


def _on_values(number: int, values: tuple[int, ...]) -> bytes:
    """Refuse the call ``number`` if its second argument is one of ``values``."""
    tests = b"".join(
        _instruction(_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)
    )
    # Each match jumps past the allowing return.
    body = _instruction(_LOAD, _SECOND_ARGUMENT_AT) + tests
    body += _instruction(_RETURN, _ALLOW) + _refuse()
    return _instruction(_EQUAL, number, 0, len(body) // 8) + body


def compile_filter(machine: str, *, alone: bool, pid: int = 0) -> bytes:
    """The filter as BPF for ``machine`` (as ``os.uname()`` names it).

    Args:
        machine: the machine's architecture. alone: no namespaces keep the program apart, so refuse what reaches other
        processes and what Landlock does not guard, too. pid: the process itself.

    Raises:
        OSError: the architecture is not known here.
    """
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter for {machine}")
    architecture, column = _MACHINES[machine]
    code = _instruction(_LOAD, _ARCHITECTURE_AT) + _instruction(_EQUAL, architecture, 1, 0)
    code += _instruction(_RETURN, _KILL) + _instruction(_LOAD, _NUMBER_AT)
    if machine == "x86_64":
        code += _instruction(_AT_LEAST, _X32, 0, 1) + _refuse()
    table = {**_DENIED, **_DENIED_ALONE} if alone else _DENIED
    code += b"".join(_deny(numbers[column]) for numbers in table.values())
    # The flags of clone3 lie in memory, where a filter cannot look; without it the C library takes clone.
    code += _deny(_CLONE3[column], errno.ENOSYS)
    if alone:
        code += _alone(column, pid)
    else:
        code += _on_argument(_SOCKET[column], _instruction(_EQUAL, _AF_UNIX, 1, 0))
        code += _on_argument(_CLONE[column], _instruction(_ANY_BIT, _CLONE_NAMESPACES, 0, 1))
    return code + _instruction(_RETURN, _ALLOW)


def _alone(column: int, pid: int) -> bytes:
    """Threads but no processes, signals and limits for itself only."""
    threads_only = _instruction(_AND, _CLONE_THREAD | _CLONE_NAMESPACES)
    code = _on_argument(_CLONE[column], threads_only + _instruction(_EQUAL, _CLONE_THREAD, 1, 0))
    for call in _SIGNALS:
        code += _on_argument(call[column], _instruction(_EQUAL, pid, 1, 0))
    itself = _instruction(_EQUAL, 0, 2, 0) + _instruction(_EQUAL, pid, 1, 0)
    code += _on_argument(_PRLIMIT[column], itself)
    for call, values in _STEERING:
        code += _on_values(call[column], values)
    return code


def install(*, alone: bool) -> None:
    """Filter this process's system calls from now on, and those of what it starts. Needs no_new_privs.

    Raises:
        OSError: the kernel has no seccomp filters, or the architecture is not known here.
    """
    code = buffer(compile_filter(os.uname().machine, alone=alone, pid=os.getpid()))
    program = buffer(struct.pack("@HP", len(code) // ctypes.sizeof(ctypes.c_uint64), address(code)))
    prctl(_PR_SET_SECCOMP, _FILTER, address(program))
