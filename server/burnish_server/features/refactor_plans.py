"""Plans: a function made simpler in steps, each of which is verified against the present text before it is applied."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.documents import SourceText
from burnish_server.features.perf import target_of
from burnish_server.features.perf_offers import told
from burnish_server.features.progress import WorkProgress
from burnish_server.features.refactor_standing import standing_of
from burnish_server.features.verifying import tell
from burnish_server.perf.edits import changes_between, workspace_edit
from burnish_server.perf.look import Look
from burnish_server.perf.verdicts import Job
from burnish_server.perf.worker_process import AnalyserError
from burnish_server.refactor.model import Plan, Step
from burnish_server.refactor.plans import brought_over
from burnish_server.refactor.standing import Standing
from burnish_server.refactor.words import NOT_RUN, badge, confirmation, evidence, refusal

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_PLAN = "burnish.server.plan"
_STEP = "burnish.server.planStep"
_SKIP = "burnish.server.planSkip"
_NOT_FOR_THIS = "This step was planned for code that has changed since, so it cannot be done. Plan the function again to go on."


def register(server: BurnishServer) -> None:
    """Register the commands."""
    steps = _Steps(server)

    @server.command(_PLAN)
    async def plan(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}}]:
                return await _planned(server, uri, line, character)
        raise JsonRpcInvalidParams(f"{_PLAN} needs {{uri, position}}.")

    @server.command(_STEP)
    async def plan_step(*arguments: Any) -> dict[str, Any]:
        uri, chosen, number, rest = _named(arguments, _STEP)
        apply, seen = rest.get("apply") is not False, rest.get("seen") is True
        return await steps.done(uri, chosen, number, apply=apply, seen=seen)

    @server.command(_SKIP)
    def plan_skip(*arguments: Any) -> dict[str, Any]:
        uri, chosen, number, _ = _named(arguments, _SKIP)
        return {"skipped": steps.skipped(uri, chosen, number)}


def _named(arguments: tuple[Any, ...], command: str) -> tuple[str, str, int, dict[str, Any]]:
    match arguments:
        case [{"uri": str(uri), "plan": str(plan), "step": int(step), **rest}]:
            return uri, plan, step, {str(name): value for name, value in rest.items()}
    raise JsonRpcInvalidParams(f"{command} needs {{uri, plan, step}}.")


async def _planned(server: BurnishServer, uri: str, line: int, character: int) -> dict[str, Any]:
    document = server.refactor.document(uri)
    if document is None:
        raise JsonRpcInvalidParams("Burnish does not look at this file: it is not open Python, or excluded.")
    source, path = document.snapshot, server.refactor.path(uri)
    offset = source.offset_at(line, character, server.encoding)
    task = asyncio.get_running_loop().create_task(server.refactor.process.plan(path, source.text, offset))
    progress = WorkProgress(server, "Burnish: planning", cancellable=True, on_cancel=lambda: _ended(task))
    server.perf.background(progress.begin("which steps make this function simpler"))
    try:
        plan = await task
    except AnalyserError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    except asyncio.CancelledError:
        if task.cancelled():
            raise JsonRpcInvalidParams("The planning was cancelled.") from None
        raise
    finally:
        progress.end()
    return {
        "plan": server.refactor.plans.add(uri, plan),
        "function": plan.function,
        "complexityBefore": plan.complexity_before,
        "complexityAfter": plan.complexity_after,
        "reason": plan.reason,
        "steps": [
            {
                "title": step.title,
                "refactoring": step.refactoring,
                "words": step.words,
                "exact": not step.verify,
            }
            for step in plan.steps
        ],
    }


def _ended(task: asyncio.Task[Plan]) -> None:
    task.cancel()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A step for the present text, and what is known of it."""

    look: Look
    step: Step
    standing: Standing
    identity: str = ""


