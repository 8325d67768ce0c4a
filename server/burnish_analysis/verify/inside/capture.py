"""Runs a project's tests and records the calls of one function as expressions that make the same arguments again.

Only this text and ``capture_values.py`` run in the sandbox. What to do comes as JSON over standard input, a line
``NONCE {...}`` for each call goes to what was standard output, at the end one with ``done``.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import threading
import types
from typing import Any

_write, _realpath = os.write, os.path.realpath
_MOST_SEEN = 20_000
_MOST_TEXT = 6000


class Recorder:
    """A profile function that notes the arguments of ``function`` of ``file`` at every call."""

    def __init__(self, file: str, function: str, most: int) -> None:
        self.file, self.most = _realpath(file), most
        self.qualified, self.name = function, function.rpartition(".")[2]
        self.codes: dict[types.CodeType, bool] = {}
        self.texts: dict[str, None] = {}
        #: Names of the module that the function is in.
        self.homes: set[str] = set()
        self.seen, self.lost, self.busy = 0, 0, False

    def __call__(self, frame: types.FrameType, event: str, _: Any) -> None:
        """See :func:`sys.setprofile`."""
        if (
            event != "call"
            or frame.f_code.co_name != self.name
            or self.busy
            or not self._wanted(frame.f_code)
        ):
            return
        self.busy = True
        try:
            self._record(frame)
        finally:
            self.busy = False

    def _wanted(self, code: types.CodeType) -> bool:
        known = self.codes.get(code)
        if known is None:
            qualified = getattr(code, "co_qualname", self.qualified)
            known = qualified == self.qualified and _realpath(code.co_filename) == self.file
            self.codes[code] = known
        return known

    def _record(self, frame: types.FrameType) -> None:
        from capture_values import Strange, encode  # type: ignore[import-not-found]

        if len(self.texts) >= self.most or self.seen >= _MOST_SEEN:
            return
        found = _arguments(frame)
        if found is None:
            return
        self.seen += 1
        homes = self.homes
        homes.add(str(frame.f_globals.get("__name__")))
        try:
            args, kwargs = found
            if args and _takes_class(frame, args[0], self.name):
                args = args[1:]
            text = encode((args, kwargs), homes)
        except (Strange, RecursionError):
            self.lost += 1
            return
        if len(text) <= _MOST_TEXT:
            self.texts.setdefault(text)
        else:
            self.lost += 1


def _arguments(frame: types.FrameType) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """``(args, kwargs)`` of a call that has just begun; None where a generator goes on."""
    code, values = frame.f_code, dict(frame.f_locals)
    count, named = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames
    every = named + bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    if any(name not in names[:every] and name not in code.co_freevars for name in values):
        return None
    try:
        args = tuple(values[name] for name in names[:count])
        kwargs = {name: values[name] for name in names[count:named]}
        if code.co_flags & inspect.CO_VARARGS:
            args += values[names[named]]
        if code.co_flags & inspect.CO_VARKEYWORDS:
            kwargs.update(values[names[every - 1]])
    except KeyError:
        return None
    return args, kwargs


def _takes_class(frame: types.FrameType, first: Any, name: str) -> bool:
    """Whether this is a class method, whose first argument is no argument to its callers."""
    if not isinstance(first, type):
        return False
    found = inspect.getattr_static(first, name, None)
    return isinstance(found, classmethod) and found.__func__.__code__ is frame.f_code


class _Watching:
    """Records while tests run, not while pytest itself starts and collects: watching makes every call dearer."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __enter__(self) -> None:
        threading.setprofile(self.recorder)
        sys.setprofile(self.recorder)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)


def _run_tests(tests: list[str], watching: _Watching) -> str:
    """Run them with pytest, else with unittest; what came out, in words."""
    try:
        import pytest
    except ImportError:
        import unittest

        suite = unittest.TestSuite()
        for place in tests:
            folder, _, name = place.rpartition("/") if place.endswith(".py") else (place, "", "test*.py")
            suite.addTests(unittest.defaultTestLoader.discover(folder, name))
        with watching:
            result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
        return f"unittest: {result.testsRun} run, {len(result.failures) + len(result.errors)} failed"

    class Plugin:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self) -> Any:
            with watching:
                return (yield)

    flags = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--no-header", "--tb=no", "-p", "no:randomly"]
    return f"pytest: exit status {int(pytest.main([*flags, *tests], plugins=[Plugin()]))}"


def _reliable(texts: list[str], homes: set[str]) -> list[str]:
    """Those texts that make again what was recorded."""
    from capture_values import Strange, encode, names

    spaces = [vars(sys.modules[name]) for name in sorted(homes) if name in sys.modules]
    if not spaces:
        return []
    space = {**spaces[0], **names()}
    kept = []
    for text in texts:
        try:
            if encode(eval(text, dict(space)), homes) == text:
                kept.append(text)
        except (Strange, Exception):  # noqa: BLE001 - constructors of the project run
            continue
    return kept


def main() -> None:
    """Read the job, run the tests, answer."""
    spec = json.loads(sys.stdin.buffer.read())
    nonce, answer = spec["nonce"].encode(), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)

    def send(**fields: Any) -> None:
        data = nonce + b" " + json.dumps(fields).encode() + b"\n"
        while data:
            data = data[_write(answer, data) :]

    os.chdir(spec["project"])
    recorder = Recorder(spec["file"], spec["function"], spec["most"])
    words = ""
    try:
        words = _run_tests(spec["tests"], _Watching(recorder))
    except SystemExit as error:
        words = f"they ended with status {error.code}"
    kept = _reliable(list(recorder.texts), recorder.homes)
    for text in kept:
        send(call=text)
    lost = recorder.lost + len(recorder.texts) - len(kept)
    send(done=words, seen=recorder.seen, lost=lost)


if __name__ == "__main__":
    main()
