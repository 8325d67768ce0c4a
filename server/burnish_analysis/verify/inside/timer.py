"""Times two versions of a function in one process, in alternating pairs; every call has fresh arguments.

Only this text and ``timer_subject.py`` run in the sandbox, with the guard. It takes its clock before the code under test is
loaded, reads what to do as JSON from standard input and answers on what was standard output, a line ``NONCE {...}`` each:
``effect`` or ``error`` where it ends early, ``group`` with the times of one input size (nanoseconds a call, in pairs),
``done`` with the clock's span.
"""

from __future__ import annotations

import collections
import gc
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from timer_subject import Input, Unfit, Version, picture  # type: ignore[import-not-found]

_clock = time.perf_counter_ns
#: What the processor's clock may step by (ns) to time calls with it; kernels differ.
_FINE_NS = 2_000
_write, _collect = os.write, gc.collect
#: A timed sample lasts at least so long (ns): a thousand times the clock's resolution, so short that most samples are
#: not interrupted.
_SAMPLE_NS = 40_000
_MOST_CALLS, _MOST_FRESH = 256, 16
_LEAST_PAIRS = 10
_WARM_CALLS, _WARM_SHARE = 12, 0.04
_COLLECT_NS = 300_000_000
_DRAIN = 1_000_000
#: Enough pairs to stop where every one of them, at every size, shows the same large gain.
_CLEAR_PAIRS, _CLEAR_RATIO = 25, 1.5


def _choose_timer() -> Callable[[], int]:
    """The processor's clock where it is fine enough, so that other programs do not count; else the wall's."""
    if sys.platform == "linux":
        steps: list[int] = []
        last, begun = time.process_time_ns(), _clock()
        while len(steps) < 8 and _clock() - begun < 20_000_000:
            now = time.process_time_ns()
            if now != last:
                steps.append(now - last)
                last = now
        if len(steps) == 8 and sorted(steps)[4] <= _FINE_NS:
            return time.process_time_ns
    return _clock


_timer = _choose_timer()


@dataclass
class Group:
    """The calls of one size and the times measured so far (ns a call)."""

    number: int
    calls: list[Input]
    size: float
    #: How often a sample repeats the call, for each version.
    repeat: tuple[int, int] = (1, 1)
    cost: float = 0.0
    spent: float = 0.0
    share: float = 1.0
    times: list[tuple[float, float, int]] = field(default_factory=list)


def _consume(result: Any) -> None:
    """Run a generator, another iterator or a coroutine to its end: that is where its time goes."""
    if hasattr(type(result), "__next__"):
        collections.deque(itertools.islice(result, _DRAIN), maxlen=0)
    elif hasattr(type(result), "__await__") and hasattr(result, "send"):
        try:
            result.send(None)
        except StopIteration:
            return
        result.close()
        raise Unfit("it waits for an event loop")
    elif hasattr(type(result), "__anext__"):
        raise Unfit("it is an asynchronous generator")


def _timed(batch: list[Any], passing: tuple[type[BaseException], ...], consume: bool) -> int:
    """Nanoseconds that the calls of ``batch`` take. What they raise is part of it, except ``passing``."""
    if consume:
        begun = _timer()
        for function, args, kwargs in batch:
            try:
                _consume(function(*args, **kwargs))
            except passing:
                raise
            except BaseException:  # noqa: BLE001, S110 - an exception is an outcome like any other
                pass
        return _timer() - begun
    begun = _timer()
    for function, args, kwargs in batch:
        try:
            function(*args, **kwargs)
        except passing:
            raise
        except BaseException:  # noqa: BLE001, S110 - an exception is an outcome like any other
            pass
    return _timer() - begun


