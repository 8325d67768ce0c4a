"""Verifying: what is shared, kept, stopped and refused."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.verify.model import Call, Verdict, VerifyOptions
from burnish_server.perf.verdicts import (
    Job,
    Stoppable,
    Verdicts,
    VerificationCancelledError,
)
from burnish_server.perf.words import UNTRUSTED
from tests.unit.server.perf.made import TESTED


class Verifier:
    """Says what it is told to, when it is told to."""

    def __init__(self, verdict: Verdict = TESTED) -> None:
        self.verdict = verdict
        self.go = threading.Event()
        self.asked: list[VerifyOptions] = []
        self.stopped = 0

    def __call__(
        self, before: str, after: str, function: str, options: VerifyOptions, *, progress: Any, stop: Any
    ) -> Verdict:
        self.asked.append(options)
        while not self.go.wait(0.01):
            progress(0.5, "half")
            if stop.is_set():
                self.stopped += 1
                return Verdict("unverifiable", reason="it was cancelled")
        return self.verdict


JOB = Job("def f():\n    return 1\n", "def f():\n    return (1)\n", "f")


async def test_who_asks_for_the_same_shares_it_and_it_is_kept(tmp_path: Path) -> None:
    verify = Verifier()
    verdicts = Verdicts(tmp_path, verify)
    heard: list[set[tuple[float, str]]] = [set(), set()]
    both = [asyncio.create_task(verdicts.verdict(JOB, lambda *said, to=to: to.add(said))) for to in heard]
    async with asyncio.timeout(20):
        while heard != [{(0.5, "half")}] * 2:
            await asyncio.sleep(0.01)
    # One of them gives up: the other still gets the verdict.
    both[0].cancel()
    verify.go.set()
    assert await both[1] == TESTED
    assert await verdicts.verdict(JOB) == TESTED
    verdicts.end()
    again = Verdicts(tmp_path, verify)
    spaced = replace(JOB, before="# a comment\n" + JOB.before, after="# a comment\n" + JOB.after)
    assert await again.verdict(spaced) == TESTED
    assert len(verify.asked) == 1
    again.end()


async def test_when_nobody_waits_it_is_stopped_and_forgotten(tmp_path: Path) -> None:
    verify = Verifier()
    verdicts = Verdicts(tmp_path, verify)
    stoppable = Stoppable()
    waiting = asyncio.create_task(stoppable.wait(verdicts.verdict(JOB)))
    async with asyncio.timeout(20):
        while not verify.asked:
            await asyncio.sleep(0.01)
    stoppable.stop()
    with pytest.raises(VerificationCancelledError):
        await waiting
    with pytest.raises(VerificationCancelledError):
        await stoppable.wait(verdicts.verdict(JOB))
    # At once again, while the first may still be ending.
    verify.go.set()
    assert await verdicts.verdict(JOB) == TESTED
    verdicts.end()
    with pytest.raises(VerificationCancelledError):
        await verdicts.verdict(replace(JOB, function="g"))


async def test_nothing_runs_and_nothing_is_kept_without_trust(tmp_path: Path) -> None:
    verify = Verifier()
    verify.go.set()
    verdicts = Verdicts(tmp_path, verify)
    verdicts.trusted = False
    assert (await verdicts.verdict(JOB)).reason == UNTRUSTED
    assert verify.asked == []
    verdicts.trusted = True
    assert await verdicts.verdict(JOB) == TESTED
    assert verify.asked[0].trusted
    verdicts.end()


async def test_a_verifier_that_fails_is_no_verdict_to_keep(tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> Verdict:
        raise RuntimeError("out of luck")

    verdicts = Verdicts(tmp_path, fail)
    assert "out of luck" in (await verdicts.verdict(JOB)).reason
    verdicts.end()
    again = Verdicts(tmp_path)
    assert await again.recall(JOB) is None
    again.end()


async def test_a_longer_look_is_another_verdict(tmp_path: Path) -> None:
    verify = Verifier()
    verify.go.set()
    verdicts = Verdicts(tmp_path, verify)
    await verdicts.verdict(JOB)
    await verdicts.verdict(replace(JOB, options=VerifyOptions(seconds=20.0, seed=1)))
    assert [options.seconds for options in verify.asked] == [10.0, 20.0]
    verdicts.end()


async def test_a_weak_verdict_is_reached_again_with_the_inputs_that_are_proposed(tmp_path: Path) -> None:
    weak = replace(TESTED, strength="weak", reason="few inputs")
    call = Call("((1,), {})", "model")
    asked: list[Job] = []

    def verify(*given: Any, **_: object) -> Verdict:
        return TESTED if given[3].calls == (call,) else weak

    async def propose(job: Job) -> tuple[Call, ...]:
        asked.append(job)
        return (call,)

    verdicts = Verdicts(tmp_path, verify)
    verdicts.propose = propose
    assert await verdicts.verdict(JOB) == TESTED
    assert verdicts.known(JOB) == TESTED
    assert asked == [JOB]
    verdicts.end()
    # It is kept for the question without them: who asks next session gets it at once.
    again = Verdicts(tmp_path, verify)
    assert await again.recall(JOB) == TESTED
    again.end()


async def test_inputs_that_break_the_verification_leave_the_weak_verdict(tmp_path: Path) -> None:
    weak = replace(TESTED, strength="weak")

    def verify(*given: Any, **_: object) -> Verdict:
        return Verdict("unverifiable", reason="too slow") if given[3].calls else weak

    async def propose(_job: Job) -> tuple[Call, ...]:
        return (Call("((1,), {})", "model"),)

    verdicts = Verdicts(tmp_path, verify)
    verdicts.propose = propose
    assert await verdicts.verdict(JOB) == weak
    verdicts.end()


async def test_a_model_that_is_being_asked_is_given_up_at_once(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def propose(_job: Job) -> tuple[Call, ...]:
        begun.set()
        await asyncio.sleep(3600)
        return ()

    verdicts = Verdicts(tmp_path, lambda *_, **__: replace(TESTED, strength="weak"))
    verdicts.propose = propose
    stoppable = Stoppable()
    waiting = asyncio.create_task(stoppable.wait(verdicts.verdict(JOB)))
    async with asyncio.timeout(20):
        await begun.wait()
        stoppable.stop()
        with pytest.raises(VerificationCancelledError):
            await waiting
        while verdicts._running:
            await asyncio.sleep(0.01)
    assert verdicts.known(JOB) is None
    verdicts.end()
