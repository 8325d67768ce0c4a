"""One call of one version, and everything that can be seen of it afterwards."""

from __future__ import annotations

import collections
import io
import signal
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

from . import helpers
from .canonical import Encoder, Opaque, TooBig, shorten
from .load import clear_caches, find, load

__all__ = ["Observation", "Subject"]

#: What was seen: how it ended and, by name, texts.
Observation = dict[str, Any]
_MOST_PRINTED = 64 << 10
_REPEAT_S = 0.05
_STATE_NODES = 1_500


class _Late(BaseException):
    """The call's time is up."""


class _Paper(io.TextIOBase):
    """Standard output of the code under test."""

    def __init__(self, log: list[tuple[str, str]], name: str) -> None:
        self.log, self.name_of = log, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if len(self.log) < _MOST_PRINTED:
            self.log.append((self.name_of, text))
        return len(text)


class Clock:
    """Interrupts a call after its time of the processor, again and again until it ends."""

    def __init__(self) -> None:
        self.late = self.armed = False
        self.works = hasattr(signal, "setitimer")

    def _ring(self, *_: Any) -> None:
        if self.armed:
            self.late = True
            raise _Late

    def start(self, seconds: float) -> None:
        """From now on."""
        self.late, self.armed = False, True
        if self.works:
            # Each time: there may be another version's clock in this process.
            signal.signal(signal.SIGPROF, self._ring)
            signal.setitimer(signal.ITIMER_PROF, seconds, _REPEAT_S)

    def stop(self) -> None:
        """No more."""
        self.armed = False
        if self.works:
            signal.setitimer(signal.ITIMER_PROF, 0.0)


class Subject:
    """One version of the module, ready to be called again and again, each time as new."""

    def __init__(self, source: str, function: str, module: str = "", *, guard: Any = None) -> None:
        self.source, self.function, self.name, self.guard = source, function, module, guard
        self.printed: list[tuple[str, str]] = []
        self.out, self.err = _Paper(self.printed, "out"), _Paper(self.printed, "err")
        self.clock = Clock()
        self.helpers = helpers.namespace()
        self._load()

    def _load(self) -> None:
        with _Streams(self):
            self.module = load(self.source, module=self.name)
            self.target = find(self.module, self.function)
        self.state = self._state()

    def names(self) -> dict[str, Any]:
        """A fresh namespace for one expression."""
        return {**vars(self.module), **self.helpers}

    def prepare(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Fresh arguments. Whatever evaluating the expression raises comes through."""
        args, kwargs = eval(text, self.names())
        if type(args) is not tuple or type(kwargs) is not dict:
            raise TypeError("the expression gives no arguments")
        return args, kwargs

    def observe(
        self,
        text: str,
        seconds: float,
        around: Callable[[Callable[[], Any]], Any] | None = None,
        *,
        twice: bool = False,
    ) -> Observation:
        """Call the function on fresh arguments.

        Args:
            text: the expression of the arguments. seconds: of the processor, for the call.
            around: runs the call (to count branches).
            twice: call once more with equal arguments and without clearing caches, to see whether calls share anything.
        """
        sys.modules[self.module.__name__] = self.module
        with _Streams(self):
            try:
                return self._observe(text, seconds, around, twice)
            except _Late:
                return {"end": "late"}
            finally:
                self.clock.stop()

    def time(self, text: str, seconds: float) -> float | None:
        """Seconds that one call takes; None where it does not return in time."""
        sys.modules[self.module.__name__] = self.module
        with _Streams(self):
            try:
                self.clock.start(seconds)
                args, kwargs = self.prepare(text)
                clear_caches(self.module)
                begun = time.perf_counter()
                result = self.target(*args, **kwargs)
                if hasattr(result, "__next__"):
                    collections.deque(result, 0)
                taken = time.perf_counter() - begun
                self.clock.stop()
            except BaseException:  # noqa: BLE001 - whatever it raises, there is nothing to time
                return None
            finally:
                self.clock.stop()
                self.printed.clear()
        return None if self.clock.late else taken

    def _observe(
        self, text: str, seconds: float, around: Callable[[Callable[[], Any]], Any] | None, twice: bool
    ) -> Observation:
        self.clock.start(seconds)
        try:
            args, kwargs = self.prepare(text)
        except _Late:
            raise
        except BaseException as error:  # noqa: BLE001 - no input, whatever the reason
            return {"end": "input", "value": type(error).__name__}
        encoder = Encoder(lambda: len(helpers.LOG))
        encoder.number((args, kwargs))
        helpers.reset()
        self.printed.clear()
        clear_caches(self.module)
        if self.guard is not None:
            self.guard.reason = ""
        self.clock.start(seconds)
        begun = time.perf_counter()
        found = self._call(lambda: self._guarded(args, kwargs, encoder), around)
        found["ms"] = (time.perf_counter() - begun) * 1e3
        try:
            if found["end"] in {"returned", "raised"}:
                encoder.look_again()
                found["args"] = shorten(encoder.encode((args, kwargs)))
                found["log"] = shorten(self._log(encoder))
        except (Opaque, TooBig) as problem:
            found = {"end": "opaque" if isinstance(problem, Opaque) else "big", "value": str(problem)}
        if twice and found["end"] in {"returned", "raised"}:
            found["again"] = self._again(text, encoder, seconds)
        self.clock.stop()
        found["out"] = shorten("".join(text for name, text in self.printed if name == "out"))
        found["err"] = shorten("".join(text for name, text in self.printed if name == "err"))
        reason = (self.guard.reason or self.guard.replaced()) if self.guard is not None else ""
        if reason:
            found = {"end": "impure", "value": reason}
        self._settle(found)
        return {"end": "late"} if self.clock.late else found

    def _guarded(self, args: tuple[Any, ...], kwargs: dict[str, Any], encoder: Encoder) -> Observation:
        """The call itself. What a generator does it does while it is advanced, so encoding is part of it."""
        if self.guard is not None:
            self.guard.armed = True
        try:
            return {
                "end": "returned",
                "value": shorten(encoder.encode(_driven(self.target(*args, **kwargs)))),
            }
        except (_Late, Opaque, TooBig, RecursionError, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - what the code under test raises is what is observed
            if self.clock.late:
                raise _Late from None
            return self._raised(error, encoder)
        finally:
            if self.guard is not None:
                self.guard.armed = False

    def _again(self, text: str, encoder: Encoder, seconds: float) -> str:
        """What a second call gives, its objects labelled together with those of the first."""
        self.clock.start(seconds)
        try:
            args, kwargs = self.prepare(text)
        except _Late:
            raise
        except BaseException as error:  # noqa: BLE001 - what may be made once only
            return f"input {type(error).__name__}"
        encoder.number((args, kwargs))
        encoder.look_again()
        helpers.reset()
        found = self._call(lambda: self._guarded(args, kwargs, encoder), None)
        return f"{found['end']} {found['value']}"

    @staticmethod
    def _call(
        call: Callable[[], Observation], around: Callable[[Callable[[], Any]], Any] | None
    ) -> Observation:
        try:
            return (around or _plainly)(call)  # type: ignore[no-any-return]
        except (_Late, Opaque, TooBig) as problem:
            if isinstance(problem, _Late):
                raise
            return {"end": "opaque" if isinstance(problem, Opaque) else "big", "value": str(problem)}
        except (RecursionError, MemoryError) as error:
            return {"end": "limit", "value": type(error).__name__}

    @staticmethod
    def _raised(error: BaseException, encoder: Encoder) -> Observation:
        try:
            return {"end": "raised", "value": shorten(encoder.encode(error))}
        except (Opaque, TooBig) as problem:
            return {"end": "opaque" if isinstance(problem, Opaque) else "big", "value": str(problem)}

    @staticmethod
    def _log(encoder: Encoder) -> str:
        calls = [what for kind, what in helpers.LOG if kind == "called"]
        drawn = sum(kind == "drew" for kind, _ in helpers.LOG)
        return f"drew {drawn}; {encoder.encode(calls)}" if drawn or calls else ""

    def _state(self) -> dict[str, str]:
        """The module's data by name: its globals and the attributes of its classes."""
        found = {}
        for name, value in list(vars(self.module).items()):
            if name.startswith("__") or isinstance(value, (types.ModuleType, *_CODE)):
                continue
            if isinstance(value, type):
                if value.__module__ == self.module.__name__:
                    for inner, item in list(vars(value).items()):
                        if not inner.startswith("__") and not isinstance(item, _CODE):
                            found[f"{name}.{inner}"] = _told(item)
            else:
                found[name] = _told(value)
        return found

    def _settle(self, found: Observation) -> None:
        """Note which of the module's data the call changed, and put a fresh module in place if it did."""
        after = self._state()
        if after == self.state:
            return
        names = sorted(name for name in {*after, *self.state} if after.get(name) != self.state.get(name))
        found["globals"] = {name: shorten(after.get(name, "gone")) for name in names}
        self._load()


_CODE = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType, staticmethod, classmethod, property),
    *(types.MemberDescriptorType, types.GetSetDescriptorType),
)


