"""One run: ask for versions of a function, drop what is no better version of it, prove and measure the rest, rank it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from burnish_analysis.metrics.compare import Change
from burnish_analysis.verify.measure_statistics import OFFERED_ABOVE
from burnish_analysis.verify.model import Verdict, VerifyOptions
from burnish_models.engine.base import Engine
from burnish_models.errors import EngineError
from burnish_server.perf.verdicts import Job, Verdicts, VerificationCancelledError
from burnish_server.rewrite.asking import Answer, Asker, BudgetSpentError
from burnish_server.rewrite.judging import change_of, judged
from burnish_server.rewrite.knowledge import known_of
from burnish_server.rewrite.model import Budget, Outcome, RefusedError, Wants
from burnish_server.rewrite.parsing import proposal_in, same_syntax
from burnish_server.rewrite.placing import placed
from burnish_server.rewrite.prompting import Question, first_question, repair_question, tokens_wanted
from burnish_server.rewrite.screening import screened, unverifiable
from burnish_server.rewrite.target import Target

__all__ = ["Run", "Tell"]

log = logging.getLogger("burnish_server")

#: Told the share done (0 to 1) and what is going on.
Tell = Callable[[float, str], None]
#: The share of the time that asking may take; the rest is for proving.
_ASKING = 0.5
#: How the answers after the first are drawn; the first is the model's likeliest.
_TEMPERATURE = 0.8
#: Seconds without which no verification is worth beginning.
_LEAST_TO_VERIFY_S = 2.0
#: A speedup whose interval reaches this many times its lower end says little.
_WIDE = 1.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A proposal that passed the cheap checks."""

    sample: int
    answer: Answer
    after: str
    repaired: bool = False


