"""The filter, run by a little interpreter of classic BPF: also for machines that the tests do not run on."""

from __future__ import annotations

import errno
import struct

import pytest

from burnish_analysis.sandbox.child.seccomp import compile_filter

X86, ARM = ("x86_64", 0xC000003E), ("aarch64", 0xC00000B7)
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


def decide(machine: tuple[str, int], number: int, *arguments: int, alone: bool = False, arch: int = 0) -> int:
    """What the filter answers to a call."""
    code = compile_filter(machine[0], alone=alone, pid=77)
    data = struct.pack("=IIQ6Q", number, arch or machine[1], 0, *arguments, *[0] * (6 - len(arguments)))
    at = accumulator = 0
    for _ in range(1000):
        operation, if_true, if_false, value = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x54:
            accumulator &= value
        else:
            holds = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[operation]
            at += if_true if holds else if_false
    raise AssertionError("the filter does not end")


@pytest.mark.parametrize(
    ("machine", "numbers"),
    [
        # read, ptrace, mount, clone, clone3, socket, kill, prlimit64, fcntl, fchmod, shmat, ioctl
        (X86, (0, 101, 165, 56, 435, 41, 62, 302, 72, 91, 30, 16)),
        (ARM, (63, 117, 40, 220, 435, 198, 129, 261, 25, 52, 196, 29)),
    ],
    ids=["x86_64", "aarch64"],
)
def test_what_is_refused(machine: tuple[str, int], numbers: tuple[int, ...]) -> None:
    read, ptrace, mount, clone, clone3, socket, kill, prlimit, fcntl, fchmod, shmat, ioctl = numbers
    for alone in (False, True):
        assert decide(machine, read, 3, alone=alone) == ALLOW
        assert decide(machine, ptrace, alone=alone) == EPERM
        assert decide(machine, mount, alone=alone) == EPERM
        assert decide(machine, clone3, alone=alone) == ENOSYS
        assert decide(machine, clone, 0x10000000 | 17, alone=alone) == EPERM
        assert decide(machine, clone, 0x003D0F00, alone=alone) == ALLOW
        assert decide(machine, socket, 2, alone=alone) == EPERM
        assert decide(machine, read, arch=1, alone=alone) == KILL
    shared = {
        clone: (17,),
        socket: (1,),
        kill: (5, 9),
        prlimit: (5,),
        fcntl: (3, 8),
        fchmod: (3,),
        shmat: (1,),
    }
    for number, arguments in shared.items():
        assert decide(machine, number, *arguments) == ALLOW
        assert decide(machine, number, *arguments, alone=True) == EPERM
    own = [
        (kill, 77, 6),
        (prlimit, 0, 7),
        (prlimit, 77, 7),
        (fcntl, 3, 1),
        (fcntl, 3, 1030),
        (ioctl, 1, 0x5413),
    ]
    for number, *rest in own:
        assert decide(machine, number, *rest, alone=True) == ALLOW
    for command in (8, 10, 15):
        assert decide(machine, fcntl, 3, command, alone=True) == EPERM
    # FIOSETOWN, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
    for command in (0x8901, 0x40086602, 0x401C5820):
        assert decide(machine, ioctl, 3, command, alone=True) == EPERM


def test_other_numberings_of_the_same_machine_are_no_way_around() -> None:
    assert decide(X86, 0x40000000 | 101) == EPERM
    assert decide(X86, 26, arch=0x40000003) == KILL


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        compile_filter("riscv64", alone=False)