def _told(value: Any) -> str:
    if type(value) in (int, str, float, bool, bytes, type(None)):
        return repr(value) if not isinstance(value, (str, bytes)) or len(value) < 2000 else f"{len(value)}"
    if callable(value) or hasattr(value, "__next__"):
        return f"<{type(value).__name__}>"
    encoder = Encoder()
    encoder.nodes = 40_000 - _STATE_NODES
    try:
        return encoder.encode(value)
    except (Opaque, TooBig):
        size = len(value) if isinstance(value, (dict, list, set, tuple)) else ""
        return f"<{type(value).__name__} {size}>"
    except _Late:
        raise
    except Exception as error:  # noqa: BLE001 - an object that cannot be looked at says so
        return f"<{type(error).__name__}>"


def _plainly(call: Callable[[], Any]) -> Any:
    return call()


def _driven(value: Any) -> Any:
    """The result; of a coroutine that waits for nothing outside, what it returns."""
    if not isinstance(value, types.CoroutineType):
        if isinstance(value, types.AsyncGeneratorType):
            raise Opaque("it gives back an asynchronous generator")
        return value
    try:
        value.send(None)
    except StopIteration as stop:
        return stop.value
    value.close()
    raise Opaque("it waits for something outside")


class _Streams:
    """Standard output, standard error and warnings go into the observation."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def __enter__(self) -> None:
        self.kept = sys.stdout, sys.stderr, warnings.showwarning, sys.getrecursionlimit()
        sys.stdout, sys.stderr = self.subject.out, self.subject.err
        warnings.resetwarnings()
        warnings.simplefilter("always")
        warnings.showwarning = self._warn

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr, warnings.showwarning, limit = self.kept
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)

    def _warn(self, message: Any, category: Any, *_: Any, **__: Any) -> None:
        self.subject.printed.append(("err", f"{category.__name__}: {message}\n"))