@dataclass(slots=True)
class Run:
    """One run on one function. May be stopped at any time; what was proved until then stands.

    Args:
        engine: the model. verdicts: proves. target: the function. wants: what is looked for.
        options: where the module imports from. budget: the bounds. hints: what performance rules say.
        tell: hears how far it is.
    """

    engine: Engine
    verdicts: Verdicts
    target: Target
    wants: Wants
    options: VerifyOptions
    budget: Budget = field(default_factory=Budget)
    hints: Sequence[str] = ()
    tell: Tell = lambda _share, _words: None
    outcome: Outcome = field(default_factory=Outcome)
    #: The answers behind what is kept, by key.
    answers: dict[str, Answer] = field(default_factory=dict)
    #: What became of each answer, by its number: the word it is counted under, and more on it.
    fates: dict[int, str] = field(default_factory=dict)
    details: dict[int, str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _began: float = 0.0
    _task: asyncio.Task[None] | None = None

    async def done(self) -> Outcome:
        """Do it all; never raises for what a model or a proposal does.

        Raises:
            EngineError: the engine failed before there was any answer.
        """
        self._began = time.monotonic()
        if self.outcome.cancelled:
            return self.outcome
        self._task = asyncio.get_running_loop().create_task(self._all())
        try:
            await self._task
        except asyncio.CancelledError:
            self._task.cancel()
            if not self.outcome.cancelled:
                await asyncio.wait([self._task])
                raise
        finally:
            self.outcome.seconds = time.monotonic() - self._began
            self.outcome.kept.sort(key=lambda kept: (-kept.score, kept.sample))
        return self.outcome

    def stop(self) -> None:
        """The user does not want it any more."""
        self.outcome.cancelled = True
        if self._task is not None:
            self._task.cancel()

    # -- the steps -------------------------------------------------------------------------------------------

    async def _all(self) -> None:
        until = self._began + self.budget.seconds
        reason = await asyncio.to_thread(unverifiable, self.target, self.options.path)
        if reason:
            # No token for what nobody could prove.
            self.outcome.ended = f"no version could be verified, because {reason}"
            return
        known = await asyncio.to_thread(known_of, self.target, self.hints)
        info = self.engine.describe()
        question = first_question(
            self.target, known, self.wants, chat=info.chat, context_tokens=info.context_tokens
        )
        if question is None:
            self.outcome.ended = "the function is too long for the model's context"
            return
        asker = Asker(
            self.engine, self.budget, self._began + _ASKING * self.budget.seconds, self.outcome.spent
        )
        candidates = await self._proposals(asker, question, known)
        repairs = Asker(self.engine, self.budget, until - _LEAST_TO_VERIFY_S, self.outcome.spent)
        await self._judge(candidates, repairs, question, until)

    async def _proposals(self, asker: Asker, question: Question, known: Sequence[str]) -> list[_Candidate]:
        found: list[_Candidate] = []
        for sample in range(self.budget.samples):
            share = 0.4 * sample / self.budget.samples
            self.tell(share, f"asking the model, version {sample + 1} of {self.budget.samples}")
            temperature = _TEMPERATURE if sample else 0.0
            try:
                answer = await self._ask(asker, question, known, temperature, sample)
            except BudgetSpentError as error:
                self.outcome.ended = str(error)
                break
            except EngineError as error:
                if not self.outcome.spent.answers:
                    raise
                self.outcome.ended = f"the engine failed: {error}"
                break
            candidate = await self._candidate(sample, answer)
            if candidate is not None:
                found.append(candidate)
        return found

    async def _ask(
        self, asker: Asker, question: Question, known: Sequence[str], temperature: float, sample: int
    ) -> Answer:
        """An answer; by the comment form where a model turns out to follow no instructions."""
        most = tokens_wanted(self.target)
        try:
            return await asker.ask(question, max_tokens=most, temperature=temperature, seed=sample)
        except EngineError:
            info = self.engine.describe()
            if question.chat is None or info.chat or self.outcome.spent.answers:
                raise
            other = first_question(
                self.target, known, self.wants, chat=False, context_tokens=info.context_tokens
            )
            if other is None:
                raise
            return await asker.ask(other, max_tokens=most, temperature=temperature, seed=sample)

    async def _candidate(self, sample: int, answer: Answer, *, repaired: bool = False) -> _Candidate | None:
        """What an answer proposes, if it passes the cheap checks."""
        self.outcome.tried += 1
        try:
            after = await asyncio.to_thread(self._checked, answer)
        except RefusedError as refused:
            self._drop(sample, refused.word, refused.detail)
            return None
        return _Candidate(sample, answer, after, repaired)

    def _checked(self, answer: Answer) -> str:
        target = self.target
        try:
            proposal = proposal_in(answer.text, target, finished=answer.finished)
            if not proposal.helpers and proposal.identity == _identity(target):
                raise RefusedError("same as before")
            if proposal.identity in self._seen:
                raise RefusedError("duplicate")
            self._seen.add(proposal.identity)
            after = placed(proposal, target)
            screened(proposal, target, after, self.options.path)
        except (RecursionError, MemoryError):
            raise RefusedError("not Python", "it is nested too deeply") from None
        return after

    async def _judge(
        self, candidates: list[_Candidate], asker: Asker, question: Question, until: float
    ) -> None:
        todo, repairs, number = list(candidates), self.budget.repairs, 0
        while todo:
            candidate = todo.pop(0)
            number += 1
            share = 0.4 + 0.6 * (number - 1) / (number + len(todo))
            words = f"proving version {number} of {number + len(todo)}"
            verdict = await self._verdict(candidate, until, share, words)
            if verdict is not None and _unclear(verdict):
                # A busy machine may have been in the way: what is the same is worth a second, longer look.
                verdict = await self._verdict(candidate, until, share, f"{words}, again", look=2) or verdict
            if verdict is None:
                self.outcome.ended = self.outcome.ended or "the time is used up"
                self._drop(candidate.sample, "out of time")
                continue
            changed = await asyncio.to_thread(
                change_of, self.target.text.plain, candidate.after, self.target.name
            )
            self._keep(candidate, verdict, changed)
            if verdict.counterexample is not None and repairs and not candidate.repaired:
                repairs -= 1
                self.tell(share, f"showing the model where version {number} is wrong")
                repaired = await self._repaired(candidate, verdict, asker, question)
                if repaired is not None:
                    todo.insert(0, repaired)

    def _drop(self, sample: int, word: str, detail: str = "") -> None:
        self.outcome.drop(word)
        self.fates[sample], self.details[sample] = word, detail
        log.debug("Version %d of %s is dropped: %s (%s)", sample + 1, self.target.name, word, detail)

    def _keep(self, candidate: _Candidate, verdict: Verdict, changed: Change | None) -> None:
        try:
            kept = judged(
                self.target,
                candidate.after,
                verdict,
                changed,
                self.wants,
                sample=candidate.sample,
                repaired=candidate.repaired,
            )
        except RefusedError as refused:
            self._drop(candidate.sample, refused.word, refused.detail)
            return
        self.outcome.kept.append(kept)
        self.answers[kept.key] = candidate.answer

    async def _verdict(
        self, candidate: _Candidate, until: float, share: float, words: str, *, look: int = 1
    ) -> Verdict | None:
        """The verdict; None where there is no time for it."""
        left = until - time.monotonic()
        if left < _LEAST_TO_VERIFY_S:
            return None
        # The same bound every time: verdicts are kept by what they were reached within.
        options = replace(self.options, seconds=look * self.budget.verify_seconds, seed=look - 1)
        job = Job(self.target.text.text, candidate.after, self.target.name, options)

        def listen(part: float, what: str) -> None:
            self.tell(share + 0.1 * part, f"{words}: {what}")

        self.tell(share, words)
        try:
            async with asyncio.timeout(left):
                return await self.verdicts.verdict(job, listen)
        except TimeoutError:
            return None
        except VerificationCancelledError:
            self.outcome.cancelled = True
            raise asyncio.CancelledError from None

    async def _repaired(
        self, candidate: _Candidate, verdict: Verdict, asker: Asker, question: Question
    ) -> _Candidate | None:
        """What the model makes of a counterexample; it gets each one once."""
        assert verdict.counterexample is not None
        again = repair_question(question, self.target, candidate.answer.written, verdict.counterexample)
        try:
            answer = await asker.ask(
                again, max_tokens=tokens_wanted(self.target), temperature=0.2, seed=500 + candidate.sample
            )
        except (BudgetSpentError, EngineError) as error:
            self.outcome.ended = self.outcome.ended or str(error)
            return None
        return await self._candidate(candidate.sample, answer, repaired=True)


def _unclear(verdict: Verdict) -> bool:
    """Whether two versions are the same, and nobody knows which is faster."""
    if verdict.verdict != "equivalent" or verdict.strength != "tested" or verdict.faster:
        return False
    speedup = verdict.speedup
    return speedup is None or (speedup.ci_high > OFFERED_ABOVE and speedup.ci_high > _WIDE * speedup.ci_low)


def _identity(target: Target) -> str:
    return same_syntax(target.node)