class Timer:
    """The measurement of two versions."""

    def __init__(self, spec: dict[str, Any], guard: Any, effect: type[BaseException]) -> None:
        self.guard, self.passing, self.reset = guard, (effect, Unfit), spec["reset"]
        self.budget = float(spec["seconds"]) * 1e9
        self.most_pairs = int(spec["most_pairs"])
        self.draw, self.first = random.Random(int(spec["seed"])), 0
        helpers = dict(spec["helpers"])
        guard.armed = True
        self.versions = [
            Version(spec[which], spec["function"], spec["module"], helpers) for which in ("before", "after")
        ]
        guard.armed = False
        self.consume = False
        self.groups = self._groups(spec["calls"], spec["sizes"])

    def _groups(self, calls: list[list[str]], sizes: list[float]) -> list[Group]:
        found = []
        for number, texts in enumerate(calls):
            inputs = [Input(text, self.versions[0].space) for text in texts]
            found.append(Group(number, inputs, sizes[number] if sizes else inputs[0].size))
        return found

    def sample(self, version: Version, call: Input, repeat: int) -> float:
        """Nanoseconds of one call, the mean of ``repeat`` calls in a row."""
        self.reset()
        batch = [version.entry(call) for _ in range(repeat)]
        self.guard.armed = True
        try:
            return _timed(batch, self.passing, self.consume) / repeat
        finally:
            self.guard.armed = False

    def probe(self) -> None:
        """Find out whether results must be consumed and whether a version keeps state between calls."""
        for version in self.versions:
            before = picture(version)
            begun = _clock()
            for turn in range(2):
                if turn and _clock() - begun > self.budget / 4:
                    break
                function, args, kwargs = version.entry(self.groups[0].calls[0])
                self.guard.armed = True
                try:
                    result = function(*args, **kwargs)
                    self.consume = self.consume or _is_lazy(result)
                    if self.consume:
                        _consume(result)
                except self.passing:
                    raise
                except BaseException:  # noqa: BLE001, S110 - an exception is an outcome like any other
                    pass
                finally:
                    self.guard.armed = False
            version.keeps_state = before is None or before != picture(version)
        if any(version.keeps_state for version in self.versions):
            for version in self.versions:
                version.keeps_state = True

    def calibrate(self) -> None:
        """Warm both versions up, choose how often a sample repeats the call, and drop sizes that take too long."""
        fitting: list[Group] = []
        for group in self.groups:
            begun, times = _clock(), [float("inf")] * 2
            for turn in range(_WARM_CALLS):
                for which, version in enumerate(self.versions):
                    times[which] = min(times[which], self.sample(version, group.calls[0], 1))
                if _clock() - begun > self.budget * _WARM_SHARE and turn >= (1 if fitting else 0):
                    break
            if not fitting and sum(times) * _LEAST_PAIRS > self.budget * 2.0:
                raise Unfit(f"one call takes about {sum(times) / 2e9:.1f} s")
            group.repeat = self._repeats(group, times)
            begun = _clock()
            self.pair(group)
            group.cost, group.times = float(_clock() - begun), []
            if group.cost * _LEAST_PAIRS > self.budget * (0.6 if fitting else 2.0):
                if not fitting:
                    raise Unfit(f"one call takes about {sum(times) / 2e9:.1f} s")
                break
            fitting.append(group)
        for group in fitting:
            group.share = 1.0 if group is fitting[-1] else 1.0 / max(1, len(fitting) - 1)
        self.groups = fitting

    def _repeats(self, group: Group, times: list[float]) -> tuple[int, int]:
        """Both samples should last alike: by the wall's clock a busy machine interrupts the longer one more often."""
        begun = _clock()
        self.versions[0].entry(group.calls[0])
        making, target = max(1, _clock() - begun), max(_SAMPLE_NS, *times)
        most = _MOST_FRESH if self.versions[0].keeps_state else _MOST_CALLS
        most = max(1, min(most, int(2 * target / making)))
        first, second = (max(1, min(most, round(target / max(1.0, spent)))) for spent in times)
        return first, second

    def pair(self, group: Group) -> None:
        """One pair. Of two pairs each version goes first in one, which in which is drawn: nothing may beat time with it."""
        number = len(group.times)
        if number % 2 == 0:
            self.first = self.draw.randrange(2)
        first = self.first if number % 2 == 0 else 1 - self.first
        call = group.calls[(number // 2) % len(group.calls)]
        found = [0.0, 0.0]
        for which in (first, 1 - first):
            found[which] = self.sample(self.versions[which], call, group.repeat[which])
        group.times.append((found[0], found[1], first))

    def run(self) -> None:
        """Take pairs of all sizes in turn, so that a disturbance meets them all, until the time is up."""
        begun = collected = _clock()
        while True:
            now = _clock()
            open_groups = [group for group in self.groups if len(group.times) < self.most_pairs]
            short = [group for group in open_groups if len(group.times) < _LEAST_PAIRS]
            late = now - begun > self.budget
            if not open_groups or (late and not short) or now - begun > 3 * self.budget or self._is_clear():
                return
            group = min(short if late else open_groups, key=lambda group: group.spent / group.share)
            self.pair(group)
            after = _clock()
            group.spent += after - now
            if after - collected > _COLLECT_NS:
                _collect()
                collected = _clock()

    def _is_clear(self) -> bool:
        return all(
            len(group.times) >= _CLEAR_PAIRS
            and sorted(b / max(a, 1e-9) for b, a, _ in group.times)[len(group.times) // 20] > _CLEAR_RATIO
            for group in self.groups
        )


def _is_lazy(result: Any) -> bool:
    kind = type(result)
    return any(hasattr(kind, name) for name in ("__next__", "__await__", "__anext__"))


def main() -> None:
    """Read the job, measure, answer."""
    spec = json.loads(sys.stdin.buffer.read())
    nonce, answer = spec["nonce"].encode(), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)

    def send(**fields: Any) -> None:
        data = nonce + b" " + json_text(fields).encode() + b"\n"
        while data:
            data = data[_write(answer, data) :]

    json_text = json.JSONEncoder(check_circular=False).encode
    import _burnish_helpers  # type: ignore[import-not-found]
    from _burnish_guard import Effect, install  # type: ignore[import-not-found]

    spec["helpers"], spec["reset"] = _burnish_helpers.namespace(), _burnish_helpers.reset
    guard = install(lambda words: send(effect=words))
    begun = _clock()
    gc.disable()
    problem, timer = "", None
    try:
        timer = Timer(spec, guard, Effect)
        timer.probe()
        _collect()
        gc.freeze()
        timer.calibrate()
        timer.run()
    except Effect:
        return
    except Unfit as error:
        problem = str(error)
    except MemoryError:
        problem = "there was not enough memory"
    except Exception as error:  # noqa: BLE001 - whatever the module does while it is loaded
        problem = f"{type(error).__name__} outside of the calls: {str(error)[:300]}"
    finally:
        guard.armed = False
    if guard.replaced():
        send(effect=guard.replaced())
    elif problem or timer is None:
        send(error=problem)
    else:
        for group in timer.groups:
            send(group=group.number, size=group.size, repeat=group.repeat, times=group.times)
        send(done=_clock() - begun)


if __name__ == "__main__":
    main()
