"""Notices what cannot be compared honestly while the code under test runs: files, clock, chance, processes, frames.

It is advice to the verifier, not a wall (that is the sandbox): code that means harm can get around it, code that merely
reads the clock cannot. Load it before the code under test, so that ``from time import time`` takes the guarded function.

::

    guard = install(note)        # note(words) is called at the first effect, before the code under test hears of it
    guard.armed = True
    ...                          # an effect raises Effect; code that swallows it is still noted
    guard.armed = False
    guard.reason                 # "" or the first effect in words
    guard.replaced()             # builtins that were replaced meanwhile, in words, or ""
"""

from __future__ import annotations

import _thread
import atexit
import builtins
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NoReturn

__all__ = ["Effect", "Guard", "install"]

_frame = sys._getframe
_OWN = _frame().f_code.co_filename
_LIBRARY = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - paths of frames are text
_FROZEN = "<frozen "
_DEPTH = 60
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

#: Audit events in words, by their name or the part of it before the first dot; the longer name wins.
_EVENTS = {
    "os": "changes or lists files",
    "shutil": "copies or moves files",
    "glob": "lists files",
    "pathlib": "lists files",
    "tempfile": "makes temporary files",
    "mmap": "maps memory",
    "fcntl": "steers file descriptors",
    "sqlite3": "opens a database",
    "socket": "opens a socket",
    "ssl": "opens a connection",
    "urllib": "opens a URL",
    "http": "opens a connection",
    "ftplib": "opens a connection",
    "smtplib": "opens a connection",
    "poplib": "opens a connection",
    "imaplib": "opens a connection",
    "nntplib": "opens a connection",
    "telnetlib": "opens a connection",
    "webbrowser": "opens a browser",
    "subprocess": "starts a process",
    "pty": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.spawn": "starts a process",
    "os.startfile": "starts a process",
    "os.kill": "sends signals",
    "os.killpg": "sends signals",
    "os.putenv": "changes the environment",
    "os.unsetenv": "changes the environment",
    "os.chdir": "changes the working directory",
    "signal": "sends signals",
    "resource": "changes its limits",
    "syslog": "writes to a log",
    "ctypes": "uses ctypes",
    "gc": "looks at the garbage collector's objects",
    "_thread": "starts a thread",
    "time": "sleeps",
    "builtins.input": "reads standard input",
    "builtins.breakpoint": "stops in the debugger",
    "sys.settrace": "traces itself",
    "sys.setprofile": "traces itself",
    "sys.monitoring": "traces itself",
    "sys.addaudithook": "adds an audit hook",
    "sys._getframe": "looks at its callers' frames",
    "sys._current_frames": "looks at its callers' frames",
    "sys._current_exceptions": "looks at its callers' frames",
    "code": "makes code objects",
    "winreg": "uses the registry",
    "msvcrt": "uses the console",
}
#: What modules may do while they are imported.
_IMPORTING = frozenset({"open", "os", "ctypes", "sys._getframe", "code", "mmap", "glob", "gc", "object"})
#: What the standard library does on behalf of harmless code (a named tuple looks at its caller's frame).
_LIBRARY_MAY = frozenset({"sys._getframe", "code", "object"})
#: Modules of the standard library that read sources and time zones.
_READERS = ("linecache.py", "tokenize.py", "zoneinfo/_common.py", "zoneinfo/_tzpath.py")
_ATTRIBUTES = frozenset({"f_back", "f_builtins", "f_code", "f_globals", "f_locals", "tb_frame", "tb_next"})
_ATTRIBUTES |= {"gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "__code__"}
_CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
_OF_NOW = {"localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
_SIGNALS = (
    "signal",
    "alarm",
    "setitimer",
    "pause",
    "sigwait",
    "raise_signal",
    "pthread_kill",
    "set_wakeup_fd",
)


class Effect(BaseException):
    """The code under test did something whose outcome lies outside of it; its text says what."""


class _Refusing:
    """Stands for a function and refuses to be called while the guard is armed. No descriptor, as a builtin is none."""

    def __init__(self, guard: Guard, original: Callable[..., Any], words: str, least: int = 0) -> None:
        self._guard, self._original, self._words, self._least = guard, original, words, least
        self.__name__ = self.__qualname__ = getattr(original, "__name__", "")
        self.__doc__ = getattr(original, "__doc__", "")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        guard = self._guard
        if guard.armed and len(args) <= self._least:
            callers = guard.callers()
            if not _imports(callers) and not _reads_sources(callers):
                log = any(name.endswith("logging/__init__.py") for name in callers[:3])
                guard.effect("writes to a log" if log else self._words)
        return self._original(*args, **kwargs)


class _NoInput:
    """Standard input while the guard is armed."""

    def __init__(self, guard: Guard, original: Any) -> None:
        self.__dict__.update(_guard=guard, _original=original)

    def __getattr__(self, name: str) -> Any:
        if self._guard.armed and not name.startswith("__"):
            self._guard.effect("reads standard input")
        return getattr(self._original, name)

    def __iter__(self) -> Iterator[Any]:
        if self._guard.armed:
            self._guard.effect("reads standard input")
        return iter(self._original)


class Guard:
    """Whether effects are refused (``armed``), and the first one there was (``reason``)."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.armed, self.reason = False, ""
        self._note, self._busy = note, False
        self.builtins: dict[str, Any] = {}

    def effect(self, words: str) -> NoReturn:
        """Note ``words`` (once) and raise."""
        self._busy = True
        try:
            if not self.reason:
                self.reason = words
                self._note(words)
        finally:
            self._busy = False
        raise Effect(words)

    def replaced(self) -> str:
        """Builtins that are others than when the guard was set, in words, or nothing."""
        now = vars(builtins)
        for name, value in self.builtins.items():
            if name != "_" and now.get(name, self) is not value:
                return "replaces the builtin " + name
        return ""

    def callers(self) -> list[str]:
        """The files of the frames above, the innermost first, without this one."""
        self._busy, before = True, self._busy
        try:
            found: list[str] = []
            frame = _frame(1)
            while frame is not None and len(found) < _DEPTH:
                name = frame.f_code.co_filename
                if name != _OWN:
                    found.append(name)
                frame = frame.f_back  # type: ignore[assignment]
            return found
        finally:
            self._busy = before

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if not self.armed or self._busy:
            return
        words, kind = self._judge(event, args)
        if not words:
            return
        callers = self.callers()
        if kind in _IMPORTING and _imports(callers):
            return
        first = callers[0] if callers else ""
        if kind in _LIBRARY_MAY and first.startswith((_LIBRARY, _FROZEN)) and not self._spying(kind, first):
            return
        if kind == "open" and (_reads_sources(callers) or _is_no_file(args[0])):
            return
        self.effect(words)

    @staticmethod
    def _spying(kind: str, file: str) -> bool:
        return kind == "sys._getframe" and file.endswith(("inspect.py", "pdb.py", "bdb.py"))

    @staticmethod
    def _judge(event: str, args: tuple[Any, ...]) -> tuple[str, str]:
        if event == "open":
            return _opening(args), "open" if not _writes(args) else "write"
        if event in {"object.__getattr__", "object.__setattr__", "object.__delattr__"}:
            name = args[1] if len(args) > 1 else ""
            frames = isinstance(name, str) and name in _ATTRIBUTES
            if frames and (event != "object.__getattr__" or name != "__code__"):
                return "looks at frames or code objects", "object"
            return "", "object"
        group = event.partition(".")[0]
        if event == "sys.monitoring.register_callback":
            event = "sys.monitoring"
        if event in _EVENTS:
            return _EVENTS[event], event
        return ("" if group in {"builtins", "sys"} else _EVENTS.get(group, "")), group


def _imports(callers: list[str]) -> bool:
    return any(name.startswith("<frozen importlib") for name in callers)


def _reads_sources(callers: list[str]) -> bool:
    return any(name.startswith(_LIBRARY) and name.endswith(_READERS) for name in callers[:3])


def _is_no_file(name: object) -> bool:
    """Names like ``<string>``, which the interpreter itself looks for to show a line of a warning."""
    return isinstance(name, str) and name.startswith("<") and name.endswith(">")


def _writes(args: tuple[Any, ...]) -> bool:
    flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
    return bool(flags & _WRITING) or (isinstance(args[1], str) and any(x in args[1] for x in "wax+"))


def _opening(args: tuple[Any, ...]) -> str:
    name = args[0]
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    words = "opens a file descriptor" if isinstance(name, int) else "opens the file " + str(name)[:200]
    return words + (" for writing" if _writes(args) else "")


def install(note: Callable[[str], None]) -> Guard:
    """Set the guard, not armed yet; ``note(words)`` is called once, at the first effect."""
    guard = Guard(note)

    def refuse(module: ModuleType, name: str, words: str, least: int = 0) -> None:
        original = getattr(module, name, None)
        if original is not None:
            setattr(module, name, _Refusing(guard, original, words, least))

    for name in _CLOCKS:
        for full in (name, name + "_ns"):
            refuse(time, full, "reads the clock", 9)
    for name, least in _OF_NOW.items():
        refuse(time, name, "reads the clock", least)
    refuse(time, "sleep", "sleeps", 9)
    _guard_chance(guard, refuse)
    for name in ("stat", "lstat", "access", "readlink", "statvfs"):
        refuse(os, name, "looks at files", 9)
    for module, name in ((_thread, "start_new_thread"), (_thread, "start_joinable_thread")):
        refuse(module, name, "starts a thread", 9)
    for name in ("_start_new_thread", "_start_joinable_thread"):
        refuse(threading, name, "starts a thread", 9)
    for name in ("_exit", "abort"):
        refuse(os, name, "ends its process", 9)
    for name in _SIGNALS:
        refuse(signal, name, "uses signals", 9)
    for name in ("register", "unregister"):
        refuse(atexit, name, "registers what runs at the end of the process", 9)
    sys.stdin = _NoInput(guard, sys.stdin)
    guard.builtins = dict(vars(builtins))
    sys.addaudithook(guard.hook)
    return guard


def _guard_chance(guard: Guard, refuse: Callable[..., None]) -> None:
    """Random numbers: those of a generator with a seed are repeatable and stay."""
    words = "draws random numbers"
    for name in random.__all__:
        if getattr(getattr(random, name), "__self__", None) is random._inst:
            refuse(random, name, words, 99)
    for module, name in ((os, "urandom"), (os, "getrandom"), (random, "_urandom")):
        refuse(module, name, words, 9)
    original = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and guard.armed and not _imports(guard.callers()):
            guard.effect("draws random numbers without a seed")
        original(self, a, version)

    random.Random.seed = seed  # type: ignore[method-assign]