class _Steps:
    """Verifies and applies the steps of plans."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._shown: dict[tuple[str, int], str] = {}

    async def done(self, uri: str, name: str, number: int, *, apply: bool, seen: bool) -> dict[str, Any]:
        """Verify a step against the present text, and apply it where that is wanted and it may be.

        Args:
            seen: the user has looked at the very change, with what is known of it: weak evidence is not asked about again.
        """
        plan = self._plan(uri, name, number)
        ready = await self._ready(uri, plan, number)
        exact, function = not ready.step.verify, plan.function
        reason = refusal(exact, function, ready.standing)
        label, words = confirmation(exact, ready.standing)
        if seen and label != NOT_RUN:
            label, words = "", ""
        identity = self._shown.get((name, number), "")
        if not identity and reason is None:
            identity = self._shown[(name, number)] = self._told(uri, ready, exact)
        applied = False
        if apply and reason is None:
            applied = await self._applied(uri, ready, label, words)
            if applied and self._shown.pop((name, number), ""):
                self._server.learning.accepted(uri, identity)
        elif apply:
            tell(self._server, f"{ready.step.title}: {reason}", types.MessageType.Warning)
        return {
            "title": ready.step.title,
            "refactoring": ready.step.refactoring,
            "words": ready.step.words,
            "before": ready.step.before,
            "after": ready.step.after,
            **_lines(ready.step),
            "badge": badge(exact, ready.standing),
            "summary": evidence(exact, function, ready.standing),
            "applicable": reason is None,
            "applied": applied,
        }

    def skipped(self, uri: str, name: str, number: int) -> bool:
        """The user does not want a step that they were shown."""
        identity = self._shown.pop((name, number), "")
        return bool(identity) and self._server.learning.reported("dismissed", uri, identity)

    # -- inside ----------------------------------------------------------------------------------------------

    def _plan(self, uri: str, name: str, number: int) -> Plan:
        plan = self._server.refactor.plans.get(uri, name)
        if plan is None:
            raise JsonRpcInvalidParams("This plan is not known any more; plan the function again.")
        if not 0 <= number < len(plan.steps):
            raise JsonRpcInvalidParams(
                f"The plan has {len(plan.steps)} steps, from 0; there is no step {number}."
            )
        return plan

    async def _ready(self, uri: str, plan: Plan, number: int) -> _Ready:
        document = self._server.refactor.document(uri)
        if document is None:
            raise JsonRpcInvalidParams("The document is not open.")
        source, version = document.snapshot, document.version
        step = await self._for_text(plan.steps[number], source.text, plan.function)
        path, function = self._server.refactor.path(uri), plan.function
        job: Job = self._server.refactor.job_of(step.before, step.after, function, path)
        standing = await standing_of(self._server, job, step.title)
        if document.source != source.text:
            raise JsonRpcInvalidParams("The code has changed while the step was verified. Ask for it again.")
        return _Ready(Look(source, version, path), step, standing)

    async def _for_text(self, step: Step, text: str, function: str) -> Step:
        """The step for the present text, with what it does to the figures there."""
        made = await asyncio.to_thread(brought_over, step, text)
        if made is None:
            raise JsonRpcInvalidParams(_NOT_FOR_THIS)
        if made is step:
            return step
        try:
            words = await self._server.refactor.process.figures(made.before, made.after, function)
        except AnalyserError:
            raise JsonRpcInvalidParams(_NOT_FOR_THIS) from None
        return replace(made, words=words)

    async def _applied(self, uri: str, ready: _Ready, label: str, words: str) -> bool:
        made = changes_between(ready.step.before, ready.step.after)
        target = target_of(self._server, uri, ready.look)
        if label == NOT_RUN and not target.annotated:
            tell(
                self._server, f"{words} This editor cannot ask you to look at it first, so it is not applied."
            )
            return False
        edit = workspace_edit(target, made, words, label)
        params = types.ApplyWorkspaceEditParams(edit=edit, label=ready.step.title)
        return (await self._server.workspace_apply_edit_async(params)).applied

    def _told(self, uri: str, ready: _Ready, exact: bool) -> str:
        step = ready.step
        made = changes_between(step.before, step.after)
        start, end = made[0].start, made[-1].end
        after = step.after[start : len(step.after) - (len(step.before) - end)]
        texts = (step.before[start:end], after)
        known = badge(exact, ready.standing)
        began = time.monotonic()
        return told(
            self._server, uri, step.before, (start, end), texts, step.refactoring, step.title, known, began
        )


def _lines(step: Step) -> dict[str, int]:
    """Where the first change is in both texts: lines, from 0."""
    made = changes_between(step.before, step.after)
    start = made[0].start if made else 0
    return {
        "line": SourceText(step.before).line_of(start),
        "lineAfter": SourceText(step.after).line_of(start),
    }
