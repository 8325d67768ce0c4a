"""What is run in the sandbox, within which bounds, and how it ended."""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

__all__ = ["LEAST_STRONG", "Isolation", "Kind", "Level", "Limits", "Outcome", "Program"]

_MIB = 1 << 20


class Level(enum.IntEnum):
    """How strongly a program was isolated; a higher level is stronger. ``docs/evaluation.md`` says what each guarantees."""

    #: A separate process with a time limit, bounded output and nothing else (Windows).
    PROCESS = 1
    #: Resource limits on top of it (old kernels).
    LIMITS = 2
    #: macOS: Seatbelt guards files, the network and other processes.
    SEATBELT = 3
    #: Linux without user namespaces: Landlock guards files, a system call filter the network and other processes.
    LANDLOCK = 4
    #: Linux with user, process, network, mount, IPC and host-name namespaces of its own.
    NAMESPACES = 5

    @property
    def label(self) -> str:
        """The level as users write it."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Level:
        """The level that users write as ``label``.

        Raises:
            KeyError: there is no such level.
        """
        return cls[label.upper()]


#: The weakest level that keeps a hostile program from the user's files, the network and other processes.
LEAST_STRONG = Level.SEATBELT


@dataclass(frozen=True, slots=True)
class Isolation:
    """The level reached, the mechanisms in force, and, in words, what this machine did not give."""

    level: Level
    mechanisms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Kind(enum.StrEnum):
    """How a program ended."""

    #: Ran to its last statement.
    OK = "ok"
    #: Ended by an exception (``SystemExit`` too), or before it began because its text does not compile.
    EXCEPTION = "exception"
    #: Used up its seconds, of the clock or of the processor.
    TIMEOUT = "timeout"
    #: Asked for more memory than it may have.
    MEMORY = "memory"
    #: Ended by a signal, for what it wrote to the disk, or by itself before its last statement (``os._exit``).
    KILLED = "killed"
    #: Was not run: the sandbox could not be set up as asked.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Program:
    """Python to run as ``__main__``.

    Attributes:
        source: the text. name: the file name that tracebacks show.
        stdin: what it reads from standard input.
        files: relative path to content; placed in the working directory, which comes first on ``sys.path``.
        path: folders put on ``sys.path`` after the working directory; they may be read.
        read: more files and folders that may be read.
        environment: the whole environment; empty unless given.
        python: the interpreter. packages: whether its site-packages are there.
        collect: a file in the working directory itself whose content is brought back; empty for none.
    """

    source: str
    name: str = "program.py"
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    path: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    python: Path = Path(sys.executable)
    packages: bool = False
    collect: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one run.

    Attributes:
        seconds: of wall-clock time. cpu_seconds: of processor time for each process, rounded up.
        memory_bytes: address space of each process; where processes can be counted, also the resident memory of
            all together.
        disk_bytes: size of each file, and at level ``namespaces`` of all files together.
        processes: processes and threads at once.
        open_files: file descriptors of each process.
        output_bytes: how much of the end of stdout, and of stderr, is kept.
        collect_bytes: the largest file that is brought back.
    """

    seconds: float = 10.0
    cpu_seconds: float = 10.0
    memory_bytes: int = 1024 * _MIB
    disk_bytes: int = 16 * _MIB
    processes: int = 16
    open_files: int = 64
    output_bytes: int = 64 << 10
    collect_bytes: int = 8 * _MIB

    def __post_init__(self) -> None:
        whole = (self.memory_bytes, self.disk_bytes, self.processes, self.open_files)
        if min(self.seconds, self.cpu_seconds, *whole) <= 0 or min(self.output_bytes, self.collect_bytes) < 0:
            raise ValueError("the limits of a program must be positive")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        kind: see :class:`Kind`. isolation: the level reached and by what.
        exception: the name of the exception's class (``Kind.EXCEPTION``, and ``MemoryError``).
        message: what the exception says, or in words why the program was killed or refused.
        line: the program's line where the exception was raised: the innermost frame that is the program's own; 0
            where unknown.
        compiled: False where the text is not Python at all.
        stdout, stderr: the ends of what it wrote, undecodable bytes replaced.
        stdout_bytes, stderr_bytes: how much it wrote in all.
        seconds: wall-clock time from start to end. exit_status: negative for a signal, None where unknown.
        collected: the content of ``Program.collect``, or None.
    """

    kind: Kind
    isolation: Isolation
    exception: str = ""
    message: str = ""
    line: int = 0
    compiled: bool = True
    stdout: str = ""
    stderr: str = ""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    seconds: float = 0.0
    exit_status: int | None = None
    collected: bytes | None = None
